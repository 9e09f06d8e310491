"""What a decision backtest tells, as columns, and all items of it together."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory.decision_backtest import PLAN, PLANNERS, Backtest
from inventory.order_rows import Columns
from inventory.plan import StockPlan
from kernels.stock_terms import DEMANDED, HELD, ORDERED, ORDERS, SOLD

PERIOD_COLUMNS = ("demanded", "sold", "covered", "held", "ordered", "cost")


def item_columns(found: Backtest, plan: StockPlan) -> Columns:
    """Return what each planner cost and served with each item, and what the plan saved.

    Parameters
    ----------
    found : one item at least
    plan : settings

    Returns
    -------
    (n_items * n_planners,) of each column, the planners of an item one after another; ``item`` is
    its number.
    """
    parts = []
    for own in found.replays.values():
        ones = np.ones(len(own), np.int64)
        parts.append(
            {
                "periods": own.n_periods * ones,
                "demanded": own.sums(DEMANDED),
                "sold": own.sums(SOLD),
                "covered_periods": own.covered.sum(axis=1),
                "reached_demand": own.reached_demand,
                "served": own.served,
                "reached_periods": own.reached_periods,
                "served_periods": own.served_periods,
                "service_target": found.positions.service_target,
                "reached": own.served_share(plan.target) >= found.positions.service_target,
                "mean_stock": own.sums(HELD) / own.n_periods,
                "ordered": own.sums(ORDERED),
                "orders": own.sums(ORDERS).astype(np.int64),
                "cost": own.cost,
                "saving": own.cost - found.replays[PLAN].cost,
            }
        )
    columns = _in_turn(parts)
    n_rows = len(columns["cost"])
    return {
        **columns,
        **_whose(found, 1),
        "target_measure": np.full(n_rows, str(plan.target), object),
        "currency": np.full(n_rows, plan.currency, object),
    }


def period_columns(found: Backtest) -> Columns:
    """Return what each planner did with each item in each period.

    Parameters
    ----------
    found : one item at least

    Returns
    -------
    (n_items * n_planners * n_periods,) of each of `PERIOD_COLUMNS`, in this order: units, 1 where
    nothing was short, and money; with the planner, and with ``item``, its number.
    """
    parts = [
        {
            "demanded": own.records[:, DEMANDED],
            "sold": own.records[:, SOLD],
            "covered": own.covered.astype(np.float64),
            "held": own.records[:, HELD],
            "ordered": own.records[:, ORDERED],
            "cost": own.period_costs,
        }
        for own in found.replays.values()
    ]
    return {**_in_turn(parts), **_whose(found, found.replays[PLAN].n_periods)}


def _in_turn(parts: Iterable[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return columns of one item after another, each with the rows of all parts."""
    told = list(parts)
    return {name: np.stack([part[name] for part in told], axis=1).ravel() for name in told[0]}


def _whose(found: Backtest, n_rows: int) -> dict[str, NDArray[Any]]:
    """Return the number of the item, and the planner, of so many rows of each."""
    names = np.array(list(found.replays), object)
    return {
        "item": np.repeat(found.items, n_rows * len(names)),
        "planner": np.tile(np.repeat(names, n_rows), len(found.items)),
    }


def compare_planners(items: pd.DataFrame) -> pd.DataFrame:
    """Compare the plan with each planner over all items replayed.

    Parameters
    ----------
    items : of the columns that `item_columns` returns, every item under every planner

    Returns
    -------
    Frame with a row per planner: items, money and service of all of them (service of what an order
    of the planner could reach), the mean target and the share of items that reached theirs, what
    the plan saved against it with the standard error of the sum (items taken as a sample, paired),
    and the share of items where the plan cost less. The error is NaN where there is one item alone.
    """
    rows = []
    for name in PLANNERS:
        own = items[items["planner"] == name]
        if own.empty:
            continue
        saved = own["saving"].to_numpy(float)
        error = float(saved.std(ddof=1) * np.sqrt(len(saved))) if len(saved) > 1 else np.nan
        rows.append(
            {
                "planner": name,
                "items": len(own),
                "periods": int(own["periods"].max()),
                "demanded": float(own["demanded"].sum()),
                "fill_rate": _share(own["served"], own["reached_demand"]),
                "cycle_service": _share(own["served_periods"], own["reached_periods"]),
                "service_target": float(own["service_target"].mean()),
                "target_measure": str(own["target_measure"].iloc[0]),
                "reached_share": float(own["reached"].astype(float).mean()),
                "mean_stock": float(own["mean_stock"].sum()),
                "orders": int(own["orders"].sum()),
                "cost": float(own["cost"].sum()),
                "saving": float(saved.sum()),
                "saving_standard_error": error,
                "better_share": float((saved > 0.0).mean()),
                "currency": str(own["currency"].iloc[0]),
            }
        )
    return pd.DataFrame(rows)


def _share(parts: pd.Series, wholes: pd.Series) -> float:
    """Return the part of the whole of all items; 1 of nothing."""
    whole = float(wholes.sum())
    return float(parts.sum()) / whole if whole > 0.0 else 1.0
