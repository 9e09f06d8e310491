"""Predict: demand forecasts, chunk by chunk."""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from flows.run import (
    ChunkRecord,
    ChunkWork,
    Failed,
    Run,
    assign_chunks,
    entity_words,
    number_of_chunks,
    run_chunk,
    write_frame,
)
from flows.steps.calibrate import read_calibration
from flows.steps.failing import guarded
from flows.steps.predict_plan import forecast_plan
from forecasting import (
    CategoryProfiles,
    DemandPanel,
    category_profiles,
    forecast_demand,
)

STAGE = "predict"
SERIES = ["warehouse_id", "item_id"]

# Actuals published beside a forecast: enough to see a season and the last few horizons.
ACTUALS_IN_HORIZONS = 4


def prepare(run: Run) -> list[int]:
    """Split the series into chunks and make category profiles; return the chunks' numbers."""
    folder = run.staging.folder / STAGE
    layout = folder / "series.parquet"
    if not layout.exists():
        clean = run.staging.clean("demand")
        series = _series_in_chunks(run)
        _write_slices(run, series)
        panel = DemandPanel.from_frame(pd.read_parquet(clean), forecast_plan(run).frequency)
        profiles = category_profiles(panel, _categories(run), forecast_plan(run))
        write_frame(folder / "profiles.parquet", profiles.to_frame())
        write_frame(layout, series)
    return sorted(int(chunk) for chunk in pd.read_parquet(layout)["chunk"].unique())


def forecast_chunk(run: Run, number: int) -> ChunkRecord:
    """Forecast the series of one chunk."""
    n_chunks = len(pd.read_parquet(_layout(run), columns=["chunk"])["chunk"].unique())
    return run_chunk(
        run.staging.chunk(STAGE, number),
        run.chunk_key(STAGE, number, n_chunks),
        lambda: _forecast(run, number),
    )


def series_of_chunk(run: Run, number: int) -> pd.DataFrame:
    """Return the series of one chunk, sorted by id."""
    series = pd.read_parquet(_layout(run))
    chosen: pd.DataFrame = series.loc[series["chunk"] == number]
    return chosen.sort_values(SERIES, ignore_index=True)


def _forecast(run: Run, number: int) -> ChunkWork:
    series = series_of_chunk(run, number)
    entities = list(series["warehouse_id"] + "/" + series["item_id"])
    return guarded("demand", STAGE, entities, lambda: _forecast_slice(run, number))


def _forecast_slice(run: Run, number: int) -> ChunkWork:
    frame = pd.read_parquet(_slice(run, number))
    plan = forecast_plan(run)
    panel = DemandPanel.from_frame(frame, plan.frequency)
    profiles = CategoryProfiles.from_frame(
        pd.read_parquet(run.staging.folder / STAGE / "profiles.parquet")
    )
    result = forecast_demand(
        panel, plan, run.as_of, profiles, _categories(run), read_calibration(run)
    )
    recent = frame.groupby(SERIES, sort=False).tail(ACTUALS_IN_HORIZONS * plan.horizon)
    actuals = recent[[*SERIES, "ds", "quantity", "censored", "repaired"]]
    return ChunkWork(
        {
            "demand_actuals": run.stamp(actuals),
            "demand_forecasts": run.stamp(result.forecasts),
            "forecast_accuracy": run.stamp(result.accuracy),
            "champions": run.stamp(result.champions),
            "forecast_weights": run.stamp(result.weights),
        },
        [
            Failed("demand", failure.entity, failure.stage, failure.error_type, failure.message)
            for failure in result.failures
        ],
    )


def _series_in_chunks(run: Run) -> pd.DataFrame:
    keys: pd.DataFrame = pq.read_table(run.staging.clean("demand"), columns=SERIES).to_pandas()
    series = keys.drop_duplicates(ignore_index=True)
    n_chunks = number_of_chunks(len(series), run.job.execution.chunk_entities)
    words = entity_words(series, SERIES)
    return series.assign(word=words, chunk=assign_chunks(words, n_chunks))


def _write_slices(run: Run, series: pd.DataFrame) -> None:
    folder = run.staging.folder / STAGE / "slices"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.register("series", series)
        connection.read_parquet(str(run.staging.clean("demand"))).create_view("demand")
        connection.execute(
            "CREATE TABLE sliced AS SELECT demand.*, series.chunk "
            "FROM demand JOIN series USING (warehouse_id, item_id) "
            "ORDER BY chunk, warehouse_id, item_id, ds"
        )
        for number in sorted(series["chunk"].unique()):
            sliced = connection.sql(
                "SELECT * EXCLUDE chunk FROM sliced WHERE chunk = $number "
                "ORDER BY warehouse_id, item_id, ds",
                params={"number": int(number)},
            )
            sliced.write_parquet(str(_slice(run, int(number))), compression="zstd")


def _categories(run: Run) -> pd.Series:
    clean = run.staging.clean("items")
    if not clean.exists():
        return pd.Series(dtype=object, name="category")
    items = pd.read_parquet(clean, columns=["item_id", "category"])
    return items.set_index("item_id")["category"]


def _layout(run: Run) -> Path:
    return run.staging.folder / STAGE / "series.parquet"


def _slice(run: Run, number: int) -> Path:
    return run.staging.folder / STAGE / "slices" / f"slice-{number:05d}.parquet"
