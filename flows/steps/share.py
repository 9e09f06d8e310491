"""Share: each warehouse's budget among the orders that all chunks planned for it."""

import hashlib
from collections.abc import Sequence

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, read_chunk, run_chunk
from flows.steps.decide import PLANNED
from inventory import (
    BUDGET_COLUMNS,
    SharedBudget,
    find_exceptions,
    share_warehouse_budget,
    unused_budget,
)

STAGE = "share"
CURVES = "service_cost_curves"
SERIES = ["warehouse_id", "item_id"]


def share_budgets(run: Run, blocks: Sequence[str]) -> ChunkRecord:
    """Share the budgets of the run's warehouses.

    Parameters
    ----------
    run : whose budgets they are
    blocks : URIs of the chunks of orders; what they hold is part of this chunk's key
    """
    records = [record for uri in blocks if PLANNED in (record := read_chunk(uri)).shards]
    held = [record.checksums[name] for record in records for name in (PLANNED, CURVES)]
    content = hashlib.sha256(" ".join(held).encode()).hexdigest()
    return run_chunk(
        run.staging.chunk(STAGE, 0),
        f"{run.chunk_key(STAGE, 0, 1)}-{content}",
        lambda: _share(run, records),
    )


def _share(run: Run, records: Sequence[ChunkRecord]) -> ChunkWork:
    spec = run.job.stock
    assert spec is not None
    if not records:
        return ChunkWork({})
    # Sums depend on their order in the last digit, and must not depend on the chunks.
    plans = _stacked(records, PLANNED).sort_values(SERIES, ignore_index=True)
    curves = _stacked(records, CURVES)
    items = pd.read_parquet(run.staging.clean("items"))
    shared: dict[str, SharedBudget] = {
        str(name): share_warehouse_budget(
            own.reset_index(drop=True),
            curves[curves["warehouse_id"] == name],
            items,
            spec.budgets[str(name)],
        )
        for name, own in plans.groupby("warehouse_id", sort=True)
        if name in spec.budgets
    }
    free = plans[~plans["warehouse_id"].isin(list(shared))]
    parts = [free, *(found.plans for found in shared.values())]
    whole = pd.concat([part for part in parts if len(part)] or parts[:1])
    whole = whole.sort_values(SERIES, ignore_index=True)
    cuts = {key: cut for found in shared.values() for key, cut in found.cuts.items()}
    rows = [
        shared[name].row if name in shared else unused_budget(name, budget, spec.currency)
        for name, budget in sorted(spec.budgets.items())
    ]
    exceptions = find_exceptions(
        whole, most_cover=spec.most_cover, most_risk=spec.most_risk, cuts=cuts
    )
    return ChunkWork(
        {
            "order_plans": run.stamp(whole),
            "order_exceptions": run.stamp(exceptions),
            "warehouse_budgets": run.stamp(pd.DataFrame(rows, columns=BUDGET_COLUMNS)),
        }
    )


def _stacked(records: Sequence[ChunkRecord], table: str) -> pd.DataFrame:
    frames = [pd.read_parquet(record.shard(table)) for record in records]
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1])
