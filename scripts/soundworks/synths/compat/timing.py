"""Event lists, with the names and arguments of the originals; times are in seconds."""
# ruff: noqa: N802, N803

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from soundworks.contour import Floats
from soundworks.synths.compat.rendering import generator
from soundworks.synths.events import irregularity, rate_hz

#: Keeps a product such as 2^x·duration that should be whole from being rounded down.
_ROUNDING = 1e-9


def noisySpacingTimeList(
    rate_exp: float,
    irreg_exp: float,
    durationSecs: float,
    rngseed: Any = None,
    *options: Any,
    rng: Any = None,
    phase: float | None = 0.0,
    verbose: bool = False,
    wrap: bool = True,
    roll: bool = False,
) -> Floats:
    """Draw floor(2^rate_exp · durationSecs) events: equally spaced, then moved by Gaussian jitter.

    The jitter's standard deviation is 0.04·10^irreg_exp mean intervals, as documented; the original code computed
    0.1·irreg_exp·10^irreg_exp.

    Parameters
    ----------
    rate_exp, irreg_exp : float
        See `soundworks.synths.events`.
    durationSecs : float
        Length of the sound in seconds.
    rngseed, rng : Generator, int or None
        Randomness; by default that of the setting being rendered.
    *options
        `verbose, wrap, roll` by position, as in the first files of generation D, or `phase, verbose, wrap, roll`, as
        in the later ones.
    phase : float or None
        Shift in mean intervals; None draws it from [0, 1).
    verbose : bool
        Print the list.
    wrap : bool
        Take the times modulo the duration and sort them.
    roll : bool
        Shift the list so that its first event is at 0.

    Returns
    -------
    times_s : ndarray, shape (n_events,)
    """
    if options:
        names = ("verbose", "wrap", "roll") if isinstance(options[0], bool) else ("phase", "verbose", "wrap", "roll")
        given = dict(zip(names, options, strict=False))
        phase, verbose = given.get("phase", phase), given.get("verbose", verbose)
        wrap, roll = given.get("wrap", wrap), given.get("roll", roll)
    source = generator(rngseed if rng is None else rng)
    n_events = math.floor(float(rate_hz(rate_exp)) * durationSecs + _ROUNDING)
    times_s = _jittered(n_events, rate_exp, irreg_exp, phase, source)
    if wrap:
        times_s = np.sort(np.mod(times_s, durationSecs))
    return _finished(times_s, roll, verbose)


def noisySpacingTimeList_v2(
    rate_exp: float,
    irreg_exp: float,
    durationSecs: float,
    rngseed: Any = None,
    phase: float | None = None,
    verbose: bool = False,
    wrap: bool = True,
    roll: bool = False,
) -> Floats:
    """Draw events as `noisySpacingTimeList` does, at the exact mean rate for any duration.

    The pattern is made and wrapped over the next whole number of mean intervals, and then cut at `durationSecs`; so
    a sound shorter than an interval has an event as often as it should. `phase` is random by default.
    """
    source = generator(rngseed)
    rate = float(rate_hz(rate_exp))
    n_events = math.ceil(rate * durationSecs - _ROUNDING)
    times_s = _jittered(n_events, rate_exp, irreg_exp, phase, source)
    if wrap:
        times_s = np.sort(np.mod(times_s, n_events / rate))
    return _finished(times_s[times_s < durationSecs], roll, verbose)


def _jittered(n_events: int, rate_exp: float, irreg_exp: float, phase: float | None, source: Any) -> Floats:
    jitter = source.normal(scale=float(irregularity(irreg_exp)), size=n_events)
    shift = source.random() if phase is None else phase
    return np.asarray((np.arange(n_events) + jitter + shift) / rate_hz(rate_exp), dtype=np.float64)


def _finished(times_s: Floats, roll: bool, verbose: bool) -> Floats:
    if roll and times_s.size:
        times_s = times_s - times_s.min()
    if verbose:
        print(f"event times in s: {times_s}")
    return times_s


def timeList2Sig(elist: Sequence[float], sr: int, durationSecs: float) -> Floats:
    """Return a signal, shape (round(durationSecs · sr),), that is 1 at each event and 0 elsewhere."""
    signal = np.zeros(round(durationSecs * sr))
    samples = np.rint(np.asarray(elist, dtype=np.float64) * sr).astype(np.int64)
    inside = (samples >= 0) & (samples < signal.size)
    signal[samples[inside]] = 1.0
    if not inside.all():
        print(f"timeList2Sig: {np.count_nonzero(~inside)} events outside the sound are left out", file=sys.stderr)
    return signal


def addin(a: Any, b: Any, startsamp: int) -> Any:
    """Add signal `a` into signal `b` in place from sample `startsamp` on, as far as `b` goes; return `b`."""
    start = int(startsamp)
    if start < 0:
        a, start = a[-start:], 0
    length = min(len(a), len(b) - start)
    if length > 0:
        b[start : start + length] = np.asarray(b[start : start + length]) + np.asarray(a[:length])
    return b


def selectVariation(sig: Any, sr: int, varNum: int, varDurationSecs: float) -> Any:
    """Return chunk number `varNum` of a signal cut into chunks of floor(sr · varDurationSecs) samples."""
    length = math.floor(sr * varDurationSecs + _ROUNDING)
    return sig[varNum * length : (varNum + 1) * length]


def extendEventSequence(oseq: Sequence[float], seqDur: float, durationSecs: float) -> list[float]:
    """Repeat an event list every `seqDur` seconds, up to `durationSecs`."""
    if len(oseq) == 0 or seqDur <= 0:
        return [float(time_s) for time_s in oseq if time_s < durationSecs]
    rounds = max(0, math.ceil((durationSecs - min(oseq)) / seqDur))
    times_s = (float(time_s) + turn * seqDur for turn in range(rounds) for time_s in oseq)
    return [time_s for time_s in times_s if time_s < durationSecs]
