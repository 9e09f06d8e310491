"""Calls that a GPU's compiler leaves calls.

It inlines what it can, and computes ahead of a loop whatever does not change in it: of a long
function inlined into one, that is more than a thread has registers for. Left a call, the function
has the registers to itself while it runs.
"""

from typing import Any

from numba import types
from numba.extending import intrinsic


@intrinsic
def keep_as_call(_context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Keep the function that this stands in from being inlined on a GPU; elsewhere, do nothing."""

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:  # noqa: ANN401
        if builder.module.triple.startswith("nvptx"):
            builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.none(), generate
