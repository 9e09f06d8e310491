"""One process at a time at a run."""

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from flows.errors import RunBusyError
from flows.run.context import Run


@contextmanager
def holding(run: Run) -> Iterator[None]:
    """Hold the run for this process.

    The lock is the operating system's and ends with its process, however that ends: a run that
    was killed never bars the next one. What the file says only serves the message.

    Raises
    ------
    RunBusyError
        Where another process, or another thread of this one, holds the run.
    """
    path = run.staging.folder / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunBusyError(
                f"run {run.run_id} is being done by {_holder(file)}; wait until it ends, or stop it"
            ) from error
        _name_holder(file)
        yield


def _name_holder(file: TextIO) -> None:
    file.seek(0)
    file.truncate()
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    json.dump({"process": os.getpid(), "machine": platform.node(), "since": since}, file)
    file.flush()


def _holder(file: TextIO) -> str:
    file.seek(0)
    try:
        holder = json.loads(file.read())
        return f"process {holder['process']} on {holder['machine']} since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
