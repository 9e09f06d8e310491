"""Failures as values: one bad chunk never stops a night."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import duckdb

from flows.errors import MachineError
from flows.run import ChunkWork, Failed, Run
from storage.sql import first_line
from storage.stores import TransientStoreError

LOGGER = logging.getLogger("almanac")

# Faults of the machine, such as a full disk.
MACHINE = (OSError, MemoryError, duckdb.IOException, duckdb.OutOfMemoryException)
# They may pass; the task is tried again rather than its entities given up.
TRANSIENT = (*MACHINE, TransientStoreError)


def guarded(
    table: str, stage: str, entities: Callable[[], Sequence[str]], work: Callable[[], ChunkWork]
) -> ChunkWork:
    """Do ``work``; where it raises, every entity of the chunk is a recorded failure.

    Parameters
    ----------
    table : the input the entities came in by
    stage : where a failure happened
    entities : names the chunk's entities
    work : what to do

    Raises
    ------
    OSError, MemoryError, duckdb.IOException, duckdb.OutOfMemoryException, TransientStoreError
        As they are: the task is retried.
    """
    try:
        return work()
    except TRANSIENT:
        raise
    except Exception as error:
        failed = entities()
        LOGGER.exception("event=chunk_failed stage=%s entities=%d", stage, len(failed))
        failure = (stage, type(error).__name__, str(error) or "no message")
        return ChunkWork({}, [Failed(table, entity, *failure) for entity in failed])


@contextmanager
def machine_faults_named(run: Run) -> Iterator[None]:
    """Turn a fault of the machine into one sentence.

    Raises
    ------
    MachineError
        Where the disk is full or cannot be written, or there is no memory left.
    """
    try:
        yield
    except MACHINE as error:
        reason = first_line(error) if str(error) else type(error).__name__
        raise MachineError(
            f"run {run.run_id} was stopped by this machine: {reason}; what is finished is kept: "
            "put it right, and start the same run again"
        ) from error
