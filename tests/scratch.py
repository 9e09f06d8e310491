"""Folders that last as long as the tests."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

# What ends with the session, the last first: a server stops before its folder goes.
UNTIL_END = ExitStack()


def folder_until_end(name):
    """Make a folder that goes when the session ends."""
    folder = TemporaryDirectory(prefix=f"almanac-{name}-", ignore_cleanup_errors=True)
    return Path(UNTIL_END.enter_context(folder))
