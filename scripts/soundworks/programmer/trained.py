"""A trained model: from the feature of a sound to the patch that makes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from soundworks.errors import UserError
from soundworks.files import sha256_of
from soundworks.programmer.keras_setup import load_tensorflow
from soundworks.programmer.options import model_options
from soundworks.programmer.targets import Codec, Floats

FORMAT = "soundworks programmer 1"
MODEL, METRICS, WEIGHTS = "model.json", "metrics.json", "model.weights.h5"

#: Sounds that are predicted at a time.
_BATCH = 256


class TrainedModel:
    """A model from a folder that `train_model` made.

    Attributes
    ----------
    description : dict
        What `model.json` says: model, options, feature, targets, validation RMSE a parameter, provenance.
    codec : Codec
    """

    def __init__(self, folder: Path, description: dict[str, Any]) -> None:
        self.folder, self.description = folder, description
        self.codec = Codec.from_list(description["targets"])

    @classmethod
    def load(cls, folder: Path | str) -> TrainedModel:
        """Read a model; nothing in its files is run as code.

        Raises
        ------
        UserError
            If the folder holds no model, one without weights, or damaged ones.
        """
        path = Path(folder) / MODEL
        try:
            description = json.loads(path.read_text(encoding="utf-8"))
            if description["format"] != FORMAT:
                raise ValueError
            model = cls(Path(folder), description)
        except (FileNotFoundError, NotADirectoryError):
            raise UserError(f"{path}: no such file, expected a trained model") from None
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{path}: this says nothing of a model, expected the format {FORMAT!r}") from None
        model.check_weights()
        return model

    def check_weights(self) -> None:
        """Raise a `UserError` unless the weights are there as they were written."""
        path = self.folder / WEIGHTS
        if "weights_sha256" not in self.description:
            raise UserError(f"{path}: the model was trained with save_model off, expected its weights")
        if not path.is_file():
            raise UserError(f"{path}: no such file, expected the model's weights; train it again")
        if sha256_of(path) != self.description["weights_sha256"]:
            raise UserError(f"{path}: found other bytes than {MODEL} tells of; train the model again")

    @property
    def parameter_names(self) -> list[str]:
        """Names of the parameters, in the order of all arrays."""
        return self.codec.parameter_names

    @property
    def feature(self) -> str:
        """Name of the feature that the model hears."""
        name: str = self.description["feature"]["feature"]
        return name

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the feature of one sound."""
        return tuple(self.description["shape"])

    @cached_property
    def network(self) -> Any:
        """The Keras network with its weights."""
        load_tensorflow()
        from soundworks.programmer.networks import build_network

        options = model_options(self.description["model"], {}, **self.description["options"])
        axes: Sequence[str] = [axis["name"] for axis in self.description["feature"]["axes"]][1:]
        network = build_network(options, self.shape, axes, self.codec.n_outputs)
        network.load_weights(self.folder / WEIGHTS)
        return network

    @cached_property
    def _call(self) -> Any:
        """The network as one graph: step by step, a recurrent one takes a hundred times as long for a single sound."""
        tf, network = load_tensorflow(), self.network
        signature = [tf.TensorSpec((None, *self.shape), tf.float32)]
        return tf.function(lambda features: network(features, training=False), input_signature=signature)

    def outputs(self, features: ArrayLike) -> NDArray[np.float32]:
        """Return the network's outputs, softmax and distributions as probabilities, shape (n, n_outputs)."""
        values = np.asarray(features, np.float32)
        if values.shape[1:] != self.shape:
            raise UserError(
                f"{self.folder}: found a feature of shape {values.shape[1:]} a sound, expected {self.shape}; the "
                "features were made anew since the training, train the model again"
            )
        batches = (values[first : first + _BATCH] for first in range(0, len(values), _BATCH))
        return self.codec.activate(np.concatenate([self._call(batch) for batch in batches]))

    def predict_norm(self, features: ArrayLike) -> Floats:
        """Return predicted parameter values in [0, 1], (n, …) → (n, n_parameters)."""
        return self.codec.decode(self.outputs(features))

    def predict(self, features: ArrayLike) -> Floats:
        """Return predicted patches in natural units, which the synth takes: inside the ranges, whole numbers whole.

        Parameters
        ----------
        features : array_like, shape (n, …)
            Rows of the feature folder, or of `FeatureFolder.extract`.

        Returns
        -------
        patches : ndarray, shape (n, n_parameters)
        """
        return self.codec.denormalize(self.predict_norm(features))

    def sample(self, features: ArrayLike, k: int, rng: np.random.Generator) -> Floats:
        """Return candidates for the patch of one sound, in natural units.

        The first is the prediction, the second the most probable value of each parameter; the others are drawn: from
        the model's distributions, or for regression from a normal one around the value, as wide as its validation RMSE.

        Parameters
        ----------
        features : array_like
            Of one sound, with or without a leading axis of length 1.
        k : int
            How many.
        rng : numpy.random.Generator

        Returns
        -------
        patches : ndarray, shape (k, n_parameters)
        """
        outputs = self.outputs(np.asarray(features, np.float32).reshape(1, *self.shape))
        drawn = self.codec.draw(outputs[0], max(k - 2, 0), np.array(self.description["rmse"]), rng)
        return self.codec.denormalize(np.concatenate([self.codec.decode(outputs), self.codec.mode(outputs), drawn])[:k])
