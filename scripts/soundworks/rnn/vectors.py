"""Instructions on many neighbours at once, where Numba's own loops do not lead to them."""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic

from soundworks.rnn.layout import NARROW, WIDE

#: What LLVM's instructions are written with, as in Numba itself.
ir = cgutils.ir
_INT32 = ir.IntType(32)


def _adder(lanes: int) -> Any:
    """Return a compiled function that adds products to `lanes` neighbouring sums, which stay in registers meanwhile.

    It takes sums, weights and x, each with a place to begin, and the number of inputs. Of float32 weights, a step takes
    one for each lane, and an element of x; of int8 weights two, and two int16 of x, whose products are added up in one
    instruction (pmaddwd, vpdpwssd). Numba's own loops promise neither.
    """

    @intrinsic
    def add(_: Any, sums: Any, at: Any, weights: Any, start: Any, x: Any, first: Any, n_inputs: Any) -> Any:
        whole = weights.dtype == types.int8

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            to, row, of = (
                builder.gep(context.make_array(signature.args[i])(context, builder, values[i]).data, [values[i + 1]])
                for i in (0, 2, 4)
            )
            to = builder.bitcast(to, ir.VectorType(to.type.pointee, lanes).as_pointer())
            total = cgutils.alloca_once_value(builder, builder.load(to, align=4))
            products, plus = (_pair_products, builder.add) if whole else (_products, builder.fadd)
            n_steps = builder.sdiv(values[6], ir.Constant(values[6].type, 2 if whole else 1))
            with cgutils.for_range(builder, n_steps) as loop:
                builder.store(plus(builder.load(total), products(builder, row, of, loop.index, lanes)), total)
            builder.store(builder.load(total), to, align=4)
            return context.get_dummy_value()

        return types.void(sums, at, weights, start, x, first, n_inputs), generate

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


add_wide, add_narrow = _adder(WIDE), _adder(NARROW)
