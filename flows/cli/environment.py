"""How Prefect behaves under the command line, unless the user says otherwise."""

import os

_DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "almanac",
}


def prepare_prefect(*, quiet: bool) -> None:
    """Set Prefect's defaults; call it before Prefect is imported.

    Parameters
    ----------
    quiet : whether a progress bar owns the terminal, so that log lines stay out of it
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    if quiet:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
