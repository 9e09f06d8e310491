"""Why a run ends early, and the exit code that says so."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    DONE = 0
    DONE_WITH_FAILURES = 1
    REFUSED = 2
    FAILED = 3


class AlmanacError(Exception):
    """A night that ends early; the message is one sentence for the user."""

    exit_code = ExitCode.FAILED


class JobRefusedError(AlmanacError):
    """The job spec, or something it names, cannot be used; nothing was written."""

    exit_code = ExitCode.REFUSED


class FailureThresholdError(AlmanacError):
    """More entities failed than the job allows; nothing was published."""


class IdentityError(AlmanacError):
    """Entities in are not published + rejected + failed; nothing was published."""
