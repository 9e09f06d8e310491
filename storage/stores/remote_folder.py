"""A folder on any file system of fsspec: writers that meet see each other by the manifest's number.

An object store has no lock and no rename. Each manifest has a number in its name and is created
only where no object of that name is there; the highest number counts. Of two writers that follow
the same manifest one creates the next, and the other is told that the store is busy. Every file
carries the number of the manifest it was written for, so that once this is there the file
either counts or never will, and can be removed.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import fsspec

from storage.errors import StoreBusyError, StoreError, TerminalStoreError, TransientStoreError
from storage.sql import first_line
from storage.stores.manifest import Entry, Manifest, as_text, from_text

_MANIFEST = re.compile(r"manifest-(\d{12})\.json")
_WRITTEN_FOR = re.compile(r"-(\d{12})\.parquet$")
# Answers of HTTP that may be another one later: https://cloud.google.com/storage/docs/retry-strategy
_STATUS_THAT_PASSES = {408, 429, 500, 502, 503, 504}


class RemoteFolder:
    """A folder at a URL, such as "gs://bucket/nights".

    Parameters
    ----------
    url : of any file system of fsspec that writes a file in one step, and one only where none
        is yet (``pipe_file(mode="create")``), as object stores do
    fs : the file system, where the URL does not say enough

    Raises
    ------
    TerminalStoreError
        Where there is no file system of that kind, or its package is not installed.
    """

    def __init__(self, url: str, fs: Any = None) -> None:  # noqa: ANN401 - fsspec has no types
        self._url = url.rstrip("/")
        try:
            found, root = fsspec.core.url_to_fs(self._url)
        except (ImportError, ValueError) as error:
            raise TerminalStoreError(f"store {self._url}: {first_line(error)}") from error
        self._fs = fs or found
        self._root = root.rstrip("/")

    def __str__(self) -> str:
        return self._url

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold nothing: `replace` finds out whether another one was first."""
        yield

    def manifest(self) -> Manifest:
        """Return what the manifest of the highest number names."""
        number = max(self._numbers(), default=0)
        while number:
            try:
                text = self._call("cat_file", self._manifest(number))
            except FileNotFoundError:
                # A later one has taken its place, and it was removed.
                later = max(self._numbers(), default=0)
                if later <= number:
                    raise self._lost(number) from None
                number = later
            else:
                name = f"store {self}: {_name(number)}"
                return Manifest(from_text(text, name), number)
        return Manifest()

    def name_of(self, stem: str, manifest: Manifest) -> str:
        """Return a name with the number of the manifest that the file is written for."""
        return f"{stem}-{manifest.number + 1:012d}.parquet"

    def put(self, written: Path, file: str) -> None:
        """Write a file in one step."""
        self._call("pipe_file", f"{self._root}/{file}", written.read_bytes())

    def read(self, file: str) -> bytes:
        """Return a file's content."""
        return bytes(self._call("cat_file", f"{self._root}/{file}"))

    def replace(self, manifest: Manifest, entries: Iterable[Entry]) -> None:
        """Create the next manifest, where no other writer has."""
        number = manifest.number + 1
        path, text = self._manifest(number), as_text(entries).encode()
        try:
            self._call("pipe_file", path, text, mode="create")
        except FileExistsError:
            # An answer may be lost after the object was made: then it is ours.
            if self._call("cat_file", path) != text:
                raise self._busy() from None
        if max(self._numbers()) > number:
            # Others went on while this one wrote, and had removed the one that it met.
            raise self._busy()

    def sweep(self, manifest: Manifest) -> None:
        """Remove earlier manifests, and files written for them or this one that do not count."""
        counting = {entry.file for entry in manifest.entries}
        for path in self._call("find", self._root):
            file = str(path).removeprefix(f"{self._root}/")
            old = _MANIFEST.fullmatch(file)
            of = _WRITTEN_FOR.search(file)
            superseded = old is not None and int(old[1]) < manifest.number
            never = of is not None and int(of[1]) <= manifest.number and file not in counting
            if superseded or never:
                with suppress(FileNotFoundError):
                    self._call("rm_file", path)

    def _manifest(self, number: int) -> str:
        return f"{self._root}/{_name(number)}"

    def _numbers(self) -> list[int]:
        """Return the numbers of the manifests that are there."""
        try:
            # A listing from before another writer's manifest would hide it.
            self._fs.invalidate_cache()
            paths = self._call("ls", self._root, detail=False)
        except FileNotFoundError:
            return []
        names = (_MANIFEST.fullmatch(str(path).rpartition("/")[2]) for path in paths)
        return [int(name[1]) for name in names if name]

    def _busy(self) -> StoreBusyError:
        return StoreBusyError(f"store {self}: another process published to it; try again")

    def _lost(self, number: int) -> TerminalStoreError:
        return TerminalStoreError(f"store {self}: {_name(number)} is listed and not there")

    def _call(self, name: str, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - fsspec
        """Call the file system; its faults become ours, but for a file's absence or presence."""
        try:
            return getattr(self._fs, name)(*arguments, **named)
        except (FileNotFoundError, FileExistsError):
            raise
        except Exception as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> StoreError:
        """Return an error of some file system's client as ours; each has types of its own."""
        said = f"store {self}: {first_line(error)}"
        if isinstance(error, TimeoutError | ConnectionError) or _passes(error):
            return TransientStoreError(said)
        return TerminalStoreError(said)


def _name(number: int) -> str:
    return f"manifest-{number:012d}.json"


def _passes(error: Exception) -> bool:
    """Return whether an HTTP client's error may pass; clients share no type, but these names."""
    status = getattr(error, "code", getattr(error, "status", None))
    if str(status).isdecimal():
        return int(str(status)) in _STATUS_THAT_PASSES
    # Connections that break or cannot be made have no status, in aiohttp and in requests.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return not kinds.isdisjoint({"ClientConnectionError", "ConnectionError"})
