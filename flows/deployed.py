"""What the page of a run shows where a worker does it, for there is no terminal."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.logging.handlers import APILogHandler
from prefect.runtime import deployment

from flows.compiling import noting_compilation
from flows.outcome import Outcome
from flows.progress import LOGGER, LogListener, listening
from flows.run import Run
from flows.told import told_of


@contextmanager
def heard_by_server() -> Iterator[None]:
    """Send the lines of a run to its page; the command line has a listener of its own."""
    if deployment.id is None:
        yield
        return
    LOGGER.setLevel(logging.INFO)
    # A worker that we started has it by PREFECT_LOGGING_EXTRA_LOGGERS.
    if not any(isinstance(handler, APILogHandler) for handler in LOGGER.handlers):
        LOGGER.addHandler(APILogHandler())
    with noting_compilation(LogListener()) as hears, listening(hears):
        yield


def tell_server(run: Run, outcome: Outcome) -> None:
    """Tell the page of a run how it ended; the command line says so itself."""
    if deployment.id is not None:
        for line in told_of(run, outcome):
            LOGGER.info("%s", line.strip())
