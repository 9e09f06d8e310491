"""Kernels compiled for a device that is not there: what a machine without a GPU can still check."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

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


@contextmanager
def launched_ahead(
    kernel: Any,  # noqa: ANN401 - numba's own
    arguments: tuple[Any, ...],
    capability: Capability,
) -> Iterator[Any]:
    """Yield a kernel of numba's as a launch makes it, which is optimised whole as it is linked.

    Arguments and errors are those of `compile_ahead`; the target is `target_of` the capability.
    """
    from numba.cuda import codegen, dispatcher  # noqa: PLC0415 - the simulator has none

    target = target_of(capability)
    asked = {name: kernel.targetoptions.get(name) for name in ("opt", "lto")}
    given = {name: value for name, value in asked.items() if value is not None}
    # Asked for no target, it asks the device's driver which one it has.
    ensured = patch.object(codegen.CUDACodeLibrary, "_ensure_cc", lambda _, cc=None: cc or target)
    with ensured, compiling_for(capability):
        yield dispatcher._Kernel(kernel.py_func, arguments, **given)  # noqa: SLF001


def target_of(capability: Capability) -> tuple[int, int, str]:
    """Return what a launch links for: a device of this capability, and no later one."""
    return (*capability, "a")


def link_ahead(kernel: Any, arguments: tuple[Any, ...], capability: Capability) -> str:  # noqa: ANN401 - numba's own
    """Return the PTX of a kernel as a launch has it.

    Arguments and errors are those of `compile_ahead`.
    """
    with launched_ahead(kernel, arguments, capability) as launched:
        code: str = launched.inspect_lto_ptx(target_of(capability))
    return code
