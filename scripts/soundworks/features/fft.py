"""Power spectra of frames, many frames at a time.

A compiler can hardly vectorise the Fourier transform of one frame, whose steps read and write at growing distances.
That of many is easy: with sample j of all frames side by side, each step does the same to neighbours in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from soundworks.features.spectrum import Array

#: Lengths that `PowerFft` transforms.
LENGTHS = tuple(1 << exponent for exponent in range(6, 15))
#: Samples of the frames that go through all steps together; the two buffers of this size stay in the processor's cache.
_SAMPLES = 1 << 14
_LEAST_LANES, _MOST_LANES = 16, 64
#: Rows that are transposed together.
_TILE = 16

_Rotations = NDArray[np.complex64]
_Step = Callable[[Array, Array, _Rotations], None]
# A product and a sum may be rounded together; nothing else about the arithmetic may change.
_COMPILED: dict[str, Any] = {"cache": True, "fastmath": {"contract"}}


class PowerFft:
    """Squared magnitude of the Fourier transforms of a sound's overlapping frames.

    Even and odd samples are taken for the real and the imaginary part of a transform of half the length, which is
    Stockham's self-sorting one of radix 4 (Van Loan, "Computational frameworks for the fast Fourier transform", 1992).

    Parameters
    ----------
    window : ndarray of float32, shape (n_fft,)
        Its length is one of `LENGTHS`.
    hop_length : int
        Samples between frames.

    Attributes
    ----------
    lanes : int
        Frames that are transformed together.
    """

    def __init__(self, window: Array, hop_length: int) -> None:
        self.window, self.hop_length = window, hop_length
        self.lanes = min(max(_SAMPLES // window.size, _LEAST_LANES), _MOST_LANES)
        n_points = window.size // 2
        self._row, self._column = (
            part.astype(np.uint64) for part in np.divmod(np.arange(window.size), hop_length)[::-1]
        )
        self._first_rotations = _rotations(np.outer(np.arange(n_points // 4), (1, 2, 3)) / n_points)
        self._first_step = _make_first_radix_4(n_points // 4, self.lanes)
        self._steps = _make_steps(n_points, self.lanes)
        self._last_rotations = _rotations(np.arange(n_points // 2 + 1) / window.size)
        self._last_step = _make_square(n_points, self.lanes)

    def columns(self, samples: Array, n_frames: int) -> Array:
        """Return a sound with sample j of frame t in row j % hop_length and column t + j // hop_length.

        There a sample is beside the same one of the next frame. Before the sound come n_fft // 2 zeros, to centre the
        frames; after it come as many as fill up the last group of lanes.
        """
        n_columns = _rounded_up(n_frames, self.lanes) + (self.window.size - 1) // self.hop_length
        rows = np.zeros((_rounded_up(n_columns, _TILE), self.hop_length), np.float32)
        used = rows.ravel()[self.window.size // 2 :][: samples.size]
        used[:] = samples[: used.size]
        columns = np.empty(rows.shape[::-1], np.float32)
        _transpose(rows, columns)
        return columns

    def power(self, columns: Array, first: int, power: Array) -> None:
        """Fill an array of shape (1 + n_fft // 2, n_frames) with the power of the frames from `first` on.

        Parameters
        ----------
        columns : ndarray
            From the method `columns`.
        first : int
            Number of a frame.
        power : ndarray of float32
        """
        x, y = np.empty((2, self.window.size * self.lanes), np.float32)
        samples, offsets = columns.ravel(), self._row * np.uint64(columns.shape[1]) + self._column
        for start in range(0, power.shape[1], self.lanes):
            self._first_step(samples[first + start :], offsets, self.window, x, self._first_rotations)
            for step, rotations in self._steps:
                step(x, y, rotations)
                x, y = y, x
            self._write(x, power, start)

    def _write(self, x: Array, power: Array, start: int) -> None:
        """Fill the columns of `power` from `start` on, a whole group or what is left."""
        left = power.shape[1] - start
        if left >= self.lanes:
            self._last_step(x, self._last_rotations, power, start)
        else:
            whole = np.empty((len(power), self.lanes), np.float32)
            self._last_step(x, self._last_rotations, whole, 0)
            power[:, start:] = whole[:, :left]


def _rotations(fractions: NDArray[np.float64]) -> _Rotations:
    """Return exp(-2πi f) for fractions of a turn."""
    return np.exp(-2j * np.pi * fractions).astype(np.complex64)


@cache
def _make_steps(n_points: int, lanes: int) -> tuple[tuple[_Step, _Rotations], ...]:
    """Return all but the first step of a complex transform, each with its rotations."""
    steps, length, stride = [], n_points // 4, 4
    while length > 1:
        radix = 2 if length == 2 else 4
        length //= radix
        fractions = np.outer(np.arange(length), np.arange(1, radix)) / (radix * length)
        step = _make_radix_2(stride, lanes) if radix == 2 else _make_radix_4(length, stride, lanes)
        steps.append((step, _rotations(fractions)))
        stride *= radix
    return tuple(steps)


def _rounded_up(number: int, step: int) -> int:
    return -(-number // step) * step


@numba.njit(cache=True)
def _transpose(rows: Array, columns: Array) -> None:
    """Transpose a matrix, the number of whose rows is a multiple of the tile."""
    n_rows, length = rows.shape
    source, target = rows.ravel(), columns.ravel()
    for first in range(0, n_rows, _TILE):
        for i in range(length):
            for j in range(_TILE):
                target[np.uint64(i * n_rows + first) + np.uint64(j)] = source[np.uint64((first + j) * length + i)]


# A point is a row of `lanes` real parts, then one of imaginary parts. The sizes are constants of the functions that are
# compiled below: only then can the compiler tell that what a step reads and what it writes never overlap, and vectorise
# it. Indices are unsigned because negative ones would wrap around.


@numba.njit
def _load(x: Array, real: np.uint64, imag: np.uint64) -> np.complex64:
    return np.complex64(complex(x[real], x[real + imag]))


@numba.njit
def _store(y: Array, real: np.uint64, imag: np.uint64, value: np.complex64) -> None:
    y[real] = value.real
    y[real + imag] = value.imag


@numba.njit
def _butterfly(a: np.complex64, b: np.complex64, c: np.complex64, d: np.complex64) -> tuple[np.complex64, ...]:
    """Return the transform of four points."""
    even, odd, left, right = a + c, b + d, a - c, b - d
    turned = np.complex64(complex(right.imag, -right.real))
    return even + odd, left + turned, even - odd, left - turned


@cache
def _make_first_radix_4(length: int, lanes: int) -> Callable[[Array, Any, Array, Array, _Rotations], None]:
    """Return the step from samples to four times as many transforms of length points; it takes the window along."""
    point, imag = np.uint64(2 * lanes), np.uint64(lanes)

    @numba.njit(**_COMPILED)
    def step(samples: Array, offsets: Any, window: Array, y: Array, rotations: _Rotations) -> None:
        for p in range(length):
            w1, w2, w3 = rotations[p, 0], rotations[p, 1], rotations[p, 2]
            j0, j1, j2, j3 = 2 * p, 2 * (p + length), 2 * (p + 2 * length), 2 * (p + 3 * length)
            r0, r1, r2, r3 = offsets[j0], offsets[j1], offsets[j2], offsets[j3]
            i0, i1, i2, i3 = offsets[j0 + 1], offsets[j1 + 1], offsets[j2 + 1], offsets[j3 + 1]
            f0, f1, f2, f3 = window[j0], window[j1], window[j2], window[j3]
            g0, g1, g2, g3 = window[j0 + 1], window[j1 + 1], window[j2 + 1], window[j3 + 1]
            for lane in range(lanes):
                k, o = np.uint64(lane), np.uint64(4 * p) * point + np.uint64(lane)
                a, b, c, d = _butterfly(
                    np.complex64(complex(samples[r0 + k] * f0, samples[i0 + k] * g0)),
                    np.complex64(complex(samples[r1 + k] * f1, samples[i1 + k] * g1)),
                    np.complex64(complex(samples[r2 + k] * f2, samples[i2 + k] * g2)),
                    np.complex64(complex(samples[r3 + k] * f3, samples[i3 + k] * g3)),
                )
                _store(y, o, imag, a)
                _store(y, o + point, imag, b * w1)
                _store(y, o + np.uint64(2) * point, imag, c * w2)
                _store(y, o + np.uint64(3) * point, imag, d * w3)

    return step


@cache
def _make_radix_4(length: int, stride: int, lanes: int) -> _Step:
    """Return the step from transforms of 4 * length points to four times as many of length points."""
    point, imag = np.uint64(2 * lanes), np.uint64(lanes)
    quarter, apart = point * np.uint64(length * stride), point * np.uint64(stride)
    two, three = np.uint64(2), np.uint64(3)

    @numba.njit(**_COMPILED)
    def step(x: Array, y: Array, rotations: _Rotations) -> None:
        for p in range(length):
            w1, w2, w3 = rotations[p, 0], rotations[p, 1], rotations[p, 2]
            for q in range(stride):
                first_in = np.uint64(p * stride + q) * point
                first_out = np.uint64(4 * p * stride + q) * point
                for lane in range(lanes):
                    i, o = first_in + np.uint64(lane), first_out + np.uint64(lane)
                    a, b, c, d = _butterfly(
                        _load(x, i, imag),
                        _load(x, i + quarter, imag),
                        _load(x, i + two * quarter, imag),
                        _load(x, i + three * quarter, imag),
                    )
                    _store(y, o, imag, a)
                    _store(y, o + apart, imag, b * w1)
                    _store(y, o + two * apart, imag, c * w2)
                    _store(y, o + three * apart, imag, d * w3)

    return step


@cache
def _make_radix_2(stride: int, lanes: int) -> _Step:
    """Return the last step of lengths that are no power of four: transforms of two points."""
    size = np.uint64(2 * lanes * stride)

    @numba.njit(**_COMPILED)
    def step(x: Array, y: Array, rotations: _Rotations) -> None:  # noqa: ARG001
        for first in range(size):
            i = np.uint64(first)
            a, b = x[i], x[i + size]
            y[i], y[i + size] = a + b, a - b

    return step


@cache
def _make_square(n_points: int, lanes: int) -> Callable[[Array, _Rotations, Array, int], None]:
    """Return the step from the transform of sample pairs to the power of the samples' own transform."""
    point, imag = np.uint64(2 * lanes), np.uint64(lanes)

    @numba.njit(**_COMPILED)
    def square(x: Array, rotations: _Rotations, power: Array, start: int) -> None:
        for lane in range(lanes):
            real, other = x[lane], x[lanes + lane]
            power[0, start + lane] = (real + other) * (real + other)
            power[n_points, start + lane] = (real - other) * (real - other)
        for k in range(1, n_points // 2 + 1):
            low, high = power[k, start : start + lanes], power[n_points - k, start : start + lanes]
            w = rotations[k]
            first, last = np.uint64(k) * point, np.uint64(n_points - k) * point
            for lane in range(lanes):
                a = _load(x, first + np.uint64(lane), imag)
                b = _load(x, last + np.uint64(lane), imag)
                even = np.complex64(complex(a.real + b.real, a.imag - b.imag))
                odd = np.complex64(complex(a.imag + b.imag, b.real - a.real)) * w
                plus, minus = even + odd, even - odd
                low[lane] = np.float32(0.25) * (plus.real * plus.real + plus.imag * plus.imag)
                high[lane] = np.float32(0.25) * (minus.real * minus.real + minus.imag * minus.imag)

    return square
