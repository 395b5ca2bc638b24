"""amsynth, a subtractive synthesizer: Debian's VST plugin, hosted by DawDreamer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from soundworks.errors import UserError
from soundworks.presets import amsynth
from soundworks.sources.plugin.engine import Engine, Instrument, PresetFormat
from soundworks.sources.plugin.hosted import HostedInstrument

_INSTALL = "apt-get install --no-install-recommends amsynth"
_FILE = "amsynth_vst.so"
#: Where VST plugins are, after the folders that the user's VST_PATH names.
_FOLDERS = ("/usr/lib/vst", "/usr/local/lib/vst", "~/.vst")

#: Folder of the banks that the package brings.
_FACTORY = (Path("/usr/share/amsynth/banks"),)


def find_plugin() -> str:
    """Return the plugin's file; raise a `UserError` that says what to install if there is none."""
    folders = [*filter(None, os.environ.get("VST_PATH", "").split(os.pathsep)), *_FOLDERS]
    for folder in folders:
        path = Path(folder).expanduser() / _FILE
        if path.exists():
            return str(path)
    raise UserError(
        f"the engine amsynth needs the plugin {_FILE}, found none in {', '.join(folders)}, expected: {_INSTALL}"
    )


def _to_host(patch: Mapping[str, float]) -> list[tuple[int, float]]:
    return list(enumerate(amsynth.to_plugin(patch)))


def engine(name: str, path: str | None) -> Engine:
    """Return the description of amsynth; without a path the plugin is looked for where VST plugins are."""

    def open_instrument(sample_rate: int) -> Instrument:
        return HostedInstrument(name, path or find_plugin(), sample_rate, _to_host)

    return Engine(
        name,
        "amsynth, a subtractive synthesizer with two oscillators: a VST plugin, 41 parameters",
        amsynth.PARAMETERS,
        lists={"free33": amsynth.FREE_33},
        open=open_instrument,
        read_presets=lambda file: list(amsynth.read_presets(file).presets),
        factory=tuple(folder for folder in _FACTORY if folder.is_dir()),
        formats=(
            PresetFormat(".fxp", "one preset", lambda them, _: amsynth.fxp_bytes(them[0].values, them[0].name)),
            PresetFormat(".amSynth.bank", "a bank", lambda them, _: amsynth.bank_text(them).encode()),
        ),
        suffixes=(".bank", ".fxp"),
    )
