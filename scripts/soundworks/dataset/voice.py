"""What makes the sound of a data set's settings: a synth of ours or of the user's, or a plugin."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from soundworks.contour import Contour, Floats, Value
from soundworks.dataset.model import Dataset
from soundworks.synths.registry import load_synth

#: Source other than our own synths → module with a function `voice(dataset)`. Imported by name when it is asked for: a
#: rule then depends on the one source that it renders.
VOICES = {"plugin": "soundworks.sources.plugin.voice"}

#: Engine → module with a function `engine(path)` that describes it; one line an engine.
ENGINES = {
    "dexed": "soundworks.sources.plugin.dexed",
    "amsynth": "soundworks.sources.plugin.amsynth",
    "diva": "soundworks.sources.plugin.diva",
    "vst": "soundworks.sources.plugin.hosted",
    "lv2": "soundworks.sources.plugin.hosted",
}


class Voice(Protocol):
    """Sounds of one data set. Fixed parameters may be left out."""

    def sound(self, values: Mapping[str, Value], seed: int) -> Floats:
        """Return the sound of natural values and a seed, at the rate at which the source runs."""


class SynthVoice:
    """A synth of the registry, or of the user's; a fresh instance for each sound."""

    def __init__(self, dataset: Dataset, synth_path: Path | None) -> None:
        config = dataset.config
        self.duration_s, self.rate = config.sound_duration_s, config.render_rate
        self.source = load_synth(config.sound_name, synth_path, self.rate)
        self.fixed = fixed_values(dataset)

    def sound(self, values: Mapping[str, Value], seed: int) -> Floats:
        """Return the sound of natural values and a seed."""
        synth = self.source.create(self.rate, seed)
        missing = {name: value for name, value in self.fixed.items() if name not in values}
        for name, value in {**values, **missing}.items():
            (synth.setContour if isinstance(value, Contour) else synth.setParam)(name, value)
        signal: Floats = synth.generate(self.duration_s)
        return signal


def fixed_values(dataset: Dataset) -> dict[str, float]:
    """Return the parameters that a data set fixes, in natural units."""
    fixed = {}
    for item in dataset.config.fixed:
        parameter = dataset.synth_parameter(item.name)
        fixed[item.name] = parameter.from_norm(item.value) if item.units == "norm" else item.value
    return fixed


def load_voice(dataset: Dataset, synth_path: Path | None = None) -> Voice:
    """Return what makes the sound of a data set; `synth_path` is the file or folder of the user's own synth."""
    if dataset.config.source in VOICES:
        voice: Voice = importlib.import_module(VOICES[dataset.config.source]).voice(dataset)
        return voice
    return SynthVoice(dataset, synth_path)
