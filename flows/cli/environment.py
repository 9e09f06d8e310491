"""How Prefect behaves under the command line, unless the user says otherwise."""

import logging
import os
from typing import Literal

from flows.errors import AlmanacError
from storage.errors import StorageError

_DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "almanac",
    # Some of our lines are of no flow, as those of the page's step.
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}


def prepare_prefect(level: Literal["INFO", "WARNING", "ERROR"]) -> None:
    """Set Prefect's defaults; call it before Prefect is imported.

    Parameters
    ----------
    level : from which Prefect's own log lines are shown
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", level)


class _KnownErrors(logging.Filter):
    """Keeps the tracebacks of errors that the command says in one sentence off the console."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, (AlmanacError, StorageError))


def drop_known_tracebacks() -> None:
    """Leave tracebacks of our own errors to Prefect's server; call it once Prefect is there.

    The root's handlers are held to it too: Prefect's loggers pass their lines on to them.
    """
    for name in (None, "prefect", "prefect.flow_runs", "prefect.task_runs"):
        for handler in logging.getLogger(name).handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.addFilter(_KnownErrors())
