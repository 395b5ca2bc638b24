"""Phases of a spectrogram, integrated from the gradient that its magnitude determines."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from soundworks.features.spectrum import Array

#: Logarithm of the magnitude of a cell that is silent: it has no phase.
SILENT = np.float32(-np.inf)

#: Classes of level; of a range of 80 dB, each is 0.04 dB.
_CLASSES = 2048
_LEAST_RANGE = np.float32(1e-3)
_HALF = np.float32(0.5)

_Cells = NDArray[np.int32]


def integrate_phases(levels: Array, hop: int, n_fft: int, width: float) -> Array:
    """Return the phases of a spectrogram's cells, relative to the middle of their frames.

    Phase gradient heap integration, after Průša, Balazs and Søndergaard, "A noniterative method for reconstruction of
    phase from STFT magnitude" (IEEE/ACM TASLP 25(5), 2017). With a Gaussian window exp(-π t²/lambda), and s the
    logarithm of the magnitude, d phase/d time = omega + (2π/lambda) ds/d omega and d phase/d omega = -(lambda/2π)
    ds/d time. From the loudest cell on, the phase is carried by the trapezoidal rule to neighbours that have none,
    always from the loudest cell reached so far; a part of the spectrogram that silence sets apart starts anew from its
    own loudest cell, with phase 0.

    It is written here because pghipy has a loop in plain Python, and ltfatpy, which tifresi needs, no longer builds.

    Parameters
    ----------
    levels : ndarray of float32, shape (n_frames, n_fft/2 + 1)
        Natural logarithm of the magnitude; `SILENT` where there is nothing.
    hop : int
        Samples between frames.
    n_fft : int
        Length of the Fourier transform.
    width : float
        lambda, in samples squared.

    Returns
    -------
    phases : ndarray of float32, shape (n_frames, n_fft/2 + 1)
        In radians; 0 in silent cells.
    """
    n_frames, n_bins = levels.shape
    # A border of silence, so that no step looks for the ends of the array. The cell before a row's first is that after
    # the last of the row above.
    bordered = np.full((n_frames + 2, n_bins + 1), SILENT)
    bordered[1:-1, :-1] = levels
    flat = bordered.ravel()
    per_bin, per_frame = _gradients(flat, n_bins, hop, n_fft, width)
    phases = _integrate(flat, _loudest_around(flat, n_bins + 1), per_bin, per_frame, n_bins + 1)
    return phases.reshape(bordered.shape)[1:-1, :-1]


@numba.njit(cache=True, nogil=True)
def _gradients(levels: Array, n_bins: int, hop: int, n_fft: int, width: float) -> tuple[Array, Array]:
    """Return by how much the phase grows per bin and per frame, at each cell; of whole turns, only what is left."""
    per_bin, per_frame = np.zeros(levels.size, np.float32), np.zeros(levels.size, np.float32)
    ratio, row = hop * n_fft / width, n_bins + 1
    for first in range(row, levels.size - row, row):
        for k in range(n_bins):
            cell = first + k
            if levels[cell] == SILENT:
                continue
            # The spectrum is symmetric about its first and its last bin.
            slope = _slope(levels, cell, 1) if 0 < k < n_bins - 1 else 0.0
            per_frame[cell] = 2 * math.pi * (k * hop % n_fft) / n_fft + ratio * slope
            per_bin[cell] = -_slope(levels, cell, row) / ratio
    return per_bin, per_frame


@numba.njit(cache=True, nogil=True, inline="always")
def _slope(levels: Array, cell: int, step: int) -> float:
    """Return the derivative at a cell, from both neighbours, or from one side where the other is silent."""
    here, before, after = levels[cell], levels[cell - step], levels[cell + step]
    if before != SILENT and after != SILENT:
        return 0.5 * (after - before)
    if after != SILENT:
        return _one_sided(here, after, levels[cell + 2 * step])
    if before != SILENT:
        return -_one_sided(here, before, levels[cell - 2 * step])
    return 0.0


@numba.njit(cache=True, nogil=True, inline="always")
def _one_sided(here: float, next_level: float, after_next: float) -> float:
    if after_next == SILENT:
        return next_level - here
    return 2 * next_level - 1.5 * here - 0.5 * after_next


@numba.njit(cache=True, nogil=True)
def _loudest_around(levels: Array, row: int) -> _Cells:
    """Return the cells that no neighbour is louder than, by level from the loudest down."""
    found = np.empty(levels.size, np.int32)
    count = 0
    for cell in range(row, levels.size - row):
        level = levels[cell]
        if level != SILENT and level >= max(
            max(levels[cell - 1], levels[cell + 1]), max(levels[cell - row], levels[cell + row])
        ):
            found[count] = cell
            count += 1
    found = found[:count]
    return found[np.argsort(-levels[found], kind="mergesort")]


@numba.njit(cache=True, nogil=True)
def _integrate(levels: Array, starts: _Cells, per_bin: Array, per_frame: Array, row: int) -> Array:
    """Carry phases from the loudest cells on along their gradients.

    Cells whose phase is known wait in lists, one for each class of level, the last come first. The paper has a heap;
    that takes four to nine times as long, and sounds fit their magnitudes no better for it.
    """
    phases = np.zeros(levels.size, np.float32)
    waiting = levels != SILENT
    classes = _classes(levels, starts)
    first, following = np.full(_CLASSES, -1, np.int32), np.empty(levels.size, np.int32)
    for start in starts:
        if not waiting[start]:
            continue
        waiting[start] = False
        loudest = np.int64(classes[start])
        first[loudest], following[start], n_listed = start, -1, 1
        while n_listed:
            while first[loudest] < 0:
                loudest -= 1
            cell = np.int64(first[loudest])
            first[loudest] = following[cell]
            n_listed -= 1
            for direction in range(4):
                sign = 1 if direction % 2 else -1
                other = cell + (sign if direction < 2 else sign * row)
                if not waiting[other]:
                    continue
                waiting[other] = False
                gradient = per_bin if direction < 2 else per_frame
                phases[other] = _wrapped(phases[cell] + sign * _HALF * (gradient[cell] + gradient[other]))
                if waiting[other - 1] or waiting[other + 1] or waiting[other - row] or waiting[other + row]:
                    level = classes[other]
                    first[level], following[other] = other, first[level]
                    n_listed += 1
                    loudest = max(loudest, np.int64(level))
    return phases


@numba.njit(cache=True, nogil=True)
def _classes(levels: Array, starts: _Cells) -> _Cells:
    """Return the class of each cell's level, 0 for the softest; those of silent cells mean nothing."""
    classes = np.zeros(levels.size, np.int32)
    if starts.size:
        loudest = levels[starts[0]]
        softest = loudest
        for level in levels:
            if level != SILENT:
                softest = min(softest, level)
        scale = (_CLASSES - 1) / max(loudest - softest, _LEAST_RANGE)
        for cell in range(levels.size):
            if levels[cell] != SILENT:
                # Within limits even where a level is no number: compiled code does not check indices.
                classes[cell] = min(max(int((levels[cell] - softest) * scale), 0), _CLASSES - 1)
    return classes


@numba.njit(cache=True, nogil=True, inline="always")
def _wrapped(phase: float) -> float:
    """Return the phase without whole turns, so that single precision is enough."""
    return phase - np.float32(2 * math.pi) * np.rint(phase * np.float32(0.5 / math.pi))
