"""Latent vectors as files: the original's `.pt` of one tensor, text, or JSON; nothing in them is run as code."""

from __future__ import annotations

import io
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.errors import UserError
from soundworks.json_file import parse_json
from soundworks.training.torch_setup import load_torch

Latents = NDArray[np.float32]
#: A latent vector has a few hundred numbers; a file of more than this is none.
_MAX_BYTES = 1 << 24


def write_latent(path: Path, latent: Latents) -> None:
    """Write a latent vector, shape (latent_dim,), as the original does: one float32 tensor, saved by PyTorch."""
    torch = load_torch()
    content = io.BytesIO()  # saved by its path, a file would hold its own name, and equal vectors differ
    torch.save(torch.from_numpy(np.array(latent, np.float32)), content)
    path.write_bytes(content.getvalue())


def read_latent(path: Path, latent_dim: int | None = None) -> Latents:
    """Read a latent vector.

    Parameters
    ----------
    path : Path
        `.pt`, one tensor; `.json`, a list of numbers, or a mapping with one under the key `latent`; any other, numbers
        as text.
    latent_dim : int, optional
        How many numbers are expected; any number by default.

    Returns
    -------
    latent : ndarray of float32, shape (latent_dim,)

    Raises
    ------
    UserError
        In one sentence: file, found, expected.
    """
    reader = {".pt": _from_tensor, ".json": _from_json}.get(path.suffix.lower(), _from_text)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UserError(f"found {path.stat().st_size:,} bytes, expected the few of one latent vector")
        return check_latent(reader(path.read_bytes()), latent_dim)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"{path}: found no file that can be read ({reason}), expected a latent vector") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def check_latent(values: Any, latent_dim: int | None = None) -> Latents:
    """Return a latent vector from numbers in some form; raise a `UserError` if they are none."""
    array = _numbers(values)
    if array.ndim > 1 and array.size == max(array.shape):
        array = array.reshape(-1)  # (1, latent_dim), as some tools keep it
    if array.ndim != 1 or array.size == 0:
        raise UserError(f"found an array of shape {array.shape}, expected one latent vector")
    if latent_dim is not None and array.size != latent_dim:
        raise UserError(f"found a latent vector of {array.size} numbers, expected {latent_dim}, as the GAN takes them")
    if not np.isfinite(array).all():
        raise UserError("found NaN or infinity, expected finite numbers")
    with np.errstate(over="ignore"):
        latent = array.astype(np.float32)
    if not np.isfinite(latent).all():
        raise UserError(f"found {np.abs(array).max():g}, expected numbers that float32 holds, up to 3.4e38")
    return latent


def _numbers(values: Any) -> NDArray[np.float64]:
    """Return an array of numbers, or of lists of them; text and truth values, which numpy takes for some, are none."""
    refusal = UserError("found something else than numbers, expected a latent vector")
    try:
        items = np.asarray(values) if isinstance(values, np.ndarray) else np.array(values, object)
        if items.dtype == object and any(
            isinstance(item, bool) or not isinstance(item, int | float) for item in items.flat
        ):
            raise refusal
        return items.astype(np.float64)
    except (TypeError, ValueError):
        raise refusal from None
    except OverflowError:
        raise UserError("found a whole number that no float holds, expected numbers up to 3.4e38") from None


def _from_tensor(content: bytes) -> Any:
    torch = load_torch()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that torch did not write, which are refused below
            tensor = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UserError("found a file that is damaged, or would run code when loaded, expected one tensor") from None
    except Exception:  # torch raises what it likes for a damaged file: RuntimeError, EOFError, KeyError, …
        raise UserError("found a file that PyTorch cannot read, expected one tensor") from None
    if not isinstance(tensor, torch.Tensor):
        raise UserError(f"found a {type(tensor).__name__}, expected one tensor, a latent vector")
    refusal = UserError(f"found a tensor of {tensor.dtype}, expected real numbers, a latent vector")
    if tensor.is_complex() or tensor.dtype == torch.bool or tensor.layout != torch.strided:
        raise refusal
    try:
        if tensor.numel() > _MAX_BYTES:  # a small file can hold one number and say that it is there many times
            raise UserError(f"found {tensor.numel():,} numbers, expected the few of one latent vector")
        return tensor.detach().to(torch.float64).numpy()
    except (TypeError, RuntimeError):  # of tensors without plain numbers: on the device meta, quantized, nested
        raise refusal from None


def _from_json(content: bytes) -> Any:
    document = parse_json(content, "a list of numbers")
    if isinstance(document, dict) and "latent" not in document:
        raise UserError("found JSON without the key 'latent', expected a list of numbers")
    return document["latent"] if isinstance(document, dict) else document


def _from_text(content: bytes) -> Any:
    try:
        return [float(word) for word in content.decode("utf-8").replace(",", " ").split()]
    except ValueError:
        raise UserError("found something else than numbers, expected a latent vector") from None
