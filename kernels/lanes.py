"""Sixteen float64 side by side, as one value of compiled code.

Loops over a few numbers are unrolled before the compiler looks for vectors, and then stay scalar.
A value of this type is a vector from the start: arithmetic on it is arithmetic on the widest
registers there are. Lanes never meet, so what one computes does not depend on its neighbours.
"""

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.extending import intrinsic, models, overload, register_model

LANES = 16
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
# A product and a sum may become one instruction, which rounds once.
_FUSED = ("contract",)
_BYTES = 8


class LaneType(types.Type):  # type: ignore[misc]
    """The type of a value with sixteen lanes."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


_LANE_TYPE = LaneType()


@register_model(LaneType)
class _LaneModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, front: Any) -> None:  # noqa: ANN401 - the compiler's own
        super().__init__(manager, front, _VECTOR)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:  # noqa: ANN401
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), _VECTOR.as_pointer())


@intrinsic
def load_lanes(_, array, start):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Return the sixteen numbers of a flat contiguous array from ``start`` on, unchecked."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        place = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load(place, align=_BYTES)

    return _LANE_TYPE(array, types.int64), build


@intrinsic
def store_lanes(_, array, start, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Put sixteen numbers into a flat contiguous array from ``start`` on, unchecked."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        place = _pointer(context, builder, signature.args[0], *arguments[:2])
        builder.store(arguments[2], place, align=_BYTES)
        return context.get_dummy_value()

    return types.none(array, types.int64, value), build


@intrinsic
def spread(_, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Return one number in all lanes."""

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        first = builder.insert_element(
            ir.Constant(_VECTOR, ir.Undefined), arguments[0], ir.Constant(ir.IntType(32), 0)
        )
        nowhere = ir.Constant(_VECTOR, ir.Undefined)
        all_first = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, nowhere, all_first)

    return _LANE_TYPE(types.float64), build


@intrinsic
def choose_below(_, left, right, then, otherwise):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return ``then`` in the lanes where left < right, ``otherwise`` in the others and for NaN."""

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        below = builder.fcmp_ordered("<", arguments[0], arguments[1])
        return builder.select(below, arguments[2], arguments[3])

    return _LANE_TYPE(left, right, then, otherwise), build


@intrinsic
def square_roots(_, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the square root of each lane."""

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        form = ir.FunctionType(_VECTOR, [_VECTOR])
        root = get_or_insert_function(builder.module, form, f"llvm.sqrt.v{LANES}f64")
        return builder.call(root, arguments)

    return _LANE_TYPE(value), build


def _pair(name: str) -> Any:  # noqa: ANN401 - the compiler's own
    """Return the intrinsic of an arithmetic instruction of two lane values."""

    @intrinsic
    def combine(_, left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return getattr(builder, name)(*arguments, flags=_FUSED)

        return _LANE_TYPE(left, right), build

    return combine


_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE = _pair("fadd"), _pair("fsub"), _pair("fmul"), _pair("fdiv")


def _overload(symbol: Any, combine: Any) -> None:  # noqa: ANN401
    @overload(symbol)
    def arithmetic(left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if isinstance(left, LaneType) and isinstance(right, LaneType):
            return lambda left, right: combine(left, right)  # noqa: PLW0108 - compiled, not called
        if isinstance(left, LaneType) and isinstance(right, types.Float):
            return lambda left, right: combine(left, spread(right))
        if isinstance(left, types.Float) and isinstance(right, LaneType):
            return lambda left, right: combine(spread(left), right)
        return None


_overload(operator.add, _ADD)
_overload(operator.sub, _SUBTRACT)
_overload(operator.mul, _MULTIPLY)
_overload(operator.truediv, _DIVIDE)
