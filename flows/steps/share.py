"""Share: each warehouse's budget and capacity among the orders that chunks planned for it."""

import math
from collections.abc import Sequence

import pandas as pd

from flows.run import (
    SERIES,
    ChunkRecord,
    ChunkWork,
    Run,
    content_of,
    read_by_series,
    read_chunk,
    run_chunk,
    stack_filled,
)
from flows.steps.decide import PLANNED
from inventory import (
    BUDGET_COLUMNS,
    CAPACITY_COLUMNS,
    Limits,
    SharedWarehouse,
    find_exceptions,
    share_warehouse,
    unused_budget,
    unused_capacity,
)

STAGE = "share"
CURVES = "service_cost_curves"


def share_limits(run: Run, blocks: Sequence[str]) -> ChunkRecord:
    """Share the budgets and capacities of the run's warehouses.

    Parameters
    ----------
    run : whose limits they are
    blocks : URIs of the chunks of orders; what they hold is part of this chunk's key
    """
    records = [record for uri in blocks if PLANNED in (record := read_chunk(uri)).shards]
    held = [record.checksums[name] for record in records for name in (PLANNED, CURVES)]
    return run_chunk(
        run.staging.chunk(STAGE, 0),
        f"{run.chunk_key(STAGE, 0, 1)}-{content_of(held)}",
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
    limits = {
        name: Limits(spec.budgets.get(name, math.inf), spec.capacities.get(name, math.inf))
        for name in {*spec.budgets, *spec.capacities}
    }
    shared: dict[str, SharedWarehouse] = {
        str(name): share_warehouse(
            own.reset_index(drop=True),
            curves[curves["warehouse_id"] == name],
            items,
            limits[str(name)],
        )
        for name, own in plans.groupby("warehouse_id", sort=True, observed=True)
        if name in limits
    }
    free = plans[~plans["warehouse_id"].isin(list(shared))]
    parts = [free, *(found.plans for found in shared.values())]
    whole = stack_filled(parts).sort_values(SERIES, ignore_index=True)
    cuts = {key: cut for found in shared.values() for key, cut in found.cuts.items()}
    budgets = [
        shared[name].budget if name in shared else unused_budget(name, most, spec.currency)
        for name, most in sorted(spec.budgets.items())
    ]
    capacities = [
        shared[name].capacity if name in shared else unused_capacity(name, most, spec.currency)
        for name, most in sorted(spec.capacities.items())
    ]
    exceptions = find_exceptions(
        whole, most_cover=run.job.most_cover, most_risk=spec.most_risk, cuts=cuts
    )
    return ChunkWork(
        {
            "order_plans": run.stamp(whole),
            "order_exceptions": run.stamp(exceptions),
            "warehouse_budgets": run.stamp(pd.DataFrame(budgets, columns=BUDGET_COLUMNS)),
            "warehouse_capacities": run.stamp(pd.DataFrame(capacities, columns=CAPACITY_COLUMNS)),
        }
    )


def _stacked(records: Sequence[ChunkRecord], table: str) -> pd.DataFrame:
    return read_by_series([record.shard(table) for record in records])
