"""`almanac report`: a run's page, drawn again from its tables."""

from pathlib import Path

import click

from flows.cli.ledger import find_run, folder_option
from flows.run import load_run


@click.command()
@click.argument("run_id")
@folder_option
def report(run_id: str, folder: Path) -> None:
    """Write the report of RUN_ID anew, and say where it is."""
    from flows.steps.report import write_report  # noqa: PLC0415 - slow to import

    click.echo(write_report(load_run(str(find_run(folder, run_id)))))
