"""Decision backtest: past periods replayed, each order placed with what was known then."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from flows.device_slot import device_slot
from flows.run import (
    SERIES,
    ChunkRecord,
    ChunkWork,
    Failed,
    Independent,
    Only,
    Run,
    among,
    assign_chunks,
    content_of,
    entity_names,
    entity_words,
    number_of_chunks,
    read_by_series,
    read_chunk,
    run_chunk,
    run_entities,
    seal_files,
    torn_files,
    write_frame,
)
from flows.spec import DecisionBacktestSpec
from flows.steps.decide import stock_plan
from flows.steps.failing import guarded
from flows.steps.past_drivers import past_drivers_of
from flows.steps.past_forecasts import (
    PastLearnt,
    forecast_past,
    past_calibration,
    past_closed_days,
    past_drivers,
    past_profiles,
    past_shared_seasons,
)
from flows.steps.predict import device_of
from forecasting import Calibration, SharedSeasons
from inventory import (
    PERIOD_COLUMNS,
    Backtest,
    PastForecasts,
    Rivals,
    StockPlan,
    coded_ids,
    compare_planners,
    item_columns,
    items_of,
    keys_of,
    period_columns,
    positions_of,
    replay_planners,
    with_names_coded,
)
from kernels.arrays import Dates
from storage.tables import DECISION_BACKTEST_ITEMS

STAGE = "replay"
_SEAL = "layout.json"
# How much more a chunk takes than one of forecasts: what it costs by itself, it does every origin.
ORIGINS_IN_ONE = 3
PERIODS = "replayed_periods"
ITEMS = DECISION_BACKTEST_ITEMS.name


def spec_of(run: Run) -> DecisionBacktestSpec:
    """Return the run's settings."""
    assert run.job.stock is not None
    assert run.job.stock.backtest is not None
    return run.job.stock.backtest


def prepare(run: Run) -> list[int]:
    """Choose the items to replay, put them in chunks, and return the chunks' numbers."""
    layout = _layout(run)
    if torn_layout(run):
        series = _choose_series(run)
        demand = _demand(run, series)
        n_rows = _rows_at_origins(run, len(demand))
        n_chunks = number_of_chunks(len(series), run.job.execution.chunk_entities, n_rows)
        words = entity_words(series, SERIES)
        frames = {
            **({} if series.empty else _learnt(run, demand)),
            "series": series.assign(word=words, chunk=assign_chunks(words, n_chunks)),
        }
        for name, frame in frames.items():
            write_frame(_laid_out(run, name), frame)
        seal_files(layout.with_name(_SEAL), [_laid_out(run, name) for name in frames])
    return sorted(int(chunk) for chunk in pd.read_parquet(layout)["chunk"].unique())


def _learnt(run: Run, demand: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what all chunks take from the periods before those replayed."""
    first, everything = _first(run), read_by_series(run.staging.clean("demand"))
    drivers = past_drivers(run, everything, first)
    seasons = past_shared_seasons(run, everything, first)
    closed = past_closed_days(run, everything, first)
    learnt = PastLearnt(past_drivers_of(drivers), SharedSeasons.from_frame(seasons), closed)
    with device_slot(device_of(run)):
        found = past_calibration(run, demand, first, learnt)
    return {
        "profiles": past_profiles(run, everything, first),
        "drivers": drivers,
        "seasons": seasons,
        "closures": closed,
        "levels": found.levels,
        "weighings": found.weighings,
    }


def _rows_at_origins(run: Run, n_rows: int) -> int:
    """Return for how many rows of a night the rows at all origins count."""
    spec = spec_of(run)
    return n_rows * -(-spec.periods // spec.refresh) // ORIGINS_IN_ONE


def torn_layout(run: Run) -> list[Path]:
    """Return what is gone or torn of the choice of items; its seal where it is not made."""
    return torn_files(_layout(run).with_name(_SEAL))


def replay_chunk(run: Run, number: int) -> ChunkRecord:
    """Replay the items of one chunk."""
    series = pd.read_parquet(_layout(run))
    own = series[series["chunk"] == number].sort_values(SERIES, ignore_index=True)

    def replay(only: Only) -> ChunkWork:
        chosen = among(own, SERIES, only)
        return guarded(
            "stock",
            STAGE,
            lambda: list(entity_names(chosen, SERIES)),
            lambda: _replay(run, chosen),
        )

    return run_entities(
        run.staging.chunk(STAGE, number),
        run.chunk_key(STAGE, number, int(series["chunk"].nunique())),
        Independent(SERIES),
        replay,
    )


def compare_chunks(run: Run, blocks: Sequence[str]) -> ChunkRecord:
    """Compare the planners over the items of all chunks.

    Parameters
    ----------
    run : whose items they are
    blocks : URIs of the chunks replayed; what they hold is part of this chunk's key
    """
    records = [record for uri in blocks if ITEMS in (record := read_chunk(uri)).shards]
    held = [record.checksums[name] for record in records for name in (ITEMS, PERIODS)]
    return run_chunk(
        run.staging.chunk("decisions", 0),
        f"{run.chunk_key('decisions', 0, 1)}-{content_of(held)}",
        lambda: _compare(run, records),
    )


def _compare(run: Run, records: Sequence[ChunkRecord]) -> ChunkWork:
    items = _stacked(records, ITEMS)
    if items.empty:
        return ChunkWork({})
    periods = _stacked(records, PERIODS).sort_values([*SERIES, "planner", "ds"])
    periods = periods.assign(items=1)
    summed = ["items", *PERIOD_COLUMNS]
    sums = periods.groupby(["planner", "ds"], as_index=False, observed=True)[summed].sum()
    sums = sums.astype({"covered": int})
    currency = str(items["currency"].iloc[0])
    known = int(pd.read_parquet(_layout(run), columns=["known"])["known"].iloc[0])
    return ChunkWork(
        {
            # Sums depend on their order in the last digit, and must not depend on the chunks.
            "decision_backtests": run.stamp(
                compare_planners(items.sort_values(SERIES)).assign(known_items=known)
            ),
            "decision_backtest_periods": run.stamp(sums.assign(currency=currency)),
        }
    )


def _stacked(records: Sequence[ChunkRecord], table: str) -> pd.DataFrame:
    shards = [record.shard(table) for record in records]
    return read_by_series(shards) if shards else pd.DataFrame(columns=SERIES)


def _replay(run: Run, series: pd.DataFrame) -> ChunkWork:
    spec, stock_spec = spec_of(run), run.job.stock
    assert stock_spec is not None
    first = _first(run)
    demand = _demand(run, series)
    profiles = pd.read_parquet(_laid_out(run, "profiles"))
    learnt = PastLearnt(
        past_drivers_of(pd.read_parquet(_laid_out(run, "drivers"))),
        SharedSeasons.from_frame(pd.read_parquet(_laid_out(run, "seasons"))),
        pd.read_parquet(_laid_out(run, "closures")),
    )
    levels, weighings = (pd.read_parquet(_laid_out(run, name)) for name in ("levels", "weighings"))
    calibration = Calibration.from_frames(levels, weighings)
    # The rest of a replay is the processor's.
    with device_slot(device_of(run)):
        past = forecast_past(run, demand, first, profiles, learnt, calibration)
    stock = series.merge(pd.read_parquet(run.staging.clean("stock")), on=SERIES)
    stock = stock[np.array([key in past.paths for key in keys_of(stock)], bool)]
    items = items_of(stock, pd.read_parquet(run.staging.clean("items")))
    positions = positions_of(stock, items, np.zeros((len(stock), 1)), np.zeros(len(stock)))
    keys, histories = keys_of(stock), dict(iter(demand.groupby(SERIES, sort=False)["quantity"]))
    days = np.unique(demand.loc[demand["ds"] >= first, "ds"])
    plan = stock_plan(stock_spec)
    found = replay_planners(
        [histories[key].to_numpy(float) for key in keys],
        len(days),
        positions,
        PastForecasts(spec.refresh, [past.paths[key] for key in keys]),
        stock["word"].to_numpy(np.uint64),
        run.job.seed,
        plan,
        Rivals(spec.window, spec.cover, spec.held),
    )
    return ChunkWork(
        _tables(run, keys, found, days, plan),
        [
            *past.failures,
            *(_failed(keys[item], found.errors[item]) for item in sorted(found.errors)),
        ],
    )


def _tables(
    run: Run, keys: Sequence[tuple[str, str]], found: Backtest, days: Dates, plan: StockPlan
) -> dict[str, pd.DataFrame]:
    """Return what is told of items and of their periods."""
    of_items = list(DECISION_BACKTEST_ITEMS.column_names[2:])
    of_periods = [*PERIOD_COLUMNS, *SERIES, "planner", "ds"]
    if len(found.items) == 0:
        return {
            ITEMS: run.stamp(pd.DataFrame(columns=of_items)),
            PERIODS: pd.DataFrame(columns=of_periods),
        }
    items, periods = item_columns(found, plan), period_columns(found)
    starts = np.tile(days, len(periods["item"]) // len(days))
    frames = (
        pd.DataFrame({**items, **coded_ids(keys, items["item"])}, columns=of_items),
        pd.DataFrame(
            {**periods, **coded_ids(keys, periods["item"]), "ds": starts}, columns=of_periods
        ),
    )
    of_item, of_period = map(with_names_coded, frames)
    return {ITEMS: run.stamp(of_item), PERIODS: of_period}


def _failed(key: tuple[str, str], error: Exception) -> Failed:
    return Failed("stock", "/".join(key), STAGE, type(error).__name__, str(error))


def _choose_series(run: Run) -> pd.DataFrame:
    """Return the series that last to the end and are known long enough before the replay.

    Where the job asks for fewer they are a sample, and ``known`` says how many there are.
    """
    spec = spec_of(run)
    with duckdb.connect() as connection:
        connection.read_parquet(str(run.staging.clean("demand"))).create_view("demand")
        connection.read_parquet(str(run.staging.clean("stock"))).create_view("stock")
        found = connection.execute(
            "SELECT warehouse_id, item_id FROM demand "
            "SEMI JOIN stock USING (warehouse_id, item_id) GROUP BY ALL "
            "HAVING max(ds) = (SELECT max(ds) FROM demand) "
            "AND count(*) FILTER (ds < $first) >= $least "
            "AND sum(quantity) FILTER (ds < $first) > 0 ORDER BY ALL",
            {"least": run.job.known_before_replay, "first": _first(run)},
        ).df()
    order = np.argsort(entity_words(found, SERIES), kind="stable")[: spec.series]
    chosen: pd.DataFrame = found.iloc[order].sort_values(SERIES, ignore_index=True)
    return chosen.assign(known=len(found))


def _demand(run: Run, series: pd.DataFrame) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.register("series", series[SERIES])
        connection.read_parquet(str(run.staging.clean("demand"))).create_view("demand")
        return connection.execute(
            "SELECT demand.* FROM demand SEMI JOIN series USING (warehouse_id, item_id) "
            "ORDER BY warehouse_id, item_id, ds"
        ).df()


def _first(run: Run) -> pd.Timestamp:
    """Return the first period replayed: so many before the last one that any series has."""
    with duckdb.connect() as connection:
        connection.read_parquet(str(run.staging.clean("demand"))).create_view("demand")
        (found,) = connection.execute(
            "SELECT min(ds) FROM (SELECT DISTINCT ds FROM demand ORDER BY ds DESC LIMIT $n)",
            {"n": spec_of(run).periods},
        ).fetchall()
    return pd.Timestamp(found[0])


def _layout(run: Run) -> Path:
    return _laid_out(run, "series")


def _laid_out(run: Run, name: str) -> Path:
    """Return where what all chunks need is written once."""
    return run.staging.folder / STAGE / f"{name}.parquet"
