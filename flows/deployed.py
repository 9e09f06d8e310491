"""What the page of a run shows where a worker does it, for there is no terminal."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefect.logging.handlers import APILogHandler
from prefect.runtime import deployment, flow_run

from flows.compiling import noting_compilation
from flows.outcome import Outcome
from flows.progress import LOGGER, LogListener, listening
from flows.run import Run, night_of
from flows.told import told_of


def name_of_night() -> str:
    """Return what the page of a night is called: its job, its night, and its side if but one."""
    job, only = (flow_run.parameters[name] for name in ("job", "only"))
    night = f"{job.name} {night_of(job)}"
    return night if only is None else f"{night} {only}"


def name_of_part() -> str:
    """Return what the page of a part of a night is called: its run."""
    return Path(flow_run.parameters["run_uri"]).name


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
