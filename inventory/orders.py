"""Order plans of many warehouse-items."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inventory.curve import CURVE_COLUMNS, curve_rows
from inventory.errors import Failure, StockError
from inventory.estimates import Costs
from inventory.plan import StockPlan
from inventory.policy import Decision, decide_order
from inventory.position import Position
from kernels.arrays import Dates, Floats, Words

SERIES = ["warehouse_id", "item_id"]
STAGE = "plan orders"
COLUMNS = [
    *SERIES,
    "category",
    "on_hand",
    "on_order",
    "lead_time_mean",
    "review_period",
    "reorder_point",
    "order_up_to",
    "order_quantity",
    "order_value",
    "currency",
    "service_target",
    "fill_rate",
    "fill_rate_standard_error",
    "expected_cost",
    "expected_cost_standard_error",
    "no_order_cost",
    "no_order_fill_rate",
    "periods_of_cover",
    "reason",
]


@dataclass(frozen=True)
class OrderResult:
    """Order plans, and the items that have none.

    Parameters
    ----------
    plans : frame, a row per item planned
    failures : a value per item not planned
    curves : frame, a row per item planned and level tried, see `inventory.curve`
    """

    plans: pd.DataFrame
    failures: list[Failure]
    curves: pd.DataFrame


def plan_orders(
    *,
    stock: pd.DataFrame,
    items: pd.DataFrame,
    open_orders: pd.DataFrame | None,
    paths: Floats,
    series: pd.DataFrame,
    periods: Dates,
    entities: Words,
    plan: StockPlan,
    seed: int,
) -> OrderResult:
    """Plan tonight's order of each warehouse-item by simulating stock on its demand paths.

    Items are planned one by one; what is wrong with one changes nothing for the others.

    Parameters
    ----------
    stock : warehouse_id, item_id, on_hand, lead times, review_period, costs, service_target, and
        capacity where it is limited
    items : item_id, category, unit_cost, case_pack, minimum_order, and shelf_life where units
        perish, each then costing its unit_cost
    open_orders : warehouse_id, item_id, ds of arrival, quantity; None is none
    paths : (n_series, n_paths, horizon) float64, units per period
    series : warehouse_id and item_id of the paths, in their order
    periods : (n_series, horizon) datetime64, start of each period of the paths
    entities : (n_series,) uint64, stable identities of the paths
    plan : settings
    seed : in [0, 2**32)
    """
    numbers = {
        (row.warehouse_id, row.item_id): n for n, row in enumerate(series.itertuples(index=False))
    }
    known_items = {str(row["item_id"]): row for row in items.to_dict("records")}
    arrivals = _arrivals(open_orders)
    rows: list[dict[str, Any]] = []
    curves: list[dict[str, Any]] = []
    failures: list[Failure] = []
    for record in stock.to_dict("records"):
        key = (record["warehouse_id"], record["item_id"])
        name = f"{key[0]}/{key[1]}"
        try:
            number = _number(numbers, key)
            item = _item(known_items, str(key[1]))
            starts = periods[number]
            position = _position(name, record, item, _receipts(arrivals.get(key), starts))
            own = paths[number]
            position.validate(own.shape[1])
            _refuse_bad_paths(own)
            decision = decide_order(position, own, entities[number], seed, plan)
            rows.append(_row(record, item, position, decision, own, plan))
            curves.extend(curve_rows(key, decision, plan.currency))
        except (StockError, ValueError) as error:
            failures.append(Failure(name, STAGE, type(error).__name__, str(error)))
    return OrderResult(
        pd.DataFrame(rows, columns=COLUMNS),
        failures,
        pd.DataFrame(curves, columns=CURVE_COLUMNS),
    )


def _number(numbers: Mapping[tuple[Any, Any], int], key: tuple[Any, Any]) -> int:
    if key not in numbers:
        raise StockError("there is no forecast to plan on")
    return numbers[key]


def _item(known: Mapping[str, Mapping[Any, Any]], item_id: str) -> Mapping[Any, Any]:
    if item_id not in known:
        raise StockError(f"item {item_id!r} is not among the items, so its cost is unknown")
    return known[item_id]


def _refuse_bad_paths(paths: Floats) -> None:
    if not np.isfinite(paths).all() or (paths < 0.0).any():
        raise StockError("demand paths must be finite and not negative")


def _arrivals(
    open_orders: pd.DataFrame | None,
) -> dict[tuple[Any, Any], list[tuple[np.datetime64, float]]]:
    found: dict[tuple[Any, Any], list[tuple[np.datetime64, float]]] = {}
    if open_orders is not None:
        for row in open_orders.to_dict("records"):
            arrival = (np.datetime64(row["ds"]), float(row["quantity"]))
            found.setdefault((row["warehouse_id"], row["item_id"]), []).append(arrival)
    return found


def _receipts(
    arrivals: list[tuple[np.datetime64, float]] | None, starts: Dates
) -> tuple[Floats, float]:
    """Return units by period of arrival, and units that arrive after the last period's start."""
    receipts = np.zeros(len(starts))
    late = 0.0
    for ds, quantity in arrivals or ():
        # An arrival within a period is there at the next one's start.
        place = int(np.searchsorted(starts, ds, side="left"))
        if place < len(starts):
            receipts[place] += quantity
        else:
            late += quantity
    return receipts, late


def _position(
    name: str,
    record: Mapping[Any, Any],
    item: Mapping[Any, Any],
    receipts: tuple[Floats, float],
) -> Position:
    return Position(
        entity=name,
        on_hand=float(record["on_hand"]),
        receipts=receipts[0],
        late_receipts=receipts[1],
        lead_time_mean=float(record["lead_time_mean"]),
        lead_time_deviation=float(record["lead_time_deviation"]),
        review_period=int(record["review_period"]),
        case_pack=float(item["case_pack"]),
        minimum_order=float(item["minimum_order"]),
        unit_cost=float(item["unit_cost"]),
        service_target=float(record["service_target"]),
        costs=Costs(
            float(record["holding_cost"]),
            float(record["shortage_cost"]),
            float(record["ordering_cost"]),
            waste=float(item["unit_cost"]),
        ),
        capacity=_limit(record, "capacity", math.inf),
        shelf_life=int(_limit(item, "shelf_life", 0.0)),
    )


def _limit(record: Mapping[Any, Any], name: str, absent: float) -> float:
    value = record.get(name)
    return absent if value is None or pd.isna(value) else float(value)


def _row(
    record: Mapping[Any, Any],
    item: Mapping[Any, Any],
    position: Position,
    decision: Decision,
    paths: Floats,
    plan: StockPlan,
) -> dict[str, Any]:
    found, chosen = decision.estimates, decision.chosen
    held = position.on_hand + position.on_order
    mean_demand = float(paths.mean())
    return {
        "warehouse_id": record["warehouse_id"],
        "item_id": record["item_id"],
        "category": item["category"],
        "on_hand": position.on_hand,
        "on_order": position.on_order,
        "lead_time_mean": position.lead_time_mean,
        "review_period": position.review_period,
        "reorder_point": decision.reorder_point,
        "order_up_to": decision.order_up_to,
        "order_quantity": decision.order_quantity,
        "order_value": decision.order_quantity * position.unit_cost,
        "currency": plan.currency,
        "service_target": position.service_target,
        "fill_rate": found.fill_rate[chosen],
        "fill_rate_standard_error": found.fill_rate_error[chosen],
        "expected_cost": found.cost[chosen],
        "expected_cost_standard_error": found.cost_error[chosen],
        "no_order_cost": found.cost[-1],
        "no_order_fill_rate": found.fill_rate[-1],
        "periods_of_cover": held / mean_demand if mean_demand > 0.0 else None,
        "reason": explain(position, decision, mean_demand),
    }


def explain(position: Position, decision: Decision, mean_demand: float) -> str:
    """Return in words why this quantity is ordered.

    Parameters
    ----------
    position : the item
    decision : what was decided
    mean_demand : units per period
    """
    served = decision.estimates.fill_rate[decision.chosen]
    target = f"target {position.service_target:.0%}"
    held = position.on_hand + position.on_order
    parts = []
    if decision.order_quantity == 0.0:
        cover = f"for {held / mean_demand:.0f} periods" if mean_demand > 0.0 else "without demand"
        parts.append(f"no order: enough on hand and on the way {cover}")
    else:
        need = decision.order_up_to - held
        if position.minimum_order > need:
            parts.append(f"minimum order raises {need:.0f} to {decision.order_quantity:.0f}")
        elif decision.order_quantity - need > 0.5:
            parts.append(f"whole cases raise {need:.0f} to {decision.order_quantity:.0f}")
    if decision.reachable:
        parts.append(f"{target} met at {served:.1%}")
    else:
        parts.append(f"{target} not reached by any level tried; the best serves {served:.1%}")
    return "; ".join(parts)
