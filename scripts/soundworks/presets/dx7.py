"""The 145 sound parameters of a Yamaha DX7 voice, in the order of its voice edit buffer (operator 6 first)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from soundworks.presets.dx7_heard import get_heard
from soundworks.synths.parameter import Kind, Parameter

CURVES = ("-linear", "-exponential", "+exponential", "+linear")
MODES = ("ratio", "fixed")
SWITCH = ("off", "on")
WAVES = ("triangle", "saw down", "saw up", "square", "sine", "sample and hold")

#: (name, maximum, default, labels, doc) of an operator's parameters, in the order of the edit buffer. All begin at 0.
_OPERATOR: tuple[tuple[str, int, int, tuple[str, ...], str], ...] = (
    ("eg_rate1", 99, 99, (), "envelope: speed from level 4 to level 1"),
    ("eg_rate2", 99, 99, (), "envelope: speed from level 1 to level 2"),
    ("eg_rate3", 99, 99, (), "envelope: speed from level 2 to level 3"),
    ("eg_rate4", 99, 99, (), "envelope: speed from level 3 to level 4 after the key is let go"),
    ("eg_level1", 99, 99, (), "envelope: level after the attack"),
    ("eg_level2", 99, 99, (), "envelope: level after the first decay"),
    ("eg_level3", 99, 99, (), "envelope: level while the key is held"),
    ("eg_level4", 99, 0, (), "envelope: level before the start and after the end"),
    ("scaling_break_point", 99, 39, (), "key at which level scaling turns; 0 is A-1, 39 is C3 (MIDI note 60)"),
    ("scaling_left_depth", 99, 0, (), "amount of level scaling below the break point"),
    ("scaling_right_depth", 99, 0, (), "amount of level scaling above the break point"),
    ("scaling_left_curve", 3, 0, CURVES, "form of level scaling below the break point"),
    ("scaling_right_curve", 3, 0, CURVES, "form of level scaling above the break point"),
    ("rate_scaling", 7, 0, (), "how much faster the envelope runs on high keys"),
    ("amp_mod_sensitivity", 3, 0, (), "how much the LFO moves the level"),
    ("velocity_sensitivity", 7, 0, (), "how much the key's velocity moves the level"),
    ("output_level", 99, 0, (), "level of the operator; 0 is off"),
    ("oscillator_mode", 1, 0, MODES, "whether the frequency follows the key"),
    ("frequency_coarse", 31, 1, (), "ratio to the key's frequency, 0 is 1/2; fixed: 10^(n mod 4) Hz"),
    ("frequency_fine", 99, 0, (), "ratio mode: adds n percent; fixed mode: times 10^(n/100)"),
)

_COMMON: tuple[tuple[str, int, int, tuple[str, ...], str], ...] = (
    ("pitch_eg_rate1", 99, 99, (), "pitch envelope: speed from level 4 to level 1"),
    ("pitch_eg_rate2", 99, 99, (), "pitch envelope: speed from level 1 to level 2"),
    ("pitch_eg_rate3", 99, 99, (), "pitch envelope: speed from level 2 to level 3"),
    ("pitch_eg_rate4", 99, 99, (), "pitch envelope: speed from level 3 to level 4 after the key is let go"),
    ("pitch_eg_level1", 99, 50, (), "pitch envelope: first pitch reached; 50 is the key's own"),
    ("pitch_eg_level2", 99, 50, (), "pitch envelope: second pitch reached"),
    ("pitch_eg_level3", 99, 50, (), "pitch envelope: pitch while the key is held"),
    ("pitch_eg_level4", 99, 50, (), "pitch envelope: pitch before the start and after the end"),
)

_LFO: tuple[tuple[str, int, int, tuple[str, ...], str], ...] = (
    ("feedback", 7, 0, (), "how much the feedback operator modulates itself"),
    ("oscillator_key_sync", 1, 1, SWITCH, "whether each key starts the oscillators at phase 0"),
    ("lfo_speed", 99, 35, (), "LFO frequency"),
    ("lfo_delay", 99, 0, (), "time until the LFO fades in after a key"),
    ("lfo_pitch_mod_depth", 99, 0, (), "depth of the LFO's vibrato"),
    ("lfo_amp_mod_depth", 99, 0, (), "depth of the LFO's tremolo"),
    ("lfo_key_sync", 1, 1, SWITCH, "whether each key starts the LFO anew"),
    ("lfo_wave", 5, 0, WAVES, "LFO waveform"),
    ("pitch_mod_sensitivity", 7, 3, (), "how much the LFO moves the pitch"),
)


def _parameter(name: str, maximum: int, default: int, labels: tuple[str, ...], doc: str) -> Parameter:
    kind: Kind = "categorical" if labels else "integer"
    return Parameter(name, 0.0, float(maximum), float(default), "", doc, kind=kind, labels=labels)


def _operator(number: int) -> Iterator[Parameter]:
    for name, maximum, default, labels, doc in _OPERATOR:
        # In the initial voice operator 1 sounds alone.
        start = 99 if (number, name) == (1, "output_level") else default
        yield _parameter(f"op{number}_{name}", maximum, start, labels, f"operator {number}: {doc}")
    doc = f"operator {number}: fine tuning, about 1 cent a step"
    yield Parameter(f"op{number}_detune", -7.0, 7.0, 0.0, "steps", doc, kind="integer")


def _voice() -> Iterator[Parameter]:
    for number in range(6, 0, -1):
        yield from _operator(number)
    for row in _COMMON:
        yield _parameter(*row)
    labels = tuple(map(str, range(1, 33)))
    doc = "which operators modulate which"
    yield Parameter("algorithm", 1.0, 32.0, 1.0, "", doc, kind="categorical", labels=labels)
    for row in _LFO:
        yield _parameter(*row)
    doc = "shift of all keys; -24 to 24 on the panel, 0 plays C3 at MIDI note 60"
    yield Parameter("transpose", -24.0, 24.0, 0.0, "semitones", doc, kind="integer")


_TABLE = tuple(_voice())


def get_parameters(fixed: Mapping[str, float] | None = None) -> tuple[Parameter, ...]:
    """Return the 145 parameters, with the conditions under which each can be heard.

    Parameters
    ----------
    fixed : mapping of str to float, optional
        Natural values of parameters that do not vary. The more is fixed, the more can be said: an operator of a fixed
        algorithm, for example, is heard only while every operator on its way to the output is on.
    """
    ranges = {each.name: (each.minimum, each.maximum) for each in _TABLE}
    heard = get_heard(ranges, fixed or {})
    return tuple(replace(each, heard=heard[each.name]) for each in _TABLE)


#: The table where nothing is fixed, in the order of the voice edit buffer.
PARAMETERS = get_parameters()
