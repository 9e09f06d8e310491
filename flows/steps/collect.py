"""Collect: where each input is, and the inputs that the job assumes or generates."""

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pandas as pd

from flows.errors import JobRefusedError
from flows.run import Run, write_frame
from flows.sample.assumed_curve import assume_curve
from flows.sample.assumed_stock import assume_stock
from flows.sample.books import generate_books
from flows.sample.listed import list_instruments
from flows.spec import (
    AssumedCurve,
    AssumedStock,
    FileSource,
    GeneratedBooks,
    JobSpec,
    ListedInstruments,
)
from storage.inputs import InputSource, inspect_input

DEMAND_SIDE = ("demand", "items", "calendar", "stock", "open_orders")
RISK_SIDE = ("prices", "instruments", "positions", "curves", "limits", "stress_scenarios")


def needed_tables(job: JobSpec) -> tuple[str, ...]:
    """Return the inputs that the job's sides read, of those it names."""
    demand = ("demand", "items", "calendar") if job.demand else ()
    stock = ("stock", "open_orders") if job.stock else ()
    risk = RISK_SIDE if job.risk else ()
    given = job.inputs.given()
    return tuple(table for table in (*demand, *stock, *risk) if table in given)


def collect(run: Run, folder: Path) -> dict[str, InputSource]:
    """Return every input as a source of files; assumed ones are written to ``folder``.

    Parameters
    ----------
    run : the run
    folder : where generated inputs go
    """
    job = run.job
    given = job.inputs.given()
    sources = {
        table: file_source(job, table, source)
        for table in needed_tables(job)
        if isinstance(source := given[table], FileSource)
    }
    for table in needed_tables(job):
        if not isinstance(given[table], FileSource):
            sources[table] = _generated(job, table, sources, folder / f"{table}.parquet")
    return sources


def inspect_sources(run: Run) -> None:
    """Refuse a run whose files cannot be read as the tables they are named for.

    Raises
    ------
    InputRefusedError
        Where a file is unreadable, lacks a required column, or all files of a table are empty.
    """
    given = run.job.inputs.given()
    for table in needed_tables(run.job):
        if isinstance(source := given[table], FileSource):
            inspect_input(file_source(run.job, table, source))


def file_source(job: JobSpec, table: str, source: FileSource) -> InputSource:
    """Return a job's file source with its paths resolved."""
    return InputSource(
        table=table,
        paths=tuple(job.path(file) for file in source.files),
        columns=dict(source.columns),
        constants=dict(source.constants),
    )


def _generated(
    job: JobSpec, table: str, sources: Mapping[str, InputSource], path: Path
) -> InputSource:
    source = job.inputs.given()[table]
    makers: dict[type, Callable[[], pd.DataFrame]] = {
        ListedInstruments: lambda: _listed(job, source, sources),
        AssumedCurve: lambda: _curve(source, sources),
        GeneratedBooks: lambda: _books(job, source, sources),
        AssumedStock: lambda: _assumed(table, source, sources),
    }
    if not path.exists():
        write_frame(path, makers[type(source)]())
    return InputSource(table=table, paths=(path,), columns={}, constants={})


def _quoted_instruments(job: JobSpec, prices: InputSource) -> pd.DataFrame:
    """Return each instrument's last close and volatility, and whether it is fit to be held."""
    id_column = _quoted(prices, "instrument_id")
    close, ds = _quoted(prices, "close"), _quoted(prices, "ds")
    found = _query(
        prices,
        f"WITH days AS (SELECT {id_column} AS instrument_id, {ds} AS ds, {close} AS close, "  # noqa: S608 - quoted identifiers
        f"lag({close}) OVER (PARTITION BY {id_column} ORDER BY {ds}) AS eve FROM source) "
        "SELECT CAST(instrument_id AS VARCHAR) AS instrument_id, "
        "arg_max(close, ds) AS last_price, count(close) AS observations, max(ds) AS last, "
        "coalesce(sqrt(252) * stddev_samp(CASE WHEN close > 0 AND eve > 0 "
        "THEN ln(close / eve) END), 0) AS volatility FROM days GROUP BY ALL ORDER BY ALL",
    )
    current = found["last"] == found["last"].max()
    return found.assign(
        current=current & (found["observations"] >= job.checks.minimum_price_history)
    )


def _listed(job: JobSpec, source: object, sources: Mapping[str, InputSource]) -> pd.DataFrame:
    assert isinstance(source, ListedInstruments)
    return list_instruments(_quoted_instruments(job, sources["prices"]), source)


def _curve(source: object, sources: Mapping[str, InputSource]) -> pd.DataFrame:
    assert isinstance(source, AssumedCurve)
    ds = _quoted(sources["prices"], "ds")
    days = _query(sources["prices"], f"SELECT DISTINCT {ds} AS ds FROM source ORDER BY 1")  # noqa: S608 - quoted
    return assume_curve(pd.DatetimeIndex(days["ds"]), source)


def _books(job: JobSpec, source: object, sources: Mapping[str, InputSource]) -> pd.DataFrame:
    assert isinstance(source, GeneratedBooks)
    quoted = _quoted_instruments(job, sources["prices"])
    held = quoted[quoted["current"]]
    if held.empty:
        raise JobRefusedError(
            "inputs.positions: no instrument in prices has "
            f"{job.checks.minimum_price_history} closes up to the last day"
        )
    return generate_books(
        held["instrument_id"].to_numpy(dtype=object),
        held["last_price"].to_numpy(dtype=float),
        _derived(job, sources),
        source.portfolios,
        source.seed,
    )


def _derived(job: JobSpec, sources: Mapping[str, InputSource]) -> pd.DataFrame:
    """Return the options and bonds among generated instruments; none where a file gives them."""
    columns = ["instrument_id", "kind", "option_type"]
    if not isinstance(job.inputs.instruments, ListedInstruments):
        return pd.DataFrame(columns=columns)
    listed = pd.read_parquet(sources["instruments"].paths[0])
    derived = listed[listed["kind"].isin(["european_option", "bond"])]
    return derived.reindex(columns=columns).reset_index(drop=True)


def _assumed(table: str, source: object, sources: Mapping[str, InputSource]) -> pd.DataFrame:
    assert isinstance(source, AssumedStock)
    demand = sources["demand"]
    warehouse, item = _quoted(demand, "warehouse_id"), _quoted(demand, "item_id")
    quantity = _quoted(demand, "quantity")
    level = _query(
        demand,
        f"SELECT CAST({warehouse} AS VARCHAR) AS warehouse_id, "  # noqa: S608 - quoted identifiers
        f"CAST({item} AS VARCHAR) AS item_id, "
        f"greatest(coalesce(avg(TRY_CAST({quantity} AS DOUBLE)), 0), 0) AS mean_quantity "
        "FROM source WHERE warehouse_id IS NOT NULL AND item_id IS NOT NULL "
        "GROUP BY 1, 2 ORDER BY 1, 2",
    )
    items, stock = assume_stock(level, source)
    return items if table == "items" else stock


def _quoted(source: InputSource, name: str) -> str:
    """Return the source's expression for one of our columns, as SQL."""
    if name in source.constants:
        text = str(source.constants[name]).replace("'", "''")
        return f"'{text}'"
    column = source.columns.get(name, name).replace('"', '""')
    return f'"{column}"'


def _query(source: InputSource, sql: str) -> pd.DataFrame:
    """Run ``sql`` over the source's files, which it calls ``source``."""
    files = [str(path) for path in source.paths]
    reader = "read_parquet" if files[0].endswith(".parquet") else "read_csv"
    with duckdb.connect() as connection:
        try:
            relation = connection.sql(f"SELECT * FROM {reader}($1)", params=[files])  # noqa: S608
            return relation.query("source", sql).df()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise JobRefusedError(
                f"inputs.{source.table}: {files[0]} cannot be read ({reason})"
            ) from error
