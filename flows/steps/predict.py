"""Predict: demand forecasts, chunk by chunk."""

from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from flows.run import (
    SERIES,
    ChunkRecord,
    ChunkWork,
    Independent,
    Only,
    Run,
    among,
    as_failed,
    assign_groups,
    entity_names,
    entity_words,
    number_of_chunks,
    read_by_series,
    run_entities,
    seal_files,
    torn_files,
    write_frame,
)
from flows.run.devices import forecasts_on_device
from flows.steps import stored_choices, stored_models
from flows.steps.calibrate import calibration_content, read_calibration
from flows.steps.closures import closures_content, take_closures
from flows.steps.drivers import drivers_content, take_drivers
from flows.steps.failing import guarded
from flows.steps.groups import categories_of
from flows.steps.predict_plan import forecast_plan
from flows.steps.predict_repairs import repairs_of
from flows.steps.seasons import seasons_content, take_seasons
from forecasting import (
    CategoryProfiles,
    DemandPanel,
    ForecastResult,
    category_profiles,
    forecast_demand,
)
from kernels.device import Device

STAGE = "predict"
_SEAL = "layout.json"

_MADE_WITH = closures_content, drivers_content, seasons_content, calibration_content

# Actuals published beside a forecast: enough to see a season and the last few horizons.
ACTUALS_IN_HORIZONS = 4


def prepare(run: Run) -> list[int]:
    """Split the series into chunks and make category profiles; return the chunks' numbers.

    A chunk has whole warehouses, or part of a large one: orders are planned by it too.
    """
    if torn_layout(run):
        clean = run.staging.clean("demand")
        series = _series_in_chunks(run)
        _write_slices(run, series)
        stored_models.write_slices(run, series, _slices(run))
        stored_choices.write_slices(run, series, _slices(run))
        panel = DemandPanel.from_frame(read_by_series(clean), forecast_plan(run).frequency)
        profiles = category_profiles(panel, categories_of(run), forecast_plan(run))
        write_frame(_folder(run) / "profiles.parquet", profiles.to_frame())
        write_frame(_layout(run), series)
        files = sorted(_folder(run).glob("*.parquet")) + sorted(_slices(run).glob("*.parquet"))
        seal_files(_folder(run) / _SEAL, files)
    return chunk_numbers(run)


def torn_layout(run: Run) -> list[Path]:
    """Return what is gone or torn of the split of the series; its seal where it is not made."""
    return torn_files(_folder(run) / _SEAL)


def chunk_numbers(run: Run) -> list[int]:
    """Return the numbers of the chunks that the series are split into."""
    chunks = pq.read_table(_layout(run), columns=["chunk"])["chunk"]
    return sorted(chunks.unique().to_pylist())


def forecast_chunk(run: Run, number: int) -> ChunkRecord:
    """Forecast the series of one chunk."""
    key = run.chunk_key(STAGE, number, len(chunk_numbers(run)))
    return run_entities(
        run.staging.chunk(STAGE, number),
        "/".join((key, *(content(run) for content in _MADE_WITH))),
        Independent(SERIES),
        lambda only: _forecast(run, number, only),
    )


def device_of(run: Run) -> Device:
    """Return where models are fitted: the run's device, where one in the line-up runs on it."""
    demand = run.job.demand
    return run.device if demand is not None and forecasts_on_device(demand) else "cpu"


def series_of_chunk(run: Run, number: int) -> pd.DataFrame:
    """Return the series of one chunk, sorted by id."""
    series = read_by_series(_layout(run), filters=[("chunk", "==", number)])
    return series.sort_values(SERIES, ignore_index=True)


def _forecast(run: Run, number: int, only: Only) -> ChunkWork:
    return guarded(
        "demand",
        STAGE,
        lambda: list(entity_names(among(series_of_chunk(run, number), SERIES, only), SERIES)),
        lambda: _forecast_slice(run, number, only),
    )


def _forecast_slice(run: Run, number: int, only: Only) -> ChunkWork:
    frame = among(read_by_series(_slice(run, number)), SERIES, only)
    plan = forecast_plan(run)
    panel = take_closures(run, DemandPanel.from_frame(frame, plan.frequency))
    panel, plan = take_drivers(run, take_seasons(run, panel), frame, plan)
    profiles = CategoryProfiles.from_frame(pd.read_parquet(_folder(run) / "profiles.parquet"))
    result = forecast_demand(
        panel,
        plan,
        run.as_of,
        profiles,
        categories_of(run),
        read_calibration(run),
        stored_models.models_before(run, number, _slices(run)),
        stored_choices.standing_before(run, number, _slices(run)),
    )
    recent = panel.recent_rows(ACTUALS_IN_HORIZONS * plan.horizon)
    actuals = frame.loc[recent, [*SERIES, "ds", "quantity", "censored", "repaired"]]
    return ChunkWork(
        {
            "demand_actuals": run.stamp(actuals),
            "demand_forecasts": run.stamp(result.forecasts),
            "forecast_accuracy": run.stamp(result.accuracy),
            "accuracy_by_horizon": run.stamp(result.by_horizon),
            "champions": run.stamp(result.champions),
            "forecast_weights": run.stamp(result.weights),
            "repairs": _repairs(result),
            **stored_models.model_shards(result),
            **stored_choices.choice_shards(result),
        },
        as_failed("demand", result.failures),
    )


def _repairs(result: ForecastResult) -> pd.DataFrame:
    repairs, changes = repairs_of(result.anomalies), stored_models.changes_of(result)
    if changes.empty:
        return repairs
    stacked = pd.concat([repairs, changes], ignore_index=True)
    return stacked.astype(dict.fromkeys(stacked.select_dtypes(object), "category"))


def _series_in_chunks(run: Run) -> pd.DataFrame:
    keys = read_by_series(run.staging.clean("demand"), SERIES)
    series = keys.drop_duplicates(ignore_index=True).astype(object)
    n_chunks = number_of_chunks(len(series), run.job.execution.chunk_entities, len(keys))
    words = entity_words(series, SERIES)
    return series.assign(word=words, chunk=assign_groups(series["warehouse_id"], words, n_chunks))


def _write_slices(run: Run, series: pd.DataFrame) -> None:
    _slices(run).mkdir(parents=True, exist_ok=True)
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


def _folder(run: Run) -> Path:
    return run.staging.folder / STAGE


def _layout(run: Run) -> Path:
    return _folder(run) / "series.parquet"


def _slices(run: Run) -> Path:
    return _folder(run) / "slices"


def _slice(run: Run, number: int) -> Path:
    return _slices(run) / f"slice-{number:05d}.parquet"
