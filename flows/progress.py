"""Who hears of a run's progress: a bar on a terminal, structured lines otherwise."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from flows.run.meter import StepRecord

LOGGER = logging.getLogger("almanac")


class Listener(Protocol):
    """Hears of steps and of the chunks in them."""

    def started(self, step: str) -> None:
        """Note that a step has begun."""

    def planned(self, step: str, chunks: int) -> None:
        """Note how many chunks of work a step has."""

    def advanced(self, step: str, chunks: int = 1) -> None:
        """Note that chunks of a step are done."""

    def said(self, step: str, text: str) -> None:
        """Note what a step is at."""

    def finished(self, record: StepRecord) -> None:
        """Note that a step has ended."""


class LogListener:
    """One line of ``key=value`` pairs per event."""

    def started(self, step: str) -> None:
        """Log that a step has begun."""
        LOGGER.info("event=step_started step=%s", step)

    def planned(self, step: str, chunks: int) -> None:
        """Log how many chunks a step has."""
        LOGGER.info("event=step_planned step=%s chunks=%d", step, chunks)

    def advanced(self, step: str, chunks: int = 1) -> None:
        """Log that chunks are done."""
        LOGGER.info("event=chunks_done step=%s chunks=%d", step, chunks)

    def said(self, step: str, text: str) -> None:
        """Log what a step is at."""
        LOGGER.info("event=step_note step=%s note=%r", step, text)

    def finished(self, record: StepRecord) -> None:
        """Log what a step took."""
        LOGGER.info(
            "event=step_finished step=%s seconds=%.2f peak_memory_mb=%.0f entities=%d "
            "chunks=%d reused_chunks=%d",
            record.step,
            record.seconds,
            record.peak_memory_mb,
            record.entities,
            record.chunks,
            record.reused_chunks,
        )


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


def listener() -> Listener:
    """Return who listens to this run."""
    return _LISTENER.get() or LogListener()


@contextmanager
def listening(hears: Listener) -> Iterator[None]:
    """Let ``hears`` listen to the runs in this block."""
    token = _LISTENER.set(hears)
    try:
        yield
    finally:
        _LISTENER.reset(token)
