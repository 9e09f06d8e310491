"""`almanac run`: one night of a job."""

import sys
from pathlib import Path
from typing import cast

import click
from rich.console import Console

from flows.cli.dry import describe_dry_run
from flows.cli.running import run_job
from flows.cli.terminal import wide_console
from flows.spec import Side, load_job


@click.command()
@click.argument("job", type=click.Path(path_type=Path))
@click.option("--only", type=click.Choice(["demand", "stock", "risk"]), help="One side alone.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The night; overrides the job's.")
@click.option("--dry-run", is_flag=True, help="Check inputs, say what would run; write nothing.")
def run(job: Path, only: str | None, as_of: click.DateTime | None, *, dry_run: bool) -> None:
    """Run tonight's JOB, a TOML job spec."""
    spec = load_job(job)
    if as_of is not None:
        spec = spec.model_copy(update={"as_of": as_of.date()})  # type: ignore[attr-defined]
    side = cast("Side | None", only)
    if dry_run:
        describe_dry_run(spec, side, wide_console())
        return
    sys.exit(run_job(spec, side, Console()))
