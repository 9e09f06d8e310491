"""Kernels compiled for a device that is not there: what a machine without a GPU can still check."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from numba import cuda

Capability = tuple[int, int]


@dataclass(frozen=True)
class _Absent:
    """Stands for a device where numba asks which one it compiles for."""

    compute_capability: Capability


@contextmanager
def compiling_for(capability: Capability) -> Iterator[None]:
    """Have numba compile for a device that is not there."""
    from numba.cuda import dispatcher  # noqa: PLC0415 - the simulator has none

    asked = dispatcher.get_current_device
    dispatcher.get_current_device = lambda: _Absent(capability)
    try:
        yield
    finally:
        dispatcher.get_current_device = asked


def compile_ahead(kernel: Any, arguments: tuple[Any, ...], capability: Capability) -> str:  # noqa: ANN401 - numba's own
    """Return the PTX of a kernel.

    Parameters
    ----------
    kernel : made by `numba.cuda.jit`
    arguments : numba types of its arguments
    capability : of the device, (9, 0) is sm_90

    Raises
    ------
    numba.core.errors.NumbaError
        Where the kernel does not compile.
    """
    function: Callable[..., Any] = kernel.py_func
    with compiling_for(capability):
        code, _ = cuda.compile(
            function, arguments, cc=capability, output="ptx", device=False, abi="numba"
        )
    return code if isinstance(code, str) else code.decode()
