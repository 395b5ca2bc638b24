"""A trained network: its weights as arrays, and all that a use of it needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.files import sha256_of
from soundworks.json_file import read_json
from soundworks.rnn.mulaw import N_CODES
from soundworks.rnn.options import RnnOptions, rnn_options
from soundworks.rnn.parameters import ControlParameter
from soundworks.training.provenance import write_json

Weights = dict[str, NDArray[np.float32]]

FORMAT = "soundworks rnn 1"
#: Members of a folder with a network: its description, and its weights.
RNN, WEIGHTS = "rnn.json", "rnn.safetensors"
#: Sample rates of a network, in Hz.
LOWEST_RATE, HIGHEST_RATE = 1000, 384_000


@dataclass(frozen=True)
class TrainedRnn:
    """A network from a folder that `train_rnn` made.

    Attributes
    ----------
    folder : Path
    description : dict
        What `rnn.json` says.
    options : RnnOptions
    sample_rate : int
        In Hz.
    parameters : tuple of ControlParameter
        What the network follows, in the order of its inputs.
    weights : dict of str to ndarray of float32
        By PyTorch's names: `input.weight` (hidden, n_parameters + 1 or 256: parameters first, then the sample before),
        `gru.weight_ih_l<k>`, `gru.weight_hh_l<k>` (3 · hidden, hidden; gates r, z, n), `gru.bias_ih_l<k>`,
        `gru.bias_hh_l<k>` (3 · hidden,), `output.weight` (256, hidden); `input.bias`, `output.bias`.
    """

    folder: Path
    description: dict[str, Any]
    options: RnnOptions
    sample_rate: int
    parameters: tuple[ControlParameter, ...]
    weights: Weights

    @classmethod
    def load(cls, folder: Path | str) -> TrainedRnn:
        """Read a network; nothing in its files is run as code, and PyTorch is not needed.

        Raises
        ------
        UserError
            If the folder holds none, or its files are damaged or do not belong together.
        """
        folder = Path(folder)
        path = folder / RNN
        description = read_description(folder)
        try:
            options = rnn_options({}, **description["options"])
            parameters = tuple(map(ControlParameter.from_dict, description["parameters"]))
            sample_rate, expected = description["sample_rate"], description["weights_sha256"]
            _check_names(parameters)
        except (KeyError, TypeError, ValueError, AttributeError, UserError) as error:
            reason = " ".join(str(error).split())
            raise UserError(f"{path}: this is no whole description ({reason}), train the network again") from None
        if type(sample_rate) is not int or not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
            raise UserError(
                f"{path}: sample_rate: found {sample_rate!r:.40}, expected a rate in Hz; train the network again"
            )
        weights = _read_weights(folder / WEIGHTS, expected)
        _check_shapes(folder / WEIGHTS, weights, options, len(parameters))
        return cls(folder, description, options, sample_rate, parameters, weights)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters that the network follows, in the order of its inputs."""
        return tuple(parameter.name for parameter in self.parameters)


def read_description(folder: Path) -> dict[str, Any]:
    """Return what `rnn.json` says; raise a `UserError` unless it is the description of a network."""
    path = folder / RNN
    description = read_json(path, f"the description of a network, which `results/<experiment>/rnn` makes ({RNN})")
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        found = description.get("format") if isinstance(description, dict) else type(description).__name__
        raise UserError(f"{path}: found {found!r}, expected the description of a network, {FORMAT!r}")
    return description


def write_network(folder: Path, description: dict[str, Any], weights: Weights) -> dict[str, Any]:
    """Write description and weights into a folder; equal ones give equal bytes.

    Returns
    -------
    description : dict
        As written: with format and the checksum of the weights.
    """
    from safetensors.numpy import save

    plain = {name: np.ascontiguousarray(weights[name], np.float32) for name in sorted(weights)}
    (folder / WEIGHTS).write_bytes(save(plain, metadata={"format": FORMAT}))
    whole = {"format": FORMAT, **description, "weights_sha256": sha256_of(folder / WEIGHTS)}
    write_json(folder / RNN, whole)
    return whole


def weight_shapes(options: RnnOptions, n_parameters: int) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array of weights by name."""
    hidden = options.hidden
    shapes: dict[str, tuple[int, ...]] = {
        "input.weight": (hidden, n_parameters + options.sample_inputs),
        "input.bias": (hidden,),
        "output.weight": (N_CODES, hidden),
        "output.bias": (N_CODES,),
    }
    for layer in range(options.layers):
        for kind in ("ih", "hh"):
            shapes[f"gru.weight_{kind}_l{layer}"] = (3 * hidden, hidden)
            shapes[f"gru.bias_{kind}_l{layer}"] = (3 * hidden,)
    return shapes


def _check_names(parameters: tuple[ControlParameter, ...]) -> None:
    names = [parameter.name for parameter in parameters]
    if len(set(names)) < len(names):
        raise ValueError(f"found the parameters {', '.join(names)}, expected no name twice")


def _read_weights(path: Path, expected_sha256: Any) -> Weights:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        content = path.read_bytes()
        weights: Weights = load(content)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"{path}: found no file that can be read ({reason}), expected a network's weights") from None
    except (SafetensorError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: these are no weights ({reason}), expected safetensors") from None
    if sha256_of(path) != expected_sha256:
        raise UserError(f"{path}: found other bytes than {RNN} tells of; train the network again")
    return weights


def _check_shapes(path: Path, weights: Weights, options: RnnOptions, n_parameters: int) -> None:
    found = {name: array.shape for name, array in weights.items()}
    right = all(array.dtype == np.float32 and np.isfinite(array).all() for array in weights.values())
    if found != weight_shapes(options, n_parameters) or not right:
        raise UserError(f"{path}: found the weights of another network than {RNN} describes; train the network again")
