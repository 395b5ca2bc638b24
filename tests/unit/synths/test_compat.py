"""The stand-in's helper functions do what their originals are documented to do."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from soundworks.errors import UserError
from soundworks.synths.compat import filters, models, shapes, timing


def test_jitter_is_the_documented_one() -> None:
    times_s = timing.noisySpacingTimeList(0, 1, 20000, 7, wrap=False)
    assert np.std(times_s - np.arange(20000)) == pytest.approx(0.4, rel=0.03)


def test_all_signatures_of_the_event_list() -> None:
    rng = np.random.default_rng(3)
    plain = timing.noisySpacingTimeList(2, 0.5, 4, rng=rng)
    assert plain.shape == (16,)
    assert np.all((np.diff(plain) >= 0) & (plain[1:] < 4))
    older = timing.noisySpacingTimeList(2, 0.5, 4, 3, False, True, True)
    later = timing.noisySpacingTimeList(2, 0.5, 4, 3, 0.0, False, True, True)
    assert older[0] == 0.0
    np.testing.assert_array_equal(older, later)


def test_second_version_keeps_the_rate_of_rare_events() -> None:
    counts = [timing.noisySpacingTimeList_v2(-2, 0.5, 1, seed).size for seed in range(2000)]
    assert np.mean(counts) == pytest.approx(0.25, abs=0.04)


def test_addin_stops_at_the_ends() -> None:
    into = np.zeros(4)
    assert timing.addin([1, 2, 3], into, 2) is into
    timing.addin([5, 6], into, -1)
    timing.addin([9], into, 7)
    assert into.tolist() == [6, 0, 1, 2]


def test_shapes() -> None:
    assert shapes.bkpoint([0, 1, 0], [2, 4]).tolist() == [0, 0.5, 1, 0.75, 0.5, 0.25]
    assert shapes.gesture(0, 1, 0.5, 6).tolist() == [0, 0.5, 1, 0, 0, 0]
    assert shapes.env(0.1, 1000)[[0, 50, -1]].tolist() == [0, 1, 0]
    assert shapes.freq2oct(shapes.oct2freq(1.5)) == pytest.approx(1.5)
    assert shapes.expWindow(1, 0, 0, sr=100)[-1] == pytest.approx(np.exp(-3))
    assert timing.extendEventSequence([0.0, 0.3], 0.5, 1.1) == pytest.approx([0.0, 0.3, 0.5, 0.8, 1.0])


@pytest.mark.parametrize("cutoff", [0.5, 5, 50, 3900])
def test_random_contour_spans_its_range(cutoff: float) -> None:
    course = filters.randomLPContour(8000, cutoff, 8000, 1, ymin=2, ymax=5)
    assert (course.size, course.min(), course.max()) == (8000, pytest.approx(2), pytest.approx(5))


def test_resonator_passes_its_centre() -> None:
    at = np.arange(16000) / 16000
    gain, fc, q = np.full(16000, 2.0), np.full(16000, 1000.0), np.full(16000, 10.0)
    levels = [np.ptp(filters.tvBPfilter(16000, np.sin(2 * np.pi * f * at), gain, fc, q)[8000:]) for f in (1000, 500)]
    assert levels[0] == pytest.approx(4.0, rel=0.01)
    assert levels[1] < 0.1 * levels[0]
    one = filters.Resonator(16000, 2.0, 1000.0, 10.0)
    ticks = [one.tick(x) for x in at[:50]]
    np.testing.assert_allclose(ticks, filters.tvBPfilter(16000, at, gain, fc, q)[:50])


def test_approaching_source_is_shifted_up() -> None:
    tone = np.sin(2 * np.pi * 100 * np.arange(8000) / 8000)
    heard = filters.mvsnd(tone, np.linspace(33.0, 0.0, 8000), 8000)[:7000]
    assert np.argmax(np.abs(np.fft.rfft(heard * np.hanning(7000), 8000))) == pytest.approx(110, abs=1)


def test_models_and_ensemble() -> None:
    class Tone(models.MySoundModel):
        def generate(self, sigLenSecs: float = 1) -> np.ndarray:  # noqa: N803
            return np.ones(round(sigLenSecs * self.sr))

    assert models.MySoundModel().generate(1.5).shape == (24000,)
    assert models.DSEnsemble([Tone(), Tone()], sr=16000).generate(0.5).tolist() == [1.2] * 8000


def test_missing_scipy_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(UserError, match="needs scipy, install it with: pip install scipy"):
        filters.butter_lowpass_filter(np.zeros(10), 100, 8000)
