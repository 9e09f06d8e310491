"""`almanac runs`: the ledger."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from flows.cli.ledger import find_states, folder_option


@click.command()
@folder_option
def runs(folder: Path) -> None:
    """List the runs below a folder, newest first."""
    console = Console()
    states = find_states(folder)
    if not states:
        console.print(f"No runs below {folder.resolve()}.", soft_wrap=True)
        return
    table = Table("run", "as of", "started (UTC)", "status", "seconds", "peak MiB", box=None)
    for state in states:
        steps = state.get("steps", [])
        table.add_row(
            state["run_id"],
            state["as_of"],
            state["started_at"][:19],
            state.get("status", "unfinished"),
            f"{sum(step['seconds'] for step in steps):.1f}",
            f"{max((step['peak_memory_mb'] for step in steps), default=0):,.0f}",
        )
    console.print(table)
