"""When the events of a texture happen, and the parameters that all event textures share."""

from __future__ import annotations

import numpy as np

from soundworks.contour import Contour, Floats, Value, value_at
from soundworks.synths.parameter import Parameter

RATE_EXP = Parameter(
    "rate_exp", -10.0, 10.0, 0.0, "octaves re 1 event/s", "2^rate_exp events per second", aliases=("rate",)
)
IRREG_EXP = Parameter(
    "irreg_exp",
    0.0,
    1.0,
    0.5,
    "decades re 0.04",
    "irregularity 0.04·10^irreg_exp: standard deviation of event times in mean intervals",
    aliases=("irreg",),
)

#: Jitter beyond this many standard deviations is not waited for at the ends of the sound (probability 6e-5).
_MARGIN_SD = 4.0
#: Time step in seconds on which a moving rate is integrated.
_PHASE_STEP_S = 1e-3


def rate_hz(rate_exp: Floats | float) -> Floats:
    """Map rate_exp [-10, 10] → mean event rate 2^rate_exp, [0.00098, 1024] events per second."""
    return np.exp2(np.asarray(rate_exp, dtype=np.float64))


def irregularity(irreg_exp: Floats | float) -> Floats:
    """Map irreg_exp [0, 1] → [0.04, 0.4], the standard deviation of event times in mean intervals.

    The formula 0.04·10^irreg_exp is the one that the DSGenerator documentation states; its code computed
    0.1·irreg_exp·10^irreg_exp instead, which agrees with nothing written about it.
    """
    return 0.04 * np.power(10.0, np.asarray(irreg_exp, dtype=np.float64))


def event_times(rate_exp: Value, irreg_exp: Value, duration_s: float, rng: np.random.Generator) -> Floats:
    """Draw event times of a noisy pulse train.

    Event k sits at phase k + u + N(0, σ), where phase is the integral of the rate 2^rate_exp over time, u is uniform
    in [0, 1), and σ = 0.04·10^irreg_exp. So the mean rate is exact everywhere in the sound, for any duration, and
    σ is the standard deviation of an event's time in units of the mean interval. Both exponents may be contours.

    Parameters
    ----------
    rate_exp : float or Contour
        Rate exponent; see `rate_hz`.
    irreg_exp : float or Contour
        Irregularity exponent; see `irregularity`.
    duration_s : float
        Length of the sound in seconds.
    rng : numpy.random.Generator

    Returns
    -------
    times_s : ndarray, shape (n_events,)
        Sorted times in [0, duration_s), in seconds.
    """
    grid_s, phase = _phase_grid(rate_exp, duration_s)
    margin = _MARGIN_SD * float(np.max(irregularity(_extremes(irreg_exp))))
    offset = rng.random()
    first = int(np.floor(-margin - offset))
    last = int(np.ceil(phase[-1] + margin - offset))
    regular = np.arange(first, last + 1) + offset
    sigma = irregularity(value_at(irreg_exp, np.interp(regular, phase, grid_s)))
    drawn = regular + sigma * rng.standard_normal(regular.size)
    inside = drawn[(drawn >= 0.0) & (drawn < phase[-1])]
    times_s = np.sort(np.interp(inside, phase, grid_s))
    return times_s[times_s < duration_s]


def _phase_grid(rate_exp: Value, duration_s: float) -> tuple[Floats, Floats]:
    """Return times in seconds and the number of mean intervals that have passed by then."""
    if not isinstance(rate_exp, Contour):
        return np.array([0.0, duration_s]), np.array([0.0, float(rate_hz(rate_exp)) * duration_s])
    grid_s = np.linspace(0.0, duration_s, max(2, round(duration_s / _PHASE_STEP_S) + 1))
    rates = rate_hz(rate_exp.at(grid_s))
    steps = 0.5 * (rates[1:] + rates[:-1]) * np.diff(grid_s)
    return grid_s, np.concatenate(([0.0], np.cumsum(steps)))


def _extremes(value: Value) -> Floats:
    return np.asarray(value.values if isinstance(value, Contour) else [value], dtype=np.float64)
