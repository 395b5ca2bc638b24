"""The compiled loop that makes samples: the network's arithmetic, and the drawing of a code from its logits.

All its functions are in this file, for a change of one must compile all anew. The arithmetic is the same to the bit on
every machine, for any width of registers, and in a browser: IEEE float32, each product and each sum rounded by itself,
each sum in the order of its inputs. Neighbours in memory are different outputs: a processor takes many at once.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from soundworks.rnn.layout import NARROW, WIDE, Floats, Memory, Parts, Sampling, Whole
from soundworks.rnn.mulaw import N_CODES, SILENCE

#: What LLVM's instructions are written with, as Numba itself does.
ir = cgutils.ir
_INT32 = ir.IntType(32)
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


def _adder(lanes: int, pairs: bool) -> Any:
    """Return a compiled function that adds products to `lanes` neighbouring sums, which stay in registers meanwhile.

    It takes sums, weights and x, each with a place to begin, and a number of steps. A step takes an element of x and a
    float32 weight for each lane; with `pairs`, two int16 of x and two int8 for each lane, whose products are added up
    in one instruction (pmaddwd, vpdpwssd). Numba's own loops promise neither.
    """

    @intrinsic
    def add(_: Any, sums: Any, at: Any, weights: Any, start: Any, x: Any, first: Any, n_steps: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            to, row, of = (
                builder.gep(context.make_array(signature.args[i])(context, builder, values[i]).data, [values[i + 1]])
                for i in (0, 2, 4)
            )
            to = builder.bitcast(to, ir.VectorType(to.type.pointee, lanes).as_pointer())
            total = cgutils.alloca_once_value(builder, builder.load(to, align=4))
            products, plus = (_pair_products, builder.add) if pairs else (_products, builder.fadd)
            with cgutils.for_range(builder, values[6]) as loop:
                builder.store(plus(builder.load(total), products(builder, row, of, loop.index, lanes)), total)
            builder.store(builder.load(total), to, align=4)
            return context.get_dummy_value()

        return types.void(sums, at, weights, start, x, first, n_steps), generate

    return add


def _products(builder: Any, row: Any, x: Any, step: Any, lanes: int) -> Any:
    """Return x[step] times as many float32 weights as there are lanes."""
    place = builder.gep(row, [builder.mul(step, ir.Constant(step.type, lanes))])
    weights = builder.load(builder.bitcast(place, ir.VectorType(ir.FloatType(), lanes).as_pointer()), align=4)
    return builder.fmul(weights, _everywhere(builder, builder.load(builder.gep(x, [step])), lanes))


def _pair_products(builder: Any, row: Any, x: Any, step: Any, lanes: int) -> Any:
    """Return x[2 · step] times an int8 of each lane, plus x[2 · step + 1] times its second."""
    int8s, int16s, int32s = (ir.VectorType(ir.IntType(bits), 2 * lanes) for bits in (8, 16, 32))
    place = builder.gep(row, [builder.mul(step, ir.Constant(step.type, 2 * lanes))])
    weights = builder.sext(builder.load(builder.bitcast(place, int8s.as_pointer()), align=1), int32s)
    pair = builder.load(builder.gep(builder.bitcast(x, ir.IntType(32).as_pointer()), [step]), align=2)
    levels = builder.sext(builder.bitcast(_everywhere(builder, pair, lanes), int16s), int32s)
    products = builder.mul(weights, levels, flags=("nsw",))
    orders = (ir.Constant(ir.VectorType(_INT32, lanes), list(range(first, 2 * lanes, 2))) for first in (0, 1))
    return builder.add(*(builder.shuffle_vector(products, products, order) for order in orders), flags=("nsw",))


def _everywhere(builder: Any, value: Any, lanes: int) -> Any:
    """Return a vector with the same value in all lanes."""
    one = builder.insert_element(ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined), value, _INT32(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_INT32, lanes), [0] * lanes))


_add_wide, _add_narrow = _adder(WIDE, pairs=False), _adder(NARROW, pairs=False)
_add_wide_pairs, _add_narrow_pairs = _adder(WIDE, pairs=True), _adder(NARROW, pairs=True)


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
            logits[i] = memory.logits


@numba.njit(**_COMPILED)
def _step(parts: Parts, memory: Memory, parameters: Floats) -> None:
    """Go from the sample before to the logits of the next."""
    _enter(parts, memory.code[0], parameters, memory.x)
    a, b, x = memory.a, memory.b, memory.x
    for k in range(memory.hidden.shape[0]):
        hidden = memory.hidden[k]
        a[:] = parts.gates_bias[k, 0]
        b[:] = parts.gates_bias[k, 1]
        if parts.small:
            _add_small(a, parts.small_gates[k, 0], parts.gates_scale[k, 0], x, memory.whole)
            _add_small(b, parts.small_gates[k, 1], parts.gates_scale[k, 1], hidden, memory.whole)
        else:
            _add_products(a, parts.gates[k, 0], x)
            _add_products(b, parts.gates[k, 1], hidden)
        _pass_gates(a, b, hidden)
        x = hidden
    memory.logits[:] = parts.output_bias
    if parts.small:
        _add_small(memory.logits, parts.small_output, parts.output_scale, x, memory.whole)
    else:
        _add_products(memory.logits, parts.output, x)


@numba.njit(**_COMPILED)
def _enter(parts: Parts, code: int, parameters: Floats, x: Floats) -> None:
    """Fill x with the first layer's outputs."""
    x[:] = parts.first_bias
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
def _add_products(sums: Floats, weights: Floats, x: Floats) -> None:
    """Add a product for each input, in their order, to each sum; weights as `tiles` lays them out."""
    at = 0
    while at + WIDE <= sums.size:
        _add_wide(sums, at, weights, at * x.size, x, 0, x.size)
        at += WIDE
    while at < sums.size:
        _add_narrow(sums, at, weights, at * x.size, x, 0, x.size)
        at += NARROW


@numba.njit(**_COMPILED)
def _add_small(sums: Floats, weights: NDArray[np.int8], scale: Floats, x: Floats, whole: Whole) -> None:
    """Add the products of int8 weights with activations rounded to whole numbers; their sums are exact.

    The largest activation becomes `whole.most`, with which no sum leaves the range of int32.
    """
    largest = _i(0)
    for bits in x.view(np.int32):  # without its sign, a larger float is a larger integer
        largest = max(largest, _i(bits & 0x7FFFFFFF))
    if largest == 0:
        return
    raising, unit = whole.most / _float_of(largest), _float_of(largest) / whole.most
    levels, exact = whole.levels, whole.exact[: sums.size]
    for j in range(x.size):
        levels[j] = np.int16((x[j] * raising + _ROUND) - _ROUND)
    exact[:] = 0
    at = 0
    while at + WIDE <= sums.size:
        _add_wide_pairs(exact, at, weights, at * x.size, levels, 0, x.size // 2)
        at += WIDE
    while at < sums.size:
        _add_narrow_pairs(exact, at, weights, at * x.size, levels, 0, x.size // 2)
        at += NARROW
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
def _bits_of(value: np.float32) -> np.int32:
    return _f(value).view(np.int32)


@numba.njit(**_COMPILED)
def _draw(memory: Memory, sampling: Sampling, position: int) -> int:
    """Return a code, drawn after the logits."""
    logits, odds = memory.logits, memory.odds
    top = _largest(logits, memory.scratch)
    if sampling.sharpness == _ZERO:
        return _first_equal(logits, top)
    for i in range(N_CODES):
        odds[i] = _exp((logits[i] - top) * sampling.sharpness)
    if sampling.top_p < _ONE:
        _keep_likeliest(odds, sampling.top_p, memory.heap)
    total = _ZERO
    for i in range(N_CODES):
        total += odds[i]
        memory.scratch[i] = total
    bound = _uniform(sampling.seed, position) * total
    code = _i(0)
    for i in range(N_CODES):  # the running sum never falls, so the sums up to the bound are the codes passed over
        code += _i(memory.scratch[i] <= bound)
    while code == N_CODES or odds[code] == _ZERO:
        code -= _i(1)
    return int(code)


@numba.njit(**_COMPILED)
def _keep_likeliest(odds: Floats, top_p: np.float32, heap: NDArray[np.int64]) -> None:
    """Set all but the likeliest codes' odds to 0: the fewest that sum up to `top_p` of the total, or more.

    Key of a code in the heap: its odds, whose bits rise as they do, and below them 255 - code, for ties.
    """
    total = _ZERO
    for i in range(N_CODES):
        total += odds[i]
        heap[i] = (np.int64(_bits_of(odds[i])) << 32) | (N_CODES - 1 - i)
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
def _first_equal(values: Floats, value: np.float32) -> int:
    code = 0
    while code < N_CODES - 1 and values[code] != value:
        code += 1
    return code


@numba.njit(**_COMPILED)
def _largest(values: Floats, scratch: Floats) -> np.float32:
    """Return the largest of 256 values: the larger ones of both halves, and so on."""
    scratch[:] = values
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
