"""u-he Diva, the commercial VST plugin that deepDIVA programmed: its parameters and presets; the plugin is the user's.

Nothing of it was tried with the plugin itself. The host's values are the published normalisation of the 281 parameters,
by their index in the VST2 plugin.
"""

from __future__ import annotations

from pathlib import Path

from soundworks.presets import diva
from soundworks.presets.h2p import H2p
from soundworks.presets.preset import Preset
from soundworks.sources.plugin.engine import Engine, Instrument, PresetFormat
from soundworks.sources.plugin.hosted import HostedInstrument, check_file, check_host, linear_host_values


def _encode(presets: list[Preset], base: Path | None) -> bytes:
    """Return a preset over the user's own base, or ours; nobody is named as its author."""
    return diva.h2p_bytes(presets[0].values, None if base is None else H2p.read(base))


def engine(name: str, path: str | None) -> Engine:
    """Return the description of Diva; only an instrument needs the plugin's file."""
    to_host = linear_host_values(diva.PARAMETERS)

    def open_instrument(sample_rate: int) -> Instrument:
        check_file("u-he Diva", path or "Diva.so")
        check_host(name)
        return HostedInstrument(name, str(path), sample_rate, to_host)

    return Engine(
        name,
        "u-he Diva, a virtual analogue synthesizer: a commercial VST plugin of your own, 281 parameters",
        diva.PARAMETERS,
        lists=diva.LISTS,
        open=open_instrument,
        read_presets=lambda file: list(diva.read_patch(file).presets),
        formats=(PresetFormat(".h2p", "one preset", _encode),),
        suffixes=(".h2p",),
    )
