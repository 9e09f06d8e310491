"""Why a run ends early, and the exit code that says so."""

from collections.abc import Sequence
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


class ModelsRefusedError(JobRefusedError):
    """Stored models are gone, torn, or another job's; no night takes them."""


class RunBusyError(AlmanacError):
    """Another process is at this very run; this one did nothing."""

    exit_code = ExitCode.REFUSED


class MachineError(AlmanacError):
    """The machine stopped the run: a full disk, no memory; finished chunks are kept."""


class TornRunError(AlmanacError):
    """What the run wrote is no longer what it wrote; nothing was published."""


class FailureThresholdError(AlmanacError):
    """More entities failed than the job allows; nothing was published."""


class IdentityError(AlmanacError):
    """Entities in are not published + rejected + failed; nothing was published."""


def told_together(what: str, reasons: Sequence[str]) -> str:
    """Return a reason as it is; several as their count, of ``what``, and a line each."""
    if len(reasons) == 1:
        return reasons[0]
    return "\n".join([f"{len(reasons)} {what}:", *reasons]).replace("\n", "\n  ")
