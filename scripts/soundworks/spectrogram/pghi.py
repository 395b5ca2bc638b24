"""Phases of a spectrogram, integrated from the gradient that its magnitude determines."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from soundworks.features.spectrum import Array

#: Logarithm of the magnitude of a cell that is silent: it has no phase.
SILENT = np.float32(-np.inf)


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
    advance = _gradients(levels, hop, n_fft, width)
    return _integrate(levels, *advance)


@numba.njit(cache=True, nogil=True)
def _gradients(levels: Array, hop: int, n_fft: int, width: float) -> tuple[Array, Array]:
    """Return by how much the phase grows per frame and per bin, at each cell.

    Of a whole turn per frame, only the part is kept that is left.
    """
    n_frames, n_bins = levels.shape
    per_frame, per_bin = np.zeros(levels.shape, np.float32), np.zeros(levels.shape, np.float32)
    ratio = hop * n_fft / width
    for frame in range(n_frames):
        for k in range(n_bins):
            if levels[frame, k] == SILENT:
                continue
            turns = (k * hop % n_fft) / n_fft
            slope = _slope(levels[frame], k) if 0 < k < n_bins - 1 else 0.0  # the spectrum is symmetric at both ends
            per_frame[frame, k] = 2 * math.pi * turns + ratio * slope
            per_bin[frame, k] = -_slope(levels[:, k], frame) / ratio
    return per_frame, per_bin


@numba.njit(cache=True, nogil=True, inline="always")
def _slope(levels: Array, i: int) -> float:
    """Return the derivative at a cell, from both neighbours, or from one side where the other is silent or outside."""
    last = levels.size - 1
    before, after = i > 0 and levels[i - 1] != SILENT, i < last and levels[i + 1] != SILENT
    if before and after:
        return 0.5 * (levels[i + 1] - levels[i - 1])
    if after:
        if i + 2 <= last and levels[i + 2] != SILENT:
            return -1.5 * levels[i] + 2 * levels[i + 1] - 0.5 * levels[i + 2]
        return levels[i + 1] - levels[i]
    if before:
        if i >= 2 and levels[i - 2] != SILENT:
            return 1.5 * levels[i] - 2 * levels[i - 1] + 0.5 * levels[i - 2]
        return levels[i] - levels[i - 1]
    return 0.0


@numba.njit(cache=True, nogil=True)
def _integrate(levels: Array, per_frame: Array, per_bin: Array) -> Array:
    """Carry phases from the loudest cells on along their gradients; both are trapezoidal sums."""
    n_frames, n_bins = levels.shape
    phases = np.zeros(levels.shape, np.float32)
    waiting = levels != SILENT
    heap_levels, heap_cells = np.empty(levels.size, np.float32), np.empty(levels.size, np.int32)
    for start in _loudest_around(levels):
        if not waiting[start // n_bins, start % n_bins]:
            continue
        waiting[start // n_bins, start % n_bins] = False
        size = _push(heap_levels, heap_cells, 0, levels[start // n_bins, start % n_bins], start)
        while size:
            cell = heap_cells[0]
            size = _pop(heap_levels, heap_cells, size)
            frame, k = cell // n_bins, cell % n_bins
            phase = phases[frame, k]
            if frame > 0 and waiting[frame - 1, k]:
                waiting[frame - 1, k] = False
                step = 0.5 * (per_frame[frame, k] + per_frame[frame - 1, k])
                phases[frame - 1, k] = _wrapped(phase - step)
                size = _push(heap_levels, heap_cells, size, levels[frame - 1, k], cell - n_bins)
            if frame < n_frames - 1 and waiting[frame + 1, k]:
                waiting[frame + 1, k] = False
                step = 0.5 * (per_frame[frame, k] + per_frame[frame + 1, k])
                phases[frame + 1, k] = _wrapped(phase + step)
                size = _push(heap_levels, heap_cells, size, levels[frame + 1, k], cell + n_bins)
            if k > 0 and waiting[frame, k - 1]:
                waiting[frame, k - 1] = False
                step = 0.5 * (per_bin[frame, k] + per_bin[frame, k - 1])
                phases[frame, k - 1] = _wrapped(phase - step)
                size = _push(heap_levels, heap_cells, size, levels[frame, k - 1], cell - 1)
            if k < n_bins - 1 and waiting[frame, k + 1]:
                waiting[frame, k + 1] = False
                step = 0.5 * (per_bin[frame, k] + per_bin[frame, k + 1])
                phases[frame, k + 1] = _wrapped(phase + step)
                size = _push(heap_levels, heap_cells, size, levels[frame, k + 1], cell + 1)
    return phases


@numba.njit(cache=True, nogil=True, inline="always")
def _wrapped(phase: float) -> float:
    """Return the phase without whole turns."""
    return phase - 2 * math.pi * np.rint(phase / (2 * math.pi))


@numba.njit(cache=True, nogil=True)
def _loudest_around(levels: Array) -> NDArray[np.int64]:
    """Return the cells that no neighbour is louder than, by level from the loudest down."""
    n_frames, n_bins = levels.shape
    cells = []
    for frame in range(n_frames):
        for k in range(n_bins):
            level = levels[frame, k]
            if (
                level == SILENT
                or (frame > 0 and levels[frame - 1, k] > level)
                or (frame < n_frames - 1 and levels[frame + 1, k] > level)
                or (k > 0 and levels[frame, k - 1] > level)
                or (k < n_bins - 1 and levels[frame, k + 1] > level)
            ):
                continue
            cells.append(frame * n_bins + k)
    found = np.array(cells, np.int64)
    softness = np.array([-levels[cell // n_bins, cell % n_bins] for cell in cells], np.float32)
    return found[np.argsort(softness, kind="mergesort")]


@numba.njit(cache=True, nogil=True, inline="always")
def _push(heap_levels: Array, heap_cells: NDArray[np.int32], size: int, level: float, cell: int) -> int:
    """Put a cell on the heap, and return the heap's size."""
    hole = size
    while hole > 0:
        parent = (hole - 1) >> 1
        if heap_levels[parent] >= level:
            break
        heap_levels[hole], heap_cells[hole] = heap_levels[parent], heap_cells[parent]
        hole = parent
    heap_levels[hole], heap_cells[hole] = level, cell
    return size + 1


@numba.njit(cache=True, nogil=True, inline="always")
def _pop(heap_levels: Array, heap_cells: NDArray[np.int32], size: int) -> int:
    """Take the loudest cell off the heap, and return the heap's size."""
    size -= 1
    level, cell = heap_levels[size], heap_cells[size]
    hole, child = 0, 1
    while child < size:
        if child + 1 < size and heap_levels[child + 1] > heap_levels[child]:
            child += 1
        if heap_levels[child] <= level:
            break
        heap_levels[hole], heap_cells[hole] = heap_levels[child], heap_cells[child]
        hole, child = child, 2 * child + 1
    heap_levels[hole], heap_cells[hole] = level, cell
    return size
