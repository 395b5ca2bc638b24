"""The command `features` on sounds, folders, arrays and data sets, in all its spellings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result
from experiments import axis, files_of, make_experiment
from feature_signals import noise, sine

from soundworks.cli import main
from soundworks.dataset.pipeline import generate_dataset
from soundworks.features import FeatureFolder, melspectrogram, mfcc

QUICK = ("--n-fft", 256, "--hop-length", 128, "--n-mels", 20)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["features", *map(str, arguments)], catch_exceptions=False)


def done(*arguments: object) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


def refusal(*arguments: object) -> str:
    """Return the one sentence with which a call fails."""
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    lines = [line for line in result.output.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, result.output
    assert "Traceback" not in result.output
    return lines[0]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with a sound and a folder of four sounds."""
    monkeypatch.chdir(tmp_path)
    soundfile.write("one.wav", noise(8000, 8000), 8000)
    Path("many/deep").mkdir(parents=True)
    soundfile.write("many/b.wav", sine(440, 8000, 6000), 8000)
    soundfile.write("many/a.flac", np.stack([noise(4000, 8000)] * 2, axis=1), 8000)
    soundfile.write("many/deep/c.aiff", sine(440, 16000, 16000), 16000)
    Path("many/broken.wav").write_bytes(b"RIFFbroken")
    Path("many/notes.txt").write_text("no sound")
    return tmp_path


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tones")
    experiment = make_experiment(
        folder, synth="HarmonicTone", sample_rate=8000, records=[], parameters=[axis("pitch", 50, 70, 6)],
        splits={"validation": 0.2},
    )  # fmt: skip
    generate_dataset(experiment, folder / "tones")
    return folder / "tones"


def test_one_sound_is_a_row() -> None:
    result = done("one.wav", "--feature", "spectrogram", *QUICK)

    assert "1 sound, 20 × 63 × 1 values each\ndone: features/melspectrogram\n" in result.output
    expected = melspectrogram(soundfile.read("one.wav")[0], 8000, n_fft=256, hop_length=128, n_mels=20)
    assert np.array_equal(FeatureFolder("features/melspectrogram").array[0], expected)


@pytest.mark.parametrize(
    "spelling",
    [
        ("--n-fft", "--hop-length", "--win-length", "--n-mels", "--n-mfcc", "--no-time-major", "--file-prefix"),
        ("--n_fft", "--hop_length", "--win_length", "--n_mels", "--n_mfcc", "--no_time_major", "--file_prefix"),
    ],
)
def test_options_have_both_spellings(spelling: tuple[str, ...]) -> None:
    n_fft, hop, win, n_mels, n_mfcc, no_time_major, prefix = spelling

    done("one.wav", "--feature", "mfcc", n_fft, 256, hop, 100, win, 200, n_mels, 30, n_mfcc, 7, no_time_major, prefix,
         "test_", "--fmin", 60, "--fmax", 3000, "--scaler", "none")  # fmt: skip

    options = {"n_fft": 256, "hop_length": 100, "win_length": 200, "n_mels": 30, "n_mfcc": 7, "fmin": 60, "fmax": 3000}
    expected = mfcc(soundfile.read("one.wav")[0], 8000, time_major=False, **options)
    assert np.array_equal(FeatureFolder("features/test_mfcc").array[0], expected)


def test_a_folder_is_read_with_all_that_is_in_it() -> None:
    result = done("many", "--feature", "mfcc", "--output", "out", *QUICK, "--jobs", 1)

    folder = FeatureFolder("out")
    assert (folder.path / "sounds.csv").read_text().split() == ["file", "a.flac", "b.wav", "deep/c.aiff"]
    assert "broken.wav" in (folder.path / "skipped.csv").read_text()
    assert (folder.meta["sample_rate"], folder.meta["n_samples"]) == (8000, 8000)
    assert "note: 1 sound is resampled to 8000 Hz, 2 sounds are filled up with zeros to 1 s" in result.output
    assert "1 sound cannot be read: out/skipped.csv says why" in result.output
    assert np.array_equal(folder.array[1], folder.extract(soundfile.read("many/b.wav")[0], 8000))


def claim_2_to_the_36_samples(path: Path) -> None:
    """Write a FLAC file of a hundredth of a second whose header tells of a month."""
    soundfile.write(path, np.zeros(80), 8000)
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F  # the number of samples: 36 bits
    content[22:26] = b"\xff" * 4
    path.write_bytes(content)


def test_a_header_of_a_month_is_skipped_or_a_sentence() -> None:
    claim_2_to_the_36_samples(Path("many/month.flac"))

    done("many", "--feature", "mfcc", "--output", "out", *QUICK)

    folder = FeatureFolder("out")
    assert folder.meta["n_samples"] == 8000
    reason = "found 68,719,476,735 samples, expected at most 200,000,000"
    assert f"month.flac: {reason}" in (folder.path / "skipped.csv").read_text().replace('"', "")
    assert f"month.flac: {reason}" in refusal("many/month.flac", "--feature", "mfcc", "--output", "alone", *QUICK)


def test_a_header_of_one_hertz_does_not_set_the_length() -> None:
    Path("slow").mkdir()
    soundfile.write("slow/z.wav", np.full(40000, 0.5), 1)
    assert "found sounds of 320,000,000 samples at 8000 Hz" in refusal(
        "slow", "--feature", "mfcc", "--sample-rate", 8000, "--output", "none", *QUICK
    )
    soundfile.write("slow/a.wav", np.full(8000, 0.5), 8000)

    result = done("slow", "--feature", "mfcc", "--output", "out", *QUICK)

    assert "1 sound is resampled to 8000 Hz, 1 sound is cut to 1 s" in result.output
    assert FeatureFolder("out").array.shape[0] == 2


def test_a_rate_and_a_length_can_be_asked_for() -> None:
    result = done("many", "--feature", "log_stft", "--sample-rate", 16000, "--duration-s", 0.6, "--n-fft", 256)

    meta = FeatureFolder("features/log_stft").meta
    assert (meta["sample_rate"], meta["n_samples"]) == (16000, 9600)
    assert "2 sounds are resampled to 16000 Hz, 2 sounds are cut to 0.6 s, 1 sound is filled up" in result.output


def test_an_array_of_sounds_is_what_deepdiva_keeps() -> None:
    np.save("train_audio.npy", np.stack([noise(4000, 44100), sine(440, 44100, 4000)]))

    done("--feature", "mfcc", "--data-path", ".", "--data-file", "train_audio.npy", "--file-prefix", "train_", *QUICK)
    done("--feature", "mfcc", "--data-path", ".", "--data-file", "train_audio.npy", "--file-prefix", "test_",
         "--saved-scaler", "--scaler-file", "features/train_mfcc/scaler.json")  # fmt: skip

    train, test = FeatureFolder("features/train_mfcc"), FeatureFolder("features/test_mfcc")
    assert train.meta["sample_rate"] == 44100
    assert np.array_equal(test.array, train.array)
    assert set(np.unique(test.array)) == {0, 1}


def test_a_scaler_of_a_data_set_serves_for_new_sounds(tones: Path) -> None:
    done(tones, "--feature", "mfcc")
    known = FeatureFolder(tones / "features" / "mfcc")

    done("one.wav", "--feature", "mfcc", "--scaler", known.path)

    found = FeatureFolder("features/mfcc")
    assert np.array_equal(found.array[0], known.extract(soundfile.read("one.wav")[0], 8000))
    assert found.meta["options"] == known.meta["options"]


def test_a_data_set_keeps_features_by_its_config_and_others_need_a_folder(tones: Path) -> None:
    done(tones, "--feature", "cqt")

    assert FeatureFolder(tones / "features" / "cqt").array.shape[0] == 12
    message = refusal(tones, "--feature", "cqt", "--n-bins", 12)
    assert "--output is missing: found other options than in" in message
    done(tones, "--feature", "cqt", "--n-bins", 12, "--output", "twelve")
    assert FeatureFolder("twelve").array.shape[1] == 12


def test_processes_change_no_byte(tones: Path) -> None:
    done(tones, "--feature", "mfcc", "--output", "one", "--jobs", 1)
    done(tones, "--feature", "mfcc", "--output", "two", "--jobs", 2)

    assert files_of(Path("one")) == files_of(Path("two"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("none.wav",), "none.wav: no such file or folder, expected a sound, a folder of sounds, or a data set"),
        (("many/broken.wav",), "many/broken.wav: cannot be read as a sound"),
        (("many/notes.txt",), "many/notes.txt: cannot be read as a sound"),
        ((), "found no sounds, expected a data set, a folder, a sound or an .npy array"),
        (("one.wav", "--fmax", 5000), "features.mfcc.fmax: found 5000 Hz, expected at most 4000"),
        (("one.wav", "--n-bins", 3), "features.mfcc: found the unknown key 'n_bins'"),
        (
            ("one.wav", "--scale-axis", "x"),
            "--scale-axis: found 'x', expected numbers of axes such as 0 or 0,1, or all",
        ),
        (("one.wav", "--scaler", "none.json"), "none.json: no such file, expected a scaler"),
        (("one.wav", "--saved-scaler"), "found --saved-scaler alone, expected --scaler-file with it"),
        (("one.wav", "--scaler", "none", "--scaler-file", "x"), "found --scaler-file x and --scaler, expected one"),
        (("one.wav", "--data-file", "x.npy"), "found both one.wav and --data-file x.npy, expected one of them"),
        (("one.wav", "--output", "many"), "many: found something else there, expected a new folder"),
        (("one.wav", "--output", "."), "found '.' for the folder to make, expected a path that ends in its name"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[object, ...], sentence: str) -> None:
    assert refusal(*arguments, "--feature", "mfcc").startswith(f"error: {sentence}")
    assert not list(Path("features").glob("*"))


def test_faults_of_sounds_are_one_sentence(tones: Path) -> None:
    Path("empty.wav").write_bytes(b"")
    soundfile.write("nan.wav", np.array([0, np.nan]), 8000, subtype="FLOAT")
    Path("none").mkdir()
    np.save("pickled.npy", np.array([{}], object))
    Path("scaling.pickle").write_bytes(b"\x80\x04\x95")

    assert "empty.wav: cannot be read as a sound" in refusal("empty.wav", "--feature", "mfcc")
    assert "nan.wav: found NaN or infinity" in refusal("nan.wav", "--feature", "mfcc")
    assert "none: found no sound file, expected some that end in .wav" in refusal("none", "--feature", "mfcc")
    assert "pickled.npy: this is not an array of numbers" in refusal("pickled.npy", "--feature", "mfcc")
    message = refusal("one.wav", "--feature", "mfcc", "--scaler-file", "scaling.pickle")
    assert "scaling.pickle: this is not a scaler, expected JSON" in message
    message = refusal(tones, "--feature", "mfcc", "--sample-rate", 16000)
    assert "found sounds of 2000 samples at 8000 Hz, expected 2000 at 16000 Hz" in message


def test_a_scaler_that_does_not_fit_is_one_sentence() -> None:
    done("one.wav", "--feature", "mfcc", *QUICK, "--output", "known")
    done("one.wav", "--feature", "log_stft", "--output", "levels")

    assert "known: found a scaler of mfcc, expected one of cqt" in refusal(
        "one.wav", "--feature", "cqt", "--scaler", "known"
    )
    message = refusal("one.wav", "--feature", "mfcc", "--scaler", "known", "--n-mfcc", 5)
    assert "known: found n_mfcc beside a scaler, expected nothing" in message
    message = refusal("one.wav", "--feature", "log_stft", "--scaler", "levels")
    assert "levels: found features without a scaler" in message
    Path("alone.json").write_text(Path("known/scaler.json").read_text())
    message = refusal("one.wav", "--feature", "mfcc", "--scaler", "alone.json")
    assert "alone.json: found a scaler for features of shape (63, 13), expected (16, 13)" in message


def test_silence_is_a_sound() -> None:
    soundfile.write("silence.wav", np.zeros(4000), 8000)

    for feature in ("melspectrogram", "mfcc", "log_stft", "cqt"):
        done("silence.wav", "--feature", feature)
        assert np.unique(FeatureFolder(f"features/{feature}").array).tolist() == [0]


def test_bands_that_hear_nothing_are_told() -> None:
    result = done("one.wav", "--feature", "melspectrogram", "--n-fft", 128, "--n-mels", 100)

    assert "of 100 mel bands are narrower than the FFT's bins and hear nothing; a greater n_fft" in result.output


def test_a_scale_of_one_sound_is_told(tmp_path: Path) -> None:
    path = tmp_path / "one.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(16000), 16000)
    result = CliRunner().invoke(main, ["features", str(path), "--feature", "mfcc", "--output", str(tmp_path / "f")])
    assert result.exit_code == 0
    assert "note: a scale fitted on one sound makes every value 0" in result.output
