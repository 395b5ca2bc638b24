"""The scripts of the features' rules, called as functions on a data set."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from experiments import axis, make_experiment

from soundworks.dataset.pipeline import generate_dataset
from soundworks.features import FeatureFolder


def call(script: str, *arguments: object) -> Result:
    command = importlib.import_module(script).main
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def experiment_dir(tmp_path: Path) -> Path:
    experiment = make_experiment(
        tmp_path, name="e", synth="HarmonicTone", sample_rate=8000, records=[], parameters=[axis("pitch", 50, 70, 5)]
    )
    generate_dataset(experiment, tmp_path / "e")
    return tmp_path


def extract(folder: Path, shard: str, output: Path) -> Result:
    return call("extract_features", "--config", folder / "e.yaml", "--dataset", folder / "e/dataset.yaml", "--table",
                folder / "e/chunks.csv", "--feature", "mfcc", "--shard", shard, "--output", output)  # fmt: skip


def test_the_scripts_make_features_one_after_the_other(experiment_dir: Path) -> None:
    shards = [experiment_dir / f"shard{index}" for index in range(2)]
    for index, shard in enumerate(shards):
        done = extract(experiment_dir, f"{index:05}-of-00002", shard)
        assert done.exit_code == 0, done.output

    config, dataset = experiment_dir / "e.yaml", experiment_dir / "e/dataset.yaml"
    done = call("collect_features", "--config", config, "--dataset", dataset, "--feature", "mfcc", "--output",
                experiment_dir / "out", *shards)  # fmt: skip

    assert done.exit_code == 0, done.output
    folder = FeatureFolder(experiment_dir / "out")
    assert folder.array.shape == (10, 4, 13)
    assert folder.meta["origin"]["experiment"] == "e"
    assert np.isclose(folder.array.max(), 1)


def test_a_damaged_chunk_is_one_sentence(experiment_dir: Path) -> None:
    chunk = sorted((experiment_dir / "e/chunks").glob("*.wav"))[3]
    chunk.write_bytes(chunk.read_bytes()[:1000])

    done = extract(experiment_dir, "00000-of-00001", experiment_dir / "out")

    assert done.exit_code == 1
    assert f"error: {chunk}: found 956 bytes of samples, expected 4000: the file is cut off" in done.output
    assert not (experiment_dir / "out").exists()
