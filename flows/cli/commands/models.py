"""`almanac models`: what a line-up may name, and the fitted models that are stored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from flows.cli.terminal import wide_console


@click.group(invoke_without_command=True)
@click.option(
    "--frequency",
    type=click.Choice(("h", "D", "W", "MS", "QS")),
    help="Tell which of them compete for series of this frequency where a job names none.",
)
@click.pass_context
def models(context: click.Context, frequency: str | None) -> None:
    """List the forecasting models that a line-up may name; or see to stored ones."""
    if context.invoked_subcommand is not None:
        return
    from forecasting import MODELS, default_line_up  # noqa: PLC0415 - slow to import

    if frequency is None:
        for name in sorted(MODELS):
            click.echo(name)
        return
    for demand_class, names in default_line_up(frequency).items():  # type: ignore[arg-type]
        click.echo(f"{demand_class}: {', '.join(names)}")


def _folder_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    kind = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.argument("folder", type=kind)(command)


@models.command("list")
@_folder_argument
def list_stored(folder: Path) -> None:
    """List the versions in FOLDER, the newest night first; the champion has a star."""
    from flows.errors import ModelsRefusedError  # noqa: PLC0415 - slow to import
    from flows.run import (  # noqa: PLC0415 - slow to import
        list_versions,
        most_series,
        read_champion,
        say_outcomes,
    )

    try:
        champion = read_champion(folder)
    except ModelsRefusedError as error:
        # Who mends it needs the names.
        champion = None
        click.echo(f"{error}", err=True)
    columns = ("", "version", "as of", "before", "series", "champions", "what became of them")
    table = Table(*columns, box=None)
    for version, manifest in list_versions(folder):
        champions = manifest.get("champions")
        table.add_row(
            "*" if version == champion else "",
            version,
            str(manifest["as_of"]),
            str(manifest.get("before") or ""),
            f"{most_series(manifest):,}",
            "" if champions is None else f"{champions:,}",
            say_outcomes(manifest),
        )
    wide_console().print(table)


@models.command("promote")
@_folder_argument
@click.argument("version")
def promote_stored(folder: Path, version: str) -> None:
    """Let nights take VERSION of FOLDER from now on; its files are checked first."""
    from flows.run import promote  # noqa: PLC0415 - slow to import

    promote(folder, version)
    click.echo(f"{version} is the champion in {folder}.")


@models.command("rollback")
@_folder_argument
def roll_back_stored(folder: Path) -> None:
    """Let nights take the version that the champion of FOLDER came from."""
    from flows.run import roll_back  # noqa: PLC0415 - slow to import

    left, version = roll_back(folder)
    click.echo(f"{version} is the champion in {folder}, and {left} is not.")
