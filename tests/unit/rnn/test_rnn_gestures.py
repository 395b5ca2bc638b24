"""Gestures: each form against its closed form, what the originals had, sweeps, tours, and mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rnn_fixtures import CUTOFF, PITCH, random_rnn

from soundworks.errors import UserError
from soundworks.rnn.control.curves import ControlCurves, Floats
from soundworks.rnn.control.gestures import check_gestures, gesture_kinds, gesture_options
from soundworks.rnn.parameters import ControlParameter
from soundworks.rnn.trained import TrainedRnn

LEVEL = ControlParameter("level", -36.0, -12.0, "dB")


@pytest.fixture(scope="module")
def rnn(tmp_path_factory: pytest.TempPathFactory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("rnn"), parameters=(PITCH, CUTOFF, LEVEL))


def curves_of(rnn: TrainedRnn, gesture: dict[str, Any], folder: Path = Path(), seed: int = 3) -> ControlCurves:
    return gesture_options({"g": gesture}, "g", folder, seed).control_curves(rnn)


def naturals(rnn: TrainedRnn, curve: Any, times: Any, *, seconds: float = 4.0, name: str = "pitch") -> Floats:
    """Return a parameter's course in natural units at times in s."""
    curves = curves_of(rnn, {"seconds": seconds, "curves": {name: curve}})
    return curves.natural_at(np.asarray(times, np.float64), rnn.parameters)[:, rnn.names.index(name)]


TIMES = np.linspace(0, 3.999, 400)


class TestForms:
    def test_what_is_not_named_stays_in_the_middle(self, rnn: TrainedRnn) -> None:
        curves = curves_of(rnn, {"seconds": 1, "curves": {"pitch": 50}})
        np.testing.assert_allclose(curves.natural_at([0.0, 9.0], rnn.parameters), [[50, 400, -24]] * 2)

    def test_constant_in_either_unit(self, rnn: TrainedRnn) -> None:
        np.testing.assert_allclose(naturals(rnn, {"constant": 53}, [0, 4]), 53)
        np.testing.assert_allclose(naturals(rnn, {"constant": 0.25, "units": "norm"}, [0, 4]), 53)

    def test_breakpoints_lines(self, rnn: TrainedRnn) -> None:
        points = [[0.5, 48], [1, 60], [1, 52], [3, 68]]
        found = naturals(rnn, {"breakpoints": points}, [0, 0.5, 0.75, 0.9999, 1, 2, 3, 3.9])
        np.testing.assert_allclose(found, [48, 48, 54, 60, 52, 60, 68, 68], atol=0.01)

    def test_breakpoints_steps(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"breakpoints": [[0, 48], [1, 60], [2, 50]], "shape": "step"}, [0.999, 1, 1.999, 2, 3])
        np.testing.assert_allclose(found, [48, 60, 60, 50, 50])

    def test_breakpoints_smooth(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"breakpoints": [[1, 50], [3, 60]], "shape": "smooth"}, TIMES)
        share = np.clip((TIMES - 1) / 2, 0, 1)
        np.testing.assert_allclose(found, 50 + 5 * (1 - np.cos(np.pi * share)), atol=0.002)

    def test_a_line_of_a_logarithmic_parameter_has_equal_ratios_as_a_stream_has_it(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"ramp": [100, 1600]}, [0, 1, 2, 3], name="cutoff")
        np.testing.assert_allclose(found, [100, 200, 400, 800])

    def test_ramp_through_several_values(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"ramp": [48, 68, 58]}, [0, 1, 2, 3, 4])
        np.testing.assert_allclose(found, [48, 58, 68, 63, 58])

    def test_gaussian(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"gaussian": {"centre_s": 1.5, "width_s": 0.3, "low": 50, "high": 60}}, TIMES)
        np.testing.assert_allclose(found, 50 + 10 * np.exp(-0.5 * ((TIMES - 1.5) / 0.3) ** 2), atol=0.002)
        thin = naturals(rnn, {"gaussian": {"width_s": 1e-300, "low": 50}}, TIMES)
        np.testing.assert_allclose(thin, np.where(TIMES == 2, 68, 50), atol=1e-5)
        whole = naturals(rnn, {"gaussian": {}}, TIMES)
        np.testing.assert_allclose(whole, 48 + 20 * np.exp(-0.5 * ((TIMES - 2) / (4 / 6)) ** 2), atol=0.004)

    def test_sine(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"sine": {"frequency_hz": 1.5, "phase": 0.25, "high": 60}}, TIMES)
        np.testing.assert_allclose(found, 54 + 6 * np.cos(2 * np.pi * 1.5 * TIMES), atol=0.01)

    def test_notes_evenly_and_with_durations(self, rnn: TrainedRnn) -> None:
        even = naturals(rnn, {"notes": {"pitches": [50, 55, 60, 65]}}, [0, 0.99, 1, 2.5, 3.9])
        np.testing.assert_allclose(even, [50, 50, 55, 60, 65])
        lengths = naturals(rnn, {"notes": {"pitches": [50, 55, 60], "durations_s": [1, 0.25]}}, [0.9, 1.1, 1.3, 3.9])
        np.testing.assert_allclose(lengths, [50, 55, 60, 60])

    def test_notes_glide_from_the_one_before(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"notes": {"pitches": [50, 60], "glide_s": 0.5}}, [0, 1.9, 2, 2.25, 2.5, 3])
        np.testing.assert_allclose(found, [50, 50, 50, 55, 60, 60])
        smooth = naturals(rnn, {"notes": {"pitches": [50, 60], "glide_s": 1}, "shape": "smooth"}, [2, 2.25, 2.5, 3])
        np.testing.assert_allclose(smooth, [50, 50 + 10 * (1 - np.sqrt(0.5)) / 2, 55, 60], atol=0.002)

    def test_notes_of_a_parameter_in_hertz(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"notes": {"pitches": [69, 57], "glide_s": 2}}, [0, 2, 3, 4], name="cutoff")
        np.testing.assert_allclose(found, [440, 440, 440 / np.sqrt(2), 220], rtol=1e-6)

    def test_notes_normalised_to_a_range_of_pitches(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"notes": {"pitches": [64, 70, 76], "range": [64, 76]}}, [0, 1.5, 3], name="level")
        np.testing.assert_allclose(found, [-36, -24, -12])

    def test_walk_is_by_the_seed_and_stays_between_its_ends(self, rnn: TrainedRnn) -> None:
        walk = {"walk": {"step": 2, "rate_hz": 50, "low": 52, "high": 56}}
        gesture = {"seconds": 4, "curves": {"pitch": walk, "level": {**walk, "walk": {"step": 3, "rate_hz": 50}}}}
        first, again, other = (curves_of(rnn, gesture, seed=seed).at(TIMES) for seed in (3, 3, 4))
        assert first.tobytes() == again.tobytes()
        assert abs(first[:, 0] - other[:, 0]).max() > 0.05
        pitch = 48 + 20 * first[:, 0]
        assert (pitch.min() >= 52 - 1e-9, pitch.max() <= 56 + 1e-9) == (True, True)
        assert pitch.std() > 0.5
        assert abs(np.corrcoef(first[:, 0], first[:, 2])[0, 1]) < 0.9  # not the same walk

    def test_a_walks_steps_are_as_large_as_asked_for(self, rnn: TrainedRnn) -> None:
        walk = {"walk": {"step": 0.05, "rate_hz": 100}, "shape": "step"}
        found = naturals(rnn, walk, np.arange(2000) / 100 + 0.001, seconds=20)
        assert np.diff(found).std() == pytest.approx(0.05, rel=0.08)

    def test_a_period_starts_again(self, rnn: TrainedRnn) -> None:
        found = naturals(rnn, {"ramp": [48, 68], "period_s": 1}, [0, 0.5, 0.9999, 1, 1.5, 3.5])
        np.testing.assert_allclose(found, [48, 58, 68, 48, 58, 58], atol=0.01)

    def test_sequence_an_arpeggio_then_a_glide(self, rnn: TrainedRnn) -> None:
        sequence = [
            {"seconds": 1.5, "notes": {"pitches": [48, 52, 55]}},
            {"seconds": 2, "breakpoints": [[0, 55], [2, 67]], "shape": "smooth"},
        ]
        found = naturals(rnn, {"sequence": sequence}, [0.4, 0.6, 1.4, 1.5, 2.5, 3.5, 3.9])
        np.testing.assert_allclose(found, [48, 52, 55, 55, 61, 67, 67], atol=0.002)

    def test_array_stretched_with_its_names_and_by_number(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        rows = np.random.default_rng(0).random((1, 7, 2))
        np.save(tmp_path / "a.npy", rows)
        by_number = {"seconds": 2, "curves": {"pitch": {"array": {"file": "a.npy", "column": 1}}}}
        times = np.arange(100) / 50
        expected = np.interp(times, np.arange(7) * 2 / 7, rows[0, :, 1])
        np.testing.assert_allclose(curves_of(rnn, by_number, tmp_path).at(times)[:, 0], expected)
        (tmp_path / "a.json").write_text(json.dumps({"columns": ["level", "pitch"]}))
        by_name = {"seconds": 2, "curves": {"pitch": {"array": {"file": "a.npy"}}}}
        np.testing.assert_allclose(curves_of(rnn, by_name, tmp_path).at(times)[:, 0], expected)
        gesture = gesture_options({"g": {**by_name, "prime": "p.wav"}}, "g", tmp_path, 0)
        assert gesture.files == [tmp_path / "a.npy", tmp_path / "a.json", tmp_path / "p.wav"]


@pytest.mark.parametrize(
    ("glide", "expected"),
    [
        (0, [(0, 0), (0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 1)]),
        (1, [(0, 0), (0.5, 0), (1, 0), (1, 0.5), (1, 1), (0.5, 1), (0, 1), (0, 0.5)]),
        (0.5, [(0, 0), (0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 1), (0, 1)]),
    ],
)
def test_tour_discrete_and_gliding(rnn: TrainedRnn, glide: float, expected: list[tuple[float, float]]) -> None:
    tour = {"seconds": 4, "tour": {"parameters": ["level", "pitch"], "glide": glide}}
    found = curves_of(rnn, tour).at(np.arange(8) / 2)[:, [2, 0]]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_sweep_every_combination_the_last_axis_fastest(rnn: TrainedRnn) -> None:
    sweep = {"pitch": [48, 60], "level": {"range": [0, 1], "count": 3, "units": "norm"}}
    gesture = gesture_options({"g": {"seconds": 1, "curves": {"cutoff": 200}, "sweep": sweep}}, "g", Path(), 0)
    found = [point.control_curves(rnn).natural_at([0.5], rnn.parameters)[0] for point in gesture.sweep_gestures()]
    expected = [[pitch, 200, level] for pitch in (48, 60) for level in (-36, -24, -12)]
    np.testing.assert_allclose(found, expected)
    assert gesture.sweep_values() == {"pitch": [48.0, 60.0], "level": [0.0, 0.5, 1.0]}


def test_kinds_of_a_section() -> None:
    section = {"a": {"seconds": 1}, "b": {"seconds": 1, "sweep": {"pitch": [1]}}, "c": {"seconds": 1, "sweep": None}}
    assert gesture_kinds(section) == {"a": "file", "b": "folder", "c": "file"}
    check_gestures(section, Path(), ["pitch"])


def test_the_gestures_own_seed_goes_before_the_experiments() -> None:
    section = {"a": {"seconds": 1}, "b": {"seconds": 1, "seed": 9}}
    assert [gesture_options(section, name, Path(), 5).seed for name in section] == [5, 9]
    assert gesture_options(section, "b", Path(), 5, seed=7, temperature=0.5).temperature == 0.5


@pytest.mark.parametrize(
    ("gesture", "sentence"),
    [
        ({}, "gestures.g: the key 'seconds' is missing"),
        ({"seconds": 0}, "gestures.g.seconds: found 0, expected a number above 0 and at most 3600"),
        ({"seconds": 1, "curve": {}}, "gestures.g: found the unknown key 'curve' (did you mean 'curves'?)"),
        ({"seconds": 1, "curves": {"pitch": "high"}}, "gestures.g.curves.pitch: found the text 'high', expected a"),
        ({"seconds": 1, "curves": {"pitch": {"sinus": {}}}}, "gestures.g.curves.pitch: found the unknown key 'sinus'"),
        ({"seconds": 1, "curves": {"pitch": {}}}, "gestures.g.curves.pitch: found no form, expected one of: constant"),
        ({"seconds": 1, "curves": {"pitch": {"constant": 50, "ramp": [48, 50]}}},
         "gestures.g.curves.pitch: found constant and ramp, expected one of"),
        ({"seconds": 1, "curves": {"pitch": {"sequence": [{"seconds": 1}]}}},
         "gestures.g.curves.pitch.sequence[0]: found no form"),
        ({"seconds": 1, "curves": {"pitch": {"walk": {}}}}, "gestures.g.curves.pitch.walk: the key 'step' is missing"),
        ({"seconds": 1, "curves": {"pitch": 50}, "tour": {"parameters": ["pitch", "level"]}},
         "gestures.g.tour.parameters: found 'pitch' as in curves, expected each parameter once"),
        ({"seconds": 1, "curves": {"pitch": 50}, "sweep": {"pitch": [50]}},
         "gestures.g.sweep: found 'pitch' as in curves or tour, expected each parameter once"),
        ({"seconds": 1, "sweep": {}}, "gestures.g.sweep: found no parameter, expected one at least"),
        ({"seconds": 1, "sweep": {"a": {"range": [0, 1], "count": 1000}, "b": {"range": [0, 1], "count": 1000}}},
         "gestures.g.sweep: found 1,000,000 sounds, expected at most 100,000"),
        ({"seconds": 1, "examples": 2}, "gestures.g.examples: found 2 and no sweep, expected 1"),
        ({"seconds": 1, "top_p": 0}, "gestures.g.top_p: found 0, expected a number above 0 and at most 1"),
        ({"seconds": 1, "temperature": -1}, "gestures.g.temperature: found -1, expected a number from 0 to 10"),
    ],
)  # fmt: skip
def test_a_mistake_that_shows_without_a_network(gesture: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        check_gestures({"g": gesture}, Path())
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("curve", "sentence"),
    [
        (80, ": found 80, expected 48 to 68 MIDI note"),
        ({"constant": 1.5, "units": "norm"}, ": found 1.5, expected 0 to 1 (norm)"),
        ({"breakpoints": [[0, 48], [2, 69]]}, ": found 69, expected 48 to 68 MIDI note"),
        ({"breakpoints": [[1, 48], [0.5, 50]]}, ": found 0.5 s after 1 s, expected times that rise"),
        ({"breakpoints": [[0, 48], [5, 50]]}, ": found the time 5 s, expected 0 to 4 s"),
        ({"breakpoints": [[-1, 48]]}, ": found the time -1 s, expected 0 to 4 s"),
        ({"ramp": [48, 47.9]}, ": found 47.9, expected 48 to 68"),
        ({"gaussian": {"high": 70}}, ": found 70, expected 48 to 68"),
        ({"gaussian": {"high": 50, "low": 60}}, ": found 60 for low and 50 for high, expected the lower one first"),
        ({"sine": {"frequency_hz": 1, "low": 0}}, ": found 0, expected 48 to 68"),
        ({"notes": {"pitches": [60, 72]}}, ": found 72, expected 48 to 68"),
        ({"notes": {"pitches": [60, 61], "durations_s": 5}}, ".notes: found a note at 5 s, expected them before 4 s"),
        ({"notes": {"pitches": [60, 72], "range": [50, 70]}}, ".notes: found the note 72, expected 50 to 70"),
        ({"notes": {"pitches": [60], "range": [60, 60]}}, ".notes.range: found [60, 60], expected two different notes"),
        ({"walk": {"step": 1, "start": 80}}, ".walk.start: found 80, expected 48 to 68"),
        ({"sequence": [{"seconds": 3, "constant": 50}, {"seconds": 2, "constant": 50}]},
         ".sequence: found 5 s in all, expected at most 4 s"),
        ({"sequence": [{"seconds": 3, "constant": 90}]}, ".sequence[0]: found 90, expected 48 to 68"),
        ({"breakpoints": [[k * 1e-7, 50] for k in range(9999)], "period_s": 0.001},
         ".period_s: found 39,996,000 points in all, expected at most 10,000,000"),
    ],
)  # fmt: skip
def test_a_mistake_that_the_network_shows(rnn: TrainedRnn, curve: Any, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        curves_of(rnn, {"seconds": 4, "curves": {"pitch": curve}})
    assert str(refused.value).startswith(f"gestures.g.curves.pitch{sentence}")


def test_notes_for_what_has_no_pitch(rnn: TrainedRnn) -> None:
    with pytest.raises(UserError, match=r"level\.notes: found level in dB, expected MIDI notes or Hz, or a range"):
        curves_of(rnn, {"seconds": 1, "curves": {"level": {"notes": {"pitches": [60]}}}})


def test_parameters_that_the_network_has_not(rnn: TrainedRnn) -> None:
    with pytest.raises(
        UserError, match=r"gestures\.g\.curves\.cf: found 'cf', expected parameters .*: pitch, cutoff, level"
    ):
        curves_of(rnn, {"seconds": 1, "curves": {"cf": 440}})
    with pytest.raises(UserError, match=r"gestures\.g\.sweep\.cf: found 'cf', expected parameters"):
        check_gestures({"g": {"seconds": 1, "sweep": {"cf": [1]}}}, Path(), rnn.names)
    swept = gesture_options({"g": {"seconds": 1, "sweep": {"pitch": [48, 80]}}}, "g", Path(), 0)
    with pytest.raises(UserError, match=r"gestures\.g\.sweep\.pitch: found 80, expected 48 to 68"):
        [point.control_curves(rnn) for point in swept.sweep_gestures()]


def test_a_gesture_that_is_not_there() -> None:
    with pytest.raises(UserError, match=r"gestures: found no gesture 'c', expected one of: a, b"):
        gesture_options({"a": {"seconds": 1}, "b": {"seconds": 1}}, "c", Path(), 0)


def test_names_that_would_be_no_files() -> None:
    for name in ("a b", "../a", "a.b", "-a", "", "ä", "a/b"):
        with pytest.raises(UserError, match=r"gestures: found the text .*, expected a name of at most 80 letters"):
            check_gestures({name: {"seconds": 1}}, Path())


values = st.floats(0, 1) | st.floats(-0.01, 1.01)
forms: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda points: {"breakpoints": sorted(points)},
              st.lists(st.tuples(st.floats(0, 1) | st.floats(-1, 5), values).map(list), min_size=1)),
    st.builds(lambda ramp: {"ramp": ramp}, st.lists(values, min_size=2, max_size=9)),
    st.builds(lambda c, w: {"gaussian": {"centre_s": c, "width_s": w}}, st.floats(-9, 9), st.floats(1e-6, 99)),
    st.builds(lambda f, p: {"sine": {"frequency_hz": f, "phase": p}}, st.floats(1e-6, 50), st.floats(-9, 9)),
    st.builds(lambda n, d, g: {"notes": {"pitches": n, "durations_s": d, "glide_s": g, "range": [1, 0]}},
              st.lists(values, min_size=1), st.none() | st.floats(1e-3, 9), st.floats(0, 9)),
    st.builds(lambda s, r: {"walk": {"step": s, "rate_hz": r}}, st.floats(0, 1e6), st.floats(1e-3, 1000)),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=forms, shape=st.sampled_from(["step", "linear", "smooth"]), period=st.none() | st.floats(0.01, 9),
    seconds=st.floats(1e-4, 4), name=st.sampled_from(["pitch", "cutoff"]),
)  # fmt: skip
def test_any_curve_is_in_range_or_refused_in_one_sentence(
    rnn: TrainedRnn, form: dict[str, Any], shape: str, period: float | None, seconds: float, name: str
) -> None:
    curve = {**form, "shape": shape, "period_s": period, "units": "norm"}
    sentence, found = "", np.zeros(1)
    try:
        found = curves_of(rnn, {"seconds": seconds, "curves": {name: curve}}).at(np.linspace(-1, 6, 200))
    except UserError as error:
        sentence = str(error)
    assert sentence == "" or (sentence.startswith(f"gestures.g.curves.{name}") and "\n" not in sentence)
    assert ((found >= 0) & (found <= 1)).all()
