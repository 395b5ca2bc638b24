"""The DX7 table: order, ranges, and that no parameter which can be heard is ever taken for inaudible."""

import random

import numpy as np
import pytest

from soundworks.presets import syx
from soundworks.presets.dx7 import PARAMETERS, get_parameters
from soundworks.presets.dx7_heard import get_modulation

BY_NAME = {each.name: each for each in PARAMETERS}


def draw(rng, fixed=()):
    values = {p.name: float(rng.randint(int(p.minimum), int(p.maximum))) for p in PARAMETERS}
    return {**values, **dict(fixed)}


def test_there_are_145_parameters_in_the_order_of_the_edit_buffer():
    names = [each.name for each in PARAMETERS]
    assert len(names) == len(set(names)) == 145
    assert names[0] == "op6_eg_rate1"
    assert names[20] == "op6_detune"
    assert names[105:107] == ["op1_eg_rate1", "op1_eg_rate2"]
    assert names[126] == "pitch_eg_rate1"
    assert names[134:] == [
        "algorithm",
        "feedback",
        "oscillator_key_sync",
        "lfo_speed",
        "lfo_delay",
        "lfo_pitch_mod_depth",
        "lfo_amp_mod_depth",
        "lfo_key_sync",
        "lfo_wave",
        "pitch_mod_sensitivity",
        "transpose",
    ]


def test_ranges_defaults_and_labels_fit():
    for each in PARAMETERS:
        assert each.minimum <= each.default <= each.maximum
        assert each.kind == ("categorical" if each.labels else "integer")
        assert not each.labels or len(each.labels) == each.n_values
        assert all(name in BY_NAME for name, _, _ in each.heard)
    # The range of every byte as in the manual's table: 0-99, 0-31, 0-14, …
    counts = [each.n_values for each in PARAMETERS[:21]]
    assert counts == [100] * 11 + [4, 4, 8, 4, 8, 100, 2, 32, 100, 15]
    assert [each.n_values for each in PARAMETERS[134:]] == [32, 8, 2, 100, 100, 100, 100, 2, 6, 8, 49]


@pytest.mark.parametrize("algorithm", range(1, 33))
def test_algorithms_are_those_of_dexed(algorithm):
    dexed = pytest.importorskip("dexed")
    edges, feedback = get_modulation(algorithm)
    matrix = np.zeros((6, 6), dtype=int)
    for modulator, modulated in edges:
        matrix[modulated - 1, modulator - 1] = 1
    theirs = np.array(dexed.get_mod_matrix(algorithm - 1))
    assert np.array_equal(matrix, theirs) or np.array_equal(matrix.T, theirs)
    carriers = sorted({*range(1, 7)} - {modulator for modulator, _ in edges})
    assert [carrier - 1 for carrier in carriers] == sorted(dexed.get_carriers(algorithm - 1))
    assert feedback - 1 in dexed.get_feedback_edge(algorithm - 1)


def test_with_nothing_fixed_level_scaling_may_lift_any_operator():
    assert BY_NAME["op3_eg_rate1"].heard == ()
    assert BY_NAME["lfo_pitch_mod_depth"].heard == (("pitch_mod_sensitivity", 1.0, 7.0),)
    assert BY_NAME["op2_scaling_left_curve"].heard == (("op2_scaling_left_depth", 1.0, 99.0),)


def heard_where_fixed(free, **changes):
    fixed = {each.name: each.default for each in PARAMETERS} | changes
    return {each.name: each.heard for each in get_parameters({k: v for k, v in fixed.items() if k not in free})}


def test_a_modulator_needs_all_operators_below_it():
    levels = {f"op{i}_output_level" for i in range(1, 7)}
    heard = heard_where_fixed(levels, algorithm=1.0)
    on = [None, *((f"op{i}_output_level", 1.0, 99.0) for i in range(1, 7))]
    assert set(heard["op6_detune"]) == {on[6], on[5], on[4], on[3]}
    assert set(heard["op5_output_level"]) == {on[4], on[3]}
    assert heard["op1_output_level"] == ()
    assert set(heard["feedback"]) == {on[6], on[5], on[4], on[3]}
    # Algorithm 21: 3 modulates both 1 and 2, so neither alone is needed.
    assert set(heard_where_fixed(levels, algorithm=21.0)["op3_detune"]) == {on[3]}


def test_loops_of_several_operators_run_at_level_0():
    heard = heard_where_fixed({f"op{i}_output_level" for i in range(1, 7)}, algorithm=4.0)
    assert heard["op6_detune"] == heard["op5_detune"] == heard["feedback"] == ()
    assert [condition[0] for condition in heard["op3_detune"]] == [f"op{i}_output_level" for i in (3, 2, 1)]


def test_what_fixed_values_silence_is_never_heard():
    heard = heard_where_fixed({"lfo_speed", "op2_detune"})
    for name in ("lfo_speed", "op2_detune"):
        (condition,) = heard[name]
        value = BY_NAME[condition[0]].default
        assert not condition[1] <= value <= condition[2]


def is_heard(parameter, values):
    return all(low <= values[name] <= high for name, low, high in parameter.heard)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_masked_changes_nothing_in_the_sound(seed):
    """Whatever the conditions call inaudible is changed at random, and the real engine plays the same samples."""
    dexed = pytest.importorskip("dexed")
    rng = random.Random(seed)
    note, velocity = rng.randint(24, 96), rng.choice([20, 90, 127])

    def play(values):
        synth = dexed.DexedSynth(16000.0)
        synth.load_patch(dexed.Patch.from_sysex(syx.vced_bytes(values) + b"\x3f"))
        return synth.render(note, velocity, 0.2, 0.3)

    sparse = {p.name: 0.0 for p in PARAMETERS if p.name.endswith(("depth", "output_level")) and rng.random() < 0.6}
    sparse |= {f"pitch_eg_level{i}": 50.0 for i in range(1, 5) if rng.random() < 0.9}
    quick = {f"op{i}_eg_rate1": 90.0 for i in range(1, 7)} | {f"op{i}_eg_level1": 99.0 for i in range(1, 7)}
    values = draw(rng, sparse | quick | {"op1_output_level": 90.0, "lfo_key_sync": 1.0})
    names = rng.sample(sorted(values), rng.choice([0, 20, 100]))
    fixed = {name: values[name] for name in values if name not in names}
    masked = [each for each in get_parameters(fixed) if not is_heard(each, values)]
    assert masked
    assert np.any(play(values))
    for each in rng.sample(masked, min(len(masked), 20)):
        changed = {**values, each.name: rng.choice([each.minimum, each.maximum])}
        assert np.array_equal(play(changed), play(values)), each.name
