"""`almanac runs`: the ledger, and one run of it."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.console import Console
from rich.table import Table

from flows.cli.ledger import find_run, find_states, folder_option
from flows.cli.terminal import as_text, wide_console
from flows.run import Run, load_run, read_state
from flows.steps.publish import (
    PUBLISHED,
    PUBLISHED_WITH_FAILURES,
    REPLACED_IN_PART,
    is_published,
    replaced_in,
)
from storage.stores import open_existing


@click.command()
@click.argument("run_id", required=False)
@folder_option
def runs(run_id: str | None, folder: Path) -> None:
    """List the runs below a folder, newest first; or show RUN_ID: what came in, and each step."""
    console = wide_console()
    if run_id is not None:
        _show(load_run(str(find_run(folder, run_id))), console)
        return
    states = find_states(folder)
    if not states:
        console.print(f"No runs below {folder.resolve()}.", soft_wrap=True, markup=False)
        return
    replaced = _replaced(states)
    table = Table(box=None)
    for head in ("run", "as of", "started (UTC)", "status", "seconds", "peak MiB"):
        table.add_column(head, no_wrap=True)
    for state in states:
        table.add_row(state["run_id"], *_ledger_row(state, _status(state, replaced)))
    console.print(table)


def _replaced(states: list[dict[str, Any]]) -> dict[str, str]:
    """Return what is said of runs whose tables others of their job and night took the place of."""
    # A run of another version's job spec may no longer be read; it is listed all the same.
    stores: set[str] = set()
    for state in states:
        with suppress(ValueError):
            stores.add(load_run(state["folder"]).store_url)
    return {run_id: told for store in stores for run_id, told in replaced_in(store).items()}


def _ledger_row(state: dict[str, Any], status: str) -> tuple[str, ...]:
    steps = state.get("steps", [])
    return (
        state["as_of"],
        state["started_at"][:16].replace("T", " "),
        status,
        f"{sum(step['seconds'] for step in steps):.1f}",
        f"{max((step['peak_memory_mb'] for step in steps), default=0):,.0f}",
    )


def _status(state: dict[str, Any], replaced: dict[str, str]) -> str:
    own = str(state.get("status", "unfinished"))
    ended = own in {PUBLISHED, PUBLISHED_WITH_FAILURES}
    return replaced.get(str(state["run_id"]), own) if ended else own


def _show(run: Run, console: Console) -> None:
    state = read_state(run.staging)
    status = _status(state, replaced_in(run.store_url, servers=True))
    console.print(
        f"Run [bold]{run.run_id}[/], {run.job.name} as of {run.as_of} on "
        f"{as_text(run.device_words)}: {status}. {as_text(state.get('reason', ''))}",
        soft_wrap=True,
    )
    if status == REPLACED_IN_PART or is_published(run):
        with open_existing(run.store_url) as store:
            console.print(_identity(store.read("run_entities", run_id=run.run_id)))
    else:
        console.print(f"It is not in store {run.store_url}.", soft_wrap=True, markup=False)
    console.print(_steps(state.get("steps", [])))


def _identity(entities: pd.DataFrame) -> Table:
    counted = ("rows_in", "rows_rejected", "entities_in", "published", "rejected", "failed")
    table = Table("input", box=None)
    for name in counted:
        table.add_column(name.replace("_", " "), justify="right")
    for row in entities.to_dict("records"):
        table.add_row(str(row["input"]), *(f"{row[name]:,}" for name in counted))
    return table


def _steps(steps: list[dict[str, Any]]) -> Table:
    table = Table("step", box=None)
    for name in ("seconds", "peak MiB", "entities", "chunks", "found done"):
        table.add_column(name, justify="right")
    for step in steps:
        table.add_row(
            step["step"],
            f"{step['seconds']:.1f}",
            f"{step['peak_memory_mb']:,.0f}",
            f"{step['entities']:,}",
            f"{step['chunks']:,}",
            f"{step['reused_chunks']:,}",
        )
    return table
