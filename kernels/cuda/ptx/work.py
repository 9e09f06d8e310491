"""What the instructions of PTX are for a device to do."""

from collections import Counter
from enum import IntEnum

from kernels.cuda.ptx.text import BYTES, Instruction
from kernels.cuda.ptx.writer import several


class Work(IntEnum):
    """What is counted: instructions of a thread, and bytes that it reads or writes.

    A fused product and sum are one. What PTX has in one a device may do in several: whole numbers
    of 64 bits, divisions.
    """

    FLOAT64 = 0
    FLOAT32 = 1
    DIVISIONS = 2
    WHOLE = 3
    DEVICE_BYTES = 4
    OWN_BYTES = 5
    SHARED_BYTES = 6


_FLOATS = {"f64": Work.FLOAT64, "f32": Work.FLOAT32}
_COUNTED = {"add", "sub", "mul", "fma", "mad", "min", "max", "setp", "cvt"}
_DIVISIONS = {"div", "rem", "sqrt", "rcp"}
_SPACES = {"local": Work.OWN_BYTES, "shared": Work.SHARED_BYTES}
# What takes no instruction of its own, or is none of the kernel's work.
_FREE = {"mov", "cvta", "neg", "abs", "ret", "call"}


def work_of(step: Instruction) -> Counter[Work]:
    """Return what an instruction is to do."""
    name, kind = step.opcode[0], step.opcode[-1]
    if name in _FREE or "param" in step.opcode:
        return Counter()
    if name in {"ld", "st", "atom"}:
        # Where a device does not know the memory it is taken for the device's.
        space = next((_SPACES[word] for word in step.opcode if word in _SPACES), Work.DEVICE_BYTES)
        parts = several(step.operands[0] if name != "st" else step.operands[1])
        return Counter({space: BYTES[kind] * len(parts), Work.WHOLE: 1})
    if name in _DIVISIONS:
        return Counter({Work.DIVISIONS: 1})
    if name in _COUNTED and kind in _FLOATS:
        return Counter({_FLOATS[kind]: 1})
    return Counter({Work.WHOLE: 1})
