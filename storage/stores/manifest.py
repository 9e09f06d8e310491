"""The manifest of a Parquet folder: which files count. It is replaced in one step."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from storage.errors import StoreBusyError, TerminalStoreError

NAME = "manifest.json"


@dataclass(frozen=True, order=True)
class Entry:
    """One file that counts.

    Parameters
    ----------
    table, as_of, job, run_id : whose rows it has; `as_of` as year-month-day
    file : path within the folder
    sha256 : checksum of the file
    """

    table: str
    as_of: str
    job: str
    run_id: str
    file: str
    sha256: str


def read_manifest(folder: Path) -> list[Entry]:
    """Return the files that count; none where nothing has been published.

    Raises
    ------
    TerminalStoreError
        Where the manifest is not one.
    """
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        return [Entry(**fields) for fields in json.loads(text)["files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise TerminalStoreError(f"store {folder}: {NAME} is damaged") from error


def replace_manifest(folder: Path, entries: Sequence[Entry]) -> None:
    """Make ``entries`` the files that count; a crash leaves the former ones."""
    temporary = folder / f".{NAME}"
    with temporary.open("w", encoding="utf-8") as file:
        json.dump({"files": [asdict(entry) for entry in sorted(entries)]}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / NAME)
    sync(folder)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold the folder for one writer; readers need no lock.

    Raises
    ------
    StoreBusyError
        Where another process is publishing to it.
    """
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusyError(
                f"store {folder}: another process is publishing to it; try again"
            ) from error
        yield


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def checksum(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
