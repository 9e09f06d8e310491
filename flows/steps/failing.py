"""Failures as values: one bad chunk never stops a night."""

import logging
from collections.abc import Callable, Sequence

from flows.run import ChunkWork, Failed
from storage.stores import TransientStoreError

LOGGER = logging.getLogger("almanac")

# A fault of the machine may pass; the task is tried again rather than its entities given up.
TRANSIENT = (OSError, MemoryError, TransientStoreError)


def guarded(
    table: str, stage: str, entities: Sequence[str], work: Callable[[], ChunkWork]
) -> ChunkWork:
    """Do ``work``; where it raises, every entity of the chunk is a recorded failure.

    Parameters
    ----------
    table : the input the entities came in by
    stage : where a failure happened
    entities : the chunk's entities
    work : what to do

    Raises
    ------
    OSError, MemoryError, TransientStoreError
        As they are: the task is retried.
    """
    try:
        return work()
    except TRANSIENT:
        raise
    except Exception as error:
        LOGGER.exception("event=chunk_failed stage=%s entities=%d", stage, len(entities))
        failure = (stage, type(error).__name__, str(error) or "no message")
        return ChunkWork({}, [Failed(table, entity, *failure) for entity in entities])
