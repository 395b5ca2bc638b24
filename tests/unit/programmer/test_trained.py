"""A trained model from its folder: the same outputs as before, legal patches, damage told in a sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from trainings import make_tones, make_training

from soundworks.dataset.model import Dataset
from soundworks.dataset.render import Renderer
from soundworks.errors import UserError
from soundworks.features.folder import FeatureFolder
from soundworks.programmer.session import Session
from soundworks.programmer.train import train_model
from soundworks.programmer.trained import TrainedModel


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set of tones and its features."""
    folder = tmp_path_factory.mktemp("tones")
    make_tones(folder, "mfcc", "melspectrogram")
    return folder


@pytest.fixture(scope="module")
def folder(tones: Path) -> Path:
    """The folder of a small model."""
    training = make_training(tones)
    train_model(training)
    return training.output_dir


@pytest.fixture(scope="module")
def features(tones: Path) -> np.ndarray:
    """The features of all sounds."""
    return np.array(FeatureFolder(tones / "data" / "features" / "mfcc").array)


@pytest.mark.parametrize(("model", "feature"), [("cnn", "melspectrogram"), ("lstm", "mfcc"), ("mixer", "mfcc")])
def test_a_loaded_model_gives_the_same_outputs(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, feature: str
) -> None:
    sessions: list[Session] = []
    finish = Session.finish
    monkeypatch.setattr(Session, "finish", lambda self: (sessions.append(self), finish(self)))
    training = replace(make_training(tones, model, feature=feature, epochs=1), output_dir=tmp_path / "m")
    train_model(training)
    values = np.array(FeatureFolder(training.feature_dir).array)

    loaded = TrainedModel.load(tmp_path / "m")

    outputs = np.asarray(sessions[0].network(values, training=False))
    assert loaded.network.count_params() == sessions[0].network.count_params()
    assert loaded.outputs(values) == pytest.approx(sessions[0].codec.activate(outputs), abs=1e-6)


def test_a_model_tells_what_it_is(folder: Path, features: np.ndarray) -> None:
    model = TrainedModel.load(folder)

    assert model.parameter_names == ["pitch", "brightness"]
    assert model.feature == "mfcc"
    assert model.shape == features.shape[1:]


def test_predictions_are_patches_that_the_synth_takes(tones: Path, folder: Path, features: np.ndarray) -> None:
    model, dataset = TrainedModel.load(folder), Dataset.read(tones / "data" / "dataset.yaml")

    patches = model.predict(features[:3])

    assert patches.shape == (3, 2)
    assert model.predict_norm(features[:3]) == pytest.approx((patches - [48, 0]) / [19, 1])
    for patch in patches:
        sound = Renderer(dataset).render(dict(zip(model.parameter_names, patch.tolist(), strict=True)))
        assert np.isfinite(sound).all()


def test_a_sound_alone_is_predicted_as_among_others(folder: Path, features: np.ndarray) -> None:
    model = TrainedModel.load(folder)

    together = model.predict(features)

    assert model.predict(features[7:8])[0] == pytest.approx(together[7], rel=1e-4)


@pytest.mark.parametrize("continuous", ["distribution", "regression"])
def test_candidates_begin_with_the_prediction_and_stay_in_range(
    tones: Path, tmp_path: Path, features: np.ndarray, continuous: str
) -> None:
    training = replace(make_training(tones, continuous=continuous, epochs=1), output_dir=tmp_path / "m")
    train_model(training)
    model = TrainedModel.load(tmp_path / "m")

    candidates = model.sample(features[3], 50, np.random.default_rng(1))

    assert candidates.shape == (50, 2)
    assert (candidates[0] == model.predict(features[3:4])[0]).all()
    assert ((candidates >= [48, 0]) & (candidates <= [67, 1])).all()
    assert len(np.unique(candidates[2:, 0])) > 10
    assert (candidates == model.sample(features[3:4], 50, np.random.default_rng(1))).all()


@pytest.mark.parametrize("k", [1, 2, 3])
def test_as_many_candidates_as_are_asked_for(folder: Path, features: np.ndarray, k: int) -> None:
    assert TrainedModel.load(folder).sample(features[0], k, np.random.default_rng(0)).shape == (k, 2)


def test_a_feature_of_another_shape_is_a_sentence(folder: Path, features: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"found a feature of shape \(13, 5\) a sound, expected \(13, 8\)"):
        TrainedModel.load(folder).predict(features[..., :5])


def remove_weights(folder: Path) -> None:
    (folder / "model.weights.h5").unlink()


def cut_weights(folder: Path) -> None:
    path = folder / "model.weights.h5"
    path.write_bytes(path.read_bytes()[:1000])


def flip_a_bit(folder: Path) -> None:
    path = folder / "model.weights.h5"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def without_weights(folder: Path) -> None:
    path = folder / "model.json"
    description = json.loads(path.read_text())
    del description["weights_sha256"]
    path.write_text(json.dumps(description))


def cut_description(folder: Path) -> None:
    path = folder / "model.json"
    path.write_text(path.read_text()[:500])


def another_format(folder: Path) -> None:
    path = folder / "model.json"
    path.write_text(path.read_text().replace("soundworks programmer 1", "soundworks programmer 9"))


def another_list(folder: Path) -> None:
    (folder / "model.json").write_text("[1, 2]")


def no_targets(folder: Path) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "targets": [{"name": "pitch"}]}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove_weights, r"model\.weights\.h5: no such file, expected the model's weights; train it again"),
        (cut_weights, r"model\.weights\.h5: found other bytes than model\.json tells of; train the model again"),
        (flip_a_bit, r"model\.weights\.h5: found other bytes than model\.json tells of; train the model again"),
        (without_weights, r"model\.weights\.h5: the model was trained with save_model off, expected its weights"),
        (cut_description, r"model\.json: this says nothing of a model, expected the format 'soundworks programmer 1'"),
        (another_format, r"model\.json: this says nothing of a model, expected the format"),
        (another_list, r"model\.json: this says nothing of a model, expected the format"),
        (no_targets, r"model\.json: this says nothing of a model, expected the format"),
        (shutil.rmtree, r"model\.json: no such file, expected a trained model"),
    ],
)
def test_damage_is_a_sentence(folder: Path, tmp_path: Path, damage: Callable[[Path], None], message: str) -> None:
    shutil.copytree(folder, tmp_path / "m")
    damage(tmp_path / "m")

    with pytest.raises(UserError, match=message):
        TrainedModel.load(tmp_path / "m")


def test_save_model_off_leaves_no_weights(tones: Path, tmp_path: Path) -> None:
    train_model(replace(make_training(tones, epochs=1, save_model=False), output_dir=tmp_path / "m"))

    assert not (tmp_path / "m" / "model.weights.h5").exists()
    with pytest.raises(UserError, match="the model was trained with save_model off"):
        TrainedModel.load(tmp_path / "m")
