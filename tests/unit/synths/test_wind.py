"""Wind: the band, the level, the gusts and their spectrum."""

import numpy as np
import pytest
from scipy.signal import welch

from soundworks.contour import Contour
from soundworks.synths.wind import Wind, centre_hz, gusts, level_db

SR = 16000


def wind(seconds=40.0, sr=SR, seed=1, **values):
    synth = Wind(sr, np.random.default_rng(seed))
    for name, value in {"gustiness": 0.0, **values}.items():
        (synth.setContour if isinstance(value, Contour) else synth.setParam)(name, value)
    return synth.generate(seconds)


def rms_db(signal):
    return 10.0 * np.log10(2.0 * np.mean(signal**2))


def strengths(seconds, step_s, **values):
    synth = Wind(SR, np.random.default_rng(1))
    for name, value in values.items():
        synth.setParam(name, value)
    return synth._strength(np.arange(0.0, seconds, step_s))


@pytest.mark.parametrize(
    ("sr", "q", "strength"), [(SR, 1.5, 0.0), (SR, 0.5, 1.0), (8000, 4.0, 0.5), (48000, 10.0, 0.7)]
)
def test_spectrum_is_the_band_pass_at_the_stated_centre(sr, q, strength):
    f_hz, density = welch(wind(sr=sr, Q=q, strength=strength), sr, nperseg=sr // 8)
    centre = float(centre_hz(strength))
    warped = np.tan(np.pi * f_hz[1:-1] / sr) / np.tan(np.pi * centre / sr)
    shape = 1.0 / (1.0 + q**2 * (warped - 1.0 / warped) ** 2)
    expected = shape / shape.sum() * density.sum()
    near = (f_hz[1:-1] > 0.5 * centre) & (f_hz[1:-1] < 2.0 * centre)
    assert np.max(np.abs(10.0 * np.log10(density[1:-1] / expected)[near])) < 2.0  # one bin of 600 averages, ±5 sd
    assert np.mean(10.0 * np.log10(density[1:-1] / expected)[near]) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("sr", [8000, 48000])
@pytest.mark.parametrize("q", [0.5, 2.0, 10.0])
def test_level_is_exact_at_every_q_and_rate(sr, q):
    assert rms_db(wind(sr=sr, Q=q, strength=0.8)) == pytest.approx(float(level_db(0.8)), abs=0.3)


def test_level_and_brightness_rise_with_strength():
    grid = np.linspace(0.0, 1.0, 6)
    sounds = [wind(20.0, strength=strength) for strength in grid]
    levels = [rms_db(sound) for sound in sounds]
    f_hz, densities = welch(np.array(sounds), SR, nperseg=2000)
    centroids = densities @ f_hz / densities.sum(axis=1)
    assert levels == pytest.approx(-42.0 + 30.0 * grid, abs=0.3)
    assert np.all(np.diff(centroids) > 0.0)
    assert centre_hz(grid) == pytest.approx(200.0 * 6.0**grid)


def test_sound_starts_at_full_level():
    starts = np.array([wind(0.002, seed=seed, Q=10.0, strength=0.0) for seed in range(2000)])
    assert rms_db(starts[:, 0]) == pytest.approx(-42.0, abs=0.6)
    assert rms_db(starts[:, -1]) == pytest.approx(-42.0, abs=0.6)


def test_gusts_have_unit_variance_and_the_stated_autocorrelation():
    step = 1.0 / 16.0
    process = gusts(np.arange(0.0, 8000.0, step), np.random.default_rng(2))
    assert np.mean(process) == pytest.approx(0.0, abs=0.03)
    assert np.var(process) == pytest.approx(1.0, abs=0.04)
    for lag in (1, 3, 5, 8, 16, 40):
        expected = np.exp(-((np.pi * lag * step) ** 2) / np.log(2.0))
        assert np.mean(process[:-lag] * process[lag:]) == pytest.approx(expected, abs=0.04)


def test_modulation_spectrum_is_half_at_the_gust_rate():
    process = gusts(np.arange(0.0, 8000.0, 1.0 / 16.0), np.random.default_rng(3))
    f, density = welch(process, 16.0, nperseg=256)
    wanted = (f > 0.1) & (f < 2.0)
    smooth = 10.0 * np.log10(density[wanted]) + 10.0 * np.log10(2.0) * f[wanted] ** 2
    assert np.polyfit(f[wanted], smooth, 1)[0] == pytest.approx(0.0, abs=0.2)
    assert np.ptp(smooth) < 2.0
    assert density[f > 4.0].max() < 1e-4 * density[1]


@pytest.mark.parametrize("gust_rate", [0.05, 0.4, 4.0])
def test_gust_rate_is_in_hz(gust_rate):
    # Strength 1/2 at a fifth of the depth is never clipped, so its variance and slope are those of the process.
    step_s = 0.02 / gust_rate
    moving = strengths(2000.0 / gust_rate, step_s, strength=0.5, gustiness=0.2, gust_rate=gust_rate) - 0.5
    assert np.std(moving) == pytest.approx(0.2 * 0.25, rel=0.06)
    slope_ratio = np.std(np.gradient(moving, step_s)) / np.std(moving)
    # Root of the spectrum's second moment: 2π f under 2^(-f² / rate²) is 2π rate / sqrt(2 ln 2).
    assert slope_ratio == pytest.approx(2.0 * np.pi * gust_rate / np.sqrt(2.0 * np.log(2.0)), rel=0.06)


def test_gusts_are_heard_in_level_and_colour():
    signal = wind(60.0, strength=0.5, gustiness=1.0, gust_rate=0.4)
    blocks = signal.reshape(-1, SR // 4)
    levels = 10.0 * np.log10(2.0 * np.mean(blocks**2, axis=1))
    steady = 10.0 * np.log10(2.0 * np.mean(wind(60.0).reshape(-1, SR // 4) ** 2, axis=1))
    assert np.std(levels) > 4.0 > 1.5 > np.std(steady)
    f_hz, density = welch(blocks, SR, nperseg=2000)
    centroid = density @ f_hz / density.sum(axis=1)
    assert np.corrcoef(levels, np.log(centroid))[0, 1] > 0.8


def test_no_gustiness_is_steady_whatever_the_gust_rate():
    assert np.array_equal(wind(0.5, gust_rate=0.05), wind(0.5, gust_rate=4.0))


def test_strength_stays_in_its_range():
    for strength in (0.0, 1.0):
        course = strengths(200.0, 0.02, strength=strength, gustiness=1.0, gust_rate=4.0)
        assert course.min() >= 0.0
        assert course.max() <= 1.0
        assert np.ptp(course) > 0.3


def test_contours_of_strength_and_gust_rate_are_followed():
    signal = wind(40.0, strength=Contour((0.0, 40.0), (0.0, 1.0)))
    levels = [rms_db(part) for part in np.split(signal, 8)]
    centres = (np.arange(8) + 0.5) / 8.0
    assert levels == pytest.approx(-42.0 + 30.0 * centres, abs=0.6)
    synth = Wind(SR, np.random.default_rng(4))
    synth.setParam("gustiness", 0.2)
    synth.setContour("gust_rate", Contour((0.0, 400.0), (0.05, 4.0)))
    slopes = np.abs(np.diff(synth._strength(np.arange(0.0, 400.0, 1e-2))))
    rms = [np.sqrt(np.mean(part**2)) for part in np.array_split(slopes, 8)]
    rates_hz = 0.05 + 3.95 * centres
    assert np.array(rms) / rms[-1] == pytest.approx(rates_hz / rates_hz[-1], abs=0.15)
