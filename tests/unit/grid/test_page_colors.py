"""Colours of cells: known values of OKLab, and near sounds with near colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from feature_signals import sine
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pages import write_wav
from scipy.stats import spearmanr

from soundworks.dataset.audio import encode
from soundworks.errors import UserError
from soundworks.grid.page.colors import linear_to_oklab, oklab_to_linear, similar_colors, spectral_features


def linear(colors: list[str]) -> np.ndarray:
    """Map "#rrggbb" → linear sRGB (IEC 61966-2-1)."""
    values = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for color in colors])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def distances(points: np.ndarray) -> np.ndarray:
    """The distances of all pairs."""
    rows, columns = np.triu_indices(len(points), 1)
    return np.linalg.norm(points[rows] - points[columns], axis=1)


def test_oklab_has_the_published_values() -> None:
    """White, red, green and blue of sRGB, as Ottosson's page and CSS Color 4 have them."""
    lab = linear_to_oklab(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    wanted = [[1.0, 0.0, 0.0], [0.62796, 0.22486, 0.12585], [0.86644, -0.23389, 0.17950], [0.45201, -0.03246, -0.31153]]
    np.testing.assert_allclose(lab, wanted, atol=2e-5)
    random = np.random.default_rng(1).random((50, 3))
    np.testing.assert_allclose(oklab_to_linear(linear_to_oklab(random)), random, atol=1e-9)


FEATURES = arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 6)), elements=st.floats(-1e3, 1e3))


@given(FEATURES)
def test_black_text_is_readable_on_all_colors(features: np.ndarray) -> None:
    """A contrast of 5 : 1 to black text (WCAG 2.2)."""
    colors = similar_colors(features)
    assert len(colors) == len(features)
    contrast = (linear(colors) @ [0.2126, 0.7152, 0.0722] + 0.05) / 0.05
    assert contrast.min() >= 5.0


@given(FEATURES, st.randoms(use_true_random=False))
def test_order_does_not_matter(features: np.ndarray, random: object) -> None:
    features = np.round(features, 1)
    order = np.arange(len(features))
    random.shuffle(order)  # type: ignore[attr-defined]
    straight, shuffled = (linear_to_oklab(linear(similar_colors(rows))) for rows in (features, features[order]))
    if len(np.unique(np.round(np.linalg.svd(features - features.mean(axis=0))[1], 3))) < min(features.shape):
        return  # equal variances have no order of their own
    assert np.abs(straight[order] - shuffled).max() < 0.02


def test_equal_sounds_have_equal_colors() -> None:
    assert set(similar_colors(np.full((5, 7), 3.25))) == {"#ababab"}  # 0.74³ of the light
    assert len(similar_colors(np.ones((1, 3)))) == 1
    twice = np.repeat(np.random.default_rng(2).standard_normal((6, 9)), 2, axis=0)
    colors = similar_colors(twice)
    assert colors[::2] == colors[1::2]
    assert len(set(colors)) == 6


def test_a_line_of_sounds_is_a_line_of_colors() -> None:
    lab = linear_to_oklab(linear(similar_colors(np.outer(np.linspace(0, 1, 30), [3.0, 1.0, -2.0]))))
    assert (np.diff(lab[:, 2]) > 0).all() or (np.diff(lab[:, 2]) < 0).all()
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert steps.max() < 3.5 * steps.min()
    assert np.linalg.norm(lab[0] - lab[-1]) > 0.15


def test_far_sounds_have_far_colors() -> None:
    """On a plane in many dimensions, ranks of distances in colour follow those in sound."""
    rng = np.random.default_rng(3)
    plane = np.stack(np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 0.8, 9)), axis=-1).reshape(-1, 2)
    features = plane @ rng.standard_normal((2, 40)) + 0.01 * rng.standard_normal((81, 40))
    lab = linear_to_oklab(linear(similar_colors(features)))
    assert spearmanr(distances(features), distances(lab)).statistic > 0.9


def write_tone(path: Path, frequency_hz: float, amplitude: float, n_samples: int, sample_rate: int = 16000) -> Path:
    signal = sine(frequency_hz, sample_rate, n_samples, amplitude).astype(np.float64)
    return write_wav(path, encode(signal, 1.0, "PCM_16"), sample_rate)


def test_colors_of_tones_follow_their_frequency(tmp_path: Path) -> None:
    frequencies_hz = np.geomspace(200, 3200, 9)
    tones = [write_tone(tmp_path / f"{f:.0f}.wav", f, 0.5, 4000 + round(f)) for f in frequencies_hz]
    lab = linear_to_oklab(linear(similar_colors(spectral_features(tones))))
    near = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert near.max() < np.linalg.norm(lab[0] - lab[-1])


def test_sounds_of_two_rates_are_not_compared(tmp_path: Path) -> None:
    paths = [write_tone(tmp_path / f"{rate}.wav", 440, 0.5, 4000, rate) for rate in (16000, 44100)]
    with pytest.raises(UserError, match=r"44100\.wav: found a sample rate of 44100 Hz, expected 16000 Hz"):
        spectral_features(paths)


def test_features_of_a_tone_are_its_level(tmp_path: Path) -> None:
    """A sine of amplitude 0.1 is at -20 dB in its band, less where it falls between two, and does not change."""
    features = spectral_features([write_tone(tmp_path / "a.wav", 1000.0, 0.1, 16000)])[0]
    assert features[:32].max() == pytest.approx(-20.0, abs=4.0)
    assert features[32 + features[:32].argmax()] < 1.0


def test_the_shortest_sounds_have_a_color(tmp_path: Path) -> None:
    short = write_wav(tmp_path / "a.wav", np.array([1], np.int16))
    assert np.isfinite(spectral_features([short, short])).all()
