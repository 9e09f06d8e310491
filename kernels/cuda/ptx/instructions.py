"""What instructions of PTX do, in LLVM's language (PTX ISA, chapter 9.7)."""

from collections.abc import Callable

from kernels.cuda.ptx.text import BYTES, Instruction
from kernels.cuda.ptx.writer import (
    Writer,
    bits_of,
    form_of,
    is_float,
    is_signed,
    literal,
    several,
)

# Comparisons that hold where a number is none have names of their own; the rest then fail.
_COMPARED = {
    **{name: f"o{name}" for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{f"{name}u": f"u{name}" for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "num": "ord",
    "nan": "uno",
}
_UNSIGNED = {"lo": "lt", "ls": "le", "hi": "gt", "hs": "ge"}
_ROUNDED = {"rni": "roundeven", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}


def unknown(step: Instruction) -> NotImplementedError:
    """Return the error of an instruction that no kernel had before."""
    return NotImplementedError(f"no translation of PTX's instruction {'.'.join(step.opcode)}")


def _move(out: Writer, step: Instruction) -> None:
    kind, (target, source) = step.opcode[-1], step.operands
    if target.startswith("{"):
        _move_apart(out, several(target), source, bits_of(kind))
    elif source.startswith("{"):
        _move_together(out, target, several(source), bits_of(kind))
    else:
        out.write(target, kind, out.read(source, kind))


def _move_apart(out: Writer, parts: list[str], source: str, bits: int) -> None:
    whole, own = out.read(source, f"b{bits}"), bits // len(parts)
    for place, part in enumerate(parts):
        moved = out.emit(f"lshr i{bits} {whole}, {place * own}")
        out.write(part, f"b{own}", out.emit(f"trunc i{bits} {moved} to i{own}"))


def _move_together(out: Writer, target: str, parts: list[str], bits: int) -> None:
    whole, own = "0", bits // len(parts)
    for place, part in enumerate(parts):
        wide = out.emit(f"zext i{own} {out.read(part, f'b{own}')} to i{bits}")
        moved = out.emit(f"shl i{bits} {wide}, {place * own}")
        whole = out.emit(f"or i{bits} {whole}, {moved}")
    out.write(target, f"b{bits}", whole)


def _convert_address(out: Writer, step: Instruction) -> None:
    """Count addresses of a block's memory from where that begins; all others are this machine's."""
    target, source = step.operands
    value = out.read(source, "b64")
    if "shared" in step.opcode:
        name = "sub" if "to" in step.opcode else "add"
        value = out.emit(f"{name} i64 {value}, {out.shared_base()}")
    out.write(target, "b64", value)


def _load(out: Writer, step: Instruction) -> None:
    kind, (target, address) = step.opcode[-1], step.operands
    parts = several(target)
    pointers = [out.point(step, address, place * BYTES[kind]) for place in range(len(parts))]
    # A register that is loaded may be that of the address.
    values = [out.emit(f"load {form_of(kind)}, ptr {pointer}, align 1") for pointer in pointers]
    for part, value in zip(parts, values, strict=True):
        out.write(part, kind, value)


def _store(out: Writer, step: Instruction) -> None:
    kind, (address, source) = step.opcode[-1], step.operands
    for place, part in enumerate(several(source)):
        value = out.read(part, kind)
        pointer = out.point(step, address, place * BYTES[kind])
        out.lines.append(f"store {form_of(kind)} {value}, ptr {pointer}, align 1")


def _add_at_once(out: Writer, step: Instruction) -> None:
    kind, (target, address, value) = step.opcode[-1], step.operands
    if "add" not in step.opcode or is_float(kind):
        raise unknown(step)
    told, pointer = out.read(value, kind), out.point(step, address)
    before = out.emit(f"atomicrmw add ptr {pointer}, {form_of(kind)} {told} seq_cst")
    out.write(target, kind, before)


def _compare(out: Writer, step: Instruction) -> None:
    _, name, *others, kind = step.opcode
    if others:
        raise unknown(step)
    target, *sources = step.operands
    left, right = (out.read(source, kind) for source in sources)
    if is_float(kind):
        told = f"fcmp {_COMPARED[name]}"
    elif name in {"eq", "ne"}:
        told = f"icmp {name}"
    else:
        told = f"icmp {'s' if is_signed(kind) else 'u'}{_UNSIGNED.get(name, name)}"
    out.write(target, "pred", out.emit(f"{told} {form_of(kind)} {left}, {right}"))


def _select(out: Writer, step: Instruction) -> None:
    kind, (target, first, second, chosen) = step.opcode[-1], step.operands
    form, flag = form_of(kind), out.read(chosen, "pred")
    told = f"{form} {out.read(first, kind)}, {form} {out.read(second, kind)}"
    out.write(target, kind, out.emit(f"select i1 {flag}, {told}"))


def _plain(whole: str, floats: str = "") -> Callable[[Writer, Instruction], None]:
    """Return what does an operation of two values that LLVM has too."""

    def work(out: Writer, step: Instruction) -> None:
        kind, (target, *sources) = step.opcode[-1], step.operands
        left, right = (out.read(source, kind) for source in sources)
        name = floats if is_float(kind) else whole
        out.write(target, kind, out.emit(f"{name} {form_of(kind)} {left}, {right}"))

    return work


def _multiply(out: Writer, step: Instruction) -> None:
    kind, (target, *sources) = step.opcode[-1], step.operands
    if not {"wide", "hi"} & set(step.opcode):
        _plain("mul", "fmul")(out, step)
        return
    bits, extend = bits_of(kind), "sext" if is_signed(kind) else "zext"
    left, right = (
        out.emit(f"{extend} i{bits} {out.read(source, kind)} to i{2 * bits}") for source in sources
    )
    value = out.emit(f"mul i{2 * bits} {left}, {right}")
    if "wide" in step.opcode:
        out.write(target, f"b{2 * bits}", value)
    else:
        high = out.emit(f"lshr i{2 * bits} {value}, {bits}")
        out.write(target, kind, out.emit(f"trunc i{2 * bits} {high} to i{bits}"))


def _multiply_and_add(out: Writer, step: Instruction) -> None:
    kind, (target, *sources) = step.opcode[-1], step.operands
    if "lo" not in step.opcode:
        raise unknown(step)
    left, right, more = (out.read(source, kind) for source in sources)
    value = out.emit(f"mul {form_of(kind)} {left}, {right}")
    out.write(target, kind, out.emit(f"add {form_of(kind)} {value}, {more}"))


def _fuse(out: Writer, step: Instruction) -> None:
    kind, (target, *sources) = step.opcode[-1], step.operands
    out.write(target, kind, out.call("fma", kind, *(out.read(source, kind) for source in sources)))


def _divide(out: Writer, step: Instruction) -> None:
    """Divide; by zero or beyond what there is all bits are ones, where this machine would stop."""
    name, kind, (target, *sources) = step.opcode[0], step.opcode[-1], step.operands
    form, (left, right) = form_of(kind), (out.read(source, kind) for source in sources)
    if is_float(kind):
        if "approx" in step.opcode or "full" in step.opcode:
            raise unknown(step)
        out.write(target, kind, out.emit(f"fdiv {form} {left}, {right}"))
        return
    bad = out.emit(f"icmp eq {form} {right}, 0")
    if is_signed(kind):
        least = out.emit(f"icmp eq {form} {left}, {-(2 ** (bits_of(kind) - 1))}")
        turned = out.emit(f"icmp eq {form} {right}, -1")
        bad = out.emit(f"or i1 {bad}, {out.emit(f'and i1 {least}, {turned}')}")
    safe = out.emit(f"select i1 {bad}, {form} 1, {form} {right}")
    sign = "s" if is_signed(kind) else "u"
    value = out.emit(f"{sign}{name} {form} {left}, {safe}")
    out.write(target, kind, out.emit(f"select i1 {bad}, {form} -1, {form} {value}"))


def _shift(out: Writer, step: Instruction) -> None:
    """Shift a number, which by its width or more is gone, or all sign."""
    kind, (target, source, distance) = step.opcode[-1], step.operands
    form, bits = form_of(kind), bits_of(kind)
    told, by = out.read(source, kind), out.read(distance, "u32")
    name = "shl" if step.opcode[0] == "shl" else "ashr" if is_signed(kind) else "lshr"
    far = out.emit(f"icmp uge i32 {by}, {bits}")
    near = out.emit(f"select i1 {far}, i32 {bits - 1}, i32 {by}")
    value = out.emit(f"{name} {form} {told}, {out.fit(near, 'i32', form)}")
    if name != "ashr":
        value = out.emit(f"select i1 {far}, {form} 0, {form} {value}")
    out.write(target, kind, value)


def _extreme(out: Writer, step: Instruction) -> None:
    """Take the less or the larger; of a number and what is none, the number."""
    name, kind, (target, *sources) = step.opcode[0], step.opcode[-1], step.operands
    told = [out.read(source, kind) for source in sources]
    whole = f"{'s' if is_signed(kind) else 'u'}{name}"
    out.write(target, kind, out.call(f"{name}imumnum" if is_float(kind) else whole, kind, *told))


def _complement(out: Writer, step: Instruction) -> None:
    kind, (target, source) = step.opcode[-1], step.operands
    out.write(target, kind, out.emit(f"xor {form_of(kind)} {out.read(source, kind)}, -1"))


def _negate(out: Writer, step: Instruction) -> None:
    kind, (target, source) = step.opcode[-1], step.operands
    form, told = form_of(kind), out.read(source, kind)
    name = f"fneg {form} {told}" if is_float(kind) else f"sub {form} 0, {told}"
    out.write(target, kind, out.emit(name))


def _size(out: Writer, step: Instruction) -> None:
    kind, (target, source) = step.opcode[-1], step.operands
    told, form = out.read(source, kind), form_of(kind)
    if is_float(kind):
        out.write(target, kind, out.call("fabs", kind, told))
        return
    below = out.emit(f"icmp slt {form} {told}, 0")
    negated = out.emit(f"sub {form} 0, {told}")
    out.write(target, kind, out.emit(f"select i1 {below}, {form} {negated}, {form} {told}"))


def _root(out: Writer, step: Instruction) -> None:
    kind, (target, source) = step.opcode[-1], step.operands
    if "approx" in step.opcode:
        raise unknown(step)
    out.write(target, kind, out.call("sqrt", kind, out.read(source, kind)))


def _reciprocal(out: Writer, step: Instruction) -> None:
    """Have the upper half of the bits where a device only comes near, and zeros below."""
    kind, (target, source) = step.opcode[-1], step.operands
    value = out.emit(f"fdiv {form_of(kind)} {literal(1.0)}, {out.read(source, kind)}")
    if "approx" in step.opcode:
        if kind != "f64":
            raise unknown(step)
        upper = out.emit(f"and i64 {out.fit(value, 'double', 'i64')}, {-(2**32)}")
        value = out.fit(upper, "i64", "double")
    out.write(target, kind, value)


def _convert(out: Writer, step: Instruction) -> None:
    *_, to, kind = step.opcode
    target, source = step.operands
    told, have, want = out.read(source, kind), form_of(kind), form_of(to)
    if is_float(kind):
        for word in set(step.opcode) & set(_ROUNDED):
            told = out.call(_ROUNDED[word], kind, told)
    if not is_float(kind) and not is_float(to):
        value = out.fit(told, have, want, signed=is_signed(kind))
    elif not is_float(kind):
        value = out.emit(f"{'sitofp' if is_signed(kind) else 'uitofp'} {have} {told} to {want}")
    elif not is_float(to):
        value = _whole_number(out, told, kind, to)
    elif have == want:
        value = told
    else:
        value = out.emit(f"{'fpext' if to == 'f64' else 'fptrunc'} {have} {told} to {want}")
    out.write(target, to, value)


def _whole_number(out: Writer, value: str, kind: str, to: str) -> str:
    """Return a float as the nearest whole number that there is; what is no number is the least."""
    have, want = form_of(kind), form_of(to)
    name = f"fpto{'s' if is_signed(to) else 'u'}i.sat.{want}.{kind}"
    out.declare(want, name, have)
    found = out.emit(f"call {want} @llvm.{name}({have} {value})")
    if bits_of(kind) == bits_of(to) == 32:
        return found
    none = out.emit(f"fcmp uno {have} {value}, {value}")
    return out.emit(f"select i1 {none}, {want} {-(2 ** (bits_of(to) - 1))}, {want} {found}")


WORK: dict[str, Callable[[Writer, Instruction], None]] = {
    "mov": _move,
    "cvta": _convert_address,
    "ld": _load,
    "st": _store,
    "atom": _add_at_once,
    "setp": _compare,
    "selp": _select,
    "add": _plain("add", "fadd"),
    "sub": _plain("sub", "fsub"),
    "and": _plain("and"),
    "or": _plain("or"),
    "xor": _plain("xor"),
    "mul": _multiply,
    "mad": _multiply_and_add,
    "fma": _fuse,
    "div": _divide,
    "rem": _divide,
    "shl": _shift,
    "shr": _shift,
    "min": _extreme,
    "max": _extreme,
    "not": _complement,
    "neg": _negate,
    "abs": _size,
    "sqrt": _root,
    "rcp": _reciprocal,
    "cvt": _convert,
}
