"""PTX translated to LLVM's language, a call a thread of a grid.

A kernel becomes a function of a thread's place in its grid and of the bytes of its parameters; what
it calls, one of that place and of the addresses of what it returns and takes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from kernels.cuda.ptx import blocks
from kernels.cuda.ptx.instructions import WORK, unknown
from kernels.cuda.ptx.text import Function, Instruction, Module, Variable
from kernels.cuda.ptx.work import Work, work_of
from kernels.cuda.ptx.writer import Writer, several

# Where translated code counts its work.
TALLY = "tally"


def entry_of(module: Module) -> Function:
    """Return the kernel of a module."""
    (found,) = (function for function in module.functions.values() if function.is_entry)
    return found


def offsets(variables: Sequence[Variable]) -> list[int]:
    """Return where each of some variables lies that follow each other, and where the last ends."""
    found, end = [], 0
    for variable in variables:
        start = -(-end // variable.alignment) * variable.alignment
        found.append(start)
        end = start + variable.n_bytes
    return [*found, end]


def shared_memory(module: Module) -> list[Variable]:
    """Return what a block shares."""
    own = (variable for function in module.functions.values() for variable in function.shared)
    return [*module.shared, *own]


def waits(function: Function) -> bool:
    """Return whether threads of a block wait for each other."""
    return any(isinstance(step, Instruction) and step.opcode[0] == "bar" for step in function.body)


def translate(module: Module, *, counted: bool = False) -> str:
    """Return a module of LLVM's language.

    Parameters
    ----------
    module : read from PTX
    counted : whether work is counted, in int64 numbers at `TALLY` that go by `Work`

    Raises
    ------
    NotImplementedError
        Where an instruction has no translation; the message names it.
    """
    shares = shared_memory(module)
    shared = dict(zip((variable.name for variable in shares), offsets(shares), strict=False))
    addresses = {variable.name: f'@"{variable.name}"' for variable in module.constants}
    lines, declared = [_constant(variable) for variable in module.constants], set[str]()
    if counted:
        lines.append(f"@{TALLY} = global [{len(Work)} x i64] zeroinitializer")
    for function in module.functions.values():
        out = Writer(function, addresses, shared)
        lines += _written(function, out, module.functions, counted=counted)
        declared |= out.declared
    together = waits(entry_of(module))
    if together:
        declared |= set(blocks.DECLARED)
    run = (blocks.TOGETHER if together else blocks.IN_TURN).format(name=entry_of(module).name)
    return "\n".join([*sorted(declared), *lines, run])


def _constant(variable: Variable) -> str:
    filled = variable.values.ljust(variable.n_bytes, b"\0")
    text = "".join(f"\\{byte:02x}" for byte in filled)
    form = f"[{variable.n_bytes} x i8]"
    return f'@"{variable.name}" = internal global {form} c"{text}", align {variable.alignment}'


def _written(
    function: Function, out: Writer, others: Mapping[str, Function], *, counted: bool
) -> list[str]:
    """Return the lines of a function."""
    taken, meets = _open(function, out), function.is_entry and waits(function)
    for step in function.body:
        if isinstance(step, str):
            out.lines += [f'br label %"{step}"', f'"{step}":']
            continue
        if isinstance(step, Variable):
            out.addresses[step.name] = out.take_memory(step)
            continue
        if counted:
            _count(work_of(step), out)
        if step.guard is None or step.opcode[0] == "bra":
            _do(step, out, others, meets=meets)
        else:
            number = out.number()
            _branch(step, out, f"then{number}", f"after{number}")
            out.lines.append(f"then{number}:")
            _do(step, out, others, meets=meets)
            out.lines += [f"br label %after{number}", f"after{number}:"]
    head = f'@"{function.name}"({taken})'
    return [
        f"define ptr {head} presplitcoroutine {{" if meets else f"define internal void {head} {{",
        *(blocks.BEGIN if meets else ()),
        *out.opening,
        "br label %begin",
        "begin:",
        *out.lines,
        # Behind the last jump, where nothing comes.
        *(blocks.END if meets else ("ret void",)),
        "}",
    ]


def _count(work: Counter[Work], out: Writer) -> None:
    """Add to what is counted; LLVM adds up what follows each other."""
    for kind, amount in work.items():
        at = out.emit(f"getelementptr i64, ptr @{TALLY}, i64 {int(kind)}")
        before = out.emit(f"load i64, ptr {at}")
        out.lines.append(f"store i64 {out.emit(f'add i64 {before}, {amount}')}, ptr {at}")


def _open(function: Function, out: Writer) -> str:
    """Give parameters and memory of a function their addresses; return what it takes."""
    names = ["%place"]
    if function.is_entry:
        names.append("%parameters")
        for variable, offset in zip(function.taken, offsets(function.taken), strict=False):
            told = f"getelementptr i8, ptr %parameters, i64 {offset}"
            out.addresses[variable.name] = out.open(told)
    else:
        for number, variable in enumerate((*function.returned, *function.taken)):
            names.append(f"%a{number}")
            out.addresses[variable.name] = names[-1]
    for variable in function.local:
        address = out.addresses[variable.name] = out.take_memory(variable)
        # What nothing was written to yet is no number.
        out.declare("void", "memset.p0.i64", "ptr", "i8", "i64", "i1")
        told = f"ptr {address}, i8 -1, i64 {variable.n_bytes}, i1 false"
        out.opening.append(f"call void @llvm.memset.p0.i64({told})")
    return ", ".join(f"ptr {name}" for name in names)


def _do(step: Instruction, out: Writer, others: Mapping[str, Function], *, meets: bool) -> None:
    if step.opcode[0] == "bra":
        after = f"after{out.number()}"
        if step.guard is None:
            out.lines.append(f'br label %"{step.operands[0]}"')
        else:
            _branch(step, out, step.operands[0], after)
        out.lines.append(f"{after}:")
    elif step.opcode[0] == "ret":
        out.lines += ["br label %ended" if meets else "ret void", f"after{out.number()}:"]
    elif step.opcode[0] == "bar" and meets:
        out.lines += blocks.waiting(out.number())
    elif step.opcode[0] == "call":
        _call(step, out, others)
    elif step.opcode[0] in WORK:
        WORK[step.opcode[0]](out, step)
    else:
        raise unknown(step)


def _branch(step: Instruction, out: Writer, then: str, otherwise: str) -> None:
    assert step.guard is not None
    register, negated = step.guard
    first, second = (otherwise, then) if negated else (then, otherwise)
    told = f'label %"{first}", label %"{second}"'
    out.lines.append(f"br i1 {out.read(register, 'pred')}, {told}")


def _call(step: Instruction, out: Writer, others: Mapping[str, Function]) -> None:
    (name,) = (operand for operand in step.operands if not operand.startswith("("))
    if name not in others:
        raise NotImplementedError(f"the PTX calls {name}, which it does not tell")
    given: Iterator[str] = (
        out.addresses[argument]
        for operand in step.operands
        if operand != name
        for argument in several(operand)
    )
    arguments = ", ".join(["ptr %place", *(f"ptr {address}" for address in given)])
    out.lines.append(f'call void @"{name}"({arguments})')
