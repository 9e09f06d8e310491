"""Sixteen float64 side by side, as one value of compiled code; or one, in a thread of a GPU.

Loops over a few numbers are unrolled before the compiler looks for vectors, and then stay scalar.
A value of this type is a vector from the start: arithmetic on it is arithmetic on the widest
registers there are. Lanes never meet, so what one computes does not depend on its neighbours.

What is written over these functions is written once for both widths, and the arrays that it is
handed say which is meant. A flat array has sixteen numbers a row, one row after the other. A table
has one, in its first column: there a value is a float, and arithmetic on it is that of any scalar
function. Rows are counted alike in both.
"""

import operator
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core.cgutils import get_or_insert_function, unpack_tuple
from numba.extending import intrinsic, models, overload, register_model

from kernels.arrays import Floats

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


def _pointer_from(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:  # noqa: ANN401
    held = context.make_array(kind)(context, builder, array)
    return builder.bitcast(builder.gep(held.data, [start]), _VECTOR.as_pointer())


def _pointer(context: Any, builder: Any, kind: Any, array: Any, row: Any) -> Any:  # noqa: ANN401
    if kind.ndim == 1:
        start = builder.mul(row, ir.Constant(row.type, LANES), flags=("nsw",))
        return _pointer_from(context, builder, kind, array, start)
    held = context.make_array(kind)(context, builder, array)
    between = unpack_tuple(builder, held.strides, kind.ndim)[0]
    first = builder.bitcast(held.data, ir.IntType(8).as_pointer())
    return builder.bitcast(builder.gep(first, [builder.mul(row, between)]), held.data.type)


def _in_all(builder: Any, number: Any) -> Any:  # noqa: ANN401 - the compiler's own
    nowhere = ir.Constant(_VECTOR, ir.Undefined)
    first = builder.insert_element(nowhere, number, ir.Constant(ir.IntType(32), 0))
    all_first = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, nowhere, all_first)


def _as_wide(builder: Any, wide: bool, kind: Any, value: Any) -> Any:  # noqa: ANN401 - the compiler's own
    return _in_all(builder, value) if wide and not isinstance(kind, LaneType) else value


@intrinsic
def load_lanes(_, array, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Return the numbers of an array's row, unchecked."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        pointer = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load(pointer, align=_BYTES)

    return (_LANE_TYPE if array.ndim == 1 else types.float64)(array, types.int64), build


@intrinsic
def lanes_from(_, array, start):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Return sixteen numbers of a flat array from any place on, unchecked."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        pointer = _pointer_from(context, builder, signature.args[0], *arguments)
        return builder.load(pointer, align=_BYTES)

    return _LANE_TYPE(array, types.int64), build


@intrinsic
def store_lanes(_, array, row, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Put numbers into an array's row, unchecked; a float into all its lanes."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        kind = signature.args[0]
        pointer = _pointer(context, builder, kind, *arguments[:2])
        kept = _as_wide(builder, kind.ndim == 1, signature.args[2], arguments[2])
        builder.store(kept, pointer, align=_BYTES)
        return context.get_dummy_value()

    given = value if isinstance(value, LaneType) else types.float64
    return types.none(array, types.int64, given), build


@intrinsic
def spread(_, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Return one number in all lanes."""

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return _in_all(builder, arguments[0])

    return _LANE_TYPE(types.float64), build


@intrinsic
def choose_below(_, left, right, then, otherwise):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return ``then`` in the lanes where left < right, ``otherwise`` in the others and for NaN.

    A float stands for itself in all lanes.
    """
    given = [
        kind if isinstance(kind, LaneType) else types.float64
        for kind in (left, right, then, otherwise)
    ]
    wide = _LANE_TYPE in given

    def build(_context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        values = [
            _as_wide(builder, wide, kind, value)
            for kind, value in zip(signature.args, arguments, strict=True)
        ]
        below = builder.fcmp_ordered("<", values[0], values[1])
        return builder.select(below, values[2], values[3])

    return (_LANE_TYPE if wide else types.float64)(*given), build


@intrinsic
def square_roots(_, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the square root of each lane."""
    wide = isinstance(value, LaneType)

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        own, name = (_VECTOR, f"v{LANES}f64") if wide else (ir.DoubleType(), "f64")
        form = ir.FunctionType(own, [own])
        root = get_or_insert_function(builder.module, form, f"llvm.sqrt.{name}")
        return builder.call(root, arguments)

    kind = _LANE_TYPE if wide else types.float64
    return kind(kind), build


def lanes_of(array: Floats) -> int:
    """Return how many numbers a row of an array has: `LANES`, or one of a table."""
    raise NotImplementedError(f"for compiled code; called with {type(array)}")


def count_rows(array: Floats) -> int:
    """Return how many rows an array has."""
    raise NotImplementedError(f"for compiled code; called with {type(array)}")


def number_at(array: Floats, row: int, k: int) -> float:
    """Return the number of lane ``k`` in a row."""
    raise NotImplementedError(f"for compiled code; called with {type(array)}, {row}, {k}")


def put_number(array: Floats, row: int, k: int, number: float) -> None:
    """Put a number into lane ``k`` of a row."""
    raise NotImplementedError(f"for compiled code; called with {type(array)}, {row}, {k}, {number}")


@overload(lanes_of)
def _lanes_of(array):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return (lambda array: LANES) if array.ndim == 1 else (lambda array: 1)  # noqa: ARG005


@overload(count_rows)
def _count_rows(array):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if array.ndim == 1:
        return lambda array: array.shape[0] // LANES
    return lambda array: array.shape[0]


@overload(number_at)
def _number_at(array, row, k):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
    if array.ndim == 1:
        return lambda array, row, k: array[row * LANES + k]
    return lambda array, row, k: array[row, k]


@overload(put_number)
def _put_number(array, row, k, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
    if array.ndim == 1:

        def put(array, row, k, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            array[row * LANES + k] = number

        return put

    def put_in_table(array, row, k, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        array[row, k] = number

    return put_in_table


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


@njit(inline="always")
def add_lanes(array, row, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Add numbers to those of an array's row, unchecked; a float to all its lanes."""
    store_lanes(array, row, load_lanes(array, row) + value)


@njit(inline="always")
def add_number(array, row, k, number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Add a number to that of lane ``k`` of a row."""
    put_number(array, row, k, number_at(array, row, k) + number)
