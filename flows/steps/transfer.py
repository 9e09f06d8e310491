"""Transfer: stock moved between warehouses tonight, item by item."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from flows.run import (
    SERIES,
    ChunkRecord,
    ChunkWork,
    Run,
    as_failed,
    assign_chunks,
    content_of,
    entity_words,
    number_of_chunks,
    of_series,
    read_by_series,
    read_chunk,
    run_chunk,
)
from flows.steps.decide import stock_plan
from flows.steps.failing import guarded
from flows.steps.predict import STAGE as PREDICT
from flows.steps.predict import prepare as forecast_chunks
from forecasting import sample_paths
from inventory import Lane, plan_item_transfers

STAGE = "transfer"
PLANS, BUDGETS = "order_plans", "warehouse_budgets"


def prepare(run: Run) -> list[int]:
    """Return the numbers of the chunks of items to plan transfers of; none without lanes."""
    clean = run.staging.clean("transfer_lanes")
    if not clean.exists() or pd.read_parquet(clean).empty:
        return []
    return sorted(set(_chunk_of_items(run).to_list()))


def transfer_chunk(run: Run, number: int, blocks: Sequence[str]) -> ChunkRecord:
    """Plan the transfers of the items of one chunk.

    Parameters
    ----------
    run : whose items they are
    number : of the chunk
    blocks : URIs of the chunks of orders; what they hold is part of this chunk's key
    """
    records = [record for uri in blocks if PLANS in (record := read_chunk(uri)).shards]
    content = content_of(record.checksums[PLANS] for record in records)
    chunk_of = _chunk_of_items(run)
    items = sorted(chunk_of.index[chunk_of == number])
    key = run.chunk_key(STAGE, number, int(chunk_of.max()) + 1)
    return run_chunk(
        run.staging.chunk(STAGE, number),
        f"{key}-{content}",
        lambda: guarded("items", STAGE, lambda: items, lambda: _plan(run, items, records)),
    )


def _chunk_of_items(run: Run) -> pd.Series:
    stock = pd.read_parquet(run.staging.clean("stock"), columns=SERIES)
    items = stock[["item_id"]].drop_duplicates().sort_values("item_id", ignore_index=True)
    wanted = number_of_chunks(len(stock), run.job.execution.chunk_entities)
    chunks = assign_chunks(entity_words(items, ["item_id"]), min(wanted, max(len(items), 1)))
    return pd.Series(chunks, index=items["item_id"])


def _plan(run: Run, items: list[str], records: Sequence[ChunkRecord]) -> ChunkWork:
    spec = run.job.stock
    assert spec is not None
    chosen = [("item_id", "in", items)]
    plans = _read([record.shard(PLANS) for record in records], chosen)
    if plans.empty:
        return ChunkWork({})
    plans = plans.sort_values(SERIES, ignore_index=True)
    keys = plans[SERIES]
    shards = [run.staging.chunk(PREDICT, number) for number in forecast_chunks(run)]
    forecasts = _read([folder / "demand_forecasts.parquet" for folder in shards], chosen)
    champions = _read([folder / "champions.parquet" for folder in shards], chosen)
    forecasts = of_series(forecasts, keys).sort_values([*SERIES, "ds"], ignore_index=True)
    champions = of_series(champions, keys).sort_values(SERIES, ignore_index=True)
    words = entity_words(keys, SERIES)
    # As for orders: transfers are chosen on the first paths, and told of by as many others.
    paths = sample_paths(forecasts, champions, words, 2 * spec.paths, run.job.seed)
    stock = read_by_series(run.staging.clean("stock"))
    open_orders = run.staging.clean("open_orders")
    lanes = pd.read_parquet(run.staging.clean("transfer_lanes"))
    result = plan_item_transfers(
        plans=plans,
        stock=of_series(stock, keys).sort_values(SERIES, ignore_index=True),
        items=pd.read_parquet(run.staging.clean("items")),
        open_orders=(
            of_series(read_by_series(open_orders), keys) if open_orders.exists() else None
        ),
        lanes=[
            Lane(
                str(row["from_warehouse_id"]),
                str(row["to_warehouse_id"]),
                int(row["lead_time"]),
                float(row["unit_cost"]),
            )
            for row in lanes.to_dict("records")
        ],
        paths=paths[:, : spec.paths],
        held_out=paths[:, spec.paths :],
        periods=forecasts["ds"].to_numpy().reshape(len(keys), -1),
        entities=words,
        plan=stock_plan(spec),
        seed=run.job.seed,
        full=spec.capacities,
        spare=_spare(records),
    )
    failures = as_failed("items", result.failures)
    tables = {
        "transfers": run.stamp(result.transfers),
        "stock_pooling": run.stamp(result.pooling),
    }
    return ChunkWork(tables, failures)


def _spare(records: Sequence[ChunkRecord]) -> dict[str, float]:
    """Return what the budgets of warehouses leave for each of their items."""
    shards = [record.shard(BUDGETS) for record in records if BUDGETS in record.shards]
    return {
        str(row["warehouse_id"]): max(row["budget"] - row["used"], 0.0) / max(row["items"], 1)
        for shard in shards
        for row in pd.read_parquet(shard).to_dict("records")
    }


def _read(paths: Sequence[Path], chosen: list[tuple[str, str, list[str]]]) -> pd.DataFrame:
    """Return the chosen rows of the shards that exist."""
    found = [path for path in paths if path.exists()]
    return read_by_series(found, filters=chosen) if found else pd.DataFrame(columns=SERIES)
