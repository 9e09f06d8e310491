"""Translated kernels compiled for this machine, and grids of their threads run one by one."""

import ctypes
import math
import struct
from collections.abc import Sequence
from itertools import product
from threading import Lock
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from kernels.arrays import Integers
from kernels.cuda.ptx.text import read
from kernels.cuda.ptx.translate import TALLY, entry_of, offsets, shared_memory, translate, waits
from kernels.cuda.ptx.work import Work

Dimensions = tuple[int, int, int]
# How a value of so many bytes is packed: a float, and a whole number.
_FLOATS, _WHOLE = {4: "f", 8: "d"}, {1: "B", 2: "H", 4: "I", 8: "Q"}
_compiling = Lock()


class Machine:
    """A kernel for this machine.

    Parameters
    ----------
    code : its PTX
    counted : whether it counts its work

    Raises
    ------
    NotImplementedError
        Where an instruction has no translation.
    """

    def __init__(self, code: str, *, counted: bool = False) -> None:
        module = read(code)
        self._entry = entry_of(module)
        self._offsets = offsets(self._entry.taken)
        self._waits, self._shared = waits(self._entry), offsets(shared_memory(module))[-1]
        with _compiling:
            self._engine = _compiled(translate(module, counted=counted))
        self._counted = counted
        taken = *[ctypes.c_void_p] * 3, ctypes.c_uint32
        self._run = ctypes.CFUNCTYPE(None, *taken)(self._engine.get_function_address("run"))

    def launch(self, grid: Dimensions, block: Dimensions, values: Sequence[float]) -> None:
        """Run all threads of a grid, a block at a time.

        Parameters
        ----------
        grid, block : how many blocks and threads along x, y and z
        values : of the parameters, addresses among them

        Raises
        ------
        ValueError
            Where the kernel takes another number of parameters.
        """
        parameters, threads = self._packed(values), math.prod(block)
        handles = ctypes.create_string_buffer(8 * threads)
        sizes = struct.pack("6I", *block, *grid)
        for z, y, x in product(*(range(n) for n in reversed(grid))):
            # What nothing was written to yet is no number.
            shared = np.full(max(self._shared, 1), 255, np.uint8)
            place = struct.pack("6I", 0, 0, 0, x, y, z) + sizes
            place += struct.pack("Q", shared.ctypes.data)
            places = ctypes.create_string_buffer(place * (threads if self._waits else 1))
            self._run(places, parameters, handles, threads)

    @property
    def work(self) -> Integers:
        """(7,) int64, what all launches had to do, by `Work`; zeros where nothing is counted."""
        if not self._counted:
            return np.zeros(len(Work), np.int64)
        address = self._engine.get_global_value_address(TALLY)
        told = (ctypes.c_int64 * len(Work)).from_address(address)
        return np.array(told, np.int64)

    def _packed(self, values: Sequence[float]) -> Any:  # noqa: ANN401 - a buffer of ctypes
        taken = self._entry.taken
        if len(values) != len(taken):
            raise ValueError(f"{self._entry.name} takes {len(taken)} parameters; got {len(values)}")
        buffer = ctypes.create_string_buffer(max(self._offsets[-1], 1))
        for variable, offset, value in zip(taken, self._offsets, values, strict=False):
            kinds = _FLOATS if isinstance(value, float) else _WHOLE
            struct.pack_into(kinds[variable.n_bytes], buffer, offset, value)
        return buffer


def _compiled(code: str) -> Any:  # noqa: ANN401 - an engine of LLVM's
    """Return compiled code of LLVM's language."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )
    module = llvm.parse_assembly(code)
    module.verify()
    passes = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=1))
    passes.getModulePassManager().run(module, passes)
    engine = llvm.create_mcjit_compiler(module, target)
    engine.finalize_object()
    return engine
