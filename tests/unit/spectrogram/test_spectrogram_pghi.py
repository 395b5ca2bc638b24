"""Phases integrated from their gradients, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from feature_signals import sine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from soundworks.features.spectrum import Array
from soundworks.spectrogram.pghi import SILENT, integrate_phases
from soundworks.spectrogram.stft import Stft
from soundworks.spectrogram.window import gaussian_width, gaussian_window

SAMPLE_RATE, N_FFT, HOP, N_FRAMES, FLOOR = 16000, 512, 128, 64, 1e-3
WIDTH = gaussian_width(N_FFT, FLOOR)
N_BINS, N_SAMPLES = N_FFT // 2 + 1, N_FRAMES * HOP
STFT = Stft(gaussian_window(N_FFT, FLOOR), HOP, N_FRAMES)


def log_levels(magnitude: Array, range_db: float = 80) -> Array:
    """Return logarithms, silent where they are below a range."""
    with np.errstate(divide="ignore"):
        levels = np.log(magnitude)
    levels[levels < levels.max() - range_db * np.log(10) / 20] = SILENT
    return levels


def phases_of(sound: Array) -> Array:
    return integrate_phases(log_levels(STFT.magnitude(sound)), HOP, N_FFT, WIDTH)


def rebuilt(sound: Array) -> Array:
    """Return the sound of a sound's magnitudes alone."""
    return STFT.synthesise((STFT.magnitude(sound) * np.exp(1j * phases_of(sound))).astype(np.complex64))


def spread_of(angles: NDArray[np.floating]) -> float:
    """Return the greatest distance, in radians, of angles from their mean."""
    turned = np.exp(1j * angles)
    return float(np.abs(np.angle(turned / turned.mean())).max())


def atom(centre: tuple[float, float]) -> tuple[Array, Array]:
    """Return levels and phases of a Gaussian like the window, at a frame and a bin: both are known in closed form."""
    time = (np.arange(N_FRAMES) - centre[0])[:, np.newaxis] * HOP
    omega, omega_0 = 2 * np.pi / N_FFT * np.arange(N_BINS), 2 * np.pi / N_FFT * centre[1]
    levels = -np.pi / (2 * WIDTH) * time**2 - WIDTH / (8 * np.pi) * (omega - omega_0) ** 2
    return levels.astype(np.float32), ((omega + omega_0) / 2 * time).astype(np.float32)


def around(centre: tuple[float, float]) -> NDArray[np.bool_]:
    """Return which cells are in a rectangle about a frame and a bin."""
    frames, bins = np.ogrid[:N_FRAMES, :N_BINS]
    near: NDArray[np.bool_] = (np.abs(frames - centre[0]) < 4) & (np.abs(bins - centre[1]) < 12)
    return near


@pytest.mark.parametrize("centre", [(30, 100), (31.4, 77.7), (1, 200.2), (62.5, 50)])
def test_a_gaussian_has_the_phases_of_its_closed_form(centre: tuple[float, float]) -> None:
    levels, expected = atom(centre)
    heard = around(centre)

    phases = integrate_phases(np.where(heard, levels, SILENT), HOP, N_FFT, WIDTH)

    assert spread_of(phases[heard] - expected[heard]) < 1e-3


def test_each_of_two_gaussians_that_silence_sets_apart_is_right() -> None:
    low, high = (20, 60), (44.5, 200.3)
    levels = np.full((N_FRAMES, N_BINS), SILENT)
    levels[around(low)], levels[around(high)] = atom(low)[0][around(low)], atom(high)[0][around(high)] - 3

    phases = integrate_phases(levels, HOP, N_FFT, WIDTH)

    for centre in low, high:
        heard = around(centre)
        assert spread_of((phases - atom(centre)[1])[heard]) < 1e-3
        assert phases.ravel()[np.where(heard, levels, SILENT).argmax()] == 0


@pytest.mark.parametrize("frequency_hz", [440.0, 1003.7, 3210.9, 7003.3])
def test_a_sines_phase_advances_by_its_frequency(frequency_hz: float) -> None:
    k = round(frequency_hz * N_FFT / SAMPLE_RATE)

    phases = phases_of(sine(frequency_hz, SAMPLE_RATE, N_SAMPLES, 0.5))[4:-4, k - 1 : k + 2]

    advance = 2 * np.pi * frequency_hz / SAMPLE_RATE * HOP
    assert np.abs(np.angle(np.exp(1j * (np.diff(phases, axis=0) - advance)))).max() < 0.001 * advance
    assert np.abs(np.angle(np.exp(1j * np.diff(phases, axis=1)))).max() < 1e-3


@pytest.mark.parametrize("frequency_hz", [440.0, 1003.7, 3210.9, 7003.3])
def test_a_rebuilt_sine_has_its_frequency_to_a_thousandth_and_its_level(frequency_hz: float) -> None:
    sound = sine(frequency_hz, SAMPLE_RATE, N_SAMPLES, 0.5)

    inner = rebuilt(sound)[1024:-1024]

    times = np.arange(inner.size) / SAMPLE_RATE
    analytic = inner * np.exp(-2j * np.pi * frequency_hz * times)
    smooth = np.convolve(analytic, np.hanning(512) / np.hanning(512).sum(), "valid")
    deviation_hz = np.polyfit(times[: smooth.size], np.unwrap(np.angle(smooth)), 1)[0] / (2 * np.pi)
    assert abs(deviation_hz) < 0.001 * frequency_hz
    assert np.abs(smooth) == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("rate_hz_per_s", [4000.0, -10000.0])
def test_a_chirp_has_its_own_phases_but_for_a_constant(rate_hz_per_s: float) -> None:
    times = (np.arange(N_SAMPLES) - N_SAMPLES / 2) / SAMPLE_RATE
    sound = (0.5 * np.sin(2 * np.pi * (4000 * times + rate_hz_per_s / 2 * times**2))).astype(np.float32)
    spectra = STFT.analyse(sound)
    # Only where the chirp is loud, and not where the sound begins and ends.
    loud = np.abs(spectra) > 0.1 * np.abs(spectra).max()
    loud[:4], loud[-4:] = False, False

    assert spread_of((phases_of(sound) - np.angle(spectra))[loud]) < 0.25


@pytest.mark.parametrize("position", [3000, 4033, 4096, 5017])
def test_a_rebuilt_impulse_is_where_it_was(position: int) -> None:
    sound = np.zeros(N_SAMPLES, np.float32)
    sound[position] = 1

    envelope = np.square(rebuilt(sound))

    assert abs(int(envelope.argmax()) - position) <= 1
    assert envelope[position - 8 : position + 9].sum() > 0.9 * envelope.sum()


def test_faint_noise_does_not_change_the_phases_of_a_loud_sine() -> None:
    sound = sine(1003.7, SAMPLE_RATE, N_SAMPLES, 0.5)
    noisy = sound + 1e-4 * np.random.default_rng(0).standard_normal(N_SAMPLES).astype(np.float32)

    difference = (phases_of(noisy) - phases_of(sound))[4:-4, 31:34]

    assert spread_of(difference) < 0.05


def test_a_louder_spectrogram_has_the_same_phases() -> None:
    levels = np.where(around((30, 100)), atom((30, 100))[0], SILENT)

    assert integrate_phases(levels + 2, HOP, N_FFT, WIDTH) == pytest.approx(
        integrate_phases(levels, HOP, N_FFT, WIDTH), abs=1e-3
    )


def test_silence_has_no_phases() -> None:
    assert not integrate_phases(np.full((N_FRAMES, N_BINS), SILENT), HOP, N_FFT, WIDTH).any()


@pytest.mark.parametrize("level", [np.nan, np.inf])
def test_a_level_that_is_no_number_stays_out_of_what_silence_sets_apart(level: float) -> None:
    levels, expected = atom((20, 60))
    levels[~around((20, 60))] = SILENT
    levels[44, 200:203] = level, -1, level

    phases = integrate_phases(levels, HOP, N_FFT, WIDTH)

    assert spread_of((phases - expected)[around((20, 60))]) < 1e-3


@given(seed=st.integers(0, 1000), share=st.floats(0, 1), n_frames=st.integers(1, 12), n_fft=st.sampled_from([16, 30]))
@settings(max_examples=60, deadline=None)
def test_any_levels_have_phases_within_a_turn_and_silent_cells_none(
    seed: int, share: float, n_frames: int, n_fft: int
) -> None:
    rng = np.random.default_rng(seed)
    levels = rng.normal(0, 5, (n_frames, n_fft // 2 + 1)).astype(np.float32)
    levels[rng.random(levels.shape) < share] = SILENT

    phases = integrate_phases(levels, n_fft // 4, n_fft, gaussian_width(n_fft, 1e-2))

    assert np.abs(phases).max() <= np.pi + 1e-5
    assert not phases[levels == SILENT].any()
    if (levels != SILENT).any():
        assert phases.ravel()[levels.argmax()] == 0
    assert np.array_equal(phases, integrate_phases(levels, n_fft // 4, n_fft, gaussian_width(n_fft, 1e-2)))
