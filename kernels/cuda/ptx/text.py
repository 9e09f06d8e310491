"""PTX read into functions and instructions (NVIDIA, PTX ISA, chapters 4, 5 and 7)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"\S")
_HEADER = re.compile(r"\.(version|target|address_size)[^\n]*")
_BRACE, _BODY = re.compile(r"[{}]"), re.compile(r"[;{]")
_LABEL = re.compile(r"([$\w]+):(?!:)")
_GUARD = re.compile(r"@(!?)(%\w+)\s+")
# A variable: its type, its name, and where it is an array how many it has.
_VARIABLE = re.compile(r"\.(\w+)\s+([%$\w]+)(?:\[(\d*)\])?\s*$")
_REGISTERS = re.compile(r"\.reg\s+\.(\w+)\s+([%$\w]+?)(?:<\d+>)?$")
_FUNCTION = re.compile(
    r"(?P<linkage>(?:\.\w+\s+)*)\.(?P<kind>entry|func)\s*"
    r"(?:\((?P<returned>[^)]*)\)\s*)?(?P<name>[$\w]+)\s*(?:\((?P<taken>[^)]*)\))?"
)
_ALIGNMENT = re.compile(r"\.align\s+(\d+)\s+")
BYTES = {
    **dict.fromkeys(("pred", "b8", "u8", "s8"), 1),
    **dict.fromkeys(("b16", "u16", "s16", "f16"), 2),
    **dict.fromkeys(("b32", "u32", "s32", "f32"), 4),
    **dict.fromkeys(("b64", "u64", "s64", "f64"), 8),
}


@dataclass(frozen=True)
class Variable:
    """A piece of memory with a name.

    Parameters
    ----------
    name : of it
    n_bytes : of it
    alignment : its address is a multiple of
    values : its bytes to begin with; empty where nothing says them
    """

    name: str
    n_bytes: int
    alignment: int
    values: bytes = b""


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Parameters
    ----------
    opcode : its name and what modifies it, ("setp", "gt", "s64")
    operands : as they are written; several in braces are one
    guard : the predicate register that it waits for, and whether that must be false
    """

    opcode: tuple[str, ...]
    operands: tuple[str, ...]
    guard: tuple[str, bool] | None = None


@dataclass
class Function:
    """A kernel, or what one calls.

    Parameters
    ----------
    name : of it
    is_entry : whether it is a kernel
    returned, taken : parameters out and in
    body : labels (str), instructions, memory of a call's parameters
    registers : the type of each register by its name, or by what its number follows
    local, shared : memory of a thread, and of a block
    """

    name: str
    is_entry: bool
    returned: list[Variable]
    taken: list[Variable]
    body: list[str | Instruction | Variable] = field(default_factory=list)
    registers: dict[str, str] = field(default_factory=dict)
    local: list[Variable] = field(default_factory=list)
    shared: list[Variable] = field(default_factory=list)


@dataclass
class Module:
    """What one compilation made.

    Parameters
    ----------
    functions : that have a body, by name
    constants : memory of all, with its values
    shared : memory of a block that any function may name
    """

    functions: dict[str, Function] = field(default_factory=dict)
    constants: list[Variable] = field(default_factory=list)
    shared: list[Variable] = field(default_factory=list)


def read(code: str) -> Module:
    """Return the functions and the memory that PTX tells of.

    Raises
    ------
    ValueError
        Where it says something that no kernel of this package said before.
    """
    module, rest = Module(), _COMMENT.sub("", code.strip("\0"))
    at = 0
    while match := _WORD.search(rest, at):
        at = match.start()
        if told := _HEADER.match(rest, at):
            at = told.end()
        elif head := _FUNCTION.match(rest, at):
            at = _read_function(module, rest, head)
        else:
            at = rest.index(";", at) + 1
            _read_memory(module, rest[match.start() : at - 1])
    return module


def _read_function(module: Module, text: str, head: re.Match[str]) -> int:
    """Add a function, unless its body comes later; return where the text goes on."""
    if (begins := _BODY.search(text, head.end())) is None:
        raise ValueError(f"{head['name']} of the PTX has no body")
    at = begins.start()
    if text[at] == ";":
        return at + 1
    end = _closing(text, at)
    returned, taken = (_parameters(head[part] or "") for part in ("returned", "taken"))
    function = Function(head["name"], head["kind"] == "entry", returned, taken)
    for statement in _statements(text[at + 1 : end]):
        _read_statement(function, statement)
    module.functions[function.name] = function
    return end + 1


def _parameters(told: str) -> list[Variable]:
    return [_variable(part.replace(".param", "", 1)) for part in told.split(",") if part.strip()]


def _closing(text: str, at: int) -> int:
    depth = 0
    for found in _BRACE.finditer(text, at):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.start()
    raise ValueError("a function of the PTX has no end")


def _statements(body: str) -> Iterator[str]:
    """Yield labels, with their colon, and statements, without their semicolon."""
    at = 0
    while match := _WORD.search(body, at):
        at = match.start()
        if body[at] in "{}":
            # A name within braces is the function's here, until another takes its place.
            at += 1
        elif label := _LABEL.match(body, at):
            yield label[0]
            at = label.end()
        else:
            end = body.index(";", at)
            yield " ".join(body[at:end].split())
            at = end + 1


def _read_statement(function: Function, statement: str) -> None:
    if statement.endswith(":"):
        function.body.append(statement[:-1])
    elif statement.startswith(".reg"):
        told = _REGISTERS.match(statement)
        if told is None:
            raise ValueError(f"registers of a form not known here: {statement}")
        function.registers[told[2]] = told[1]
    elif statement.startswith(".local"):
        function.local.append(_variable(statement.removeprefix(".local")))
    elif statement.startswith(".shared"):
        function.shared.append(_variable(statement.removeprefix(".shared")))
    elif statement.startswith(".param"):
        function.body.append(_variable(statement.removeprefix(".param")))
    elif not statement.startswith(".pragma"):
        function.body.append(_instruction(statement))


def _instruction(statement: str) -> Instruction:
    guard = _GUARD.match(statement)
    opcode, _, operands = statement[guard.end() if guard else 0 :].partition(" ")
    return Instruction(
        tuple(opcode.split(".")),
        tuple(_apart(operands)),
        (guard[2], guard[1] == "!") if guard else None,
    )


def _apart(operands: str) -> Iterator[str]:
    """Yield operands; commas within brackets part none."""
    depth = start = 0
    for at, letter in enumerate(operands):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            yield operands[start:at].strip()
            start = at + 1
    if operands[start:].strip():
        yield operands[start:].strip()


def _read_memory(module: Module, statement: str) -> None:
    """Add memory that is declared outside functions."""
    told, _, values = statement.partition("=")
    words = told.split()
    space = next((word for word in words if word in {".global", ".const", ".shared"}), None)
    if space is None:
        raise ValueError(f"a statement of a form not known here: {statement[:80]}")
    variable = _variable(told[told.index(space) + len(space) :], values)
    (module.shared if space == ".shared" else module.constants).append(variable)


def _variable(told: str, values: str = "") -> Variable:
    alignment = _ALIGNMENT.search(told)
    form = _VARIABLE.search(told.strip())
    if form is None:
        raise ValueError(f"memory of a form not known here: {told.strip()[:80]}")
    each = BYTES[form[1]]
    n_bytes = each * (1 if form[3] is None else int(form[3] or 0))
    numbers = [int(number, 0) for number in re.findall(r"-?\w+", values)]
    filled = b"".join((number % 2 ** (8 * each)).to_bytes(each, "little") for number in numbers)
    return Variable(form[2], n_bytes, int(alignment[1]) if alignment else each, filled)
