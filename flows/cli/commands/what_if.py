"""`almanac what-if`: changed positions under a run's own scenarios."""

import sys
from pathlib import Path

import click
import pandas as pd
from rich.table import Table

from flows.cli.ledger import find_run, folder_option
from flows.cli.terminal import as_text, wide_console
from flows.errors import ExitCode, JobRefusedError
from flows.run import load_run, write_text


@click.command("what-if")
@click.argument("run_id")
@click.argument("positions", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="Write all rows to this CSV file.")
@folder_option
def what_if(run_id: str, positions: Path, output: Path | None, folder: Path) -> None:
    """Measure the books in POSITIONS against those of RUN_ID, in the same scenarios.

    POSITIONS has all that each changed book would hold, not its trades alone, with the columns of
    the job's own positions, or portfolio_id, instrument_id and quantity.
    """
    from flows.steps.what_if import what_if as compare  # noqa: PLC0415 - slow to import

    found = compare(load_run(str(find_run(folder, run_id))), positions)
    compared, console = found.compared, wide_console()
    moved = compared["portfolio_id"].isin(compared.loc[_moves(compared), "portfolio_id"])
    if moved.any():
        console.print(_as_table(compared[moved]))
    same = compared.loc[~moved, "portfolio_id"].nunique()
    if same:
        books = "1 portfolio has" if same == 1 else f"{same:,} portfolios have"
        console.print(f"{books} the same figures as before.", highlight=False)
    for failure in found.failures:
        told = f"portfolio {failure.entity!r} cannot be valued: {failure.message}"
        console.print(told, soft_wrap=True, markup=False)
    if output is not None:
        _write(compared, output)
        console.print(f"{len(compared):,} rows are in {output}.", soft_wrap=True, markup=False)
    if found.failures:
        sys.exit(ExitCode.DONE_WITH_FAILURES)


def _write(compared: pd.DataFrame, output: Path) -> None:
    try:
        write_text(output, compared.to_csv(index=False, lineterminator="\n"))
    except OSError as error:
        raise JobRefusedError(f"--output {output}: cannot be written ({error.strerror})") from error


def _moves(compared: pd.DataFrame) -> pd.Series:
    """Return which figures differ, or might have done in other scenarios."""
    return (compared["difference"] != 0.0) | (compared["standard_error"] != 0.0)


def _as_table(compared: pd.DataFrame) -> Table:
    currency = compared["currency"].iloc[0]
    table = Table(
        title=f"Before and after, {currency}; a loss is positive: a negative change is less risk",
        box=None,
    )
    for head in ("portfolio", "measure", "days", "method"):
        table.add_column(head, no_wrap=True)
    for head in ("before", "after", "change", "± error"):
        table.add_column(head, justify="right", no_wrap=True)
    short = {"value_at_risk": "VaR", "expected_shortfall": "ES"}
    for row in compared.to_dict("records"):
        table.add_row(
            as_text(row["portfolio_id"]),
            f"{short[row['measure']]} {100 * row['level']:g}%",
            str(row["horizon"]),
            str(row["method"]).replace("_", " "),
            *(f"{row[name]:,.0f}" for name in ("before", "after", "difference", "standard_error")),
        )
    return table
