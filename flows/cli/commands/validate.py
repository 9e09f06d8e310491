"""`almanac validate`: whether a job spec is fit to run."""

from pathlib import Path

import click
from rich.console import Console

from flows.run import prepare_run
from flows.spec import load_job
from flows.steps.collect import inspect_sources


@click.command()
@click.argument("job", type=click.Path(path_type=Path))
def validate(job: Path) -> None:
    """Check the job spec JOB and that every file it names is there, with the columns it needs.

    Of inputs in BigQuery it says how many bytes reading them would process, by a dry run.
    """
    spec = load_job(job)
    run = prepare_run(spec)
    estimates = inspect_sources(run)
    console = Console()
    for table, size in estimates.items():
        allowed = getattr(spec.inputs, table).maximum_bytes_billed
        console.print(
            f"inputs.{table}: reading from BigQuery would process {size:,} bytes, of at most "
            f"{allowed:,}.",
            soft_wrap=True,
            highlight=False,
        )
    sides = [side for side in ("demand", "stock", "risk") if getattr(spec, side) is not None]
    console.print(
        f"{job}: valid. Job {spec.name!r} would run {', '.join(sides)} as of {run.as_of} "
        f"as run {run.run_id}. `almanac run {job} --dry-run` checks the data too.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
