"""Measuring generators whose faults are known."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml

from soundworks.config.experiment import load_experiment
from soundworks.errors import UserError
from soundworks.gan import evaluate
from soundworks.gan.evaluate import evaluate_experiment, evaluate_gan
from soundworks.gan.options import gan_options
from soundworks.metrics.controls import CONTROLS
from soundworks.metrics.summary import describe_metrics
from soundworks.spectrogram.options import spectrogram_options
from soundworks.spectrogram.transform import Transform
from soundworks.synths.pop import PopPatternSynth

RATE = 8000
SECTION = {"n_fft": 256, "hop": 64, "frames": 48, "bands": 48, "pool": 2}
#: (number of chunks, split)
SPLITS = ((60, "train"), (12, "validation"), (12, "test"))
COUNT = 60


def pops(seed: int, rate_exp: float, cf: float, n_samples: int) -> np.ndarray:
    synth = PopPatternSynth(RATE, np.random.default_rng(seed))
    synth.setParam("rate_exp", rate_exp)
    synth.setParam("cf", cf)
    sound = synth.render(n_samples)
    return (sound / max(1.0, np.abs(sound).max())).astype(np.float32)


def parameters(seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    return rng.uniform(2, 5), rng.uniform(300, 900)


def write_dataset(folder: Path, splits: tuple[tuple[int, str], ...] = SPLITS, gain: float = 1.0) -> Path:
    """A data set of pops of random rates and frequencies: two sounds of 3072 samples each."""
    names = ["file", "setting", "chunk", "onset_s", "duration_s", "split", "gain"]
    rows: list[list[Any]] = [[*names, "rate_exp", "cf", "user:rate_exp", "user:cf"]]
    (folder / "chunks").mkdir(parents=True)
    for split in (split for count, split in splits for _ in range(count)):
        seed = len(rows)
        values = parameters(seed)
        file = f"chunks/{seed}.wav"
        soundfile.write(folder / file, gain * pops(seed, *values, 6144), RATE, subtype="FLOAT")
        rows.append([file, seed, 0, 0.0, 0.768, split, 1.0, *values, *values])
    with (folder / "chunks.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return folder


class Gan:
    """A stand-in for a trained GAN: a function from a number to a sound."""

    def __init__(self, sound: Callable[[int], np.ndarray], *, represented: bool = True, **options: Any) -> None:
        self.transform = Transform(spectrogram_options({**SECTION, **options}, RATE))
        self.options = gan_options({})
        self.description = {"weights_sha256": "5" * 64}
        self._sound, self._represented = sound, represented

    def draw_latents(self, n: int, seed: int) -> np.ndarray:
        return (seed * 100_000 + 1000.0 + np.arange(n, dtype=np.float64))[:, np.newaxis].astype(np.float32)

    def attributes_of(self, latents: np.ndarray) -> dict[str, np.ndarray]:
        return {"cf": np.array([parameters(int(latent[0]))[1] for latent in latents])}

    def sounds(self, latents: np.ndarray) -> np.ndarray:
        sounds = np.stack([self._sound(int(latent[0])) for latent in latents]).astype(np.float32)
        return self.transform.inverse(self.transform.forward(sounds)) if self._represented else sounds


def alike(number: int) -> np.ndarray:
    return pops(number, *parameters(number), 3072)


def copier(dataset: Path) -> Callable[[int], np.ndarray]:
    return lambda number: soundfile.read(dataset / f"chunks/{1 + number % 60}.wav")[0][:3072]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("evaluate") / "pops")


@pytest.fixture(scope="module")
def metrics(dataset: Path) -> dict[str, Any]:
    return evaluate_gan(Gan(alike), dataset, count=COUNT, seed=3)


def numbers(content: Any) -> list[float]:
    if isinstance(content, dict):
        return [number for value in content.values() for number in numbers(value)]
    return [content] if isinstance(content, (int, float)) else []


def test_a_good_generator_is_between_its_representation_and_noise(metrics):
    found = metrics["distribution"]
    assert metrics["compared"]["generated"] == found["size"] == COUNT
    assert metrics["compared"]["training"] == metrics["compared"]["real"] == 120
    assert metrics["compared"]["held_out"] == 48
    assert found["floor"]["frechet"] < found["representation"]["frechet"]
    assert found["generated"]["frechet"] < 2 * found["representation"]["frechet"] + found["floor"]["frechet"]
    assert found["generated_in_representation"]["frechet"] < 3 * found["floor"]["frechet"]
    assert found["noise"]["frechet"] > 20 * found["generated"]["frechet"]
    assert found["noise"]["kernel_rbf"] > 5 * found["generated"]["kernel_rbf"]
    assert metrics["nearest"]["ratio"] == pytest.approx(1.0, abs=0.25)
    assert metrics["nearest"]["reading"].endswith("not copies")


def test_parameters_are_told_by_the_estimates_that_mean_them(metrics):
    assert set(metrics["truth"]) == {"rate_exp", "cf"}
    assert metrics["truth"]["cf"]["centre_frequency"] > 0.9
    assert metrics["truth"]["rate_exp"]["event_rate"] > 0.8
    assert metrics["truth"]["cf"]["best"] in ("centre_frequency", "pitch")


def test_controls_of_a_good_generator_are_those_of_training(metrics):
    assert set(metrics["controls"]) == set(CONTROLS)
    for name in ("event_rate", "centre_frequency", "level"):
        assert metrics["controls"][name]["generated"]["inside"] > 0.8
        assert metrics["controls"][name]["generated"]["wasserstein"] < 0.4


def test_a_conditional_generator_is_asked_and_heard(metrics, dataset):
    assert metrics["conditions"]["cf"]["centre_frequency"] > 0.9
    deaf = evaluate_gan(Gan(lambda number: alike(7 * number)), dataset, count=COUNT, seed=3)
    assert abs(deaf["conditions"]["cf"]["centre_frequency"]) < 0.4


def test_a_generator_of_one_rate_and_frequency_is_told(metrics, dataset):
    one = evaluate_gan(Gan(lambda number: pops(number, 3.0, 400.0, 3072)), dataset, count=COUNT, seed=3)
    assert one["distribution"]["generated"]["frechet"] > 1.5 * metrics["distribution"]["generated"]["frechet"]
    assert one["distribution"]["generated"]["coverage"] < metrics["distribution"]["generated"]["coverage"]
    assert one["controls"]["centre_frequency"]["generated"]["wasserstein"] > 0.8


def test_copies_are_told(dataset):
    found = evaluate_gan(Gan(copier(dataset)), dataset, count=COUNT, seed=3)["nearest"]
    assert found["ratio"] < 0.01
    assert found["reading"].endswith(": copies")


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_silence_and_constants_are_legal(dataset, level):
    steady = Gan(lambda _: np.full(3072, level), represented=False)
    found = evaluate_gan(steady, dataset, count=16, seed=3)
    assert np.isfinite(numbers(found)).all()
    assert found["distribution"]["generated"]["frechet"] > found["distribution"]["floor"]["frechet"]
    assert found["controls"]["event_rate"]["generated"]["max"] == 0
    json.dumps(found, allow_nan=False)


def test_the_same_seed_gives_the_same_numbers(metrics, dataset):
    assert evaluate_gan(Gan(alike), dataset, count=COUNT, seed=3) == metrics
    assert evaluate_gan(Gan(alike), dataset, count=COUNT, seed=4) != metrics


def test_where_levels_are_forgotten_they_do_not_count(tmp_path, dataset):
    soft = write_dataset(tmp_path / "soft", gain=0.1)
    loud = [evaluate_gan(Gan(alike, level="normalize"), folder, count=16, seed=3) for folder in (dataset, soft)]
    one, other = (each["distribution"]["generated"]["frechet"] for each in loud)
    assert one == pytest.approx(other, rel=1e-3)
    kept = evaluate_gan(Gan(alike), soft, count=16, seed=3)["distribution"]
    assert kept["generated"]["frechet"] > 2 * one


def test_only_what_was_trained_on_counts_as_training(dataset):
    gan = Gan(alike)
    gan.options = dataclasses.replace(gan.options, filter={"cf": (300.0, 500.0)}, max_sounds=20)
    found = evaluate_gan(gan, dataset, count=16, seed=3)
    assert found["compared"]["training"] == 20
    assert 0 < found["compared"]["held_out"] < 16 * 2
    assert found["controls"]["centre_frequency"]["real"]["max"] < 600


def test_without_held_out_sounds_there_are_no_numbers_of_them(tmp_path):
    folder = write_dataset(tmp_path / "all", ((10, "train"),))
    found = evaluate_gan(Gan(alike), folder, count=16, seed=3)
    assert found["compared"]["held_out"] == 0
    assert found["nearest"]["held_out"] is found["nearest"]["ratio_to_held_out"] is None
    assert "held_out" not in found["distribution"]


@pytest.mark.parametrize("count", [1, 3])
def test_too_few_real_sounds_give_no_numbers_but_a_line(experiment, tmp_path, monkeypatch, capsys, count):
    gan = Gan(alike)
    gan.options = dataclasses.replace(gan.options, max_sounds=count)
    monkeypatch.setattr(evaluate.TrainedGan, "load", lambda _: gan)
    folder = write_dataset(tmp_path / "few", ((4, "train"),))
    evaluate_experiment(experiment, folder, tmp_path, tmp_path / "metrics.json")
    written = json.loads((tmp_path / "metrics.json").read_text())
    assert written["compared"]["training"] == count
    assert [name for name, value in written.items() if value is None] == [
        "distribution", "nearest", "controls", "truth", "conditions",
    ]  # fmt: skip
    said = f"few/chunks.csv: found {count} sounds to compare with, fewer than 4: no measures"
    assert capsys.readouterr().err.splitlines()[-1].endswith(said)


def test_four_real_sounds_are_enough_for_numbers(tmp_path):
    folder = write_dataset(tmp_path / "few", ((2, "train"),))
    found = evaluate_gan(Gan(alike), folder, count=16, seed=3)
    assert found["compared"]["training"] == 4
    assert found["distribution"]["generated"]["frechet"] > 0
    assert len(describe_metrics(found)) >= 4


def test_sounds_that_are_not_finite_are_a_sentence(dataset):
    with pytest.raises(UserError, match="NaN or infinity in generated sounds"):
        evaluate_gan(Gan(lambda _: np.full(3072, np.nan), represented=False), dataset, count=16, seed=3)


@pytest.fixture
def experiment(tmp_path):
    config = {
        "seed": 3,
        "dataset": {
            "synth": "PopPatternSynth",
            "sample_rate": RATE,
            "sound_duration_s": 1,
            "chunk_duration_s": 1,
            "parameters": [{"name": "cf", "range": [300, 900], "count": 3}],
        },
        "gan": {"evaluate": {"sounds": 16}},
    }
    (tmp_path / "pops.yaml").write_text(yaml.safe_dump(config))
    return load_experiment(tmp_path / "pops.yaml")


def test_the_file_says_where_its_numbers_are_from(experiment, dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(evaluate.TrainedGan, "load", lambda _: Gan(alike))
    found = evaluate_experiment(experiment, dataset, tmp_path / "gan", tmp_path / "gan" / "metrics.json")
    written = json.loads((tmp_path / "gan" / "metrics.json").read_text())
    assert written["weights_sha256"] == "5" * 64
    assert (written["experiment"], written["seed"]) == ("pops", 3)
    assert written["versions"]["numpy"] == np.__version__
    assert {name: written[name] for name in found} == found
    assert found["compared"]["generated"] == 16
    lines = capsys.readouterr().err
    assert all(line in lines for line in describe_metrics(found))
    assert "Fréchet distance" in lines


def test_a_measurement_that_fails_leaves_the_old_one(experiment, dataset, tmp_path, monkeypatch):
    (tmp_path / "metrics.json").write_text("old")
    monkeypatch.setattr(evaluate.TrainedGan, "load", lambda _: Gan(alike))
    monkeypatch.setattr(evaluate, "write_json", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        evaluate_experiment(experiment, dataset, tmp_path, tmp_path / "metrics.json")
    assert (tmp_path / "metrics.json").read_text() == "old"
    assert not list(tmp_path.glob(".*partial*"))


def test_a_summary_names_what_tells_each_parameter(metrics):
    lines = describe_metrics(metrics)
    assert lines[0].startswith("Fréchet distance ")
    assert any(line.startswith("event rate, which tells rate_exp (ρ 0.") for line in lines)
    assert any("cf (ρ 0.9" in line for line in lines)
    metrics = {**metrics, "truth": {}, "nearest": {**metrics["nearest"], "ratio": None}}
    assert len(describe_metrics(metrics)) == 4
