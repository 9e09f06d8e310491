"""Policies by name, as a plan asks for one and as a row of order plans tells of it."""

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from inventory.policies.base_stock import BaseStock
from inventory.policies.capped_base_stock import CappedBaseStock
from inventory.policies.forecast_order_up_to import ForecastOrderUpTo
from inventory.policies.newsvendor import Newsvendor
from inventory.policies.policy import Policy
from inventory.policies.reorder_batches import ReorderBatches
from inventory.policies.reorder_quantity import ReorderQuantity
from inventory.policies.reorder_up_to import ReorderUpTo
from kernels.arrays import Floats


class PolicyKind(StrEnum):
    """How an item is ordered, in the notation of the field."""

    NEWSVENDOR = "newsvendor"
    BASE_STOCK = "base-stock"
    REORDER_UP_TO = "(s, S)"
    REORDER_BATCHES = "(s, nQ)"
    REORDER_QUANTITY = "(r, Q)"
    CAPPED_BASE_STOCK = "capped base-stock"
    FORECAST_ORDER_UP_TO = "forecast-driven order-up-to"

    @property
    def orders_lots(self) -> bool:
        """Whether an order is one lot, or several."""
        return self in {PolicyKind.REORDER_QUANTITY, PolicyKind.REORDER_BATCHES}

    @property
    def orders_what_lacks(self) -> bool:
        """Whether a review orders whatever lacks to the level, be it little."""
        return not self.orders_lots and self != PolicyKind.REORDER_UP_TO


_UP_TO_A_LEVEL: Mapping[PolicyKind, Callable[[float], Policy]] = {
    PolicyKind.NEWSVENDOR: Newsvendor,
    PolicyKind.FORECAST_ORDER_UP_TO: ForecastOrderUpTo,
}


def policy_of(kind: PolicyKind, reorder_point: float, order_up_to: float, size: float) -> Policy:
    """Return a policy of a kind.

    Parameters
    ----------
    kind : of the policy
    reorder_point : units; only a position at or below it orders; read where not all that lacks is
        ordered
    order_up_to : units; not read where lots are ordered
    size : units of a lot, or the cap of one order, which may be infinite; read by those that have
        one

    Raises
    ------
    PlanError
        Where a level is not finite, or a size not above zero.
    """
    if kind.orders_lots:
        lots = ReorderQuantity if kind == PolicyKind.REORDER_QUANTITY else ReorderBatches
        return lots(reorder_point, size)
    if kind == PolicyKind.REORDER_UP_TO:
        return ReorderUpTo(reorder_point, order_up_to)
    if kind == PolicyKind.CAPPED_BASE_STOCK and math.isfinite(size):
        return CappedBaseStock(order_up_to, size)
    return _UP_TO_A_LEVEL.get(kind, BaseStock)(order_up_to)


def rules_of_kind(
    kind: PolicyKind, reorder_point: Floats, order_up_to: Floats, size: Floats
) -> Floats:
    """Return (n_policies, 4) float64, the rule of what `policy_of` returns for each.

    Parameters
    ----------
    kind : of the policies
    reorder_point, order_up_to, size : (n_policies,) float64, as in `policy_of`
    """
    none, endless = np.zeros(len(size)), np.full(len(size), math.inf)
    if kind.orders_lots:
        most = size if kind == PolicyKind.REORDER_QUANTITY else endless
        return np.column_stack([reorder_point, reorder_point, size, most])
    if kind == PolicyKind.REORDER_UP_TO:
        return np.column_stack([reorder_point, order_up_to, none, endless])
    most = size if kind == PolicyKind.CAPPED_BASE_STOCK else endless
    return np.column_stack([order_up_to, order_up_to, none, most])


def planned_policy(row: Mapping[Any, Any]) -> Policy:
    """Return the policy that a row of order plans tells of.

    Parameters
    ----------
    row : policy, reorder_point, order_up_to, lot and order_cap, where what is missing is NaN or
        None; a level of zero, to which a budget may cut an item, orders nothing
    """
    kind = PolicyKind(row["policy"])
    level = float(row["order_up_to"])
    if level <= 0.0:
        return ReorderUpTo(level, level)
    size = row["lot"] if kind.orders_lots else row["order_cap"]
    missing = size is None or math.isnan(size)
    return policy_of(kind, float(row["reorder_point"]), level, math.inf if missing else float(size))
