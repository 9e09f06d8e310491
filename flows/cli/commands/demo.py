"""`almanac demo`: the bundled sample, from nothing to a report."""

import sys
from pathlib import Path

import click
from rich.console import Console

from flows.cli.running import run_job
from flows.cli.terminal import as_text
from flows.spec import load_job


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("almanac-demo"),
    show_default=True,
    help="Where the sample and its results go.",
)
def demo(folder: Path) -> None:
    """Run a night on the bundled sample: 1,440 series and 40 portfolios."""
    from flows.demo import write_demo  # noqa: PLC0415 - slow to import

    console = Console()
    if not (folder / "demo.toml").exists():
        with console.status("Writing the bundled sample …"):
            write_demo(folder)
    console.print(
        f"Sample and job spec are in [bold]{as_text(folder)}[/] (see inputs/README.md there).",
        soft_wrap=True,
    )
    sys.exit(run_job(load_job(folder / "demo.toml"), None, console))
