"""A plugin as what makes the sound of a data set's settings."""

from __future__ import annotations

from collections.abc import Mapping

from soundworks.contour import Contour, Floats, Value
from soundworks.dataset.model import Dataset
from soundworks.dataset.voice import fixed_values
from soundworks.sources.plugin.engine import Instrument, Note, load_engine
from soundworks.sources.plugin.patches import PITCH, VELOCITY


class PluginVoice:
    """Patches over a data set's base; the instrument is made ready with the first sound."""

    def __init__(self, dataset: Dataset) -> None:
        config = dataset.config
        assert config.plugin is not None
        self.engine = load_engine(config.plugin.engine, config.plugin.path)
        self.rate, self.duration_s = config.render_rate, config.sound_duration_s
        self.note_duration_s = config.plugin.note_duration_s or config.sound_duration_s
        self.defaults = {**dataset.base, **fixed_values(dataset)}
        self.instrument: Instrument | None = None

    def sound(self, values: Mapping[str, Value], seed: int) -> Floats:  # noqa: ARG002
        """Return the sound of natural values; a patch has no randomness, so the seed is for nothing."""
        patch, note = self.patch_and_note(values)
        if self.instrument is None:
            self.instrument = self.engine.open(self.rate)
        return self.instrument.render(patch, note)

    def patch_and_note(self, values: Mapping[str, Value]) -> tuple[dict[str, float], Note]:
        """Return the engine's whole patch, and the note that plays it."""
        patch = dict(self.defaults)
        for name, value in values.items():
            assert not isinstance(value, Contour)
            patch[name] = float(value)
        pitch, velocity = int(patch.pop(PITCH)), int(patch.pop(VELOCITY))
        return patch, Note(pitch, velocity, self.note_duration_s, self.duration_s)


def voice(dataset: Dataset) -> PluginVoice:
    """Return the voice of a data set of the source plugin."""
    return PluginVoice(dataset)
