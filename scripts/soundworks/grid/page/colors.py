"""Colours of cells, such that similar sounds look similar."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from soundworks.config.features import feature_options
from soundworks.errors import UserError
from soundworks.features.extractor import Extractor
from soundworks.features.sounds import read_sound

Floats = NDArray[np.float64]
#: Lightness in OKLab, middle and half the range: black text has a contrast of 5 : 1 at least on all of it.
_LIGHTNESS, _LIGHTNESS_REACH = 0.74, 0.10
#: How far colours reach from grey, along yellow–blue and along red–green.
_CHROMA_REACH = 0.15
#: Standard deviations of the first component that count as far; farther ones are drawn together.
_FAR = 1.5
#: From linear sRGB to cone responses, and from their cube roots to OKLab (B. Ottosson: "A perceptual color space for
#: image processing", 2020).
_TO_LMS = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                    [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
_TO_OKLAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                      [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
#: Mel bands of a sound's spectrum, and their range below full scale in dB.
_N_MELS, _RANGE_DB = 32, 80.0


def similar_colors(features: NDArray[Any]) -> list[str]:
    """Return a colour for each sound; near features, near colours.

    The first three principal components are yellow–blue, lightness and red–green in OKLab, so that the first two can be
    told apart by those who do not see red from green. The first is stretched over the range of colours, the others by
    the square root of their share, which brings out small differences and keeps their order.

    Parameters
    ----------
    features : ndarray, shape (n_sounds, n_features)
        Of all sounds that are to be compared, those of several layers too.

    Returns
    -------
    colors : list of str
        "#rrggbb", light enough for black text; the same grey for all where nothing differs.
    """
    scaled = _components(np.asarray(features, np.float64).reshape(len(features), -1))
    yellow_blue, lightness, red_green = np.tanh(scaled / _FAR).T
    lab = np.stack(
        [_LIGHTNESS + _LIGHTNESS_REACH * lightness, _CHROMA_REACH * red_green, _CHROMA_REACH * yellow_blue], axis=-1
    )
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.rint(255 * _displayable(lab)).astype(int).tolist()]


def _components(features: Floats) -> Floats:
    """Return three principal components, shape (n, 3), in units of the first one's standard deviation to begin with.

    Each axis points where its greatest loading is positive; components that are nothing but rounding are 0.
    """
    centred = features - features.mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    kept = np.flatnonzero(singular > 1e-9 * max(1.0, np.abs(features).max(initial=0.0)))[:3]
    scaled = np.zeros((len(features), 3))
    for place in kept:
        axis = axes[place] * np.sign(axes[place][np.argmax(np.abs(axes[place]))])
        deviation = singular[place] / np.sqrt(len(features))
        share = np.sqrt(singular[place] / singular[0])
        scaled[:, place] = centred @ axis / deviation * share
    return scaled


def _displayable(lab: Floats) -> Floats:
    """Return sRGB in [0, 1] of OKLab colours, shape (n, 3); those that no screen shows are moved towards grey."""
    low, high = np.zeros(len(lab)), np.ones(len(lab))
    for step in range(24):
        share = high if step == 0 else (low + high) / 2
        linear = oklab_to_linear(lab * np.stack([np.ones_like(share), share, share], axis=-1))
        fits = ((linear >= 0.0) & (linear <= 1.0)).all(axis=-1)
        low, high = np.where(fits, share, low), np.where(fits, high, share)
    linear = np.clip(oklab_to_linear(lab * np.stack([np.ones_like(low), low, low], axis=-1)), 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def oklab_to_linear(lab: Floats) -> Floats:
    """Map OKLab → linear sRGB, both shape (n, 3)."""
    roots = lab @ np.linalg.inv(_TO_OKLAB).T
    return np.asarray(roots**3 @ np.linalg.inv(_TO_LMS).T)


def linear_to_oklab(linear: Floats) -> Floats:
    """Map linear sRGB → OKLab, both shape (n, 3)."""
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_OKLAB.T)


def spectral_features(paths: Sequence[Path]) -> Floats:
    """Return mean and standard deviation over time of sounds' mel spectra.

    Parameters
    ----------
    paths : sequence of Path
        Sounds of any length, all of them at one sample rate.

    Returns
    -------
    features : ndarray, shape (n_sounds, 64)
        In dB: levels re a sine of full scale, within a range of 80 dB, of 32 mel bands.

    Raises
    ------
    UserError
        If a sound cannot be read, or has another sample rate.
    """
    _, common = read_sound(paths[0])
    extractor = _extractor(common)
    rows = []
    for path in paths:
        samples, sample_rate = read_sound(path)
        if sample_rate != common:
            raise UserError(f"{path}: found a sample rate of {sample_rate} Hz, expected {common} Hz as of {paths[0]}")
        levels = extractor.extract(samples).astype(np.float64)
        rows.append(np.concatenate([levels.mean(axis=1), levels.std(axis=1)]))
    return np.stack(rows)


def _extractor(sample_rate: int) -> Extractor:
    options = feature_options(
        "melspectrogram", sample_rate, n_mels=_N_MELS, n_fft=1024, hop_length=256, reference="full_scale",
        scaler="none", top_db=_RANGE_DB, channel_axis=False, flip=False,
    )  # fmt: skip
    return Extractor(options, sample_rate)
