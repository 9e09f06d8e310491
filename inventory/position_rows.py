"""Positions from rows of stock, of items and of orders on the way."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from inventory.names import SERIES
from inventory.positions import Positions
from kernels.arrays import Dates, Floats, Integers
from kernels.stock_terms import HELD, N_TOTALS, ORDERS, SHORT, WASTED


def keys_of(rows: pd.DataFrame) -> list[tuple[Any, Any]]:
    """Return warehouse_id and item_id of each row."""
    return list(zip(*(list(rows[name]) for name in SERIES), strict=True))


def places_of(keys: Iterable[Any], known: Iterable[Any]) -> Integers:
    """Return the place of each key among those known, -1 where it has none; of equals the last."""
    places = {key: place for place, key in enumerate(known)}
    return np.fromiter((places.get(key, -1) for key in keys), np.int64)


def receipts_of(
    open_orders: pd.DataFrame | None, series: pd.DataFrame, periods: Dates
) -> tuple[Floats, Floats]:
    """Return units by period of arrival, and units that arrive after the last period's start.

    Parameters
    ----------
    open_orders : warehouse_id, item_id, ds of arrival, quantity; None is none
    series : warehouse_id and item_id
    periods : (n_series, horizon) datetime64, start of each period

    Returns
    -------
    (n_series, horizon) and (n_series,) float64.
    """
    n_series, horizon = periods.shape
    receipts = np.zeros((n_series, horizon + 1))
    if open_orders is not None:
        own = places_of(keys_of(open_orders), keys_of(series))
        coming = open_orders.loc[own >= 0]
        own = own[own >= 0]
        # An arrival within a period is there at the next one's start.
        place = (periods[own] < coming["ds"].to_numpy()[:, None]).sum(axis=1)
        np.add.at(receipts, (own, place), coming["quantity"].to_numpy(np.float64))
    return np.ascontiguousarray(receipts[:, :-1]), receipts[:, -1].copy()


def positions_of(
    stock: pd.DataFrame, items: pd.DataFrame, receipts: Floats, late: Floats
) -> Positions:
    """Return warehouse-items as they are planned, from rows of stock and the rows of their items.

    Parameters
    ----------
    stock : on_hand, lead times, review_period, costs, service_target, and capacity where it is
        limited
    items : unit_cost, case_pack, minimum_order, and shelf_life where units perish, each then
        costing its unit_cost; a row for each of stock
    receipts, late : as `receipts_of` returns them, a row for each of stock
    """
    unit_cost = _numbers(items["unit_cost"])
    prices = np.zeros((len(unit_cost), N_TOTALS))
    prices[:, HELD] = _numbers(stock["holding_cost"])
    prices[:, SHORT] = _numbers(stock["shortage_cost"])
    prices[:, ORDERS] = _numbers(stock["ordering_cost"])
    prices[:, WASTED] = unit_cost
    return Positions(
        on_hand=_numbers(stock["on_hand"]),
        receipts=receipts,
        late_receipts=late,
        lead_time_mean=_numbers(stock["lead_time_mean"]),
        lead_time_deviation=_numbers(stock["lead_time_deviation"]),
        review_period=np.nan_to_num(_numbers(stock["review_period"])).astype(np.int64),
        case_pack=_numbers(items["case_pack"]),
        minimum_order=_numbers(items["minimum_order"]),
        unit_cost=unit_cost,
        service_target=_numbers(stock["service_target"]),
        prices=prices,
        capacity=_limits(stock, "capacity", len(unit_cost), math.inf),
        shelf_life=_limits(items, "shelf_life", len(unit_cost), 0.0).astype(np.int64),
    )


def items_of(stock: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Return the row of items of each row of stock, by item_id.

    Raises
    ------
    KeyError
        Where there is none.
    """
    wanted = [str(item_id) for item_id in stock["item_id"]]
    places = places_of(wanted, map(str, items["item_id"]))
    if (places < 0).any():
        raise KeyError(wanted[int(np.argmin(places))])
    return items.iloc[places]


def _numbers(column: pd.Series) -> Floats:
    return pd.Series(column, dtype="float64").to_numpy(copy=True)


def _limits(rows: pd.DataFrame, name: str, n_rows: int, absent: float) -> Floats:
    """Return a column that rows need not have, nor have a number in."""
    column = rows.get(name)
    values = np.full(n_rows, np.nan) if column is None else _numbers(column)
    return np.where(np.isnan(values), absent, values)
