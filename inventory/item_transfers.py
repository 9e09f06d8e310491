"""Transfers of a night, item by item, from plans, stock and the forecast's paths."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from inventory.errors import Failure, StockError
from inventory.moving_forecast import Moves
from inventory.names import with_names_coded
from inventory.plan import StockPlan
from inventory.policies import planned_policy
from inventory.position import Position, reviewed
from inventory.position_rows import items_of, keys_of, positions_of, receipts_of
from inventory.sharing import LEVEL
from inventory.simulation import Draws, Opening
from inventory.transfers import (
    Lane,
    Site,
    Transfer,
    compare_pooling,
    judge_transfers,
    plan_transfers,
)
from kernels.arrays import Dates, Floats, Words
from kernels.stock_events import order_quantity

STAGE = "plan transfers"
MOST_LOTS = 20
NO_BUDGETS: Mapping[str, float] = MappingProxyType({})
TRANSFER_COLUMNS = [
    "item_id",
    "from_warehouse_id",
    "to_warehouse_id",
    "quantity",
    "lead_time",
    "moving_cost",
    "saving",
    "saving_standard_error",
    "from_order_quantity",
    "to_order_quantity",
    "currency",
    "reason",
]
POOLING_COLUMNS = [
    "item_id",
    "warehouses",
    "separate_cost",
    "separate_cost_standard_error",
    "pooled_cost",
    "pooled_cost_standard_error",
    "saving",
    "saving_standard_error",
    "currency",
]


@dataclass(frozen=True)
class TransferResult:
    """Transfers, what one common stock would cost, and the warehouse-items that were left out.

    Parameters
    ----------
    transfers : frame of `TRANSFER_COLUMNS`
    pooling : frame of `POOLING_COLUMNS`, a row per item that two warehouses at least hold
    failures : a value per item whose transfers could not be planned
    """

    transfers: pd.DataFrame
    pooling: pd.DataFrame
    failures: list[Failure]


@dataclass(frozen=True)
class _Place:
    """One warehouse's share of an item.

    Parameters
    ----------
    site, judged : on the paths to choose transfers on, and on others
    room : units that stock and orders on the way may fill
    spare : money by which tonight's order may be dearer than planned
    """

    record: Mapping[Any, Any]
    position: Position
    site: Site
    judged: Site
    room: float
    spare: float


def plan_item_transfers(
    *,
    plans: pd.DataFrame,
    stock: pd.DataFrame,
    items: pd.DataFrame,
    open_orders: pd.DataFrame | None,
    lanes: Sequence[Lane],
    paths: Floats,
    held_out: Floats,
    periods: Dates,
    entities: Words,
    plan: StockPlan,
    seed: int,
    full: Collection[str] = (),
    spare: Mapping[str, float] = NO_BUDGETS,
) -> TransferResult:
    """Plan the transfers of each item between the warehouses that hold it.

    Every warehouse keeps to the level planned for it, so that one that receives orders less.
    Where items share a capacity, none takes more room than its plan gave it; where they share a
    budget, none gives so much that what it then orders is dearer by more than its part of what the
    budget leaves.

    Parameters
    ----------
    plans : as `plan_orders` returns them, or as shared limits left them
    stock : of the same warehouse-items in the same order
    items, open_orders : as in `plan_orders`
    lanes : between warehouses, for every item
    paths : (n_plans, n_paths, horizon) float64, units per period, to choose transfers on
    held_out : the same, other paths, that savings and costs are of
    periods : (n_plans, horizon) datetime64, start of each period
    entities : (n_plans,) uint64, stable identities, for the lead times
    plan, seed : as in `plan_orders`
    full : names of warehouses whose items share a capacity
    spare : money that the budget of a warehouse leaves for each of its items, of those with one
    """
    coming = receipts_of(open_orders, stock, periods)
    positions = positions_of(stock, items_of(stock, items), *coming)
    moves_of = Moves.of(plan, positions, paths)
    held: dict[str, list[_Place]] = {}
    records = zip(plans.to_dict("records"), keys_of(stock), strict=True)
    for n, (planned, key) in enumerate(records):
        position = positions.one(n, "/".join(map(str, key)))
        draws = Draws(seed, int(entities[n]))
        most = float(planned["order_quantity"]) if str(key[0]) in full else math.inf
        site = _site(position, planned, paths[n], draws, plan, most)
        others = replace(draws, first_path=paths.shape[1])
        judged = replace(site, demand=held_out[n], draws=others)
        # What a budget cut to nothing orders nothing later either.
        if planned["order_up_to"] > 0.0:
            own = moves_of.one(n)
            site, judged = (
                replace(each, lifts=own.lifts(each.demand[None])[0]) for each in (site, judged)
            )
        room = min(position.capacity, position.on_hand + position.on_order + most)
        money = spare.get(str(key[0]), math.inf)
        place = _Place(planned, position, site, judged, room, money)
        held.setdefault(str(key[1]), []).append(place)
    moves: list[dict[str, Any]] = []
    pooled: list[dict[str, Any]] = []
    failures: list[Failure] = []
    for item_id, places in sorted(held.items()):
        if len(places) < 2:
            continue
        try:
            own_moves, own_pooled = _of_item(item_id, places, lanes, plan, seed)
        except (StockError, ValueError) as error:
            failures.append(Failure(item_id, STAGE, type(error).__name__, str(error)))
            continue
        moves.extend(own_moves)
        pooled.append(own_pooled)
    return TransferResult(
        with_names_coded(pd.DataFrame(moves, columns=TRANSFER_COLUMNS)),
        with_names_coded(pd.DataFrame(pooled, columns=POOLING_COLUMNS)),
        failures,
    )


def _site(
    position: Position,
    planned: Mapping[Any, Any],
    paths: Floats,
    draws: Draws,
    plan: StockPlan,
    most_taken: float,
) -> Site:
    # A walk does not count on what arrives after it.
    levels = {name: planned[name] - position.late_receipts for name in LEVEL}
    return Site(
        str(planned["warehouse_id"]),
        reviewed(position, plan.policy, paths.shape[1]).supply(paths.shape[1], plan.lost_share),
        planned_policy({**planned, **levels}),
        Opening(position.on_hand, position.receipts),
        position.costs,
        draws,
        paths,
        most_taken,
    )


def _of_item(
    item_id: str, places: Sequence[_Place], lanes: Sequence[Lane], plan: StockPlan, seed: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    by_name = {place.site.name: place for place in places}
    own = [lane for lane in lanes if lane.source in by_name and lane.target in by_name]
    pack = places[0].position.case_pack
    # So many lots at most move from a place: together they can empty the fullest one.
    most = max(place.position.on_hand for place in places)
    lot = pack * max(np.ceil(most / (MOST_LOTS * pack)), 1.0)
    sites = [replace(place.site, most_given=_most_given(place, lot)) for place in places]
    found = plan_transfers(sites, own, lot=lot, most_lots=MOST_LOTS) if own else []
    found = judge_transfers([place.judged for place in places], found, lot=lot)
    change = dict.fromkeys(by_name, 0.0)
    for move in found:
        change[move.lane.source] -= move.quantity
        change[move.lane.target] += move.quantity
    orders = {name: _order(place, change[name]) for name, place in by_name.items()}
    rows = [_row(item_id, move, orders, by_name, plan) for move in found]
    return rows, _pooling(item_id, places, plan, seed)


def _most_given(place: _Place, lot: float) -> float:
    """Return the units, in lots, that may go before what is then ordered is too dear."""
    planned, unit_cost = float(place.record["order_quantity"]), place.position.unit_cost

    def is_paid(lots: int) -> bool:
        return (_order(place, -lots * lot) - planned) * unit_cost <= place.spare

    return lot * sum(1 for _ in takewhile(is_paid, range(1, MOST_LOTS + 1)))


def _order(place: _Place, change: float) -> float:
    """Return what a warehouse orders tonight once units came or went."""
    terms = place.site.supply.terms
    position = place.position.on_hand + place.position.on_order + change
    return float(
        order_quantity(
            position,
            *planned_policy(place.record).rule,
            terms.case_pack,
            terms.minimum_order,
            place.room,
        )
    )


def _row(
    item_id: str,
    move: Transfer,
    orders: Mapping[str, float],
    places: Mapping[str, _Place],
    plan: StockPlan,
) -> dict[str, Any]:
    lane = move.lane
    source, target = places[lane.source].record, places[lane.target].record
    reason = (
        f"{lane.source} holds {source['on_hand']:.0f}; {lane.target} holds "
        f"{target['on_hand']:.0f} and runs out before an order arrives with a chance of "
        f"{target['stock_out_risk']:.0%}; periods on the way: {lane.lead_time} by the "
        f"lane, {target['lead_time_mean']:g} by an order"
    )
    return {
        "item_id": item_id,
        "from_warehouse_id": lane.source,
        "to_warehouse_id": lane.target,
        "quantity": move.quantity,
        "lead_time": lane.lead_time,
        "moving_cost": move.quantity * lane.unit_cost,
        "saving": move.saving,
        "saving_standard_error": move.saving_error,
        "from_order_quantity": orders[lane.source],
        "to_order_quantity": orders[lane.target],
        "currency": plan.currency,
        "reason": reason,
    }


def _pooling(item_id: str, places: Sequence[_Place], plan: StockPlan, seed: int) -> dict[str, Any]:
    demand = np.array([place.site.demand for place in places])
    # One stock has one supplier: that of the warehouse that sells most.
    largest = places[int(demand.mean(axis=(1, 2)).argmax())]
    held_out = np.array([place.judged.demand for place in places])
    found = compare_pooling(demand, held_out, largest.site.supply, largest.site.costs, seed)
    return {
        "item_id": item_id,
        "warehouses": len(places),
        "separate_cost": found.separate,
        "separate_cost_standard_error": found.separate_error,
        "pooled_cost": found.pooled,
        "pooled_cost_standard_error": found.pooled_error,
        "saving": found.saving,
        "saving_standard_error": found.saving_error,
        "currency": plan.currency,
    }
