"""Shards and the folder gathered from them: the same at any number of shards, scaled by the training sounds alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from experiments import axis, files_of, make_experiment
from feature_signals import noise

from soundworks.config.features import FEATURES, feature_options
from soundworks.dataset.define import define_dataset
from soundworks.dataset.model import Dataset
from soundworks.dataset.pipeline import generate_dataset
from soundworks.dataset.shards import shard_bounds
from soundworks.errors import UserError
from soundworks.features import FeatureFolder
from soundworks.features.extractor import Extractor
from soundworks.features.inputs import ArraySounds, ChunkSounds, FileSounds, count_chunks
from soundworks.features.npy import NpyWriter, read_blocks
from soundworks.features.write import collect_features, extract_shard


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a data set of 24 tones, a quarter of them for validation."""
    folder = tmp_path_factory.mktemp("tones")
    experiment = make_experiment(
        folder, name="tones", synth="HarmonicTone", sample_rate=8000, records=[], splits={"validation": 0.25},
        parameters=[axis("pitch", 50, 70, 6), axis("level", -30, -12, 2)],
    )  # fmt: skip
    generate_dataset(experiment, folder / "tones")
    return folder / "tones"


def make(dataset_dir: Path, output: Path, feature: str, n_shards: int = 1, **options: Any) -> FeatureFolder:
    dataset = Dataset.read(dataset_dir / "dataset.yaml")
    extractor = Extractor(feature_options(feature, 8000, **options), 8000)
    shards = []
    for index in range(n_shards):
        sounds = ChunkSounds.of(
            dataset, dataset_dir / "chunks.csv", *shard_bounds(index, n_shards, count_chunks(dataset))
        )
        shards.append(output.with_name(f"{output.name}-{index}"))
        extract_shard(extractor, sounds, shards[-1])
    collect_features(extractor, dataset.config.chunk_samples, shards, output, origin={"experiment": dataset.name})
    return FeatureFolder(output)


def rows_of(dataset_dir: Path) -> list[dict[str, str]]:
    with (dataset_dir / "chunks.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("feature", FEATURES)
def test_the_number_of_shards_changes_no_byte(tones: Path, tmp_path: Path, feature: str) -> None:
    folders = [make(tones, tmp_path / str(n_shards), feature, n_shards, scaler="fitted") for n_shards in (1, 3, 24)]

    contents = [files_of(folder.path) for folder in folders]

    assert set(contents[0]) == {"features.npy", "features.json", "scaler.json"}
    assert contents[1] == contents[0]
    assert contents[2] == contents[0]


def test_a_new_sound_is_brought_into_the_form_of_the_chunks(tones: Path, tmp_path: Path) -> None:
    folder = make(tones, tmp_path / "mel", "melspectrogram", 2)
    samples = noise(3000, 8000)
    row = folder.extract(samples, 8000)

    assert row.shape == folder.array.shape[1:]
    assert np.array_equal(folder.extract(samples[:2000], 8000), row)
    assert np.array_equal(folder.extract(np.stack([samples, samples], axis=1), 8000.0), row)
    assert np.array_equal(folder.extract(samples[:900], 8000), folder.extract(np.pad(samples[:900], (0, 1100)), 8000))
    assert np.array_equal(folder.extract([], 8000), np.zeros_like(row))
    double = np.repeat(samples, 2)  # with images above 4 kHz, which resampling takes away again
    assert np.abs(folder.extract(double, 16000) - row)[64:].mean() < 0.02


@pytest.mark.parametrize("feature", FEATURES)
def test_row_i_is_the_feature_of_row_i_of_the_table(tones: Path, tmp_path: Path, feature: str) -> None:
    folder = make(tones, tmp_path / feature, feature, 5)
    rows = rows_of(tones)

    assert folder.array.shape[0] == len(rows) == 24
    assert isinstance(folder.array, np.memmap)
    assert folder.array.dtype == np.float32
    for i in (0, 7, 23):
        samples, sample_rate = soundfile.read(tones / rows[i]["file"])
        assert np.array_equal(folder.extract(samples, sample_rate), folder.array[i])


def test_the_scaler_sees_the_training_sounds_alone(tones: Path, tmp_path: Path) -> None:
    raw = make(tones, tmp_path / "raw", "mfcc", 3, scaler="none").array
    folder = make(tones, tmp_path / "mfcc", "mfcc", 3, clip=False)
    train = np.array([row["split"] == "train" for row in rows_of(tones)])

    assert folder.scaler is not None
    assert np.array_equal(folder.scaler.low, raw[train].min(axis=0))
    assert np.array_equal(folder.scaler.high, raw[train].max(axis=0))
    assert folder.array[train].min() >= 0
    assert folder.array[train].max() <= 1
    assert folder.array[~train].min() < 0 or folder.array[~train].max() > 1
    varied = np.broadcast_to(folder.scaler.span > 0, raw.shape)
    assert folder.scaler.inverse(folder.array)[varied] == pytest.approx(raw[varied], abs=0.01)


def test_axes_can_share_a_scale(tones: Path, tmp_path: Path) -> None:
    folder = make(tones, tmp_path / "mel", "melspectrogram", 4, scaler="fitted", scale_axis=[0, 2])

    assert folder.scaler is not None
    assert folder.scaler.low.shape == (128, 1, 1)
    assert folder.array.max() == pytest.approx(1, abs=1e-6)


def test_the_description_says_what_the_array_is(tones: Path, tmp_path: Path) -> None:
    meta = make(tones, tmp_path / "mel", "melspectrogram", 2, n_mels=40).meta

    assert meta["shape"] == [24, 40, 4, 1]
    assert [(each["name"], each["size"]) for each in meta["axes"]] == [
        ("sound", 24), ("frequency", 40), ("time", 4), ("channel", 1)
    ]  # fmt: skip
    frequency, time = meta["axes"][1:3]
    assert (frequency["unit"], time["unit"]) == ("Hz", "s")
    assert 50 < frequency["values"][-1] < frequency["values"][0] < 4000
    assert time["values"] == [0, 0.064, 0.128, 0.192]
    assert (meta["sample_rate"], meta["n_samples"]) == (8000, 2000)
    assert meta["values"] == {"quantity": "power", "unit": "dB", "reference": "max", "scaled": "[-80, 0] dB → [0, 1]"}
    assert meta["options"]["n_mels"] == 40
    assert {"numpy", "scipy", "numba", "librosa", "soundworks"} <= set(meta["versions"])


def test_the_digest_tells_options_apart(tones: Path, tmp_path: Path) -> None:
    digests = {make(tones, tmp_path / str(n), "mfcc", n_mels=n, n_mfcc=5).meta["digest"] for n in (20, 30)}

    assert len(digests) == 2


def test_a_chunk_that_cannot_be_read_stops_the_shard_with_a_sentence(tones: Path, tmp_path: Path) -> None:
    dataset = define_dataset(make_experiment(tmp_path, synth="HarmonicTone", sample_rate=8000))
    (tmp_path / "chunks.csv").write_text(
        "file,setting,chunk,onset_s,duration_s,split,gain\nchunks/a.wav,0,0,0,1,train,1\n"
    )
    sounds = ChunkSounds.of(dataset, tmp_path / "chunks.csv", 0, 1)
    extractor = Extractor(feature_options("mfcc", 8000), 8000)

    with pytest.raises(UserError, match=r"chunks/a\.wav: no such file"):
        extract_shard(extractor, sounds, tmp_path / "out")
    (tmp_path / "chunks").mkdir()
    soundfile.write(tmp_path / "chunks/a.wav", np.zeros(1999), 8000)
    with pytest.raises(UserError, match=r"a\.wav: found 1999 samples at 8000 Hz, expected 2000 at 8000 Hz"):
        extract_shard(extractor, sounds, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match=r"chunks\.csv: found 1 rows, expected 4 at least"):
        ChunkSounds.of(dataset, tmp_path / "chunks.csv", 0, 4)


def test_a_bad_file_among_many_is_listed_and_left_out(tmp_path: Path) -> None:
    for name in ("a", "c"):
        soundfile.write(tmp_path / f"{name}.wav", noise(4000, 8000), 8000)
    (tmp_path / "b.wav").write_bytes(b"no sound")
    sounds = FileSounds(8000, 4000, tmp_path, ("a.wav", "b.wav", "c.wav"))
    extractor = Extractor(feature_options("mfcc", 8000), 8000)

    for start in range(3):
        extract_shard(extractor, sounds.part(start, start + 1), tmp_path / f"s{start}", skip_unreadable=True)
    shards = [tmp_path / f"s{start}" for start in range(3)]
    collect_features(extractor, 4000, shards, tmp_path / "out", origin={})

    assert (tmp_path / "out" / "sounds.csv").read_text() == "file\na.wav\nc.wav\n"
    with (tmp_path / "out" / "skipped.csv").open(newline="") as stream:
        (skipped,) = csv.DictReader(stream)
    assert skipped["file"] == "b.wav"
    assert "cannot be read as a sound" in skipped["reason"]
    assert FeatureFolder(tmp_path / "out").array.shape[0] == 2


def test_nothing_to_fit_the_scaler_to_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_bytes(b"no sound")
    extractor = Extractor(feature_options("log_stft", 8000), 8000)
    extract_shard(extractor, FileSounds(8000, 10, tmp_path, ("b.wav",)), tmp_path / "s", skip_unreadable=True)

    with pytest.raises(UserError, match=r"found no sound that can be read, expected one at least; .*b\.wav: cannot"):
        collect_features(extractor, 10, [tmp_path / "s"], tmp_path / "out", origin={})
    assert not (tmp_path / "out").exists()


def test_rows_of_an_array_are_sounds(tmp_path: Path) -> None:
    sounds = np.stack([noise(3000, 8000), 0.1 * noise(3000, 8000)]).astype(np.float64)
    np.save(tmp_path / "audio.npy", sounds)

    found = ArraySounds.of(tmp_path / "audio.npy", 8000)

    assert (len(found), found.n_samples) == (2, 3000)
    assert np.array_equal(found.part(1, 2).read(0), sounds[1].astype(np.float32))


@pytest.mark.parametrize(
    "array",
    [np.zeros(3), np.zeros((2, 3), int), np.zeros((0, 3)), np.array([{"a": 1}], object), np.zeros((2, 3), complex)],
)
def test_an_array_of_something_else_is_a_sentence(tmp_path: Path, array: Any) -> None:
    np.save(tmp_path / "audio.npy", array)

    with pytest.raises(UserError, match=r"audio\.npy: (found|this is not an array)"):
        ArraySounds.of(tmp_path / "audio.npy", 8000)


def test_the_writer_makes_what_numpy_reads(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((1234, 3, 2)).astype(np.float32)

    with NpyWriter(tmp_path / "a.npy", (3, 2)) as writer:
        for block in np.split(rows, [1, 500, 500, 1233]):
            writer.append(block)

    assert np.array_equal(np.load(tmp_path / "a.npy", allow_pickle=False), rows)
    assert np.array_equal(np.concatenate(list(read_blocks(tmp_path / "a.npy", 1000))), rows)
    np.save(tmp_path / "b.npy", rows)
    assert (tmp_path / "b.npy").read_bytes() == (tmp_path / "a.npy").read_bytes()


def test_a_folder_that_is_no_features_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"features\.json: no such file, expected a folder of features"):
        FeatureFolder(tmp_path)
    for content in ("", "{}", "[]", json.dumps({"format": "other"})):
        (tmp_path / "features.json").write_text(content)
        with pytest.raises(UserError, match="says nothing of features"):
            FeatureFolder(tmp_path)


@pytest.mark.parametrize("n_bytes", [0, 40, 400])
def test_an_array_that_is_cut_off_is_a_sentence(tones: Path, tmp_path: Path, n_bytes: int) -> None:
    path = make(tones, tmp_path / "out", "mfcc", n_fft=256, hop_length=128, n_mels=20).path / "features.npy"
    path.write_bytes(path.read_bytes()[:n_bytes])

    with pytest.raises(UserError, match=r"features\.npy: this is damaged or cut off, expected an array"):
        FeatureFolder(path.parent).array  # noqa: B018
