"""Mu-law: closed form, another library's curve, symmetry, and how far a code may be off."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from librosa import mu_compress

from soundworks.rnn.mulaw import N_CODES, SILENCE, decode, decode_table, encode, network_input

CODES = np.arange(1, N_CODES, dtype=np.uint8)
SAMPLES = arrays(np.float64, 20, elements=st.floats(-1, 1))


def test_codes_come_back() -> None:
    assert np.array_equal(encode(decode(CODES)), CODES)
    assert encode(decode([0])) == 1  # never given; taken for the lowest


def test_samples_follow_the_closed_form() -> None:
    steps = CODES.astype(np.float64) - 128

    assert np.allclose(decode(CODES), np.sign(steps) * (256 ** (abs(steps) / 127) - 1) / 255, atol=1e-7)
    assert decode([1, SILENCE, 255]).tolist() == [-1.0, 0.0, 1.0]
    assert (decode_table().shape, decode_table().dtype) == ((256,), np.float32)


@settings(deadline=None)
@given(SAMPLES)
def test_codes_are_the_nearest_steps_of_another_librarys_curve(samples: np.ndarray) -> None:
    bent = 127 * mu_compress(samples, mu=255, quantize=False)

    assert (abs(encode(samples) - 128.0 - bent) <= 0.5 + 1e-9).all()


@settings(deadline=None)
@given(SAMPLES)
def test_both_signs_are_alike(samples: np.ndarray) -> None:
    assert np.array_equal(encode(-samples).astype(int), 256 - encode(samples).astype(int))
    assert np.array_equal(decode(encode(-samples)), -decode(encode(samples)))


def test_coding_adds_no_offset() -> None:
    """The usual 256 steps without one at 0 shift sounds by half a step; these leave the mean where it is."""
    noise = np.random.default_rng(0).normal(0, 0.1, 200_000)
    errors = decode(encode(noise)) - noise

    assert abs(errors.mean()) < 4 * errors.std() / np.sqrt(errors.size)
    assert np.array_equal(decode(encode(np.zeros(3))), np.zeros(3))


def test_samples_beyond_full_scale_are_cut_off() -> None:
    assert encode([-7.0, -1.0, 1.0, 1.5, np.inf]).tolist() == [1, 1, 255, 255, 255]


def test_the_network_is_told_numbers_around_zero() -> None:
    assert network_input([0, SILENCE, 255]).tolist() == [-1.0, 0.0, 127 / 128]
