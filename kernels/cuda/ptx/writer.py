"""Lines of LLVM's language, and the values and addresses that PTX's operands stand for in them.

Registers are memory, which LLVM makes registers of again.
"""

import re
import struct
from collections.abc import Mapping

from kernels.cuda.ptx.text import BYTES, Function, Instruction, Variable

# A thread's place, as bytes: twelve numbers of 32 bits, then where its block's memory is.
_SPECIAL = {
    f"%{name}.{axis}": 4 * (3 * row + column)
    for row, name in enumerate(("tid", "ctaid", "ntid", "nctaid"))
    for column, axis in enumerate("xyz")
}
SHARED_AT, PLACE_BYTES = 48, 56
_FLOATS = {"f32": "float", "f64": "double"}
_LITERALS = {"0d": (">d", "double"), "0f": (">f", "float")}
_SAME_BITS = {"float": "i32", "double": "i64"}
_ADDRESS = re.compile(r"\[\s*([%$\w]+)\s*(?:\+\s*(-?\w+))?\s*\]")


def form_of(kind: str) -> str:
    """Return LLVM's name of a type of PTX's."""
    if kind == "pred":
        return "i1"
    return _FLOATS.get(kind) or f"i{bits_of(kind)}"


def bits_of(kind: str) -> int:
    """Return how wide a type of PTX's is."""
    return 8 * BYTES[kind]


def is_float(kind: str) -> bool:
    """Return whether a type of PTX's is one of floats."""
    return kind.startswith("f")


def is_signed(kind: str) -> bool:
    """Return whether a type of PTX's is one of whole numbers with a sign."""
    return kind.startswith("s")


def several(operand: str) -> list[str]:
    """Return the parts of an operand in brackets; one without is its own."""
    if operand[:1] not in "{(":
        return [operand]
    return [part.strip() for part in operand[1:-1].split(",") if part.strip()]


def literal(value: float) -> str:
    """Return a float as LLVM writes it, to the bit."""
    return f"0x{struct.pack('>d', value).hex().upper()}"


class Writer:
    """The lines of one function on their way.

    Parameters
    ----------
    function : of which operands are read
    addresses : of memory that has a name, by it
    shared : where in its block's memory a variable lies, by its name
    """

    def __init__(
        self, function: Function, addresses: Mapping[str, str], shared: Mapping[str, int]
    ) -> None:
        self.opening: list[str] = []
        self.lines: list[str] = []
        self.declared: set[str] = set()
        self.addresses = dict(addresses)
        self._kinds, self._shared = function.registers, shared
        self._registers: dict[str, tuple[str, str]] = {}
        self._n = 0

    def number(self) -> int:
        """Return a number that no name has yet."""
        self._n += 1
        return self._n

    def emit(self, told: str) -> str:
        """Write what makes a value; return its name."""
        name = f"%v{self.number()}"
        self.lines.append(f"{name} = {told}")
        return name

    def open(self, told: str) -> str:
        """As `emit`, before all else."""
        name = f"%v{self.number()}"
        self.opening.append(f"{name} = {told}")
        return name

    def take_memory(self, variable: Variable) -> str:
        """Return the address of memory of a call."""
        alignment = max(variable.alignment, 8)
        return self.open(f"alloca [{variable.n_bytes} x i8], align {alignment}")

    def declare(self, returned: str, name: str, *taken: str) -> None:
        """Let a function of LLVM's own be known."""
        self.declared.add(f"declare {returned} @llvm.{name}({', '.join(taken)})")

    def call(self, name: str, kind: str, *values: str) -> str:
        """Return what a function of LLVM's own makes of values of one type."""
        form = form_of(kind)
        whole = f"{name}.{kind if is_float(kind) else form}"
        self.declare(form, whole, *[form] * len(values))
        arguments = ", ".join(f"{form} {value}" for value in values)
        return self.emit(f"call {form} @llvm.{whole}({arguments})")

    def read(self, operand: str, kind: str) -> str:
        """Return an operand as a value of a type."""
        if operand.startswith("%"):
            return self._read_register(operand, form_of(kind))
        if operand.startswith(tuple(_LITERALS)):
            layout, form = _LITERALS[operand[:2]]
            (value,) = struct.unpack(layout, bytes.fromhex(operand[2:]))
            return self.fit(literal(value), form, form_of(kind))
        if operand in self._shared:
            return str(self._shared[operand])
        if operand in self.addresses:
            return self.emit(f"ptrtoint ptr {self.addresses[operand]} to {form_of(kind)}")
        if kind == "pred":
            return str(int(operand, 0) & 1)
        half = 2 ** (bits_of(kind) - 1)
        return str((int(operand, 0) + half) % (2 * half) - half)

    def _read_register(self, name: str, form: str) -> str:
        if name in _SPECIAL:
            at = self.emit(f"getelementptr i8, ptr %place, i64 {_SPECIAL[name]}")
            return self.fit(self.emit(f"load i32, ptr {at}"), "i32", form)
        address, own = self._register(name)
        return self.fit(self.emit(f"load {own}, ptr {address}"), own, form)

    def write(self, register: str, kind: str, value: str) -> None:
        """Keep a value of a type in a register, which may be wider; in "_" nothing is kept."""
        if register != "_":
            address, own = self._register(register)
            fitted = self.fit(value, form_of(kind), own, signed=is_signed(kind))
            self.lines.append(f"store {own} {fitted}, ptr {address}")

    def _register(self, name: str) -> tuple[str, str]:
        """Return a register's address and LLVM's type of it."""
        # One is declared by itself, or many by what their numbers follow.
        kind = self._kinds.get(name) or self._kinds[name.rstrip("0123456789")]
        form = form_of(kind)
        if self._registers.get(name, ("", ""))[1] != form:
            self._registers[name] = self.open(f"alloca {form}"), form
        return self._registers[name]

    def fit(self, value: str, have: str, want: str, *, signed: bool = False) -> str:
        """Return the same bits as another of LLVM's types, cut off or filled up."""
        if have == want:
            return value
        if have in _SAME_BITS:
            bits = self.emit(f"bitcast {have} {value} to {_SAME_BITS[have]}")
            return self.fit(bits, _SAME_BITS[have], want, signed=signed)
        if want in _SAME_BITS:
            bits = self.fit(value, have, _SAME_BITS[want], signed=signed)
            return self.emit(f"bitcast {_SAME_BITS[want]} {bits} to {want}")
        if int(have[1:]) > int(want[1:]):
            return self.emit(f"trunc {have} {value} to {want}")
        return self.emit(f"{'sext' if signed else 'zext'} {have} {value} to {want}")

    def shared_base(self) -> str:
        """Return where the memory of the thread's block begins."""
        at = self.emit(f"getelementptr i8, ptr %place, i64 {SHARED_AT}")
        return self.emit(f"load i64, ptr {at}")

    def point(self, step: Instruction, address: str, beyond: int = 0) -> str:
        """Return where memory is that an instruction names, or so many bytes beyond.

        Raises
        ------
        NotImplementedError
            Where an address is written in a form that no kernel had before.
        """
        told = _ADDRESS.fullmatch(address)
        if told is None:
            raise NotImplementedError(f"an address of a form not known here: {address}")
        name, offset = told[1], int(told[2] or "0", 0) + beyond
        if name in self.addresses:
            return self.emit(f"getelementptr i8, ptr {self.addresses[name]}, i64 {offset}")
        base = self.read(name, "b64")
        if "shared" in step.opcode:
            base = self.emit(f"add i64 {base}, {self.shared_base()}")
        pointer = self.emit(f"inttoptr i64 {base} to ptr")
        return self.emit(f"getelementptr i8, ptr {pointer}, i64 {offset}")
