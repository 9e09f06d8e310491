"""A folder on this machine's disk: one writer at a time, held by a lock."""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import StoreBusyError, TerminalStoreError
from storage.stores.manifest import Entry, Manifest, as_text, from_text

NAME = "manifest.json"


class LocalFolder:
    """A folder whose manifest is renamed into place.

    Parameters
    ----------
    path : the folder; it is made where it does not exist

    Raises
    ------
    TerminalStoreError
        Where it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TerminalStoreError(f"store {path}: {error.strerror}") from error

    def __str__(self) -> str:
        return str(self._path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder by a lock, which goes with the process."""
        try:
            with (self._path / ".lock").open("w", encoding="utf-8") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise StoreBusyError(
                        f"store {self}: another process is publishing to it; try again"
                    ) from error
                yield
        except OSError as error:
            raise TerminalStoreError(f"store {self}: {error.strerror}") from error

    def manifest(self) -> Manifest:
        """Return what `manifest.json` names."""
        try:
            text = (self._path / NAME).read_bytes()
        except FileNotFoundError:
            return Manifest()
        return Manifest(from_text(text, f"store {self}: {NAME}"))

    def name_of(self, stem: str, manifest: Manifest) -> str:  # noqa: ARG002 - only one writes
        """Return the name of a file."""
        return f"{stem}.parquet"

    def put(self, written: Path, file: str) -> None:
        """Copy a file beside its place, and rename it there once it is on the disk."""
        final = self._path / file
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary = final.with_name(f".{final.name}")
        shutil.copyfile(written, temporary)
        _sync(temporary)
        temporary.replace(final)
        _sync(final.parent)

    def read(self, file: str) -> bytes:
        """Return a file's content."""
        return (self._path / file).read_bytes()

    def replace(self, manifest: Manifest, entries: Iterable[Entry]) -> None:  # noqa: ARG002 - held
        """Rename a new manifest into place once it is on the disk."""
        temporary = self._path / f".{NAME}"
        temporary.write_text(as_text(entries), encoding="utf-8")
        _sync(temporary)
        temporary.replace(self._path / NAME)
        _sync(self._path)

    def sweep(self, manifest: Manifest) -> None:
        """Remove files that do not count, crashed publications' among them."""
        counting = {self._path / entry.file for entry in manifest.entries}
        for path in self._path.glob("*/as_of=*/job=*/*"):
            if path not in counting:
                path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
