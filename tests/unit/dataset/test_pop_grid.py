"""The shipped `pop` experiment, measured: what the 16-bit audio of each of its 125 settings says about the parameters.

Nothing here looks into the synth: onsets are clicks above 3 kHz, the centre frequency is where the power is. A bound is
what the statistics of the stated model leave open, at a probability of 1e-5 a setting on either side.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy import signal, stats
from scipy.special import ndtr

from soundworks.config.experiment import load_experiment
from soundworks.dataset.define import define_dataset
from soundworks.dataset.render import Renderer
from soundworks.dataset.settings import Grid

CONFIG = Path(__file__).parents[3] / "config" / "experiments" / "pop.yaml"
SR, DURATION_S, Q = 16000, 10.0, 40.0
TAIL = 1e-5
Z = float(stats.norm.isf(TAIL))  # 4.26 standard deviations

#: 85 dB below 1.25 kHz, flat above 3 kHz. A pop rings at up to 880 Hz plus three semitones, but for its onset.
HIGH_PASS = signal.firwin(51, 2125.0, window=("kaiser", signal.kaiser_beta(85.0)), pass_zero=False, fs=SR)
DELAY_SAMPLES = HIGH_PASS.size // 2
#: Through it, re the peak of 0.9: the weakest onset 0.08, all ringing and rounding below 0.0001.
THRESHOLD = 0.02
#: Onsets nearer than this are counted once.
MERGE_SAMPLES = 32


class Measured:
    """One setting's parameters, and its onsets and centre frequency as its audio shows them."""

    def __init__(self, renderer, setting):
        chunks, gain, _ = renderer.chunks(setting)
        audio = np.concatenate([np.frombuffer(chunk[44:], dtype="<i2") for chunk in chunks]) / 32768.0
        self.rate = 2.0 ** setting.natural["rate_exp"]
        self.sigma = 0.04 * 10.0 ** setting.natural["irreg_exp"]
        self.cf = setting.natural["cf"]
        self.n_expected = round(self.rate * DURATION_S)
        self.phases = onsets(audio / gain) / SR * self.rate
        self.centroid_hz = centroid_hz(audio)


def onsets(audio):
    """Return the samples at which something begins; what begins in the filter's delay before the end is not seen."""
    # Causal, with silence before the start (which is true) and nothing behind the end (which would be a click).
    clicks = np.abs(signal.fftconvolve(audio, HIGH_PASS)[: audio.size])
    peaks, _ = signal.find_peaks(clicks, height=THRESHOLD, distance=MERGE_SAMPLES)
    return peaks - DELAY_SAMPLES


def band_moments(power, frequencies_hz, centre_hz):
    """Return the power within half an octave of a centre, and its first moment in octaves from there."""
    band = (frequencies_hz > centre_hz * 2**-0.5) & (frequencies_hz < centre_hz * 2**0.5)
    octaves = np.log2(frequencies_hz[band] / centre_hz)
    return power[band].sum(), (power[band] * octaves).sum()


def centroid_hz(audio):
    """Return the centroid of the power in log-frequency, within half an octave of itself."""
    power = np.abs(np.fft.rfft(audio)) ** 2
    frequencies_hz = np.fft.rfftfreq(audio.size, 1.0 / SR)
    counts, edges = np.histogram(np.log2(frequencies_hz[1:]), np.arange(6.0, 12.0, 0.25), weights=power[1:])
    centre_hz = 2.0 ** (edges[np.argmax(counts)] + 0.125)
    for _ in range(20):
        total, moment = band_moments(power, frequencies_hz, centre_hz)
        centre_hz *= 2.0 ** (moment / total)
    return centre_hz


@pytest.fixture(scope="module")
def measured():
    dataset = define_dataset(load_experiment(CONFIG))
    renderer, grid = Renderer(dataset), Grid(dataset)
    assert (dataset.config.sample_rate, dataset.config.sound_duration_s) == (SR, DURATION_S)
    return [Measured(renderer, grid.setting(index)) for index in range(len(grid))]


def test_the_filter_separates_onsets_from_ringing():
    frequencies_hz, response = signal.freqz(HIGH_PASS, worN=4096, fs=SR)
    level_db = 20.0 * np.log10(np.maximum(np.abs(response), 1e-9))
    assert level_db[frequencies_hz <= 1250.0].max() < -80.0
    assert np.abs(level_db[frequencies_hz >= 3000.0]).max() < 0.01
    assert 880.0 * 2 ** (6 / 12) < 1250.0  # six standard deviations of the pops' frequencies


def lost_on_average(setting):
    """Return how many events are missed: one of each pair nearer than 2 ms, any in the filter's delay at the end."""
    nearest = (MERGE_SAMPLES + 2) / SR * setting.rate  # a click's peak is within a sample of its onset's
    k = np.arange(1, 20)
    # Events k intervals apart on the lattice lie N(k, 2 σ²) apart.
    spread = np.sqrt(2.0) * setting.sigma
    near = ndtr((nearest - k) / spread) - ndtr((-nearest - k) / spread)
    return setting.n_expected * near.sum() + setting.rate * (DELAY_SAMPLES + 1) / SR


def count_distribution(setting):
    """Return the probability of each count up to twice the expected.

    An event of the lattice k + u falls into the sound with the probability that N(k + u, σ) does: those near the ends
    are the only uncertain ones, so the count is a sum of few independent trials, averaged over the offset u, less the
    lost ones (rare and nearly independent, so Poisson).
    """
    n, sigma = setting.n_expected, setting.sigma
    offsets = (np.arange(16) + 0.5) / 16.0
    probabilities = np.zeros(2 * n + 2)
    for offset in offsets:
        k = np.arange(-5, n + 5) + offset
        inside = ndtr((n - k) / sigma) - ndtr(-k / sigma)
        certain = inside > 1.0 - 1e-12
        pmf = np.ones(1)
        for p in inside[(inside > 1e-12) & ~certain]:
            pmf = np.convolve(pmf, [1.0 - p, p])
        probabilities[certain.sum() : certain.sum() + pmf.size] += pmf / offsets.size
    lost = stats.poisson.pmf(np.arange(n + 1), lost_on_average(setting))
    return np.convolve(probabilities, lost[::-1])[n : n + probabilities.size]


@pytest.fixture(scope="module")
def distributions(measured):
    """The count's distribution by (rate, irregularity)."""
    return {(s.rate, s.sigma): count_distribution(s) for s in measured if s.cf == measured[0].cf}


def test_every_setting_has_its_rate_of_onsets(measured, distributions):
    assert len(measured) == 125
    for setting in measured:
        cumulative = np.cumsum(distributions[setting.rate, setting.sigma])
        # At σ = 0.04 this allows from 2 events less than rate · 10 s to 1 more (at 16 a second, 3 less); at σ = 0.4
        # from 3 less to 2 more for 10 events, and from 10 less to 2 more for 160, of which 1.7 merge on average.
        fewest, most = np.searchsorted(cumulative, TAIL), np.searchsorted(cumulative, 1.0 - TAIL)
        assert fewest <= setting.phases.size <= most, (setting.rate, setting.sigma, setting.cf)


def test_all_onsets_together_are_as_many_as_the_rates_say(measured, distributions):
    means, variances = [], []
    for setting in measured:
        pmf = distributions[setting.rate, setting.sigma]
        counts = np.arange(pmf.size)
        means.append(pmf @ counts)
        variances.append(pmf @ counts**2 - means[-1] ** 2)
    found = sum(setting.phases.size for setting in measured)
    # 7,750 events less 13 that merge, within 26: a third of a percent.
    assert abs(found - sum(means)) <= Z * np.sqrt(sum(variances))


def test_onset_phases_have_the_standard_deviation_of_the_irregularity(measured):
    for setting in (s for s in measured if s.rate >= 4.0):
        n = setting.phases.size
        # Events of N(0, σ) around a lattice have a mean phasor of length ρ = exp(-2π²σ²), whatever their order. Along
        # it, n phasors have the variance (1 - ρ²)²/2n, across it (1 - ρ⁴)/2n; what is across can only lengthen it.
        rho = np.exp(-2.0 * (np.pi * setting.sigma) ** 2)
        along, across = Z * (1.0 - rho**2) / np.sqrt(2.0 * n), Z * np.sqrt((1.0 - rho**4) / (2.0 * n))
        found = np.abs(np.exp(2j * np.pi * setting.phases).mean())
        # So 40 events tell a σ of 0.04 to a half, 160 to a quarter (it is 4.3 of 1/√2n); where σ is 0.4 the phases are
        # all but uniform and say only that it is not small: the next test measures it.
        assert rho - along <= found <= np.hypot(rho + along, across), (setting.rate, setting.sigma, setting.cf)


def simulated_trains(rate, sigma, n_trains, rng):
    """Draw onset phases of the stated model, in mean intervals, and merge those that the detector would."""
    n = round(rate * DURATION_S)
    for _ in range(n_trains):
        lattice = np.arange(-5, n + 5) + rng.random()
        phases = np.sort(lattice + sigma * rng.standard_normal(lattice.size))
        phases = phases[(phases >= 0.0) & (phases < n)]
        yield phases[np.diff(phases, prepend=-np.inf) >= MERGE_SAMPLES / SR * rate]


def spread_of_intervals(phases):
    return np.mean((np.diff(phases) - 1.0) ** 2)


@pytest.mark.parametrize("step", range(5))
def test_intervals_spread_as_the_irregularity_says(measured, step):
    # Where the phases' distribution wraps around, intervals still tell: their mean square deviation from 1/rate, over
    # the fifteen settings of one irregularity, against 200 trains of the model at each rate.
    sigma = 0.04 * 10.0 ** (step / 4.0)
    rng = np.random.default_rng(step)
    found, expected, variance = [], [], []
    for rate in (4.0, 8.0, 16.0):
        simulated = [spread_of_intervals(phases) for phases in simulated_trains(rate, sigma, 200, rng)]
        these = [s for s in measured if s.rate == rate and s.sigma == pytest.approx(sigma)]
        assert len(these) == 5
        weight = rate  # as the number of intervals
        found.append(weight * np.mean([spread_of_intervals(s.phases) for s in these]))
        expected.append(weight * np.mean(simulated))
        variance.append(weight**2 * np.var(simulated) * (1.0 / 5.0 + 1.0 / 200.0))
    # The bound is 16 to 21 % of the mean square, 8 to 10 % of σ.
    assert abs(sum(found) - sum(expected)) <= Z * np.sqrt(sum(variance))


def pop_moments(cf):
    """Return (power, first moment) of 300 pops made with scipy's peak filter, at the quantiles of the frequencies."""
    rng = np.random.default_rng(0)
    moments = []
    length = 2**13
    frequencies_hz = np.fft.rfftfreq(length, 1.0 / SR)
    for jitter in stats.norm.ppf((np.arange(300) + 0.5) / 300.0) / 12.0:
        tick = np.zeros(length)
        tick[:3] = rng.uniform(-1.0, 1.0, 3)
        pop = signal.lfilter(*signal.iirpeak(cf * 2.0**jitter, Q, SR), tick)
        moments.append(band_moments(np.abs(np.fft.rfft(pop / np.abs(pop).max())) ** 2, frequencies_hz, cf))
    return np.array(moments)


def test_the_power_lies_at_the_centre_frequency(measured):
    for cf in sorted({setting.cf for setting in measured}):
        power, moment = pop_moments(cf).T
        # Higher pops die away sooner and weigh less, and a resonance's skirts are not even: this makes under a cent.
        bias = moment.sum() / power.sum()
        one_pop = np.sqrt(np.mean((moment - bias * power) ** 2)) / power.mean()  # a semitone, and a bit for the weights
        for setting in (s for s in measured if s.cf == cf):
            # n pops, the last of them cut. Where two overlap, their product adds variance: exp(-2t/τ) of a pop's own
            # at a distance t, with τ = Q/(π·cf); summed over the pops that follow, at most rate·τ/2.
            overlap = setting.rate * Q / (np.pi * cf) / 2.0
            bound = Z * one_pop * np.sqrt((1.0 + overlap) / (setting.phases.size - 1))
            error = np.log2(setting.centroid_hz / cf) - bias
            # From 1.6 semitones for 10 pops to 0.4 for 160.
            assert abs(error) <= bound, (cf, setting.rate, setting.sigma, 1200.0 * error, 1200.0 * bound)
