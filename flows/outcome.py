"""How a run ended."""

from dataclasses import dataclass

from flows.errors import ExitCode


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Parameters
    ----------
    run_id : the run
    exit_code : what the command exits with
    report : path of its page, see `flows.steps.page.page_of`
    already_published : whether the same run was published before, so nothing was done
    failed : entities that failed
    rejected : entities that were rejected whole
    rejected_rows : rows of inputs that were rejected
    notices : what the checks had to say of the run as a whole, and of parts that failed
    """

    run_id: str
    exit_code: ExitCode
    report: str
    already_published: bool = False
    failed: int = 0
    rejected: int = 0
    rejected_rows: int = 0
    notices: tuple[str, ...] = ()
