"""Collect: where each input is, and the inputs that the job assumes or generates."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from flows.errors import JobRefusedError, told_together
from flows.run import (
    Run,
    file_source,
    inspect_inputs,
    needed_tables,
    prepare_run,
    write_frame,
)
from flows.run.bigquery import fetch
from flows.sample.assumed_curve import assume_curve
from flows.sample.assumed_stock import assume_stock
from flows.sample.books import generate_books
from flows.sample.listed import list_instruments
from flows.spec import (
    AssumedCurve,
    AssumedStock,
    BigQuerySource,
    FileSource,
    GeneratedBooks,
    JobSpec,
    ListedInstruments,
)
from storage.inputs import InputRefusedError, InputSource, query_input


def collect(run: Run, folder: Path) -> dict[str, InputSource]:
    """Return every input as a source of files; fetched and assumed ones go to ``folder``.

    Parameters
    ----------
    run : the run
    folder : where inputs go that are no files yet

    Raises
    ------
    InputRefusedError
        Where what is in BigQuery cannot be read as the input, or would bill too much.
    JobRefusedError
        Where what is in BigQuery changed while the run began.
    """
    job = run.job
    given = job.inputs.given()
    sources = {
        table: file_source(job, table, source)
        for table in needed_tables(job)
        if isinstance(source := given[table], FileSource)
    }
    sources |= _fetched(run, folder)
    for table in needed_tables(job):
        if table not in sources:
            sources[table] = _generated(job, table, sources, folder / f"{table}.parquet")
    return sources


def _fetched(run: Run, folder: Path) -> dict[str, InputSource]:
    """Read what is in BigQuery, once for a run: its id stands for the rows as they were."""
    given = run.job.inputs.given()
    wanted = {
        table: source
        for table in needed_tables(run.job)
        if isinstance(source := given[table], BigQuerySource)
    }
    paths = {table: folder / f"{table}.parquet" for table in wanted}
    missing = [table for table in wanted if not paths[table].exists()]
    for table in missing:
        fetch(table, wanted[table], run.as_of, paths[table])
    if (
        missing
        and prepare_run(run.job.model_copy(update={"as_of": run.as_of})).run_id != run.run_id
    ):
        for table in missing:
            paths[table].unlink()
        raise JobRefusedError(
            f"inputs.{missing[0]}: what is in BigQuery changed while the run began; run it again"
        )
    return {
        table: InputSource(table, (paths[table],), dict(source.columns), dict(source.constants))
        for table, source in wanted.items()
    }


def inspect_sources(run: Run) -> dict[str, int]:
    """Refuse a run whose inputs cannot be read as the tables they are named for.

    Returns how many bytes reading would process, of each input that is in BigQuery.

    Raises
    ------
    InputRefusedError
        Where a file is unreadable, lacks a required column, or all files of a table are empty;
        where what is in BigQuery cannot be read, or would bill more than the job allows. It names
        every such input.
    """
    estimates, refused = inspect_inputs(run.job, run.as_of)
    if refused:
        raise InputRefusedError(told_together("inputs cannot be read", refused))
    return estimates


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
    found = query_input(
        prices,
        "WITH days AS (SELECT instrument_id, ds, close, "
        "lag(close) OVER (PARTITION BY instrument_id ORDER BY ds) AS eve FROM source) "
        "SELECT instrument_id, "
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
    days = query_input(
        sources["prices"], "SELECT DISTINCT ds FROM source WHERE ds IS NOT NULL ORDER BY 1"
    )
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
    level = query_input(
        sources["demand"],
        "SELECT warehouse_id, item_id, "
        "greatest(coalesce(avg(quantity), 0), 0) AS mean_quantity "
        "FROM source WHERE warehouse_id IS NOT NULL AND item_id IS NOT NULL "
        "GROUP BY 1, 2 ORDER BY 1, 2",
    )
    items, stock = assume_stock(level, source)
    return items if table == "items" else stock
