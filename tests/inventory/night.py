"""A small night of stock, item by item, for tests to change."""

import numpy as np
import pandas as pd

from inventory import StockPlan, plan_orders, positions_of

HORIZON = 12
N_PATHS = 60


def stock_row(item_id, **changes):
    return {
        "warehouse_id": "north",
        "item_id": item_id,
        "on_hand": 10.0,
        "lead_time_mean": 2.0,
        "lead_time_deviation": 0.5,
        "review_period": 1,
        "holding_cost": 0.1,
        "shortage_cost": 4.0,
        "ordering_cost": 0.0,
        "service_target": 0.95,
        **changes,
    }


def item_row(item_id, **changes):
    return {
        "item_id": item_id,
        "category": "tools",
        "unit_cost": 3.0,
        "case_pack": 1.0,
        "minimum_order": 0.0,
        **changes,
    }


def position_of(stock, item, receipts=None, late=0.0):
    """Return the position of one row of stock and its row of items."""
    receipts = np.zeros(HORIZON) if receipts is None else receipts
    rows = pd.DataFrame([stock]), pd.DataFrame([item])
    return positions_of(*rows, receipts[None], np.array([late])).one(0, "north/bolt")


def coming_late(item_id, quantity):
    """Return an open order that arrives when the forecast is over."""
    arrives = np.datetime64("2024-01-01", "ns") + np.timedelta64(HORIZON, "D")
    parts = {"warehouse_id": "north", "item_id": item_id, "ds": [arrives], "quantity": [quantity]}
    return pd.DataFrame(parts)


def demand_paths(names, n_paths=N_PATHS, horizon=HORIZON, others=0):
    # Each item's demand comes from its name alone, so that leaving one out changes no other.
    seeds = [int.from_bytes(name.encode(), "big") % 2**31 + others for name in names]
    return np.array(
        [np.random.default_rng(s).poisson(5.0, (n_paths, horizon)) for s in seeds], float
    )


def words(names):
    return np.array([int.from_bytes(name.encode(), "big") % 2**60 for name in names], np.uint64)


def plan_night(
    stock,
    items,
    *,
    paths=None,
    held_out=None,
    names=None,
    open_orders=None,
    plan=None,
    seed=3,
    prove=(),
):
    """Plan the stock rows given, with demand for ``names`` (by default, every item).

    Paths that are given are those it is judged on, too.
    """
    names = [row["item_id"] for row in stock] if names is None else names
    if paths is None:
        paths, held_out = demand_paths(names), demand_paths(names, others=1)
    held_out = paths if held_out is None else held_out
    starts = np.datetime64("2024-01-01", "ns") + np.arange(HORIZON) * np.timedelta64(1, "D")
    return plan_orders(
        stock=pd.DataFrame(stock),
        items=pd.DataFrame(items),
        open_orders=open_orders,
        paths=paths,
        held_out=held_out,
        series=pd.DataFrame({"warehouse_id": "north", "item_id": names}),
        periods=np.tile(starts, (len(names), 1)),
        entities=words(names),
        plan=plan or StockPlan(),
        seed=seed,
        prove=prove,
    )
