"""What is told of a run at its end."""

from collections.abc import Iterator
from pathlib import Path

from flows.outcome import Outcome
from flows.run import Run
from flows.steps.page import other_job_at


def told_of(run: Run, outcome: Outcome) -> Iterator[str]:
    """Yield how the run ended and where its results are, a line each."""
    yield _ended(outcome)
    if outcome.rejected_rows or outcome.rejected:
        yield (
            f"Of its inputs {outcome.rejected_rows:,} rows were rejected, and {outcome.rejected:,} "
            "entities whole: each is a row of `rejects`."
        )
    for notice in outcome.notices:
        yield f"Note: {notice}."
    yield f"  report  {_told_page(run, outcome)}"
    yield f"  store   {run.store_url}"


def _ended(outcome: Outcome) -> str:
    if outcome.already_published:
        return (
            f"Run {outcome.run_id} is published already: the same job, inputs, code and night. "
            "Nothing to do."
        )
    if outcome.failed:
        return (
            f"Run {outcome.run_id} is published; {outcome.failed} entities failed "
            f"(`almanac retry {outcome.run_id}` tries them again)."
        )
    return f"Run {outcome.run_id} is published."


def _told_page(run: Run, outcome: Outcome) -> str:
    """Return where a run's page is, and why not at the job's report."""
    page = Path(outcome.report)
    other = other_job_at(run.report, run)
    whose = "a later night" if other is None else f"job {other!r}"
    told = [] if page == run.report else [f"{run.report.name} is that of {whose}"]
    told += [] if page.exists() else [f"not there; `almanac report {run.run_id}` writes it"]
    return f"{page} ({'; '.join(told)})" if told else str(page)
