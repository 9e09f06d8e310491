"""Running a job from the command line, and saying how it went."""

import logging
import sys

from rich.console import Console

from flows.cli.environment import drop_known_tracebacks, prepare_prefect
from flows.cli.terminal import TerminalListener
from flows.errors import ExitCode, JobRefusedError
from flows.outcome import Outcome
from flows.progress import LogListener, listening
from flows.run import Run, forget_failed, holding, is_retrying, prepare_run
from flows.spec import JobSpec, Side
from flows.steps.collect import inspect_sources
from flows.steps.page import page_of
from flows.steps.publish import is_finished
from flows.told import told_of


def run_job(job: JobSpec, only: Side | None, console: Console) -> ExitCode:
    """Run a job, unless this very night was published before; say how it ended."""
    run = prepare_run(job, only)
    if is_finished(run):
        outcome = Outcome(run.run_id, ExitCode.DONE, str(page_of(run)), already_published=True)
    else:
        inspect_sources(run)
        # The night is fixed here: midnight may pass before the flow starts.
        outcome = _run_flow(job.model_copy(update={"as_of": run.as_of}), only, console)
    say_outcome(run, outcome, console)
    return outcome.exit_code


def _run_flow(job: JobSpec, only: Side | None, console: Console, *, again: bool = False) -> Outcome:
    interactive = console.is_terminal
    prepare_prefect("ERROR" if interactive else "WARNING")
    if not interactive:
        logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
        logging.getLogger("almanac").setLevel(logging.INFO)
        console.print("starting Prefect …")
    with console.status("Starting Prefect …"):
        from flows.cli.ahead import compiling_ahead  # noqa: PLC0415 - loads pandas
        from flows.compiling import noting_compilation  # noqa: PLC0415 - loads the compiler
        from flows.nightly import nightly  # noqa: PLC0415 - the environment comes first
    drop_known_tracebacks()
    ahead = compiling_ahead(job.restricted(only))
    if not interactive:
        with ahead, noting_compilation(LogListener()) as hears, listening(hears):
            return nightly(job, only, again)
    with (
        ahead,
        TerminalListener(console) as terminal,
        noting_compilation(terminal) as hears,
        listening(hears),
    ):
        return nightly(job, only, again)


def rerun(run: Run, console: Console) -> ExitCode:
    """Do what failed in ``run`` again, and publish the whole run."""
    job = run.job.model_copy(update={"as_of": run.as_of})
    refuse_changed(run, job)
    with holding(run):
        forgotten = forget_failed(run)
    if not forgotten.chunks and not is_retrying(run):
        console.print(f"Nothing failed in run [bold]{run.run_id}[/]; nothing to retry.")
        return ExitCode.DONE
    what = "what an interrupted retry left"
    if forgotten.entities:
        entities = "1 entity" if forgotten.entities == 1 else f"{forgotten.entities:,} entities"
        chunks = "1 chunk" if forgotten.chunks == 1 else f"{forgotten.chunks:,} chunks"
        what = f"{entities} in {chunks}"
    console.print(f"Retrying {what} of run [bold]{run.run_id}[/].")
    outcome = _run_flow(job, None, console, again=True)
    say_outcome(run, outcome, console)
    return outcome.exit_code


def refuse_changed(run: Run, job: JobSpec) -> None:
    """Refuse to retry a run that tonight would be another one.

    Raises
    ------
    JobRefusedError
        Where its inputs or the code have changed since, so that its parts would not fit together.
    """
    if prepare_run(job).run_id != run.run_id:
        raise JobRefusedError(
            f"run {run.run_id}: its inputs, or the code, have changed since; run the job anew"
        )


def say_outcome(run: Run, outcome: Outcome, console: Console) -> None:
    """Tell the user how the run ended, and where its results are."""
    for line in told_of(run, outcome):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
