"""What a Parquet store asks of the folder it is in."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from storage.stores.manifest import Entry, Manifest


class Folder(Protocol):
    """A folder of files and one manifest, which is replaced in one step."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold the folder for one writer, where it can be held; readers need nothing.

        Raises
        ------
        StoreBusyError
            Where another process is publishing to it.
        """

    def manifest(self) -> Manifest:
        """Return which files count; none where nothing has been published.

        Raises
        ------
        TerminalStoreError
            Where the manifest is not one.
        """

    def name_of(self, stem: str, manifest: Manifest) -> str:
        """Return the name of a file that is written to follow ``manifest``."""

    def put(self, written: Path, file: str) -> None:
        """Make a local file that is whole a file of the folder."""

    def read(self, file: str) -> bytes:
        """Return a file's content.

        Raises
        ------
        FileNotFoundError
            Where it is not there.
        """

    def replace(self, manifest: Manifest, entries: Iterable[Entry]) -> None:
        """Make ``entries`` the files that count, in the place of ``manifest``; a crash leaves that.

        Raises
        ------
        StoreBusyError
            Where another one has taken its place meanwhile.
        """

    def sweep(self, manifest: Manifest) -> None:
        """Remove files that do not count, and that nobody is about to make count."""
