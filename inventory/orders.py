"""Order plans of many warehouse-items."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from inventory.curve import Curves
from inventory.errors import Failure, StockError
from inventory.estimates import Costs
from inventory.lots import most_sizes
from inventory.names import with_names_coded
from inventory.optimality import GAP_COLUMNS, Key, gap_row
from inventory.plan import StockPlan, Target
from inventory.policy import Decision, choose_level, judge
from inventory.position import Position
from inventory.proposal import Proposal, propose_levels
from inventory.refinement import Tried, most_refined, refine_together
from inventory.simulation import simulate_together
from inventory.stock_out import risk_stock_out
from kernels.arrays import Dates, Floats, Words
from kernels.stock_terms import N_TOTALS

SERIES = ["warehouse_id", "item_id"]
STAGE = "plan orders"
# Of totals and paths that one launch on a GPU works on.
_BYTES_TOGETHER = 2**28
COLUMNS = [
    *SERIES,
    "category",
    "on_hand",
    "on_order",
    "lead_time_mean",
    "review_period",
    "policy",
    "reorder_point",
    "order_up_to",
    "lot",
    "order_cap",
    "order_quantity",
    "order_value",
    "currency",
    "service_target",
    "target_measure",
    "feasible",
    "fill_rate",
    "fill_rate_standard_error",
    "cycle_service",
    "cycle_service_standard_error",
    "expected_cost",
    "expected_cost_standard_error",
    "no_order_cost",
    "no_order_cost_standard_error",
    "no_order_fill_rate",
    "no_order_fill_rate_standard_error",
    "stock_out_risk",
    "stock_out_risk_standard_error",
    "stock_out_cost",
    "stock_out_cost_standard_error",
    "periods_of_cover",
    "reason",
]


@dataclass(frozen=True)
class OrderResult:
    """Order plans, and the items that have none.

    Ids and names in frames are categoricals whose categories are in order.

    Parameters
    ----------
    plans : frame, a row per item planned
    failures : a value per item not planned
    curves : frame, a row per item planned and level tried, see `inventory.curve`
    gaps : frame, a row per item whose best orders were asked for and could be computed, see
        `inventory.optimality`
    """

    plans: pd.DataFrame
    failures: list[Failure]
    curves: pd.DataFrame
    gaps: pd.DataFrame


def plan_orders(
    *,
    stock: pd.DataFrame,
    items: pd.DataFrame,
    open_orders: pd.DataFrame | None,
    paths: Floats,
    held_out: Floats,
    series: pd.DataFrame,
    periods: Dates,
    entities: Words,
    plan: StockPlan,
    seed: int,
    prove: Collection[Key] = (),
) -> OrderResult:
    """Plan tonight's order of each warehouse-item by simulating stock on its demand paths.

    Items are planned one by one, on a GPU some at a time; what is wrong with one changes nothing
    for the others. Policies are chosen on some paths and told of by others.

    Parameters
    ----------
    stock : warehouse_id, item_id, on_hand, lead times, review_period, costs, service_target, and
        capacity where it is limited
    items : item_id, category, unit_cost, case_pack, minimum_order, and shelf_life where units
        perish, each then costing its unit_cost
    open_orders : warehouse_id, item_id, ds of arrival, quantity; None is none
    paths : (n_series, n_paths, horizon) float64, units per period, to choose policies on
    held_out : the same, other paths, to judge them on
    series : warehouse_id and item_id of the paths, in their order
    periods : (n_series, horizon) datetime64, start of each period of the paths
    entities : (n_series,) uint64, stable identities of the paths
    plan : settings
    seed : in [0, 2**32)
    prove : warehouse_id and item_id of those whose best orders are asked for
    """
    numbers = {
        (row.warehouse_id, row.item_id): n for n, row in enumerate(series.itertuples(index=False))
    }
    known_items = {str(row["item_id"]): row for row in items.to_dict("records")}
    arrivals = arrivals_of(open_orders)
    night = _Night(numbers, known_items, arrivals, paths, held_out, periods, entities, plan, seed)
    rows: list[dict[str, Any]] = []
    curves = Curves()
    gaps: list[dict[str, Any]] = []
    failures: list[Failure] = []
    for group in _groups(stock.to_dict("records"), paths, plan):
        proposed = []
        for record in group:
            try:
                proposed.append(_propose(record, night))
            except (StockError, ValueError) as error:
                failures.append(_failure(record, error))
        for one, decision in zip(proposed, _decide(proposed, night), strict=True):
            try:
                rows.append(_row(one, decision, plan))
                key = _key(one.record)
                curves.add(key, decision)
                if plan.lost_share == 1.0 and key in prove:
                    position = one.proposal.position
                    gap = gap_row(key, position, decision, one.held_out, plan.currency)
                    gaps.extend([gap] if gap is not None else [])
            except (StockError, ValueError) as error:
                failures.append(_failure(one.record, error))
    plans = pd.DataFrame(rows, columns=COLUMNS).astype({"lot": float, "order_cap": float})
    return OrderResult(
        with_names_coded(plans),
        failures,
        curves.frame(plan.currency),
        with_names_coded(pd.DataFrame(gaps, columns=GAP_COLUMNS)),
    )


@dataclass(frozen=True)
class _Night:
    """What is known of all items, as `plan_orders` takes it."""

    numbers: Mapping[tuple[Any, Any], int]
    items: Mapping[str, Mapping[Any, Any]]
    arrivals: Mapping[tuple[Any, Any], list[tuple[np.datetime64, float]]]
    paths: Floats
    held_out: Floats
    periods: Dates
    entities: Words
    plan: StockPlan
    seed: int


@dataclass(frozen=True)
class _Proposed:
    """One item, the policies to try for it, and the paths to judge the best of them on."""

    record: Mapping[Any, Any]
    item: Mapping[Any, Any]
    proposal: Proposal
    held_out: Floats


def _groups(
    records: Sequence[Mapping[Any, Any]], paths: Floats, plan: StockPlan
) -> Iterator[Sequence[Mapping[Any, Any]]]:
    """Yield items to simulate together: one, or on a GPU as many as fill a launch."""
    at_once = 1
    if plan.device != "cpu" and len(paths):
        # The levels tried with each size and then, the one held today, and ordering nothing.
        n_rules = most_sizes(plan.policy) * plan.candidates + 2
        n_rules += most_refined(plan.refinements, plan.candidates)
        a_path = 8 * (N_TOTALS * n_rules + paths.shape[2])
        at_once = max(_BYTES_TOGETHER // (a_path * paths.shape[1]), 1)
    for start in range(0, len(records), at_once):
        yield records[start : start + at_once]


def _decide(proposed: Sequence[_Proposed], night: _Night) -> list[Decision]:
    """Return what is decided of items that are simulated together."""
    plan, seed = night.plan, night.seed
    simulations = [one.proposal.simulation for one in proposed]
    totals = simulate_together(simulations, seed, 0, plan.device)
    pairs = zip(proposed, totals, strict=True)
    first = [Tried.of(one.proposal, counted) for one, counted in pairs]
    choices = [
        choose_level(own) for own in refine_together(first, plan.refinements, seed, plan.device)
    ]
    judged = [own.simulation(one.held_out) for own, one in zip(choices, proposed, strict=True)]
    totals = simulate_together(judged, seed, night.paths.shape[1], plan.device)
    return [judge(own, counted) for own, counted in zip(choices, totals, strict=True)]


def _propose(record: Mapping[Any, Any], night: _Night) -> _Proposed:
    key = _key(record)
    number = _number(night.numbers, key)
    item = _item(night.items, str(key[1]))
    receipts = receipts_of(night.arrivals.get(key), night.periods[number])
    position = position_of("/".join(map(str, key)), record, item, receipts)
    own, held_out = night.paths[number], night.held_out[number]
    position.validate(own.shape[1])
    _refuse_bad_paths(own)
    _refuse_bad_paths(held_out)
    proposal = propose_levels(position, own, night.entities[number], night.seed, night.plan)
    return _Proposed(record, item, proposal, held_out)


def _key(record: Mapping[Any, Any]) -> tuple[Any, Any]:
    return record["warehouse_id"], record["item_id"]


def _failure(record: Mapping[Any, Any], error: Exception) -> Failure:
    return Failure("/".join(map(str, _key(record))), STAGE, type(error).__name__, str(error))


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


def arrivals_of(
    open_orders: pd.DataFrame | None,
) -> dict[tuple[Any, Any], list[tuple[np.datetime64, float]]]:
    """Return when and how much of each warehouse-item arrives.

    Parameters
    ----------
    open_orders : warehouse_id, item_id, ds of arrival, quantity; None is none
    """
    found: dict[tuple[Any, Any], list[tuple[np.datetime64, float]]] = {}
    if open_orders is not None:
        for row in open_orders.to_dict("records"):
            arrival = (np.datetime64(row["ds"]), float(row["quantity"]))
            found.setdefault((row["warehouse_id"], row["item_id"]), []).append(arrival)
    return found


def receipts_of(
    arrivals: list[tuple[np.datetime64, float]] | None, starts: Dates
) -> tuple[Floats, float]:
    """Return units by period of arrival, and units that arrive after the last period's start.

    Parameters
    ----------
    arrivals : as `arrivals_of` returns them of one warehouse-item
    starts : (horizon,) datetime64, start of each period
    """
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


def position_of(
    name: str,
    record: Mapping[Any, Any],
    item: Mapping[Any, Any],
    receipts: tuple[Floats, float],
) -> Position:
    """Return a warehouse-item as it is planned, from a row of stock and one of items.

    Parameters
    ----------
    name : of the warehouse-item
    record : row of stock
    item : row of items
    receipts : as `receipts_of` returns them
    """
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


def _row(one: _Proposed, decision: Decision, plan: StockPlan) -> dict[str, Any]:
    record, position, paths = one.record, one.proposal.position, one.held_out
    found, chosen = decision.estimates, decision.chosen
    held = position.on_hand + position.on_order
    mean_demand = float(paths.mean())
    law = position.supply(paths.shape[1], plan.lost_share).lead_times
    before = risk_stock_out(position.on_hand, position.receipts, paths, law, plan.lost_share)
    return {
        "warehouse_id": record["warehouse_id"],
        "item_id": record["item_id"],
        "category": one.item["category"],
        "on_hand": position.on_hand,
        "on_order": position.on_order,
        "lead_time_mean": position.lead_time_mean,
        "review_period": position.review_period,
        "policy": str(plan.policy),
        "reorder_point": decision.reorder_point,
        "order_up_to": decision.order_up_to,
        "lot": decision.lot,
        "order_cap": decision.order_cap,
        "order_quantity": decision.order_quantity,
        "order_value": decision.order_quantity * position.unit_cost,
        "currency": plan.currency,
        "service_target": position.service_target,
        "target_measure": str(plan.target),
        "feasible": decision.reachable,
        "fill_rate": found.fill_rate[chosen],
        "fill_rate_standard_error": found.fill_rate_error[chosen],
        "cycle_service": found.cycle_service[chosen],
        "cycle_service_standard_error": found.cycle_service_error[chosen],
        "expected_cost": found.cost[chosen],
        "expected_cost_standard_error": found.cost_error[chosen],
        "no_order_cost": found.cost[-1],
        "no_order_cost_standard_error": found.cost_error[-1],
        "no_order_fill_rate": found.fill_rate[-1],
        "no_order_fill_rate_standard_error": found.fill_rate_error[-1],
        "stock_out_risk": before.risk,
        "stock_out_risk_standard_error": before.risk_error,
        "stock_out_cost": before.short * position.costs.shortage,
        "stock_out_cost_standard_error": before.short_error * position.costs.shortage,
        "periods_of_cover": held / mean_demand if mean_demand > 0.0 else None,
        "reason": explain(position, decision, mean_demand, plan.target),
    }


def explain(position: Position, decision: Decision, mean_demand: float, target: Target) -> str:
    """Return in words why this quantity is ordered.

    Parameters
    ----------
    position : the item
    decision : what was decided
    mean_demand : units per period
    target : what the service target is asked of
    """
    held = position.on_hand + position.on_order
    parts = []
    if decision.order_quantity == 0.0:
        cover = f"for {held / mean_demand:.0f} periods" if mean_demand > 0.0 else "without demand"
        enough = f"enough on hand and on the way {cover}"
        parts.append("no order: " + (enough if held > 0.0 else "nothing on hand, and none pays"))
    else:
        need = decision.wanted
        if decision.lot is not None:
            parts.append(f"orders come in lots of {decision.lot:.6g}")
        if decision.order_cap is not None and decision.order_up_to - held > decision.order_cap:
            parts.append(f"one order is at most {decision.order_cap:.6g}")
        if position.minimum_order > need:
            parts.append(f"minimum order raises {need:.0f} to {decision.order_quantity:.0f}")
        elif decision.order_quantity - need > 0.5:
            parts.append(f"whole cases raise {need:.0f} to {decision.order_quantity:.0f}")
    parts.append(_explain_service(position, decision, target))
    return "; ".join(parts)


def _explain_service(position: Position, decision: Decision, target: Target) -> str:
    found, chosen = decision.estimates, decision.chosen
    if target == Target.COST:
        return f"least cost of the levels tried; serves {found.fill_rate[chosen]:.1%}"
    error = found.served_error(target)[chosen]
    served = f"{found.served(target)[chosen]:.1%} (±{error:.1%})"
    if target == Target.CYCLE_SERVICE:
        served += " of periods without shortage"
    asked = f"target {100.0 * position.service_target:.6g}%"
    if decision.reachable:
        return f"{asked}; serves {served}"
    return f"{asked} not reached by any level tried; the best serves {served}"
