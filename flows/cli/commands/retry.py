"""`almanac retry`: what failed, once more."""

import sys
from pathlib import Path

import click
from rich.console import Console

from flows.cli.ledger import find_run, folder_option
from flows.cli.running import rerun
from flows.run import load_run


@click.command()
@click.argument("run_id")
@folder_option
def retry(run_id: str, folder: Path) -> None:
    """Do again what failed in RUN_ID, and publish the whole.

    Series, books and items are done again one by one; what is made of many together, such as
    calibrations, totals, budgets and transfers, is done again whole.
    """
    run = load_run(str(find_run(folder, run_id)))
    sys.exit(rerun(run, Console()))
