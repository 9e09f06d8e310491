"""Text as DuckDB reads it: in UTF-8, and not compressed."""

import codecs
import errno
import gzip
import io
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from storage.errors import InputRefusedError
from storage.inputs.source import UTF_8, InputSource
from storage.sql import first_line

_GZIP = b"\x1f\x8b"
# What text begins with tells its encoding, whatever a job names; UTF-32's begins with UTF-16's.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: UTF_8,
}
# Where latin-1 has nothing to show, Windows has signs of its own.
_LATIN_1, _WINDOWS = "iso8859-1", re.compile("[\x80-\x9f]")
_CHARACTERS = 2**20
_Read = TypeVar("_Read")


class LineEndsError(InputRefusedError):
    """A file's rows end in two ways, LF and CRLF; a copy of it with one can be read."""


def read_plainly(
    source: InputSource, read: Callable[[InputSource], _Read], *, beginning: bool = False
) -> _Read:
    """Return what ``read`` makes of a source's `plain_files`, which have one line end.

    Whether a file has another one far down is seen when it is read, and no sooner: looking for it
    would cost every night what few need.
    """
    try:
        with plain_files(source, beginning=beginning) as plain:
            return read(plain)
    except LineEndsError:
        with plain_files(source, beginning=beginning, one_line_end=True) as plain:
            return read(plain)


@contextmanager
def plain_files(
    source: InputSource, *, beginning: bool = False, one_line_end: bool = False
) -> Iterator[InputSource]:
    """Yield a source with a copy in UTF-8 of each text file that is compressed or in another one.

    Copies have the names of the files, and go when the block ends.

    Parameters
    ----------
    source : of files
    beginning : whether a copy has the first rows alone, where a file is long
    one_line_end : whether every text file is copied, and its rows end in LF; line ends in quotes
        are left

    Raises
    ------
    InputRefusedError
        Where a file is not text in its encoding, or its compressed data are damaged.
    OSError
        Where the disk has no room for a copy.
    """
    with tempfile.TemporaryDirectory(prefix="almanac-text-") as name:
        folders = (Path(name) / str(number) for number in range(len(source.paths)))
        pairs = zip(source.paths, folders, strict=True)
        plain = (
            _plain(source, *pair, beginning=beginning, one_line_end=one_line_end) for pair in pairs
        )
        yield replace(source, paths=tuple(plain))


def unreadable(source: InputSource, path: Path, reason: str) -> InputRefusedError:
    """Return the refusal of a file that cannot be read."""
    return InputRefusedError(f"inputs.{source.table}: {path.name} cannot be read ({reason})")


def _plain(
    source: InputSource, path: Path, folder: Path, *, beginning: bool, one_line_end: bool
) -> Path:
    """Return a file, or its copy in ``folder`` where DuckDB would not read it as it is."""
    if path.suffix.lower() == ".parquet" or not path.is_file():
        return path
    encoding = source.encoding
    try:
        with path.open("rb") as bare:
            packed = bare.read(len(_GZIP)) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            start = file.read(4)
            marked = (name for mark, name in _MARKS.items() if start.startswith(mark))
            encoding = codecs.lookup(next(marked, source.encoding)).name
            if encoding == UTF_8 and not (packed or one_line_end):
                return path
            file.seek(0)
            folder.mkdir()
            copied = _texts(file, encoding, beginning=beginning)
            _write(folder / path.name, _with_one_line_end(copied) if one_line_end else copied)
    except UnicodeError as error:
        raise unreadable(source, path, _not_in(encoding)) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise unreadable(source, path, "its compressed data are damaged or cut short") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise unreadable(source, path, first_line(error)) from error
    return folder / path.name


def _write(target: Path, texts: Iterable[str]) -> None:
    with target.open("w", encoding=UTF_8, newline="") as copy:
        for text in texts:
            copy.write(text)


def _texts(
    file: gzip.GzipFile | io.BufferedReader, encoding: str, *, beginning: bool
) -> Iterator[str]:
    with io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        while characters := text.read(_CHARACTERS):
            if encoding == _LATIN_1 and _WINDOWS.search(characters):
                raise UnicodeError
            rows = _whole_rows(characters) if beginning and len(characters) == _CHARACTERS else ""
            yield rows or characters
            if rows:
                return
            # A row that is longer than that: the rest is not at the beginning of one.
            beginning = False


def _with_one_line_end(texts: Iterable[str]) -> Iterator[str]:
    held, in_quotes = "", False
    for text in texts:
        # Half of a line end waits for the other.
        whole = held + text
        held = "\r" if whole.endswith("\r") else ""
        parts = whole.removesuffix("\r").split('"')
        for part in range(in_quotes, len(parts), 2):
            parts[part] = parts[part].replace("\r\n", "\n")
        in_quotes ^= len(parts) % 2 == 0
        yield '"'.join(parts)
    yield held


def has_both_line_ends(path: Path) -> bool:
    """Return whether some rows of a file end in LF and others in CRLF."""
    lines, windows, in_quotes = 0, 0, False
    with path.open("rb") as file:
        while text := file.read(_CHARACTERS) + file.readline():
            parts = text.split(b'"')
            lines += sum(part.count(b"\n") for part in parts[in_quotes::2])
            windows += sum(part.count(b"\r\n") for part in parts[in_quotes::2])
            in_quotes ^= len(parts) % 2 == 0
    return 0 < windows < lines


def _whole_rows(text: str) -> str:
    """Return the rows that end in ``text``: a line end in quotes is none of a row."""
    stop = text.rfind("\n") + 1
    while text.count('"', 0, stop) % 2:
        stop = text.rfind("\n", 0, stop - 1) + 1
    return text[:stop]


def _not_in(encoding: str) -> str:
    if encoding == _LATIN_1:
        return (
            "it is not latin-1 text: Windows has other signs, such as €; where it is from there, "
            'set encoding = "cp1252"'
        )
    return not_utf_8() if encoding == UTF_8 else f"it is not {encoding} text"


def not_utf_8() -> str:
    """Return what to do with text that is not UTF-8."""
    return (
        "it is not UTF-8 text; save it as UTF-8, or name what it is, as "
        'encoding = "cp1252", which is that of Windows in Western Europe'
    )
