"""Order plans of many warehouse-items."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory.curve import CURVE_COLUMNS, curve_columns, curve_frame
from inventory.errors import Failure, StockError
from inventory.names import SERIES, coded_ids, with_names_coded
from inventory.optimality import GAP_COLUMNS, Key, gap_row
from inventory.order_rows import Columns, order_columns
from inventory.plan import StockPlan
from inventory.policy import Decisions, decide_orders
from inventory.position_rows import keys_of, places_of, positions_of, receipts_of
from inventory.positions import Positions
from inventory.together import BAD_PATHS, are_bad, blocks_of
from kernels.arrays import Dates, Floats, Integers, Words

STAGE = "plan orders"
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
    "cover_after_order",
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

    What is wrong with one item changes nothing for the others. Policies are chosen on some paths
    and told of by others.

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
    keys = keys_of(stock)
    own = places_of(keys, keys_of(series))
    of_item = places_of(map(str, stock["item_id"]), map(str, items["item_id"]))
    errors = _without_input(keys, own, of_item)
    rows = np.flatnonzero((own >= 0) & (of_item >= 0))
    own, of_item = own[rows], of_item[rows]
    receipts, late = receipts_of(open_orders, series, periods)
    positions = positions_of(stock.iloc[rows], items.iloc[of_item], receipts[own], late[own])
    named = [keys[row] for row in rows]
    night = _Night(named, positions, paths, held_out, entities, own, plan, seed)
    refused = night.refused()
    made = _Made(night, prove, dict(refused))
    sound = np.setdiff1d(np.arange(len(rows)), list(refused))
    for block in blocks_of(sound, paths.shape[1], paths.shape[2], plan):
        made.add_all(block)
    errors |= {int(rows[place]): error for place, error in made.errors.items()}
    failures = [_failure(keys[row], error) for row, error in sorted(errors.items())]
    categories = items["category"].to_numpy(dtype=object)[of_item]
    return OrderResult(
        made.plans(categories),
        failures,
        made.curves(),
        with_names_coded(pd.DataFrame(made.gaps, columns=GAP_COLUMNS)),
    )


@dataclass(frozen=True)
class _Night:
    """What is known of the items that have a forecast and costs, a row each.

    Parameters
    ----------
    keys : warehouse_id and item_id
    positions : the items
    own : (n_items,) int64, places of their series
    others : of the series, as `plan_orders` takes it
    """

    keys: Sequence[Key]
    positions: Positions
    paths: Floats
    held_out: Floats
    entities: Words
    own: Integers
    plan: StockPlan
    seed: int

    def refused(self) -> dict[int, Exception]:
        """Return why items cannot be planned, by their row."""
        found = self.positions.refused(self.paths.shape[2])
        bad = are_bad(self.paths) | are_bad(self.held_out)
        for item in np.flatnonzero(bad[self.own]).tolist():
            found.setdefault(item, BAD_PATHS)
        return {item: StockError(message) for item, message in found.items()}

    def decide(self, block: Integers) -> Decisions:
        """Return what is decided of some items."""
        own = self.own[block]
        return decide_orders(
            self.positions.of(block),
            self.paths[own],
            self.held_out[own],
            self.entities[own],
            self.seed,
            self.plan,
        )


@dataclass
class _Made:
    """Plans made so far.

    Parameters
    ----------
    night : what is planned
    prove : ids of those whose best orders are asked for
    errors : why items have no plan, or no gap, by their row
    """

    night: _Night
    prove: Collection[Key]
    errors: dict[int, Exception]

    def __post_init__(self) -> None:
        self.gaps: list[dict[str, Any]] = []
        self._plans: list[Columns] = []
        self._curves: list[Columns] = []

    def add_all(self, block: Integers) -> None:
        """Plan some items together; where that cannot be done, those that can be one by one."""
        try:
            self._add(block, self.night.decide(block))
        except (StockError, ValueError) as error:
            if len(block) == 1:
                self.errors[int(block[0])] = error
                return
            for item in block:
                self.add_all(np.array([item]))

    def _add(self, block: Integers, decisions: Decisions) -> None:
        held_out = self.night.held_out[self.night.own[block]]
        plans, curves = order_columns(decisions, held_out), curve_columns(decisions)
        self._plans.append({**plans, "item": block})
        self._curves.append({**curves, "item": block[curves["item"]]})
        if self.night.plan.lost_share < 1.0:
            return
        for place, item in enumerate(block.tolist()):
            if self.night.keys[item] in self.prove:
                self._prove(item, decisions, place, held_out[place])

    def _prove(self, item: int, decisions: Decisions, place: int, paths: Floats) -> None:
        position, decision = decisions.positions.one(place), decisions.one(place)
        key, currency = self.night.keys[item], self.night.plan.currency
        try:
            gap = gap_row(key, position, decision, paths, currency)
        except (StockError, ValueError) as error:
            self.errors[item] = error
        else:
            self.gaps.extend([] if gap is None else [gap])

    def plans(self, categories: NDArray[np.object_]) -> pd.DataFrame:
        """Return the frame of `COLUMNS`.

        Parameters
        ----------
        categories : (n_items,)
        """
        if not self._plans:
            return pd.DataFrame(columns=COLUMNS).astype({"lot": float, "order_cap": float})
        columns = _stacked(self._plans)
        ids, category = coded_ids(self.night.keys, columns["item"]), categories[columns["item"]]
        frame = pd.DataFrame({**columns, **ids, "category": category}, columns=COLUMNS)
        return with_names_coded(frame)

    def curves(self) -> pd.DataFrame:
        """Return the curves of all items."""
        if not self._curves:
            return pd.DataFrame(columns=CURVE_COLUMNS)
        columns = _stacked(self._curves)
        return curve_frame(
            columns, coded_ids(self.night.keys, columns["item"]), self.night.plan.currency
        )


def _stacked(parts: Sequence[Columns]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _without_input(keys: Sequence[Key], own: Integers, of_item: Integers) -> dict[int, Exception]:
    """Return why rows of stock cannot be planned that lack a forecast or an item."""
    lacking: dict[int, Exception] = {
        row: StockError(
            f"item {str(keys[row][1])!r} is not among the items, so its cost is unknown"
        )
        for row in np.flatnonzero(of_item < 0).tolist()
    }
    for row in np.flatnonzero(own < 0).tolist():
        lacking[row] = StockError("there is no forecast to plan on")
    return lacking


def _failure(key: Key, error: Exception) -> Failure:
    return Failure("/".join(map(str, key)), STAGE, type(error).__name__, str(error))
