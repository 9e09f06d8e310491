"""Running a job from the command line, and saying how it went."""

import logging
import sys
from pathlib import Path

from rich.console import Console

from flows.cli.environment import drop_known_tracebacks, prepare_prefect
from flows.cli.terminal import TerminalListener
from flows.errors import ExitCode
from flows.outcome import Outcome
from flows.progress import LogListener, listening
from flows.run import Run, forget_failed, prepare_run
from flows.spec import JobSpec, Side
from flows.steps.collect import inspect_sources
from storage.stores import is_path, open_store


def run_job(job: JobSpec, only: Side | None, console: Console) -> ExitCode:
    """Run a job, unless this very night was published before; say how it ended."""
    run = prepare_run(job, only)
    if _published_before(run):
        outcome = Outcome(run.run_id, ExitCode.DONE, str(run.report), already_published=True)
    else:
        inspect_sources(run)
        outcome = _run_flow(job, only, console)
    say_outcome(run, outcome, console)
    return outcome.exit_code


def _published_before(run: Run) -> bool:
    # Opening a store that does not exist would make it.
    if is_path(run.store_url) and not Path(run.store_url.partition(":")[2]).exists():
        return False
    with open_store(run.store_url) as store:
        return bool(store.published(run.run_id))


def _run_flow(job: JobSpec, only: Side | None, console: Console, *, again: bool = False) -> Outcome:
    interactive = console.is_terminal
    prepare_prefect("ERROR" if interactive else "WARNING")
    if not interactive:
        logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
        logging.getLogger("almanac").setLevel(logging.INFO)
        console.print("starting Prefect …")
    with console.status("Starting Prefect …"):
        from flows.nightly import nightly  # noqa: PLC0415 - the environment comes first
    drop_known_tracebacks()
    if not interactive:
        with listening(LogListener()):
            return nightly(job, only, again)
    with TerminalListener(console) as terminal, listening(terminal):
        return nightly(job, only, again)


def rerun(run: Run, console: Console) -> ExitCode:
    """Do the chunks of ``run`` in which something failed again, and publish the whole run."""
    forgotten = forget_failed(run)
    if not forgotten:
        console.print(f"Nothing failed in run [bold]{run.run_id}[/]; nothing to retry.")
        return ExitCode.DONE
    console.print(f"Retrying {forgotten} chunks of run [bold]{run.run_id}[/].")
    job = run.job.model_copy(update={"as_of": run.as_of})
    outcome = _run_flow(job, None, console, again=True)
    say_outcome(run, outcome, console)
    return outcome.exit_code


def say_outcome(run: Run, outcome: Outcome, console: Console) -> None:
    """Tell the user how the run ended, and where its results are."""
    if outcome.already_published:
        console.print(
            f"Run [bold]{outcome.run_id}[/] is published already: the same job, inputs, code and "
            "night. Nothing to do."
        )
    elif outcome.failed:
        console.print(
            f"Run [bold]{outcome.run_id}[/] is published; {outcome.failed} entities failed "
            f"(`almanac retry {outcome.run_id}` tries them again)."
        )
    else:
        console.print(f"Run [bold]{outcome.run_id}[/] is published.")
    console.print(f"  report  {outcome.report}", soft_wrap=True)
    console.print(f"  store   {run.store_url}", soft_wrap=True)
