"""A device that is not there: launches run translated PTX, and its memory is this machine's.

CuPy is NumPy, and all work is done at once, in its order.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import RLock
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
from numba import cuda, typeof, types
from numba.cuda import dispatcher

from kernels.cuda.ahead import Capability, link_ahead
from kernels.cuda.ptx.machine import Dimensions, Machine

_FREE_BYTES = 2**32
_MULTIPROCESSORS = 2
_WHOLE = 2**64


class _Far(np.ndarray):
    """An array of the device."""

    def copy_to_device(self, near: np.ndarray, stream: Any = None) -> None:  # noqa: ANN401, ARG002
        """Fill it."""
        np.copyto(self, near)

    def copy_to_host(self, near: np.ndarray | None = None, stream: Any = None) -> np.ndarray:  # noqa: ANN401, ARG002
        """Return what is in it, in ``near`` where that is given."""
        if near is None:
            return np.array(self)
        np.copyto(near, self)
        return near


class _Context:
    """Of a device that has some memory."""

    def get_memory_info(self) -> tuple[int, int]:
        """Return bytes that are free, and all."""
        return _FREE_BYTES, _FREE_BYTES


class _Stream:
    """Work that is done before anybody asks."""

    def synchronize(self) -> None:
        """Return at once."""


@contextmanager
def stand_in(
    capability: Capability = (9, 0), *, counted: bool = False
) -> Iterator[Mapping[tuple[Any, ...], Machine]]:
    """Let the processor pass for a device while the block runs.

    Parameters
    ----------
    capability : of the device that kernels are compiled for
    counted : whether kernels count their work

    Yields
    ------
    Kernels that were launched, by numba's kernel and the types that it was handed.
    """
    machines: dict[tuple[Any, ...], Machine] = {}
    lock = RLock()

    def configure(
        kernel: Any,  # noqa: ANN401 - numba's own
        grid: Any,  # noqa: ANN401 - a number or several
        block: Any,  # noqa: ANN401
        *_: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        def launch(*arguments: Any) -> None:  # noqa: ANN401
            told = tuple(_plain(argument) for argument in arguments)
            forms = tuple(_form(argument) for argument in told)
            with lock:
                if (kernel, forms) not in machines:
                    code = link_ahead(kernel, forms, capability)
                    machines[kernel, forms] = Machine(code, counted=counted)
            values = [value for pair in zip(forms, told, strict=True) for value in _flat(*pair)]
            machines[kernel, forms].launch(_dimensions(grid), _dimensions(block), values)

        return launch

    device = SimpleNamespace(MULTIPROCESSOR_COUNT=_MULTIPROCESSORS)
    context = _Context()
    told = {
        "is_available": lambda: True,
        "stream": _Stream,
        "pinned_array": _allocated,
        "device_array": lambda *asked, **_: _allocated(*asked).view(_Far),
        "to_device": lambda near, **_: np.array(near).view(_Far),
        "as_cuda_array": lambda array, **_: array,
        "synchronize": lambda: None,
        "current_context": lambda: context,
        "get_current_device": lambda: device,
    }
    with ExitStack() as replaced:
        for name, stands_in in told.items():
            replaced.enter_context(patch.object(cuda, name, stands_in))
        replaced.enter_context(patch.object(dispatcher.CUDADispatcher, "configure", configure))
        replaced.enter_context(patch.dict(sys.modules, {"cupy": np}))
        yield machines


def _allocated(shape: Any, form: Any = np.float64) -> np.ndarray:  # noqa: ANN401
    """Return memory that nothing was written to yet: all ones, which is no number."""
    filled = np.empty(shape, form)
    filled.reshape(-1).view(np.uint8)[...] = 255
    return filled


def _dimensions(told: Any) -> Dimensions:  # noqa: ANN401
    x, y, z = (*(told if isinstance(told, tuple) else (told,)), 1, 1)[:3]
    return int(x), int(y), int(z)


def _plain(argument: Any) -> Any:  # noqa: ANN401
    """Return an argument without what marks arrays as the device's."""
    if isinstance(argument, np.ndarray):
        return argument.view(np.ndarray)
    if isinstance(argument, tuple):
        parts = [_plain(part) for part in argument]
        return type(argument)(*parts) if hasattr(argument, "_fields") else tuple(parts)
    return argument


def _form(argument: Any) -> Any:  # noqa: ANN401
    """Return numba's type of an argument, as of an array of a device, which can be written to."""
    form = typeof(argument)
    return form.copy(readonly=False) if isinstance(form, types.Array) else form


def _flat(form: Any, argument: Any) -> Iterator[float]:  # noqa: ANN401
    """Yield the parameters of a kernel that tell of an argument, as numba has them."""
    if isinstance(form, types.Array):
        yield from (0, 0, argument.size, argument.itemsize, argument.ctypes.data)
        yield from argument.shape
        yield from (stride % _WHOLE for stride in argument.strides)
    elif isinstance(form, types.BaseTuple):
        for part, value in zip(form, argument, strict=True):
            yield from _flat(part, value)
    elif isinstance(form, types.Float):
        yield float(argument)
    else:
        yield int(argument) % _WHOLE
