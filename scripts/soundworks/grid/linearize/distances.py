"""Distances of sounds: features of spectrograms, whose Euclidean distance is the distance."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from soundworks.errors import UserError
from soundworks.grid.linearize.space import Features
from soundworks.grid.surface import Floats
from soundworks.synths.compat.loading import told_of
from soundworks.synths.compat.session import Session, private_name

#: The distances that a config can name.
DISTANCES = ("log_spectrogram", "mel", "mfcc")
#: Most mel bands; and cosine coefficients, from c0 on, few enough to tell another story than the bands.
N_MELS, N_MFCC = 40, 13
#: What a file with a distance of one's own defines.
_FUNCTION = "features"
#: The session that such a file runs in: it imports what lies beside it, and random numbers are the same each time.
_SESSION_SR, _SESSION_SEED = 16000, 0
#: Features beyond this overflow in a float32 distance.
_LARGEST = 1e15


class Levels(Protocol):
    """What a distance needs to know of spectrograms; `spectrogram.transform.Transform` does."""

    frequencies_hz: NDArray[Any]

    def decibels(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values in [-1, 1] as levels in dB."""


def distance_features(name: str | Path, levels: Levels) -> Features:
    """Return the features, shape (n, n_features), of spectrograms, shape (n, n_frequencies, n_times), in [-1, 1].

    Parameters
    ----------
    name : str or Path
        `log_spectrogram`, the levels in dB as they are; `mel`, levels in mel bands, fewer than the spectrogram has;
        `mfcc`, the first cosine coefficients of those; or a Python file that defines
        `features(decibels, frequencies_hz)`, with levels in dB of shape (n, n_frequencies, n_times), for an array of
        n rows.
    levels : Levels
        The spectrograms' transform.

    Raises
    ------
    UserError
        If there is no such distance, or the file does not define one; its features raise one if they fail.
    """
    if str(name).endswith(".py"):
        return _of_file(Path(name), levels)
    if name == "log_spectrogram":
        return lambda values: levels.decibels(values).reshape(len(values), -1)
    bands = _MelBands(levels)
    if name == "mel":
        return lambda values: bands(values).reshape(len(values), -1)
    if name == "mfcc":
        return lambda values: fft.dct(bands(values), axis=1, norm="ortho")[:, :N_MFCC].reshape(len(values), -1)
    raise UserError(f"linearize.distance: found {str(name)!r}, expected {', '.join(DISTANCES)}, or a Python file")


def compared_distances(name: str | Path, levels: Levels) -> dict[str, Features]:
    """Return the distance that is made even, first, and by their names the others, at least two, that are not."""
    names = [str(name), *(other for other in DISTANCES if other != name)]
    return {each: distance_features(each, levels) for each in names}


class _MelBands:
    """Levels in triangular bands, evenly spaced on Slaney's mel scale over the spectrogram's frequencies.

    The power of each bin, or of each band that the spectrogram has, is shared by the two bands around it.
    """

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._floor = 10.0 ** (float(levels.decibels(np.full(1, -1.0, np.float32))[0]) / 10)
        shares = mel_shares(np.asarray(levels.frequencies_hz, np.float64))
        self._weights = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return levels in dB, shape (n, n_mels, n_times)."""
        power = 10.0 ** (np.asarray(self._levels.decibels(values), np.float32) / 10)
        return 10 * np.log10(np.maximum(np.einsum("mf,nft->nmt", self._weights, power), np.float32(self._floor)))


def mel_shares(frequencies_hz: Floats) -> Floats:
    """Return each frequency's share in each of at most `N_MELS` bands, shape (n_mels, n_frequencies); columns sum to 1.

    There are half as many bands as frequencies, or fewer: one that lies between two frequencies would hear nothing, and
    is left out.
    """
    import librosa

    at = librosa.hz_to_mel(frequencies_hz)
    middles = np.linspace(at[0], at[-1], max(min(N_MELS, len(at) // 2), 1))
    shares = np.array([np.interp(at, middles, row) for row in np.eye(len(middles))])
    kept = shares.sum(axis=1) > 0
    heard: Floats = shares[kept] / shares[kept].sum(axis=0)
    return heard


def _of_file(path: Path, levels: Levels) -> Features:
    folder = (path.resolve().parent,)
    if not path.is_file():
        raise UserError(f"{path}: no such file, expected one that defines {_FUNCTION}(decibels, frequencies_hz)")
    session = Session(_SESSION_SR, _SESSION_SEED, folder)
    with session.active():
        function = _loaded(path)
    frequencies_hz = np.array(levels.frequencies_hz, np.float64)

    def features(values: NDArray[Any]) -> NDArray[Any]:
        doing = f"linearize.distance: {_FUNCTION}(decibels, frequencies_hz)"
        with session.active(), told_of(doing, folder, path):
            found = function(np.array(levels.decibels(values)), frequencies_hz.copy())
        return _checked(found, len(values), path)

    return features


def _loaded(path: Path) -> Callable[..., Any]:
    """Return the function of a file; a session must be active."""
    name = private_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    with told_of("linearize.distance: loading this file", (path.resolve().parent,), path):
        spec.loader.exec_module(module)
    function = getattr(module, _FUNCTION, None)
    if not callable(function):
        raise UserError(f"{path}: found no function {_FUNCTION}, expected {_FUNCTION}(decibels, frequencies_hz)")
    checked: Callable[..., Any] = function
    return checked


def _checked(found: Any, n: int, path: Path) -> NDArray[Any]:
    try:
        array = np.asarray(found)
        numbers = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64, casting="safe")
    except (TypeError, ValueError):
        raise UserError(f"{path}: {_FUNCTION} returned something else than real numbers, expected an array") from None
    if numbers.ndim < 1 or len(numbers) != n or numbers.size == 0:
        raise UserError(
            f"{path}: {_FUNCTION} returned an array of shape {numbers.shape}, expected {n} rows, one for each sound"
        )
    rows = numbers.reshape(n, -1)
    if too_large := int(np.sum(~(np.abs(rows) <= _LARGEST).all(axis=1))):
        raise UserError(
            f"{path}: {_FUNCTION} returned NaN, infinity or numbers beyond {_LARGEST:g} for {too_large} of {n} sounds, "
            "expected finite numbers"
        )
    return rows
