"""Units of stock on many paths side by side, as one value of compiled code.

A value of this type is a vector from the start, so that what a walk knows of its paths stays in
registers from period to period. Functions written over these operators serve a single path as well:
there a value is a number, a comparison a bool, and `choose` a conditional expression. Nothing is
fused and nothing reordered, so lanes have the bits of a path walked alone.
"""

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model

from kernels.arrays import Reals

# Of one value, by the numbers it is made of: two registers of the widest kind.
LANES_OF_SINGLES, LANES_OF_WORDS, LANES_OF_DOUBLES = 32, 32, 16
_FORMS = {
    "float32": (types.float32, ir.FloatType(), LANES_OF_SINGLES),
    "float64": (types.float64, ir.DoubleType(), LANES_OF_DOUBLES),
    "uint32": (types.uint32, ir.IntType(32), LANES_OF_WORDS),
}


class UnitLanes(types.Type):  # type: ignore[misc]
    """The type of a value with so many numbers of a kind."""

    def __init__(self, kind: str, count: int) -> None:
        self.kind, self.count = kind, count
        super().__init__(name=f"UnitLanes({kind}, {count})")

    @property
    def form(self) -> ir.VectorType:
        """The same as the compiler below knows it."""
        return ir.VectorType(_FORMS[self.kind][1], self.count)

    @property
    def number(self) -> Any:  # noqa: ANN401 - the compiler's own
        """The type of one of its numbers."""
        return _FORMS[self.kind][0]


class LaneFlags(types.Type):  # type: ignore[misc]
    """The type of so many answers to a comparison."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"LaneFlags({count})")

    @property
    def form(self) -> ir.VectorType:
        """The same as the compiler below knows it."""
        return ir.VectorType(ir.IntType(1), self.count)


@register_model(UnitLanes)
@register_model(LaneFlags)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, front: Any) -> None:  # noqa: ANN401 - the compiler's own
        super().__init__(manager, front, front.form)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, place: Any, form: Any) -> Any:  # noqa: ANN401
    held = context.make_array(kind)(context, builder, array)
    return builder.bitcast(builder.gep(held.data, [place]), form.as_pointer())


def _in_all(builder: Any, number: Any, form: Any) -> Any:  # noqa: ANN401 - the compiler's own
    nowhere = ir.Constant(form, ir.Undefined)
    first = builder.insert_element(nowhere, number, ir.Constant(ir.IntType(32), 0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), form.count), [0] * form.count)
    return builder.shuffle_vector(first, nowhere, everywhere)


@intrinsic
def load_units(_, array, place):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Return the lanes that begin at a place of a flat array, unchecked."""
    found = UnitLanes(str(array.dtype), _FORMS[str(array.dtype)][2])

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        kind = signature.args[0]
        pointer = _pointer(context, builder, kind, arguments[0], arguments[1], found.form)
        return builder.load(pointer, align=kind.dtype.bitwidth // 8)

    return found(array, types.int64), build


def lanes_in(value: float) -> int:
    """Return how many lanes a value has."""
    raise NotImplementedError(f"for compiled code; called with {value}")


@overload(lanes_in)
def _lanes_in(value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    count = value.count
    return lambda value: count  # noqa: ARG005


@intrinsic
def load_words(_, array, place, like):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Return as many words of a flat array of uint32 as ``like`` has lanes, unchecked."""
    found = UnitLanes("uint32", like.count)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        array, place = arguments[:2]
        pointer = _pointer(context, builder, signature.args[0], array, place, found.form)
        return builder.load(pointer, align=4)

    return found(array, types.int64, like), build


@intrinsic
def store_units(_, array, place, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, ARG001
    """Put lanes into a flat array from a place on, unchecked."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        own = signature.args[2]
        array, place = arguments[:2]
        pointer = _pointer(context, builder, signature.args[0], array, place, own.form)
        builder.store(arguments[2], pointer, align=own.number.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.int64, value), build


@intrinsic
def spread_units(_, number, like):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return one number in all lanes, of the kind of ``like``."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        own = signature.args[1]
        cast = context.cast(builder, arguments[0], signature.args[0], own.number)
        return _in_all(builder, cast, own.form)

    return like(number, like), build


@intrinsic
def _as_numbers(_, value, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    numbers = UnitLanes(str(row.dtype), value.count)

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        # Signed, which the widest registers have an instruction for in both precisions.
        return builder.sitofp(arguments[0], numbers.form)

    return numbers(value, row), build


def as_numbers(value: float, row: Reals) -> float:
    """Return words below 2**31 as floats of the kind of an array."""
    raise NotImplementedError(f"for compiled code; called with {value}, {row}")


@overload(as_numbers)
def _as_numbers_of(value, row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
    return lambda value, row: _as_numbers(value, row)  # noqa: PLW0108 - compiled, not called


@intrinsic
def _widened(_, value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    wide = UnitLanes("float64", value.count)

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return builder.fpext(arguments[0], wide.form)

    return wide(value), build


@intrinsic
def _narrowed(_, value, like):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return builder.fptrunc(arguments[0], like.form)

    return like(value, like), build


def in_doubles(value: float) -> float:
    """Return lanes, whatever their kind, as float64."""
    raise NotImplementedError(f"for compiled code; called with {value}")


def in_kind_of(value: float, like: float) -> float:
    """Return lanes of float64 in the kind of ``like``."""
    raise NotImplementedError(f"for compiled code; called with {value}, {like}")


@overload(in_doubles)
def _in_doubles(value):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if value.kind == "float64":
        return lambda value: value
    return lambda value: _widened(value)  # noqa: PLW0108 - compiled, not called


@overload(in_kind_of)
def _in_kind_of(value, like):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
    if like.kind == "float64":
        return lambda value, like: value  # noqa: ARG005
    return lambda value, like: _narrowed(value, like)  # noqa: PLW0108 - compiled, not called


@intrinsic
def _select(_, flags, then, otherwise):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202

    def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return builder.select(*arguments)

    return then(flags, then, otherwise), build


def choose(flag: bool, then: float, otherwise: float) -> float:
    """Return ``then`` where ``flag`` holds, and ``otherwise`` elsewhere; both are worked out."""
    return then if flag else otherwise


@overload(choose, target="generic")
def _choose(flag, then, otherwise):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if not isinstance(flag, LaneFlags):
        return lambda flag, then, otherwise: then if flag else otherwise
    if isinstance(then, UnitLanes) and isinstance(otherwise, UnitLanes):
        return lambda flag, then, otherwise: _select(flag, then, otherwise)  # noqa: PLW0108
    if isinstance(then, UnitLanes):
        return lambda flag, then, otherwise: _select(flag, then, spread_units(otherwise, then))
    return lambda flag, then, otherwise: _select(flag, spread_units(then, otherwise), otherwise)


def _instruction(name: str, answer: Callable[[UnitLanes], Any] | None = None) -> Any:  # noqa: ANN401
    """Return the intrinsic of an instruction on two values; its name for floats and for words."""
    of_floats, of_words = name.split("/")

    @intrinsic
    def combine(_, left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        def build(_context, builder, _signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            whole = getattr(left, "kind", "uint32") == "uint32"
            if answer is None:
                return getattr(builder, of_words if whole else of_floats)(*arguments)
            compare = builder.icmp_unsigned if whole else builder.fcmp_ordered
            return compare(of_words if whole else of_floats, *arguments)

        return (answer(left) if answer else left)(left, right), build

    return combine


def _overload(symbol: Any, combine: Any) -> None:  # noqa: ANN401 - the compiler's own
    @overload(symbol)
    def on_lanes(left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        if isinstance(left, UnitLanes) and isinstance(right, UnitLanes):
            return lambda left, right: combine(left, right)  # noqa: PLW0108 - compiled, not called
        if isinstance(left, UnitLanes) and isinstance(right, types.Number):
            return lambda left, right: combine(left, spread_units(right, left))
        if isinstance(left, types.Number) and isinstance(right, UnitLanes):
            return lambda left, right: combine(spread_units(left, right), right)
        return None


def _flags(value: UnitLanes) -> LaneFlags:
    return LaneFlags(value.count)


for _symbol, _name in (
    (operator.add, "fadd/add"),
    (operator.sub, "fsub/sub"),
    (operator.mul, "fmul/mul"),
    (operator.rshift, "lshr/lshr"),
):
    _overload(_symbol, _instruction(_name))
for _symbol in (operator.le, operator.lt, operator.ge, operator.gt, operator.eq):
    _sign = {"le": "<=", "lt": "<", "ge": ">=", "gt": ">", "eq": "=="}[_symbol.__name__]
    _overload(_symbol, _instruction(f"{_sign}/{_sign}", _flags))

_both = _instruction("and_/and_")
_overload(operator.and_, _both)


@overload(operator.and_)
def _and(left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if isinstance(left, LaneFlags) and isinstance(right, LaneFlags):
        return lambda left, right: _both(left, right)  # noqa: PLW0108 - compiled, not called
    return None


def _either_lanes(left: Any, right: Any) -> bool:  # noqa: ANN401 - the compiler's own
    return isinstance(left, UnitLanes) or isinstance(right, UnitLanes)


def _as_lanes(value: float, other: float) -> float:
    raise NotImplementedError(f"for compiled code; called with {value}, {other}")


@overload(_as_lanes)
def _as_lanes_of(value, other):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, ARG001
    if isinstance(value, UnitLanes):
        return lambda value, other: value  # noqa: ARG005
    return lambda value, other: spread_units(value, other)  # noqa: PLW0108 - compiled, not called


@overload(min)
def _lower(left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if not _either_lanes(left, right):
        return None

    def lower(left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        one, other = _as_lanes(left, right), _as_lanes(right, left)
        return _select(one < other, one, other)

    return lower


@overload(max)
def _higher(left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    if not _either_lanes(left, right):
        return None

    def higher(left, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        one, other = _as_lanes(left, right), _as_lanes(right, left)
        return _select(one > other, one, other)

    return higher
