"""Numbers as their bits, and sums that round once: what polynomials in lanes are made of.

The compiler turns each of these into one instruction, or into none, on a processor and on a GPU.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic


def _reinterpret(source: Any, target: Any, form: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    # Numba's and llvmlite's types are untyped.
    @intrinsic
    def reinterpret(_context, _value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return builder.bitcast(arguments[0], form)

        return target(source), generate

    return reinterpret  # type: ignore[no-any-return]


bits_64 = _reinterpret(types.float64, types.int64, ir.IntType(64))
from_bits_64 = _reinterpret(types.int64, types.float64, ir.DoubleType())
bits_32 = _reinterpret(types.float32, types.int32, ir.IntType(32))
from_bits_32 = _reinterpret(types.int32, types.float32, ir.FloatType())


@intrinsic
def multiply_add(_context, a, _b, _c):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return ``a * b + c``, rounded once."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return builder.fma(*arguments)

    return a(a, a, a), generate


@intrinsic
def bits_at_least(_context, row, _start, floor):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return 64 bits: whether each of 64 numbers of a contiguous row is no less than ``floor``.

    The numbers from ``start`` on are read unchecked; the first has the lowest bit. NaN is less.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        form = ir.VectorType(arguments[2].type, 64)
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), form.as_pointer())
        numbers = builder.load(place, align=signature.args[2].bitwidth // 8)
        first = builder.insert_element(
            ir.Constant(form, ir.Undefined), arguments[2], ir.Constant(ir.IntType(32), 0)
        )
        every = ir.Constant(ir.VectorType(ir.IntType(32), 64), [0] * 64)
        floors = builder.shuffle_vector(first, ir.Constant(form, ir.Undefined), every)
        return builder.bitcast(builder.fcmp_ordered(">=", numbers, floors), ir.IntType(64))

    return types.uint64(row, types.int64, floor), generate


@intrinsic
def lowest_bit(_context, _bits):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the place of the lowest bit that is set, of 64 bits that are not all zero."""

    def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


def _rounded(instruction: str) -> Callable[[Any], Any]:
    @intrinsic
    def rounded(_context, x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        def generate(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            form = arguments[0].type
            # Of lanes, each is rounded.
            several = isinstance(form, ir.VectorType)
            name = f"v{form.count}f64" if several else form.intrinsic_name
            own = ir.FunctionType(form, [form])
            rounding = get_or_insert_function(builder.module, own, f"{instruction}.{name}")
            return builder.call(rounding, arguments)

        return x(x), generate

    return rounded  # type: ignore[no-any-return]


# As `np.floor` and `np.ceil` round a number, which numba has no GPU code for.
rounded_down = _rounded("llvm.floor")
rounded_up = _rounded("llvm.ceil")
