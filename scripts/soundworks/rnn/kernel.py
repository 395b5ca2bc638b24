"""The compiled loop that makes samples: the network's arithmetic, and the drawing of a code from its logits.

The arithmetic is the same to the bit on every machine, for any width of registers, and in a browser: IEEE float32, each
product and each sum rounded by itself, each sum in the order of its inputs. Neighbours in memory are different outputs,
of which a processor takes many at once.

What is compiled is kept until this file changes. A change of `vectors`, whose code goes into it, is not noticed.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from soundworks.rnn.layout import NARROW, WIDE, Floats, Memory, Parts, Sampling, Whole
from soundworks.rnn.mulaw import N_CODES, SILENCE
from soundworks.rnn.vectors import add_narrow, add_wide

_f, _i = np.float32, np.int32
#: No checks for a division by 0, which cannot be: they would keep neighbours from being worked out together.
_COMPILED: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_KEPT: dict[str, Any] = {**_COMPILED, "cache": True}
#: Adding and taking away 1.5 · 2^23 rounds a float32 to an integer, ties to even: as rint, but done for many at a time.
_ROUND = _f(12582912.0)
#: exp(v) is worked out for v in [LOWEST, HIGHEST]: neither too small nor too large a number for float32.
_LOWEST, _HIGHEST = _f(-87.0), _f(88.0)
#: Log2(e), and ln(2) in two parts, of which the first has few digits.
_LOG2_E, _LN2_HIGH, _LN2_LOW = _f(1.44269504), _f(0.693359375), _f(-2.12194440e-4)
#: Coefficients of the polynomial for exp on [-ln(2)/2, ln(2)/2] (S. L. Moshier's Cephes, `expf`).
_P0, _P1, _P2 = _f(1.9875691500e-4), _f(1.3981999507e-3), _f(8.3334519073e-3)
_P3, _P4, _P5 = _f(4.1665795894e-2), _f(1.6666665459e-1), _f(5.0000001201e-1)
_ONE, _TWO, _ZERO = _f(1.0), _f(2.0), _f(0.0)
#: Of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
_GOLDEN, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_24_BITS = _f(2.0**-24)
#: Where weights are int8, activations that are all smaller count as none, for the inverse of the largest is a number.
_LEAST = _f(1e-30)


@numba.njit(**_KEPT)
def draw_codes(
    parts: Parts, memory: Memory, sampling: Sampling, position: int, rows: Floats, codes: NDArray[np.uint8]
) -> None:
    """Make one sample a row of parameters; `position` counts those that the stream has drawn before."""
    for i in range(rows.shape[0]):
        _step(parts, memory, rows[i])
        codes[i] = memory.code[0] = _draw(memory, sampling, position + i)


@numba.njit(**_KEPT)
def follow_codes(parts: Parts, memory: Memory, rows: Floats, codes: NDArray[np.uint8], logits: Floats) -> None:
    """Go one step a row of parameters, then be told the next code; keep logits where there is room."""
    for i in range(rows.shape[0]):
        _step(parts, memory, rows[i])
        memory.code[0] = codes[i]
        if i < logits.shape[0]:
            _copy(memory.logits, logits[i])


@numba.njit(**_COMPILED)
def _step(parts: Parts, memory: Memory, parameters: Floats) -> None:
    """Go from the sample before to the logits of the next."""
    _enter(parts, memory.code[0], parameters, memory.x)
    a, b, x = memory.a, memory.b, memory.x
    for k in range(memory.hidden.shape[0]):
        hidden = memory.hidden[k]
        _copy(parts.gates_bias[k, 0], a)
        _copy(parts.gates_bias[k, 1], b)
        if parts.small:
            _add_small(a, parts.small_gates[k, 0], parts.gates_scale[k, 0], x, memory.whole)
            _add_small(b, parts.small_gates[k, 1], parts.gates_scale[k, 1], hidden, memory.whole)
        else:
            _add_products(a, parts.gates[k, 0], x)
            _add_products(b, parts.gates[k, 1], hidden)
        _pass_gates(a, b, hidden)
        x = hidden
    _copy(parts.output_bias, memory.logits)
    if parts.small:
        _add_small(memory.logits, parts.small_output, parts.output_scale, x, memory.whole)
    else:
        _add_products(memory.logits, parts.output, x)


@numba.njit(**_COMPILED)
def _enter(parts: Parts, code: int, parameters: Floats, x: Floats) -> None:
    """Fill x with the first layer's outputs."""
    _copy(parts.first_bias, x)
    for p in range(parameters.size):
        for i in range(x.size):
            x[i] += parts.first[p, i] * parameters[p]
    told = _ONE if parts.one_hot else _f(code - SILENCE) / _f(SILENCE)
    row = parts.first[parameters.size + code if parts.one_hot else parameters.size]
    for i in range(x.size):
        x[i] += row[i] * told
    for i in range(x.size):
        x[i] = max(x[i], _ZERO)


@numba.njit(**_COMPILED)
def _copy(values: Floats, to: Floats) -> None:
    """Copy as many values as there is room for; a slice's assignment would take seconds to compile, for its errors."""
    for i in range(to.size):
        to[i] = values[i]


@numba.njit(**_COMPILED)
def _add_products(sums: Any, weights: Any, x: Any) -> None:
    """Add a product for each input, in their order, to each sum; weights as `tiles` lays them out."""
    at = 0
    while at + WIDE <= sums.size:
        add_wide(sums, at, weights, at * x.size, x, 0, x.size)
        at += WIDE
    while at < sums.size:
        add_narrow(sums, at, weights, at * x.size, x, 0, x.size)
        at += NARROW


@numba.njit(**_COMPILED)
def _add_small(sums: Floats, weights: NDArray[np.int8], scale: Floats, x: Floats, whole: Whole) -> None:
    """Add the products of int8 weights with activations rounded to whole numbers; their sums are exact.

    The largest activation becomes `whole.most`, with which no sum leaves the range of int32.
    """
    largest = _i(0)
    for bits in x.view(np.int32):  # without its sign, a larger float is a larger integer
        largest = max(largest, _i(bits & 0x7FFFFFFF))
    top = _float_of(largest)
    if top < _LEAST:
        return
    raising, unit = whole.most / top, top / whole.most
    for j in range(x.size):
        whole.levels[j] = np.int16((x[j] * raising + _ROUND) - _ROUND)
    exact = whole.exact[: sums.size]
    for i in range(sums.size):
        exact[i] = 0
    _add_products(exact, weights, whole.levels)
    for i in range(sums.size):
        sums[i] += (scale[i] * unit) * _f(exact[i])


@numba.njit(**_COMPILED)
def _pass_gates(a: Floats, b: Floats, hidden: Floats) -> None:
    """Change a layer's state; a, b: sums over its input and over its state, gates r, z, n."""
    n = hidden.size
    a_r, a_z, a_n = a[:n], a[n : 2 * n], a[2 * n : 3 * n]
    b_r, b_z, b_n = b[:n], b[n : 2 * n], b[2 * n : 3 * n]
    for i in range(n):
        r = _ONE / (_ONE + _exp(-(a_r[i] + b_r[i])))
        z = _ONE / (_ONE + _exp(-(a_z[i] + b_z[i])))
        new = _ONE - _TWO / (_ONE + _exp(_TWO * (a_n[i] + r * b_n[i])))
        hidden[i] = new + z * (hidden[i] - new)


@numba.njit(**_COMPILED)
def _exp(v: np.float32) -> np.float32:
    """Return exp(v) within 2 units in the last place, for v cut off at [-87, 88]."""
    v = min(max(v, _LOWEST), _HIGHEST)
    k = (v * _LOG2_E + _ROUND) - _ROUND
    f = v - k * _LN2_HIGH
    f = f - k * _LN2_LOW
    p = ((((_P0 * f + _P1) * f + _P2) * f + _P3) * f + _P4) * f + _P5
    y = (p * (f * f) + f) + _ONE
    return y * _float_of(_i((_i(k) + _i(127)) << _i(23)))


@numba.njit(**_COMPILED)
def _float_of(bits: np.int32) -> np.float32:
    return _i(bits).view(np.float32)


@numba.njit(**_COMPILED)
def _draw(memory: Memory, sampling: Sampling, position: int) -> int:
    """Return a code, drawn after the logits."""
    logits, odds = memory.logits, memory.odds
    top = _largest(logits, memory.scratch)
    code = 0
    if sampling.sharpness == _ZERO:
        while code < N_CODES - 1 and logits[code] != top:
            code += 1
        return code
    for i in range(N_CODES):
        odds[i] = _exp((logits[i] - top) * sampling.sharpness)
    if sampling.top_p < _ONE:
        _keep_likeliest(odds, sampling.top_p, memory.heap)
    total = _ZERO
    for i in range(N_CODES):
        total += odds[i]
        memory.scratch[i] = total
    bound = _uniform(sampling.seed, position) * total
    for i in range(N_CODES):  # the running sum never falls, so the sums up to the bound are the codes passed over
        code += int(memory.scratch[i] <= bound)
    while code == N_CODES or odds[code] == _ZERO:
        code -= 1
    return code


@numba.njit(**_COMPILED)
def _keep_likeliest(odds: Floats, top_p: np.float32, heap: NDArray[np.int64]) -> None:
    """Set all but the likeliest codes' odds to 0: the fewest that sum up to `top_p` of the total, or more.

    Key of a code in the heap: its odds, whose bits rise as they do, and below them 255 - code, for ties.
    """
    total, bits = _ZERO, odds.view(np.int32)
    for i in range(N_CODES):
        total += odds[i]
        heap[i] = (np.int64(bits[i]) << 32) | (N_CODES - 1 - i)
        odds[i] = _ZERO
    for root in range(N_CODES // 2 - 1, -1, -1):
        _sift(heap, root, N_CODES)
    kept, left = _ZERO, N_CODES
    while left > 0 and kept < top_p * total:
        odd = _float_of(_i(heap[0] >> 32))
        odds[N_CODES - 1 - (heap[0] & (N_CODES - 1))] = odd
        kept += odd
        left -= 1
        heap[0] = heap[left]
        _sift(heap, 0, left)


@numba.njit(**_COMPILED)
def _sift(heap: NDArray[np.int64], root: int, size: int) -> None:
    """Move a heap's root down until no child is larger."""
    key = heap[root]
    child = 2 * root + 1
    while child < size:
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= key:
            break
        heap[root] = heap[child]
        root, child = child, 2 * child + 1
    heap[root] = key


@numba.njit(**_COMPILED)
def _largest(values: Floats, scratch: Floats) -> np.float32:
    """Return the largest of 256 values: the larger ones of both halves, and so on."""
    _copy(values, scratch)
    width = N_CODES
    while width > 1:
        width //= 2
        for i in range(width):
            scratch[i] = max(scratch[i], scratch[i + width])
    return scratch[0]


@numba.njit(**_COMPILED)
def _uniform(seed: np.uint64, position: int) -> np.float32:
    """Return random number `position` of a seed, in [0, 1): 24 bits of splitmix64."""
    z = seed + (np.uint64(position) + np.uint64(1)) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    z = z ^ (z >> np.uint64(31))
    return _f(z >> np.uint64(40)) * _24_BITS
