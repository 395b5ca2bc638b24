"""The picture of samples: where each spectrogram is, its axes, and how long hundreds take."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gan_fixtures import make_spectrogram
from matplotlib.figure import Figure

from soundworks.gan.samples import Mosaic, draw_spectrograms
from soundworks.spectrogram.transform import Transform

TRANSFORM = Transform(make_spectrogram())


def test_pictures_are_row_by_row_with_low_frequencies_below() -> None:
    pictures = np.arange(3 * 2 * 2, dtype=np.float32).reshape(3, 2, 2)

    whole = Mosaic.of(pictures.shape).arrange(pictures)

    gap = np.nan
    expected = [[2, 3, gap, 6, 7], [0, 1, gap, 4, 5], [gap] * 5, [10, 11, gap, gap, gap], [8, 9, gap, gap, gap]]
    np.testing.assert_array_equal(whole, np.array(expected, np.float32))


def test_axes_are_in_seconds_and_hertz_and_levels_in_decibels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spectrogram of 17 frequencies from 0 to 2000 Hz, and 8 times of 2 ms; levels from -80 to 0 dB, and 6.02 dB."""
    drawn: list[Any] = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, *given, **named: drawn.append(figure) or save(figure, *given, **named)
    )
    values = np.full((5, 17, 8), -1.0, np.float32)
    values[4, 16, 0] = 1.0

    draw_spectrograms(tmp_path / "s.png", values, TRANSFORM, "step 7")

    ax, bar = drawn[0].axes
    levels = ax.images[0].get_array()
    low, high = TRANSFORM.decibels(np.array([-1.0, 1.0]))
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0", "500", "1000", "1500", "2000"] * 2
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "0.008"] * 3
    assert ax.get_yticks()[[4, 0, 9, 5]].tolist() == [0, 16, 18, 34]  # a gap of one cell
    assert np.allclose(ax.get_xticks()[:4], [-0.5, 3.5, 8.5, 12.5])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "frequency (Hz)")
    assert bar.get_ylabel() == "level (dB re a full-scale sine)"
    assert bar.get_ylim() == pytest.approx((low, high))
    assert np.argwhere(levels == np.float32(high)).tolist() == [[18, 9]]


def test_hundreds_are_drawn_in_seconds(tmp_path: Path) -> None:
    values = np.random.default_rng(1).uniform(-1, 1, (256, 17, 8)).astype(np.float32)
    started = time.process_time()

    draw_spectrograms(tmp_path / "s.png", values, TRANSFORM, "step 7")

    assert time.process_time() - started < 10
