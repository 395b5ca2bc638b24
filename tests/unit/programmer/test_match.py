"""Matching of single sounds: any file in, the same bytes out, mistakes in one sentence, presets that load."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result
from experiments import files_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matchings import configure, make_programmer
from project import ROOT

from soundworks.cli import main
from soundworks.config.experiment import load_experiment
from soundworks.dataset.model import Dataset
from soundworks.errors import UserError
from soundworks.programmer.match import MatchRequest, match_sound
from soundworks.programmer.synthesis import NotFiniteError, PatchRenderer
from soundworks.programmer.target_sound import read_target

FILES = {"report.json", "patch.json", "match.wav", "comparison.png"}

#: One worker trains the model.
pytestmark = [pytest.mark.tensorflow, pytest.mark.xdist_group("match")]


def tone(rate: int, duration_s: float, frequency_hz: float = 200.0) -> np.ndarray:
    return 0.25 * np.sin(2 * np.pi * frequency_hz * np.arange(round(rate * duration_s)) / rate)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the experiment `small.yaml` and its data set, features and model in `data`."""
    folder = tmp_path_factory.mktemp("programmer")
    make_programmer(folder)
    left = tone(48000, 0.5)
    soundfile.write(folder / "stereo.wav", np.stack([left, np.zeros_like(left)], axis=1), 48000, subtype="FLOAT")
    soundfile.write(folder / "short.flac", tone(8000, 0.05), 8000)
    return folder


def run(folder: Path, *arguments: object) -> Result:
    basics = ["predict", "--configfile", folder / "small.yaml", "--data-path", folder / "data", "--model", "mixer"]
    return CliRunner().invoke(main, [str(part) for part in (*basics, *arguments)])


def match(folder: Path, output: Path, *arguments: object) -> dict:
    result = run(folder, *arguments, "--output", output)
    assert result.exit_code == 0, result.output
    return {"said": result.output, **json.loads((output / "report.json").read_text())}


class TestMatch:
    def test_a_stereo_sound_at_another_rate(self, folder, tmp_path):
        report = match(folder, tmp_path / "m", folder / "stereo.wav", "--refine")
        sound = report["sound"]
        assert sound["resampled_from_hz"] == 48000
        assert sound["mixed_from_channels"] == 2
        assert sound["cropped_from_s"] == 0.5
        assert sound["padded_from_s"] is None
        assert sound["peak_db"] == pytest.approx(20 * np.log10(0.125), abs=0.2)
        assert sound["rms_db"] == pytest.approx(20 * np.log10(0.125 / np.sqrt(2)), abs=0.2)
        assert {path.name for path in (tmp_path / "m").iterdir()} == FILES
        for words in ("mixed to mono from 2 channels", "resampled from 48000 Hz", "cropped from 0.5 s", "pitch"):
            assert words in report["said"]

    @pytest.mark.parametrize("name", ["cost $1_ $.wav", b"caf\xe9.wav"])
    def test_a_name_may_hold_anything(self, folder, tmp_path, name):
        path = tmp_path / os.fsdecode(name)
        path.write_bytes((folder / "stereo.wav").read_bytes())
        request = MatchRequest(load_experiment(folder / "small.yaml"), folder / "data",
                               folder / "data" / "programmer" / "mixer", path, path.stem, None)  # fmt: skip
        match_sound(request, tmp_path / "m")
        assert (tmp_path / "m" / "comparison.png").stat().st_size > 0

    def test_a_sound_may_have_more_channels_than_libsndfile_takes(self, folder, tmp_path):
        header = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2000, 8000, 0, 4000, 16)
        data = np.repeat(np.round(tone(8000, 0.2) * 32767).astype("<i2"), 2000).tobytes()
        (tmp_path / "many.wav").write_bytes(header + b"data" + struct.pack("<I", len(data)) + data)
        report = match(folder, tmp_path / "m", tmp_path / "many.wav", "--no-refine")
        assert report["sound"]["mixed_from_channels"] == 2000

    def test_the_search_comes_nearer_within_its_budget(self, folder, tmp_path):
        report = match(folder, tmp_path / "m", folder / "stereo.wav", "--refine", "--evaluations", 60)
        refinement, distances = report["refinement"], report["distances"]
        assert refinement["rendered"] == 60
        assert refinement["found"] < refinement["start"]
        assert refinement["start"] == pytest.approx(distances["predicted"]["mfcc_mae"])
        assert refinement["found"] == pytest.approx(distances["refined"]["mfcc_mae"])
        assert [refinement["start"], refinement["found"]] == [refinement["history"][i][1] for i in (0, -1)]

    def test_a_prediction_that_gives_nan_loses_no_refinement(self, folder, tmp_path, monkeypatch):
        render, first = PatchRenderer.wav, []

        def nan_at_first(self, values, chunk=0):
            first.append(np.array(values))
            if np.array_equal(values, first[0]):
                raise NotFiniteError("a patch gave NaN")
            return render(self, values, chunk)

        monkeypatch.setattr(PatchRenderer, "wav", nan_at_first)
        report = match(folder, tmp_path / "m", folder / "stereo.wav", "--refine", "--evaluations", 30)
        assert set(report["distances"]["predicted"].values()) == {None}
        assert report["refinement"]["start"] is None
        assert report["distances"]["refined"]["mfcc_mae"] == pytest.approx(report["refinement"]["found"])
        assert "predicted: MFCC error inf" in report["said"]

    def test_a_short_sound_without_a_search(self, folder, tmp_path):
        report = match(folder, tmp_path / "m", folder / "short.flac", "--no-refine")
        assert report["sound"]["padded_from_s"] == 0.05
        assert report["sound"]["resampled_from_hz"] is report["sound"]["mixed_from_channels"] is None
        assert list(report["distances"]) == ["predicted"]
        assert "refinement" not in report
        assert all(row["natural"] == row["predicted"] for row in report["parameters"])

    def test_patch_and_sound_belong_together(self, folder, tmp_path):
        report = match(folder, tmp_path / "m", folder / "stereo.wav", "--refine")
        patch = json.loads((tmp_path / "m" / "patch.json").read_text())
        assert patch["parameters"] == {row["name"]: row["natural"] for row in report["parameters"]}
        assert patch["synth"] == "HarmonicTone"
        assert all(0 <= row["normalized"] <= 1 for row in report["parameters"])
        samples, rate = soundfile.read(tmp_path / "m" / "match.wav")
        assert (samples.size, rate) == (800, 8000)
        # The synth's own pitch is that of the patch: count its periods.
        crossings = np.flatnonzero((samples[:-1] < 0) & (samples[1:] >= 0))
        expected_hz = 440 * 2 ** ((patch["parameters"]["pitch"] - 69) / 12)
        assert crossings.size / 0.1 == pytest.approx(expected_hz, rel=0.5)
        level = 10 * np.log10(np.mean(samples**2))
        assert report["match"] == {"gain": 1.0, "rms_db": pytest.approx(level)}

    def test_the_picture_shows_both_sounds(self, folder, tmp_path):
        from matplotlib import image

        match(folder, tmp_path / "m", folder / "stereo.wav", "--no-refine")
        picture = image.imread(tmp_path / "m" / "comparison.png")
        assert min(picture.shape[:2]) > 300
        colours = [len(np.unique(half.reshape(-1, picture.shape[2]), axis=0)) for half in np.array_split(picture, 2, 1)]
        assert min(colours) > 50  # a spectrogram in the left half and one in the right

    def test_the_same_sound_gives_the_same_bytes(self, folder, tmp_path):
        for name in ("a", "b"):
            match(folder, tmp_path / name, folder / "stereo.wav", "--refine")
        assert files_of(tmp_path / "a") == files_of(tmp_path / "b")

    def test_command_and_script_give_the_same_bytes(self, folder, tmp_path):
        spec = importlib.util.spec_from_file_location("match_sound", ROOT / "scripts" / "match_sound.py")
        assert spec is not None
        assert spec.loader is not None
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        data = folder / "data"
        arguments = ["--config", folder / "small.yaml", "--dataset", data / "dataset.yaml", "--model",
                     data / "programmer" / "mixer", "--sound", folder / "stereo.wav", "--refine", "--output",
                     tmp_path / "stereo"]  # fmt: skip
        result = CliRunner().invoke(script.main, [str(part) for part in arguments])
        assert result.exit_code == 0, result.output
        match(folder, tmp_path / "c" / "stereo", folder / "stereo.wav")
        assert files_of(tmp_path / "stereo") == files_of(tmp_path / "c" / "stereo")

    @pytest.mark.parametrize("dash", ["-", "_"])
    def test_the_options_of_deepdiva(self, folder, tmp_path, dash):
        shutil.copytree(folder / "data" / "programmer" / "mixer", tmp_path / "mine")
        options = [f"--audio{dash}path", folder, f"--audio{dash}file", "stereo.wav", f"--model{dash}file",
                   tmp_path / "mine", f"--data{dash}path", folder / "data"]  # fmt: skip
        report = match(folder, tmp_path / "m", *options, "--no-refine")
        assert report["model"] == "mine"

    def test_it_lands_beside_the_data_set_by_default(self, folder):
        result = run(folder, folder / "short.flac", "--no-refine")
        assert result.exit_code == 0
        assert (folder / "data" / "matched" / "short" / "report.json").is_file()

    def test_level_can_be_left_to_the_instrument(self, folder, tmp_path):
        report = match(folder, tmp_path / "m", folder / "stereo.wav", "--refine", "--level", "match")
        assert report["refinement"]["level"] == "match"
        assert report["refinement"]["found"] <= report["refinement"]["start"]

    def test_a_time_limit_in_place_of_a_number(self, folder, tmp_path):
        report = match(folder, tmp_path / "m", folder / "stereo.wav", "--refine", "--seconds", "0.2")
        assert (report["refinement"]["seconds"], report["refinement"]["evaluations"]) == (0.2, None)


def write_sounds(folder: Path) -> None:
    soundfile.write(folder / "silence.wav", np.zeros(8000), 8000)
    soundfile.write(folder / "late.wav", np.concatenate([np.zeros(4000), tone(8000, 0.5)]), 8000)
    soundfile.write(folder / "nan.wav", np.array([0.1, np.nan, 0.2]), 8000, subtype="FLOAT")
    soundfile.write(folder / "nothing.wav", np.zeros(0), 8000)
    (folder / "text.wav").write_text("this is no sound")
    (folder / "empty.wav").touch()
    whole = (folder / "late.wav").read_bytes()
    (folder / "cut.wav").write_bytes(whole[:60])


class TestMistakes:
    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("silence.wav", "silence.wav: it is silent, expected a sound"),
            ("late.wav", "late.wav: its first 0.1 s are silent, expected a sound"),
            ("nan.wav", "nan.wav: found NaN or infinity, expected finite samples"),
            ("nothing.wav", "nothing.wav: found no samples, expected a sound"),
            ("text.wav", "text.wav: cannot be read as a sound"),
            ("empty.wav", "empty.wav: cannot be read as a sound"),
            ("cut.wav", "cut.wav: found 16 bytes of samples, expected 16000: the file is cut off"),
            ("missing.wav", "missing.wav: no such file, expected a sound"),
            (".", "cannot be read"),
        ],
    )
    def test_a_sound_that_is_none(self, folder, tmp_path, name, sentence):
        write_sounds(tmp_path)
        result = run(folder, tmp_path / name, "--output", tmp_path / "m")
        assert result.exit_code == 1
        assert sentence in result.output
        assert result.output.count("\n") == 1
        assert not (tmp_path / "m").exists()

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["x.wav", "--experiment", "nowhere"], "found both of --experiment and --configfile"),
            ([], "found neither of SOUND and --audio-file, expected one of the two"),
            (["x.wav", "--audio-file", "y.wav"], "found both of SOUND and --audio-file, expected one of the two"),
            (["stereo.wav", "--model", "cnn"], "cnn/model.json: no such file, expected a trained model"),
            (["stereo.wav", "--data-path", "nowhere"], "nowhere/dataset.yaml: no such file, expected a finished"),
        ],
    )  # fmt: skip
    def test_what_is_missing(self, folder, tmp_path, monkeypatch, arguments, sentence):
        monkeypatch.chdir(folder)
        result = run(folder, *arguments, "--output", tmp_path / "m")
        assert result.exit_code == 1
        assert sentence in result.output
        assert result.output.count("\n") == 1

    def test_a_folder_that_holds_something_else_is_left_alone(self, folder, tmp_path):
        (tmp_path / "thesis.txt").write_text("all of it")
        result = run(folder, folder / "stereo.wav", "--no-refine", "--output", tmp_path)
        assert result.exit_code == 1
        assert "found something else there, expected a new folder, or an earlier one with patch.json" in result.output
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_no_such_experiment(self, monkeypatch):
        monkeypatch.chdir(ROOT)
        result = CliRunner().invoke(main, ["predict", "x.wav", "--experiment", "nowhere"])
        assert result.exit_code == 1
        assert "no experiment is called 'nowhere'" in result.output

    def test_no_limit(self, folder, tmp_path):
        kept = (folder / "small.yaml").read_text()
        configure(folder, refine={"evaluations": None})
        try:
            result = run(folder, folder / "stereo.wav", "--output", tmp_path / "m")
        finally:
            (folder / "small.yaml").write_text(kept)
        assert result.exit_code == 1
        assert "programmer.refine: found null for evaluations and for seconds" in result.output

    def test_a_header_that_tells_of_more_than_memory_holds(self, folder, tmp_path):
        soundfile.write(tmp_path / "long.flac", tone(48000, 0.1), 48000)
        content = bytearray((tmp_path / "long.flac").read_bytes())
        content[21:26] = b"\xff" * 5  # the number of samples, 36 bits of it
        (tmp_path / "long.flac").write_bytes(content)
        result = run(folder, tmp_path / "long.flac", "--output", tmp_path / "m")
        assert result.exit_code == 1
        assert "long.flac: " in result.output
        assert result.output.count("\n") == 1

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=200), st.integers(0, 60), st.booleans())
    def test_damaged_files_end_in_a_sentence(self, folder, tmp_path, noise, start, is_head):
        whole = (folder / "stereo.wav").read_bytes()[:400]
        content = whole[:start] + noise + (whole[start + len(noise) :] if is_head else b"")
        path = tmp_path / "damaged.wav"
        path.write_bytes(content)
        dataset = Dataset.read(folder / "data" / "dataset.yaml")
        try:
            target = read_target(path, dataset)
        except UserError as error:
            said = str(error)
        else:
            said = f"{path}: {target.samples[np.isfinite(target.samples)].size} samples"
        assert said.startswith(f"{path}: ")
        assert "\n" not in said
