"""What the Prefect UI shows of a run: progress, a table of results, a summary."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.run import Run, StepRecord
from flows.steps.settle import Settlement
from reports.wording import plural

# An update is a call to the server; more than these would cost more than they tell.
UPDATES = 20


class ProgressArtifact:
    """A progress bar in the UI, updated a bounded number of times."""

    def __init__(self, step: str, chunks: int) -> None:
        self._chunks = chunks
        self._done = 0
        self._shown = 0
        self._artifact = cast(
            "UUID",
            create_progress_artifact(
                progress=0.0, description=f"{step}: {plural(chunks, 'chunk')}"
            ),
        )

    def advance(self) -> None:
        """Count one chunk as done."""
        self._done += 1
        mark = self._done * UPDATES // self._chunks
        if mark > self._shown or self._done == self._chunks:
            self._shown = mark
            update_progress_artifact(
                artifact_id=self._artifact, progress=100.0 * self._done / self._chunks
            )


def show_results(run: Run, settlement: Settlement, steps: Sequence[StepRecord], page: Path) -> None:
    """Put the run's results into the UI: a table of the identity, and a summary."""
    identity = [
        {str(name): value for name, value in row.items()}
        for row in settlement.entities.to_dict("records")
    ]
    create_table_artifact(
        table=identity,
        key=artifact_key(run, "entities"),
        description=f"{run.run_id}: entities in = published + rejected + failed",
    )
    create_markdown_artifact(
        markdown=summary(run, settlement, steps, page),
        key=artifact_key(run, "summary"),
        description=f"Summary of {run.run_id}",
    )


def artifact_key(run: Run, kind: str) -> str:
    """Return the key under which the UI keeps the history of one artifact of a job."""
    return f"almanac-{run.job.name.replace('_', '-')}-{kind}"


def summary(run: Run, settlement: Settlement, steps: Sequence[StepRecord], page: Path) -> str:
    """Return Markdown on the run, with where its page is."""
    lines = [
        f"# {run.job.name}, {run.as_of:%d %B %Y}",
        "",
        f"Run `{run.run_id}` on {run.device_words}. Report `{page}` · store `{run.store_url}`",
        "",
        "| input | in | published | rejected | failed |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row.input} | {row.entities_in:,} | {row.published:,} | {row.rejected:,} "
        f"| {row.failed:,} |"
        for row in settlement.entities.itertuples()
    ]
    lines += ["", "| step | seconds | peak memory, MiB |", "| --- | ---: | ---: |"]
    lines += [
        f"| {step.step} | {step.seconds:.1f} | {step.peak_memory_mb:,.0f} |" for step in steps
    ]
    return "\n".join(lines)
