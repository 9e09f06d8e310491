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
    """Do the chunks of RUN_ID in which something failed again, and publish the whole."""
    run = load_run(str(find_run(folder, run_id)))
    sys.exit(rerun(run, Console()))
