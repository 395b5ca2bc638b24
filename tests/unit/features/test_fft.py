"""The transform of many frames equals the plain one of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundworks.features.fft import LENGTHS, PowerFft
from soundworks.features.spectrum import Array


def plain_power(samples: Array, window: Array, hop_length: int, n_frames: int) -> Array:
    """Return the power of centred frames, each by NumPy's transform in double precision."""
    padded = np.concatenate([np.zeros(window.size // 2), samples, np.zeros(window.size + hop_length * n_frames)])
    frames = np.stack([padded[i * hop_length : i * hop_length + window.size] for i in range(n_frames)])
    return (np.abs(np.fft.rfft(frames * window, axis=1)) ** 2).T


def power(samples: Array, window: Array, hop_length: int, n_frames: int) -> Array:
    transform = PowerFft(window, hop_length)
    found = np.full((1 + window.size // 2, n_frames), np.nan, np.float32)
    transform.power(transform.columns(samples, n_frames), 0, found)
    return found


def window_of(n_fft: int) -> Array:
    return np.random.default_rng(n_fft).uniform(0.1, 1, n_fft).astype(np.float32)  # no symmetry to hide a mistake


@pytest.mark.parametrize("n_fft", LENGTHS)
def test_every_length_is_exact_to_single_precision(n_fft: int) -> None:
    window, hop_length = window_of(n_fft), n_fft // 4
    samples = np.random.default_rng(0).standard_normal(20 * hop_length).astype(np.float32)

    found, expected = power(samples, window, hop_length, 21), plain_power(samples, window, hop_length, 21)

    assert np.abs(found - expected).max() < 1e-6 * expected.max()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1000), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_any_hop_and_any_number_of_samples(n_samples: int, hop_length: int, seed: int) -> None:
    window = window_of(128)
    samples = np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32)
    n_frames = 1 + n_samples // hop_length

    found = power(samples, window, hop_length, n_frames)

    expected = plain_power(samples, window, hop_length, n_frames)
    assert np.abs(found - expected).max() < 1e-6 * expected.max()


@pytest.mark.parametrize("size", [1, 63, 64, 100])
def test_blocks_are_the_whole(size: int) -> None:
    window = window_of(64)
    samples = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    n_frames = 1 + samples.size // 16
    whole = power(samples, window, 16, n_frames)

    transform = PowerFft(window, 16)
    columns = transform.columns(samples, n_frames)
    for first in range(0, n_frames - size, 64):
        block = np.full((33, size), np.nan, np.float32)
        transform.power(columns, first, block)
        assert np.array_equal(block, whole[:, first : first + size])
