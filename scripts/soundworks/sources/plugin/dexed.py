"""Dexed, the DX7 engine, as a library: headless, quick, and the same bits in any order.

It comes from the package dexed-py, which is under the GPL and an optional dependency.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from soundworks.contour import Floats
from soundworks.errors import UserError
from soundworks.presets import dx7, syx
from soundworks.sources.plugin.engine import RELEASE_S, Engine, Note, PresetFormat
from soundworks.synths.parameter import Parameter

_INSTALL = "pip install dexed-py==0.3.0 (GPL-3)"

#: Debian's package hexter-data has 160 voices of the DX7's own cartridges.
_FACTORY = (Path("/usr/share/hexter"),)

#: The nine parameters of operator 2 that Yee-King, Fedden and d'Inverno's two-operator sound leaves free, as spiegelib
#: (Shier, Tzanetakis, McNally, AES 2020) published its comparison.
_FREE_9 = tuple(
    f"op2_{name}"
    for name in ("eg_rate2", "eg_rate3", "eg_rate4", "eg_level2", "eg_level3", "eg_level4", "frequency_coarse",
                 "frequency_fine", "detune")
)  # fmt: skip


class DexedInstrument:
    """The engine at one sample rate in Hz."""

    def __init__(self, sample_rate: int) -> None:
        if importlib.util.find_spec("dexed") is None:
            raise UserError(f"the engine dexed needs the package dexed-py, found none, expected: {_INSTALL}")
        from dexed._dexed import DexedSynth

        self.sample_rate = sample_rate
        self.synth: Any = DexedSynth(float(sample_rate), 0)

    def render(self, patch: Mapping[str, float], note: Note) -> Floats:
        """Return the sound of a note, shape (round(render_s · sample_rate),)."""
        n_samples = round(note.render_s * self.sample_rate)
        # The engine counts whole samples of a duration: half a sample more keeps the rounding ours.
        self.synth.load_sysex(voice_bytes(patch))
        audio = self.synth.render(note.pitch, note.velocity, note.duration_s, note.render_s + 0.5 / self.sample_rate)
        return np.asarray(audio[:n_samples], dtype=np.float64)

    def close(self) -> None:
        """Do nothing: the engine holds no process."""


#: What the voice edit buffer has after the parameters: ten characters of name, and all six operators switched on.
_TAIL = b" " * 10 + b"\x3f"


def voice_bytes(patch: Mapping[str, float]) -> bytes:
    """Return the voice edit buffer of a legal patch, 156 bytes.

    `syx.vced_bytes` clips and rounds any patch; that costs seven times as much, a third of a sound of one second.
    """
    return bytes(int(patch[p.name] - p.minimum) for p in dx7.PARAMETERS) + _TAIL


def _parameters_given(fixed: Mapping[str, float]) -> tuple[Parameter, ...]:
    """Return the parameters with what can be said about hearing them when others are fixed; release rates need one."""
    release = (RELEASE_S, 1e-9, math.inf)
    return tuple(
        replace(p, heard=(*p.heard, release)) if p.name.endswith("eg_rate4") else p for p in dx7.get_parameters(fixed)
    )


def engine(name: str, path: str | None) -> Engine:  # noqa: ARG001
    """Return the description of Dexed."""
    return Engine(
        name,
        "Yamaha DX7 (the engine of Dexed): six operators, 145 parameters",
        dx7.PARAMETERS,
        lists={"free9": _FREE_9},
        open=DexedInstrument,
        read_presets=lambda file: list(syx.read_voices(file).presets),
        factory=tuple(folder for folder in _FACTORY if folder.is_dir()),
        formats=(
            PresetFormat(".syx", "one voice", lambda presets, _: syx.voice_sysex(presets[0].values, presets[0].name)),
            PresetFormat(".bank.syx", "a bank of 32 voices", lambda presets, _: syx.bank_sysex(presets), 32),
        ),
        parameters_given=_parameters_given,
        suffixes=(".syx", ".dx7"),
    )
