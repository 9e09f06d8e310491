"""The manifest of a Parquet folder: which files count. It is replaced in one step."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from storage.errors import TerminalStoreError


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

    def stands_for(self, other: "Entry") -> bool:
        """Return whether both are the same rows of the same run, wherever they are."""
        own = (self.table, self.as_of, self.job, self.run_id, self.sha256)
        return own == (other.table, other.as_of, other.job, other.run_id, other.sha256)


@dataclass(frozen=True)
class Manifest:
    """The files that count.

    Parameters
    ----------
    entries : one for each file
    number : how often the manifest has been replaced, where the folder counts
    """

    entries: tuple[Entry, ...] = ()
    number: int = 0


def as_text(entries: Iterable[Entry]) -> str:
    """Return a manifest's text; the same files are the same text."""
    return json.dumps({"files": [asdict(entry) for entry in sorted(entries)]}, indent=1)


def from_text(text: str | bytes, place: str) -> tuple[Entry, ...]:
    """Return the files that a manifest's text names.

    Raises
    ------
    TerminalStoreError
        Where the text is not a manifest; the message starts with ``place``.
    """
    try:
        return tuple(Entry(**fields) for fields in json.loads(text)["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise TerminalStoreError(f"{place} is damaged") from error


def checksum(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()
