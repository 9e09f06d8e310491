"""`almanac fetch`: an input from BigQuery, as a file that a job names."""

from datetime import UTC, datetime
from pathlib import Path

import click

from flows.errors import JobRefusedError
from storage.stores import DEFAULT_BYTES_BILLED
from storage.tables import INPUT_TABLES


@click.command()
@click.argument("source")
@click.argument("path", type=click.Path(path_type=Path), required=False)
@click.option(
    "--table", required=True, type=click.Choice(list(INPUT_TABLES)), help="The input it holds."
)
@click.option("--column", "columns", multiple=True, metavar="OURS=THEIRS", help="Maps a column.")
@click.option("--days-column", help="Their column of the day, where only recent rows are read.")
@click.option("--days", type=int, help="How many days up to the night are read.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The night; default is today, UTC")
@click.option(
    "--maximum-bytes-billed",
    type=click.IntRange(min=1),
    default=DEFAULT_BYTES_BILLED,
    help="Refuse to read more; default is 100 GiB.",
)
def fetch(
    source: str,
    path: Path | None,
    table: str,
    columns: tuple[str, ...],
    days_column: str | None,
    days: int | None,
    as_of: datetime | None,
    maximum_bytes_billed: int,
) -> None:
    """Read SOURCE (PROJECT.DATASET.TABLE in BigQuery) into the Parquet file PATH.

    Without PATH nothing is read: the command says how many bytes reading would process. A job
    names the file as [inputs.TABLE] path, with the same columns.
    """
    try:
        from storage.stores.bigquery_inputs import (  # noqa: PLC0415 - an extra
            BigQueryInput,
            estimate_input,
            fetch_input,
        )
    except ImportError as error:
        raise JobRefusedError(
            "reading from BigQuery needs its client: pip install 'almanac[bigquery]'"
        ) from error
    wanted = BigQueryInput(table, source, _mapped(columns), days_column, days, maximum_bytes_billed)
    night = (as_of or datetime.now(UTC)).date()
    if path is None:
        click.echo(f"{source}: reading would process {estimate_input(wanted, night):,} bytes")
        return
    found = fetch_input(wanted, night, path)
    click.echo(f"{path}: {found.rows:,} rows, {found.bytes_processed:,} bytes processed")


def _mapped(columns: tuple[str, ...]) -> dict[str, str]:
    pairs = [column.partition("=") for column in columns]
    for ours, sign, theirs in pairs:
        if not (ours and sign and theirs):
            raise JobRefusedError(f"--column must be OURS=THEIRS; got {ours + sign + theirs!r}")
    return {ours: theirs for ours, _, theirs in pairs}
