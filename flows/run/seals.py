"""Seals: checksums of files that belong together, written last, and what no longer fits them."""

from collections.abc import Iterable
from pathlib import Path

from flows.run.staging import checksum, holds, read_json, write_json


def seal_files(seal: Path, files: Iterable[Path]) -> None:
    """Write the checksums of files below the seal's folder to ``seal``."""
    write_json(seal, {path.relative_to(seal.parent).as_posix(): checksum(path) for path in files})


def torn_files(seal: Path) -> list[Path]:
    """Return the sealed files that are gone or torn; the seal itself where it is not whole."""
    try:
        known = dict(read_json(seal))
    except (FileNotFoundError, ValueError, TypeError):
        return [seal]
    return [path for name in known if not holds(path := seal.parent / name, known[name])]
