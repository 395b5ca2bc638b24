"""Envelopes, windows and pitch scales, with the names and arguments of the originals."""
# ruff: noqa: N802, N803

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from soundworks.contour import Floats
from soundworks.synths.compat.rendering import default_sr

_EXPWINDOW_SR = 44100


def gesture(startVal: float, stopVal: float, cutOff: float, numSamples: int) -> Floats:
    """Return a line from `startVal` to `stopVal` over the fraction `cutOff` of `numSamples`, then zeros."""
    course = np.zeros(numSamples)
    length = min(int(cutOff * numSamples), numSamples)
    course[:length] = np.linspace(startVal, stopVal, length)
    return course


def genericGesture(startVal: float, stopVal: float, cutOff: float, numSamples: int) -> Floats:
    """Return a line from `startVal` to `stopVal` over the fraction `cutOff` of `numSamples`, and one back."""
    length = min(int(cutOff * numSamples), numSamples)
    there = np.linspace(startVal, stopVal, length)
    back = np.linspace(stopVal, startVal, numSamples - length)
    return np.concatenate((there, back))


def bkpoint(y: Sequence[float], s: Sequence[float]) -> Floats:
    """Return straight segments through the values `y`; segment k takes `s[k]` samples without its end point."""
    if len(y) != len(s) + 1:
        raise AssertionError(f"bkpoint: {len(y)} values need {len(y) - 1} segment lengths, found {len(s)}")
    pieces = [np.linspace(y[k], y[k + 1], round(length), endpoint=False) for k, length in enumerate(s)]
    return np.concatenate([np.zeros(0), *pieces])


def env(sigLenSecs: float, sr: int | None = None, attack: float = 0.005, decay: float = 0.005) -> Floats:
    """Return an envelope that rises from 0 to 1 in `attack` seconds and falls to 0 in the last `decay` seconds."""
    rate = default_sr(_EXPWINDOW_SR) if sr is None else sr
    length = round(sigLenSecs * rate)
    last = max(length - 1, 1)
    rise = min(attack * rate, last / 2)
    fall = min(decay * rate, last / 2)
    at = np.arange(length)
    up = at / rise if rise > 0 else np.ones(length)
    down = (last - at) / fall if fall > 0 else np.ones(length)
    return np.clip(np.minimum(up, down), 0.0, 1.0)


def gwindow(m: int) -> Floats:
    """Return a symmetric Gaussian window of `m` samples with standard deviation m/6."""
    offset = np.arange(m) - 0.5 * (m - 1)
    return np.asarray(np.exp(-0.5 * np.square(offset * 6.0 / m)), dtype=np.float64)


def expdecay(t: Any, dur: float, attack_s: float = 0, decay_s: float = 0, tscale: float = 3) -> Any:
    """Evaluate at time(s) `t` a decay from 1 to exp(-tscale) in `dur` seconds, with linear ramps at its ends."""
    level = np.exp(-tscale * np.asarray(t, dtype=np.float64) / dur)
    if attack_s > 0:
        level = level * np.minimum(1.0, np.asarray(t) / attack_s)
    if decay_s > 0:
        level = level * np.minimum(1.0, (dur - np.asarray(t)) / decay_s)
    return level


def expWindow(
    dur: float, attack_s: float = 0.005, decay_s: float = 0.005, tscale: float = 3, sr: int | None = None
) -> Floats:
    """Return `expdecay` at floor(dur · sr) times from 0 to `dur`; `sr` is by default that of the setting."""
    rate = default_sr(_EXPWINDOW_SR) if sr is None else sr
    times_s = np.linspace(0.0, dur, int(dur * rate))
    return np.asarray(expdecay(times_s, dur, attack_s, decay_s, tscale), dtype=np.float64)


def oct2freq(octs: Any, bf: float = 440.0) -> Any:
    """Map octaves re `bf` → frequency in Hz."""
    return bf * np.exp2(octs)


def freq2oct(freq: Any, bf: float = 440.0) -> Any:
    """Map frequency in Hz → octaves re `bf`."""
    return np.log2(np.asarray(freq) / bf)


def map_range(x: float, a: float, b: float, m: float, n: float, clipped: bool = True) -> float:
    """Map [a, b] → [m, n] linearly; values beyond are held at the ends if `clipped`."""
    part = (x - a) / (b - a)
    if clipped:
        part = min(1.0, max(0.0, part))
    return m + part * (n - m)
