"""Sounds of gestures: what is written, that it follows, that it is whole or absent; sweeps as data sets."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rnn_fixtures import CUTOFF, PITCH, random_rnn, sine

from soundworks.dataset.model import TABLE_COLUMNS
from soundworks.errors import UserError
from soundworks.metrics.pitch import estimate_pitch
from soundworks.records.params import read_params
from soundworks.rnn.control import generate
from soundworks.rnn.control.arrays import read_array
from soundworks.rnn.control.curves import ControlCurves, Course
from soundworks.rnn.control.generate import BESIDE, generate_gesture, sound_seed
from soundworks.rnn.control.gestures import Gesture, gesture_options
from soundworks.rnn.control.perform import Playing, blocks, perform, prime_samples, start_stream
from soundworks.rnn.control.picture import spectrogram
from soundworks.rnn.control.records import natural_contour
from soundworks.rnn.stream import Stream
from soundworks.rnn.trained import TrainedRnn

CURVES = {"pitch": {"ramp": [48, 68]}, "cutoff": {"breakpoints": [[0, 100], [0.1, 100], [0.1, 1600]]}}
RISE = {"seconds": 0.25, "curves": CURVES}


def gesture(item: dict[str, Any], seed: int = 3, folder: Path = Path()) -> Gesture:
    return gesture_options({"rise": item}, "rise", folder, seed)


@pytest.fixture(scope="module")
def rnn(tmp_path_factory: pytest.TempPathFactory) -> TrainedRnn:
    return random_rnn(tmp_path_factory.mktemp("rnn"))


@pytest.fixture(scope="module")
def made(rnn: TrainedRnn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished gesture; no test changes it."""
    output = tmp_path_factory.mktemp("generated") / "rise.wav"
    generate_gesture(gesture(RISE), rnn, output, about={"provenance": {"experiment": "e"}})
    return output


class TestFiles:
    def test_all_are_there_and_nothing_else(self, made: Path) -> None:
        assert sorted(path.name for path in made.parent.iterdir()) == sorted(f"rise{s}" for s in (".wav", *BESIDE))

    def test_the_sound_is_what_a_stream_reads(self, made: Path, rnn: TrainedRnn) -> None:
        samples, rate = soundfile.read(made)
        assert (rate, samples.shape) == (16000, (4000,))
        stream = Stream(rnn, seed=3)
        stream.set_curve("pitch", [0, 0.25], [48, 68])
        stream.set_curve("cutoff", [0.1, 0.1], [100, 1600])
        read = stream.read(4000)
        gain = json.loads(made.with_suffix(".json").read_text())["gain"]
        np.testing.assert_allclose(samples, read * gain, atol=2**-16)

    def test_the_curves_are_an_array_that_says_what_it_is(self, made: Path, rnn: TrainedRnn) -> None:
        array = read_array(made.with_suffix(".npy"))
        assert np.load(made.with_suffix(".npy")).shape == (1, 250, 2)
        assert (array.names, array.seconds, array.sample_rate) == (("pitch", "cutoff"), 0.25, 16000)
        assert array.parameters == {"pitch": PITCH, "cutoff": CUTOFF}
        np.testing.assert_allclose(array.column("pitch"), np.arange(250) / 250)
        np.testing.assert_array_equal(array.column("cutoff"), np.repeat([0.0, 1.0], [100, 150]))
        about = json.loads(made.with_suffix(".json").read_text())
        assert (about["gesture"], about["seed"], about["provenance"]) == ("rise", 3, {"experiment": "e"})
        assert about["weights_sha256"] == rnn.description["weights_sha256"]

    def test_params_tell_the_course_in_natural_units(self, made: Path) -> None:
        params = read_params(made.with_suffix(".params"))
        assert params.meta["filename"] == "rise.wav"
        pitch, cutoff = params.tracks["pitch"], params.tracks["cutoff"]
        assert (pitch.times, pitch.values) == ((0.0, 0.25), (48.0, 68.0))
        assert (pitch.minval, pitch.maxval, pitch.origUnits, pitch.units) == (48.0, 68.0, "MIDI note", "natural")
        assert cutoff.values[0] == pytest.approx(100)
        assert np.interp([0.0999, 0.1, 0.2], cutoff.times, cutoff.values) == pytest.approx([100, 1600, 1600])
        assert (np.diff(cutoff.times) > 0).all()

    def test_the_picture_is_one(self, made: Path) -> None:
        content = made.with_suffix(".png").read_bytes()
        assert content.startswith(b"\x89PNG\r\n")
        assert len(content) > 20_000

    def test_equal_seeds_give_equal_bytes_and_others_another_sound(
        self, made: Path, rnn: TrainedRnn, tmp_path: Path
    ) -> None:
        about = {"provenance": {"experiment": "e"}}
        generate_gesture(gesture(RISE), rnn, tmp_path / "rise.wav", about=about)
        for suffix in (".wav", *BESIDE):
            assert (tmp_path / f"rise{suffix}").read_bytes() == made.with_suffix(suffix).read_bytes(), suffix
        generate_gesture(gesture(RISE, seed=4), rnn, tmp_path / "rise.wav")
        assert (tmp_path / "rise.wav").read_bytes() != made.read_bytes()

    @pytest.mark.parametrize("at_fault", ["write_sound", "write_array", "draw_gesture", "params_text"])
    def test_a_fault_leaves_what_was_there(
        self, rnn: TrainedRnn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_fault: str
    ) -> None:
        def fail(*arguments: Any, **options: Any) -> None:
            raise OSError(28, "No space left on device")

        (tmp_path / "rise.wav").write_bytes(b"before")
        monkeypatch.setattr(generate, at_fault, fail)
        with pytest.raises(OSError, match="No space left"):
            generate_gesture(gesture(RISE), rnn, tmp_path / "rise.wav")
        assert [path.name for path in tmp_path.iterdir()] == ["rise.wav"]
        assert (tmp_path / "rise.wav").read_bytes() == b"before"

    def test_a_network_that_does_not_fit_makes_no_file(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="found 'cf', expected parameters of the network: pitch, cutoff"):
            generate_gesture(gesture({"seconds": 1, "curves": {"cf": 440}}), rnn, tmp_path / "rise.wav")
        with pytest.raises(UserError, match=r"expected a name that ends in \.wav"):
            generate_gesture(gesture(RISE), rnn, tmp_path / "rise.flac")
        assert list(tmp_path.iterdir()) == []


SWEEP: dict[str, Any] = {
    "seconds": 0.1, "examples": 2, "curves": {"cutoff": {"ramp": [200, 400]}}, "sweep": {"pitch": [48, 60.5]},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(rnn: TrainedRnn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep; no test changes it."""
    output = tmp_path_factory.mktemp("sweep") / "rise"
    generate_gesture(gesture(SWEEP), rnn, output)
    return output


class TestSweep:
    def test_the_table_is_that_of_a_data_set(self, folder: Path) -> None:
        with (folder / "chunks.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        assert list(rows[0]) == [*TABLE_COLUMNS, "pitch", "cutoff", "user:pitch", "user:cutoff"]
        assert [(row["setting"], row["pitch"], row["split"]) for row in rows] == [
            ("0", "48.0", "train"), ("0", "48.0", "train"), ("1", "60.5", "train"), ("1", "60.5", "train")
        ]  # fmt: skip
        assert rows[2]["file"] == "chunks/rise--pitch-60.50--x-00--v-000.wav"
        assert float(rows[0]["cutoff"]) == pytest.approx(200 / np.log(2), rel=1e-3)  # the mean of an even glissando
        assert all((folder / row["file"]).is_file() for row in rows)
        assert sorted(path.name for path in folder.iterdir()) == ["chunks", "chunks.csv", "sweep.json"]

    def test_each_sound_has_a_seed_of_its_own(self, folder: Path, rnn: TrainedRnn) -> None:
        with (folder / "chunks.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        curves = ControlCurves(("pitch", "cutoff"), (Course.constant(0.0), _line(200, 400, 0.1)), 0.1)
        for index in (0, 1):
            expected = perform(rnn, curves, Playing(seed=sound_seed(3, index))) * float(rows[index]["gain"])
            np.testing.assert_allclose(soundfile.read(folder / rows[index]["file"])[0], expected, atol=2**-16)
        seeds = {sound_seed(seed, index) for seed in range(5) for index in range(50)}
        assert len(seeds) == 250
        assert max(seeds) < 2**63

    def test_each_sound_has_its_parameters(self, folder: Path) -> None:
        params = read_params(folder / "chunks" / "rise--pitch-60.50--x-01--v-000.params")
        assert (params.tracks["pitch"].times, params.tracks["pitch"].values) == ((0.0, 0.1), (60.5, 60.5))
        track = params.tracks["cutoff"]
        times = np.linspace(0, 0.1, 50)
        np.testing.assert_allclose(np.interp(times, track.times, track.values), 200 * 2 ** (times / 0.1), rtol=1e-3)

    def test_it_is_made_again_in_place_and_replaces_nothing_else(self, rnn: TrainedRnn, tmp_path: Path) -> None:
        item = {"seconds": 0.01, "sweep": {"pitch": [48, 50]}}
        generate_gesture(gesture(item), rnn, tmp_path / "rise")
        generate_gesture(gesture({**item, "sweep": {"pitch": [49]}}), rnn, tmp_path / "rise")
        assert len(list((tmp_path / "rise" / "chunks").glob("*.wav"))) == 1
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "notes.txt").write_text("kept")
        with pytest.raises(UserError, match=r"mine: found something else there, expected a new folder"):
            generate_gesture(gesture(item), rnn, tmp_path / "mine")
        assert (tmp_path / "mine" / "notes.txt").read_text() == "kept"

    def test_long_names_are_numbers_and_close_values_are_told_apart(self, tmp_path: Path) -> None:
        names = [f"parameter_with_a_long_name_{index}" for index in range(8)]
        rnn = random_rnn(tmp_path / "rnn", parameters=tuple(type(PITCH)(name, 0.0, 1.0) for name in names))
        item = {"seconds": 0.001, "sweep": {**{name: [0.5] for name in names}, names[0]: [0.5, 0.5001]}}
        generate_gesture(gesture(item), rnn, tmp_path / "long")
        files = sorted(path.name for path in (tmp_path / "long" / "chunks").glob("*.wav"))
        assert files == ["rise--setting-0000000--v-000.wav", "rise--setting-0000001--v-000.wav"]


def _line(start_hz: float, end_hz: float, seconds: float) -> Course:
    return Course(np.array([0.0, seconds]), CUTOFF.to_norm([start_hz, end_hz]))


class TestPlaying:
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.integers(1, 700), st.integers(1, 400), st.booleans())
    def test_no_sample_depends_on_the_block(self, rnn: TrainedRnn, n_samples: int, block: int, loop: bool) -> None:
        curves = gesture({**RISE, "seconds": 0.0125, "curves": {"pitch": {"ramp": [48, 68]}}}).control_curves(rnn)
        parts = [
            np.concatenate(list(blocks(start_stream(rnn, curves, Playing()), curves, n_samples, block=size, loop=loop)))
            for size in (block, 4096)
        ]
        assert parts[0].shape == (n_samples,)
        assert parts[0].tobytes() == parts[1].tobytes()

    def test_curves_start_again_or_are_held(self, rnn: TrainedRnn) -> None:
        curves = ControlCurves(("pitch", "cutoff"), (_line(100, 1600, 0.01), Course.constant(0.5)), 0.01)
        for loop, last in ((True, 39 / 160), (False, 1.0)):
            asked = _Asked(rnn)
            list(blocks(asked, curves, 200, block=64, loop=loop))  # type: ignore[arg-type]
            rows = np.concatenate(asked.norms)
            assert rows.shape == (200, 2)
            assert rows[199, 0] == pytest.approx(last)

    @pytest.mark.parametrize("prime", ["silence", "noise", "file"])
    def test_a_priming_is_heard_with_the_first_values(self, rnn: TrainedRnn, tmp_path: Path, prime: str) -> None:
        soundfile.write(tmp_path / "p.wav", sine(60, 800, 16000), 16000, subtype="FLOAT")
        given = {**RISE, "prime": "p.wav" if prime == "file" else prime, "prime_seconds": 0.02}
        curves = gesture(given).control_curves(rnn)
        found = perform(rnn, curves, generate.playing_of(gesture(given, folder=tmp_path)))
        stream = Stream(rnn, seed=3)
        stream.set("pitch", 48)
        stream.set("cutoff", 100)
        if prime == "file":
            stream.prime(sine(60, 800, 16000)[-320:].astype(np.float32))
        else:
            (stream.prime_silence if prime == "silence" else stream.prime_noise)(0.02)
        stream.set_curve("pitch", [0, 0.25], [48, 68])
        stream.set_curve("cutoff", [0.1, 0.1], [100, 1600])
        np.testing.assert_array_equal(found, stream.read(4000))
        assert not np.array_equal(found, perform(rnn, curves, Playing(seed=3)))

    def test_a_sound_to_prime_with_is_brought_to_the_networks_rate(self, tmp_path: Path) -> None:
        stereo = np.stack([sine(69, 22050, 44100)] * 2, axis=1)
        soundfile.write(tmp_path / "p.wav", stereo, 44100, subtype="FLOAT")
        heard = prime_samples(tmp_path / "p.wav", 16000, None)
        assert heard.shape == (8000,)
        np.testing.assert_allclose(heard[500:7000], sine(69, 8000, 16000)[500:7000], atol=1e-3)
        assert prime_samples(tmp_path / "p.wav", 16000, 0.1).shape == (1600,)
        with pytest.raises(UserError, match=r"q\.wav: no such file, expected a sound"):
            prime_samples(tmp_path / "q.wav", 16000, None)

    @pytest.mark.xdist_group("sine_rnn")
    def test_a_trained_network_follows_a_gesture(self, sine_rnn: TrainedRnn, tmp_path: Path) -> None:
        item = {"seconds": 1.2, "curves": {"pitch": {"notes": {"pitches": [57, 69, 63]}}}, "temperature": 0.5}
        generate_gesture(gesture(item), sine_rnn, tmp_path / "rise.wav")
        samples, rate = soundfile.read(tmp_path / "rise.wav")
        for index, note in enumerate((57, 69, 63)):
            part = samples[round((0.4 * index + 0.1) * rate) : round((0.4 * index + 0.4) * rate)]
            hz = estimate_pitch(part, rate).hz
            assert abs(69 + 12 * np.log2(hz / 440) - note) < 0.5, note


class _Asked:
    """In the place of a stream: keeps what parameters it is asked for."""

    def __init__(self, rnn: TrainedRnn) -> None:
        self.sample_rate = rnn.sample_rate
        self.norms: list[np.ndarray] = []

    def read_controlled(self, norms: np.ndarray) -> np.ndarray:
        self.norms.append(norms)
        return np.zeros(len(norms), np.float32)


def test_a_spectrogram_has_a_full_scale_sine_at_its_place_and_level() -> None:
    samples = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    levels, (left, right, low, high) = spectrogram(samples, 16000)
    assert levels[:, levels.shape[1] // 2].max() == pytest.approx(0.0, abs=0.1)
    khz = np.linspace(low, high, levels.shape[0] + 1)
    at = levels[:, levels.shape[1] // 2].argmax()
    assert khz[at] <= 1.0 <= khz[at + 1]
    assert (left, right) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.01))
    assert spectrogram(np.zeros(1, np.float32), 16000)[0].shape[1] == 1
    assert spectrogram(np.zeros(1_000_000, np.float32), 16000)[0].shape[1] <= 1600


@example([(0.0, 0.0), (5e-324, 1.0)], 1.0, CUTOFF)
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12), st.floats(0.05, 2),
    st.sampled_from([PITCH, CUTOFF]),
)  # fmt: skip
def test_a_contour_is_the_course_in_natural_units(points: list[tuple[float, float]], seconds: float, of: Any) -> None:
    times, norms = np.array(sorted(point[0] for point in points)), np.array([point[1] for point in points])
    course = Course(times, norms)
    contour = natural_contour(course, of, seconds)
    assert (np.diff(contour.times_s) > 0).all()
    assert (contour.times_s[0], contour.times_s[-1]) == (0.0, seconds)
    wanted = np.linspace(0, seconds * 0.999999, 300)
    clear = np.abs(wanted[:, None] - times).min(axis=1) > 3e-6  # of jumps, which take a microsecond here
    slow = np.abs(course.at(wanted + 2e-6) - course.at(wanted - 2e-6)) < 1e-3
    expected = of.to_natural(course.at(wanted))
    np.testing.assert_allclose(contour.at(wanted)[clear & slow], expected[clear & slow], rtol=3e-3)
