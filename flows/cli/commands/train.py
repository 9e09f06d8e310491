"""`almanac train`: teach the global model of a job."""

from pathlib import Path

import click
from rich.console import Console

from flows.cli.environment import drop_known_tracebacks, prepare_prefect
from flows.cli.terminal import as_text
from flows.spec import load_job


@click.command()
@click.argument("job", type=click.Path(path_type=Path))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The night; overrides the job's.")
def train(job: Path, as_of: click.DateTime | None) -> None:
    """Teach the global model of JOB, and let its nights take it from now on."""
    console = Console()
    spec = load_job(job)
    if as_of is not None:
        spec = spec.model_copy(update={"as_of": as_of.date()})  # type: ignore[attr-defined]
    prepare_prefect("ERROR" if console.is_terminal else "WARNING")
    with console.status("Teaching …"):
        from flows.training import train as teach  # noqa: PLC0415 - the environment comes first

        drop_known_tracebacks()
        taught = teach(spec)
    console.print(
        f"Taught model [bold]{taught.version}[/] from {taught.series:,} series: "
        f"{taught.rows[0]:,} rows before the backtest, {taught.rows[-1]:,} up to the night. "
        f"It is the champion in {as_text(taught.folder)}.",
        soft_wrap=True,
        highlight=False,
    )
