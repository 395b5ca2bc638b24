"""Distances: levels as they are, mel bands and cepstra by hand, and files of one's own, whole and broken."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import fft

from soundworks.errors import UserError
from soundworks.grid.linearize.distances import N_MFCC, compared_distances, distance_features, mel_shares
from soundworks.spectrogram.options import spectrogram_options
from soundworks.spectrogram.transform import Transform

VALUES = np.random.default_rng(4).uniform(-1, 1, (3, 64, 5)).astype(np.float32)


class Levels:
    """Levels from -80 to 0 dB."""

    def __init__(self, frequencies_hz: Any) -> None:
        self.frequencies_hz = np.asarray(frequencies_hz)

    def decibels(self, values: Any) -> Any:
        return np.asarray(values, np.float32) * 40 - 40


LEVELS = Levels(np.arange(64) * 125.0)


def test_log_spectrograms_are_levels() -> None:
    features = distance_features("log_spectrogram", LEVELS)(VALUES)
    np.testing.assert_array_equal(features, (VALUES * np.float32(40) - 40).reshape(3, -1))


def test_mel_bands_share_all_power_and_are_as_loud_as_their_mean() -> None:
    shares = mel_shares(LEVELS.frequencies_hz)
    assert shares.shape[1] == 64
    assert 16 < len(shares) <= 32  # half as many as frequencies, without those that lie between two of them
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)
    assert (shares.sum(axis=1) > 0).all()
    alike = distance_features("mel", LEVELS)(np.full((1, 64, 2), 0.25, np.float32))
    np.testing.assert_allclose(alike, -30.0, atol=1e-4)
    silent = distance_features("mel", LEVELS)(np.full((1, 64, 2), -1.0, np.float32))
    np.testing.assert_allclose(silent, -80.0, atol=1e-4)


def test_a_band_is_heard_where_it_is() -> None:
    bands = mel_shares(LEVELS.frequencies_hz)
    values = np.full((1, 64, 1), -1.0, np.float32)
    values[0, 40] = 1.0
    levels = distance_features("mel", LEVELS)(values)[0]
    share = bands[:, 40] / bands.sum(axis=1)
    heard = share > 1e-3
    assert 1 <= heard.sum() <= 2
    np.testing.assert_allclose(levels[heard], 10 * np.log10(share[heard]), atol=0.01)
    np.testing.assert_allclose(levels[~heard], -80.0, atol=0.01)


def test_cepstra_are_cosines_of_mel_levels() -> None:
    mel = distance_features("mel", LEVELS)(VALUES).reshape(3, -1, 5)
    mfcc = distance_features("mfcc", LEVELS)(VALUES).reshape(3, N_MFCC, 5)
    np.testing.assert_allclose(
        mfcc[1, :, 2], fft.dct(mel[1, :, 2].astype(np.float64), norm="ortho")[:N_MFCC], atol=1e-3
    )


@pytest.mark.parametrize("section", [{}, {"bands": None}, {"bands": 16, "frames": 32}])
def test_spectrograms_in_bins_and_in_bands(section: dict[str, Any]) -> None:
    transform = Transform(spectrogram_options(section, 16000))
    times = np.arange(transform.n_samples) / 16000
    tones = np.stack([0.5 * np.sin(2 * np.pi * f * times) for f in (440.0, 466.0, 1760.0)]).astype(np.float32)
    values = transform.forward(tones)
    for name, features in compared_distances("mel", transform).items():
        found = features(values)
        near, far = (float(np.linalg.norm(found[0] - found[other])) for other in (1, 2))
        assert 0 < near < far, name


def test_the_distance_that_is_made_even_comes_first() -> None:
    assert list(compared_distances("mel", LEVELS)) == ["mel", "log_spectrogram", "mfcc"]


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(
        "def features(decibels, frequencies_hz):\n    return decibels.mean(axis=2) * (frequencies_hz > 4000)\n"
    )
    found = distance_features(path, LEVELS)(VALUES)
    assert found.shape == (3, 64)
    np.testing.assert_allclose(found[:, 40], LEVELS.decibels(VALUES)[:, 40].mean(axis=1), rtol=1e-5)
    assert list(compared_distances(str(path), LEVELS)) == [str(path), "log_spectrogram", "mel", "mfcc"]


def test_a_file_of_ones_own_with_others_beside_it(tmp_path: Path) -> None:
    """Imported at once and only when it runs; each experiment has its own, and nothing of them stays."""
    for name, factor in (("first", 2.0), ("second", 3.0)):
        (tmp_path / name / "parts").mkdir(parents=True)
        (tmp_path / name / "helper.py").write_text(f"from parts.late import OFFSET\nFACTOR = {factor}\n")
        (tmp_path / name / "parts" / "late.py").write_text("OFFSET = 1.0\n")
        (tmp_path / name / "own.py").write_text(
            "from helper import FACTOR\n"
            "def features(decibels, frequencies_hz):\n"
            "    from parts.late import OFFSET\n"
            "    return decibels * FACTOR + OFFSET\n"
        )
    before = list(sys.path), set(sys.modules)
    found = {name: distance_features(tmp_path / name / "own.py", LEVELS) for name in ("first", "second")}
    for name, factor in (("first", 2.0), ("second", 3.0)):
        np.testing.assert_allclose(found[name](VALUES), (LEVELS.decibels(VALUES) * factor + 1).reshape(3, -1))
    assert (list(sys.path), {"helper", "parts", "own"} & (set(sys.modules) - before[1])) == (before[0], set())
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def features(decibels, frequencies_hz)\n", r"own\.py, line 1: .*loading this file raised SyntaxError"),
        ("import nothing_like_it\n", r"own\.py, line 1: .*raised ModuleNotFoundError"),
        ("features = 3\n", r"own\.py: found no function features, expected features\(decibels, frequencies_hz\)"),
        ("def features(d, f):\n    return d / f.nothing\n", r"own\.py, line 2: .*raised AttributeError"),
        ("def features(d, f):\n    return d[:2]\n", r"returned an array of shape \(2, 64, 5\), expected 3 rows"),
        ("def features(d, f):\n    return d.sum()\n", r"returned an array of shape \(\), expected 3 rows"),
        ("def features(d, f):\n    return ['a'] * 3\n", "returned something else than real numbers"),
        ("def features(d, f):\n    return d * 1j\n", "returned something else than real numbers"),
        ("def features(d, f):\n    return [[1], [2, 3], [4]]\n", "returned something else than real numbers"),
        (
            "def features(d, f):\n    d[1] = float('nan')\n    return d\n",
            r"own\.py: .* for 1 of 3 sounds, expected finite",
        ),
        ("def features(d, f):\n    return d * 0 + float('inf')\n", r"own\.py: .* for 3 of 3 sounds, expected finite"),
        ("def features(d, f):\n    return d.astype(float) * 1e200\n", r"own\.py: .* numbers beyond 1e\+15 for 3 of 3"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        distance_features(path, LEVELS)(VALUES)
    assert "\n" not in str(caught.value)


def test_a_distance_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such file, expected one that defines features"):
        distance_features(tmp_path / "none.py", LEVELS)
    with pytest.raises(UserError, match="found 'cqt', expected log_spectrogram, mel, mfcc, or a Python file"):
        distance_features("cqt", LEVELS)
