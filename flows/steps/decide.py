"""Decide: orders from stock simulated against the forecast's paths."""

import pandas as pd

from flows.run import (
    SERIES,
    ChunkRecord,
    ChunkWork,
    Failed,
    Independent,
    Only,
    Run,
    among,
    as_failed,
    content_of,
    entity_names,
    entity_words,
    of_series,
    read_by_series,
    read_chunk,
    run_entities,
)
from flows.spec import StockPlanSpec
from flows.steps.failing import guarded
from flows.steps.predict import STAGE as PREDICT
from flows.steps.predict import chunk_numbers
from flows.steps.predict import prepare as prepare_predict
from forecasting import sample_paths
from inventory import PolicyKind, StockPlan, Target, find_exceptions, plan_orders
from kernels.device import Device

STAGE = "decide"
FORECASTS = "demand_forecasts"
# The shard of plans that a limit is still to be shared among.
PLANNED = "planned_orders"

# Warehouse-items whose distance to the best orders is sought, and the most that one may hold.
MOST_PROVEN = 300
MOST_ON_HAND = 200.0

# Orders of a series take less than a forecast by models that are searched for, so a task takes
# several chunks of series.
CHUNKS_IN_A_TASK = 2


def prepare(run: Run) -> list[int]:
    """Return the numbers of the chunks of orders to plan, of neighbouring warehouses each."""
    forecast = prepare_predict(run)
    return list(range(-(-len(forecast) // CHUNKS_IN_A_TASK)))


def plan_chunk(run: Run, number: int) -> ChunkRecord:
    """Plan the orders of the series of a few forecast chunks."""
    forecast = chunk_numbers(run)
    members = forecast[number * CHUNKS_IN_A_TASK : (number + 1) * CHUNKS_IN_A_TASK]
    records = [_record(run, member) for member in members]
    # Orders are planned on forecasts: forecasts done again to another end have them planned again.
    held = [record.checksums.get(FORECASTS, "none") for record in records]
    # A series that was forecast without a failure is forecast the same again.
    made_from = [record.key for record in records]
    failed = {failure.entity for record in records for failure in record.failures}
    key = run.chunk_key(STAGE, number, len(forecast))
    return run_entities(
        run.staging.chunk(STAGE, number),
        f"{key}/{content_of(held)}",
        Independent(SERIES, f"{key}/{content_of(made_from)}", failed),
        lambda only: _plan(run, members, only),
    )


def _record(run: Run, member: int) -> ChunkRecord:
    return read_chunk(str(run.staging.chunk(PREDICT, member)))


def _plan(run: Run, members: list[int], only: Only) -> ChunkWork:
    layout = run.staging.folder / PREDICT / "series.parquet"
    series = among(read_by_series(layout, SERIES, [("chunk", "in", members)]), SERIES, only)
    stock = of_series(read_by_series(run.staging.clean("stock")), series)
    return guarded(
        "stock",
        STAGE,
        lambda: list(entity_names(stock, SERIES)),
        lambda: _plan_stock(run, members, stock),
    )


def _plan_stock(run: Run, members: list[int], stock: pd.DataFrame) -> ChunkWork:
    forecasts = _shards(run, members, FORECASTS)
    champions = _shards(run, members, "champions")
    forecast_series = champions[SERIES]
    planned = of_series(stock, forecast_series).sort_values(SERIES, ignore_index=True)
    missing = _without_forecast(stock, planned)
    if planned.empty:
        return ChunkWork({}, missing)
    wanted = planned[SERIES]
    forecasts = of_series(forecasts, wanted).sort_values([*SERIES, "ds"], ignore_index=True)
    champions = of_series(champions, wanted).sort_values(SERIES, ignore_index=True)
    words = entity_words(planned, SERIES)
    spec = run.job.stock
    assert spec is not None
    # Policies are chosen on the first of them, and told of by as many others.
    paths = sample_paths(forecasts, champions, words, 2 * spec.paths, run.job.seed)
    result = plan_orders(
        stock=planned,
        items=pd.read_parquet(run.staging.clean("items")),
        open_orders=_open_orders(run, wanted),
        paths=paths[:, : spec.paths],
        held_out=paths[:, spec.paths :],
        series=wanted,
        periods=forecasts["ds"].to_numpy().reshape(len(wanted), -1),
        entities=words,
        plan=stock_plan(spec, run.device),
        seed=run.job.seed,
        prove=_to_prove(run),
    )
    failures = as_failed("stock", result.failures)
    told = {
        "service_cost_curves": run.stamp(result.curves),
        "policy_gaps": run.stamp(result.gaps),
    }
    if spec.shares:
        # What a limit leaves of them is known once the plans of all chunks are.
        return ChunkWork({PLANNED: result.plans, **told}, [*missing, *failures])
    exceptions = find_exceptions(
        result.plans, most_cover=run.job.most_cover, most_risk=spec.most_risk
    )
    tables = {
        "order_plans": run.stamp(result.plans),
        "order_exceptions": run.stamp(exceptions),
        **told,
    }
    return ChunkWork(tables, [*missing, *failures])


def _to_prove(run: Run) -> set[tuple[str, str]]:
    """Return the dearest warehouse-items whose best orders may be computed: the same in chunks."""
    stock = pd.read_parquet(run.staging.clean("stock"))
    items = pd.read_parquet(run.staging.clean("items"), columns=["item_id", "unit_cost"])
    few = (stock["lead_time_deviation"] == 0.0) & (stock["on_hand"] <= MOST_ON_HAND)
    dearest = (
        stock[few]
        .merge(items, on="item_id")
        .sort_values(["unit_cost", *SERIES], ascending=[False, True, True])
        .head(MOST_PROVEN)
    )
    return set(dearest[SERIES].itertuples(index=False, name=None))


def stock_plan(spec: StockPlanSpec, device: Device = "cpu") -> StockPlan:
    """Return how orders are planned.

    Parameters
    ----------
    spec : the job's settings
    device : where stock is simulated
    """
    return StockPlan(
        shortage=spec.shortage,
        candidates=spec.candidates,
        currency=spec.currency,
        device=device,
        target=Target(spec.target),
        policy=PolicyKind(spec.policy),
        refinements=spec.refinements,
        moving=spec.levels == "moving",
    )


def _without_forecast(stock: pd.DataFrame, planned: pd.DataFrame) -> list[Failed]:
    has_forecast = set(entity_names(planned, SERIES))
    return [
        Failed("stock", entity, STAGE, "ForecastMissing", f"no forecast of {entity} to plan on")
        for entity in entity_names(stock, SERIES)
        if entity not in has_forecast
    ]


def _shards(run: Run, members: list[int], table: str) -> pd.DataFrame:
    records = [_record(run, number) for number in members]
    shards = [found.shard(table) for found in records if table in found.shards]
    return read_by_series(shards) if shards else pd.DataFrame(columns=[*SERIES, "ds"])


def _open_orders(run: Run, series: pd.DataFrame) -> pd.DataFrame | None:
    clean = run.staging.clean("open_orders")
    return of_series(read_by_series(clean), series) if clean.exists() else None
