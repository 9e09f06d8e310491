"""Look-ups of many places of a small table at once, where the processor has an instruction for it.

It picks from two registers, by the number in each lane of a third, what lies there: 32 words of a
table. A larger table is looked up part by part.
"""

from typing import Any

from llvmlite import ir
from numba.core.cgutils import get_or_insert_function
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from kernels.unit_lanes import LANES_OF_WORDS

# Words of a part, and lanes that one instruction fills.
PART, _TOGETHER = 32, 16
_NAME = "llvm.x86.avx512.vpermi2var.d.512"
# What code is compiled for, not what runs it: the two differ where NUMBA_CPU_NAME says so.
CAN_PICK: bool = "+avx512f" in cpu_target.target_context.codegen().magic_tuple()[2]


@intrinsic
def pick_words(_, table, first, places):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return words of a part of a table in lanes; for processors that `CAN_PICK`.

    Parameters
    ----------
    table : uint32 array, of which 32 words from ``first`` on are read unchecked
    places : lanes of uint32, of which the lowest five bits are a place in the part
    """
    form = ir.VectorType(ir.IntType(32), _TOGETHER)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        start = builder.gep(held.data, [arguments[1]])
        halves = [
            builder.load(
                builder.bitcast(
                    builder.gep(start, [ir.Constant(ir.IntType(64), n)]), form.as_pointer()
                ),
                align=4,
            )
            for n in (0, _TOGETHER)
        ]
        pick = get_or_insert_function(
            builder.module, ir.FunctionType(form, [form, form, form]), _NAME
        )
        picked = [
            builder.call(pick, [halves[0], _half(builder, arguments[2], n), halves[1]])
            for n in range(LANES_OF_WORDS // _TOGETHER)
        ]
        return builder.shuffle_vector(*picked, _numbers(0, LANES_OF_WORDS))

    return places(table, first, places), build


def _numbers(first: int, count: int) -> Any:  # noqa: ANN401 - the compiler's own
    form = ir.VectorType(ir.IntType(32), count)
    return ir.Constant(form, list(range(first, first + count)))


def _half(builder: Any, value: Any, n: int) -> Any:  # noqa: ANN401 - the compiler's own
    return builder.shuffle_vector(value, value, _numbers(n * _TOGETHER, _TOGETHER))
