"""A patch as files: all of its values, and presets that the instrument itself loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from soundworks.dataset.voice import fixed_values
from soundworks.presets.preset import Preset
from soundworks.programmer.synthesis import PatchRenderer
from soundworks.programmer.targets import Floats

#: File name of presets, before the format's suffix.
STEM = "match"


def describe_patch(renderer: PatchRenderer, values: Floats) -> dict[str, Any]:
    """Return a patch as plain values: what varies, and all else that its sound depends on, in natural units."""
    dataset = renderer.dataset
    config = dataset.config
    return {
        "experiment": dataset.name,
        "source": config.source,
        "synth": config.sound_name,
        "sample_rate_hz": config.sample_rate,
        "duration_s": config.sound_duration_s,
        **(
            {}
            if config.plugin is None
            else {"note_duration_s": config.plugin.note_duration_s or config.sound_duration_s}
        ),
        "parameters": renderer.space.patch(values),
        "fixed": {**dataset.base, **fixed_values(dataset)},
    }


def write_presets(folder: Path, name: str, renderer: PatchRenderer, values: Floats, config_dir: Path) -> list[str]:
    """Write a patch in every preset format of the data set's engine; a synth of ours has none.

    Parameters
    ----------
    folder : Path
    name : str
        Of the preset, as the instrument shows it.
    renderer : PatchRenderer
    values : ndarray, shape (n_parameters,)
        In natural units.
    config_dir : Path
        Folder of the config file, from where its base preset is named.

    Returns
    -------
    names : list of str
        Files that were written.
    """
    config = renderer.dataset.config
    if config.plugin is None:
        return []
    from soundworks.sources.plugin.engine import load_engine, split_reference
    from soundworks.sources.plugin.voice import PluginVoice

    engine = load_engine(config.plugin.engine, config.plugin.path)
    base = (
        None if config.plugin.base_preset is None else split_reference(str(config_dir / config.plugin.base_preset))[0]
    )
    patch, _ = PluginVoice(renderer.dataset).patch_and_note(renderer.space.patch(values))
    written = []
    for form in engine.formats:
        (folder / f"{STEM}{form.suffix}").write_bytes(form.encode([Preset(name, patch)], base))
        written.append(f"{STEM}{form.suffix}")
    return written
