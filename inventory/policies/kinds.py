"""Policies by name, as a plan asks for one and as a row of order plans tells of it."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from inventory.policies.base_stock import BaseStock
from inventory.policies.capped_base_stock import CappedBaseStock
from inventory.policies.policy import Policy
from inventory.policies.reorder_batches import ReorderBatches
from inventory.policies.reorder_quantity import ReorderQuantity
from inventory.policies.reorder_up_to import ReorderUpTo


class PolicyKind(StrEnum):
    """How an item is ordered, in the notation of the field."""

    REORDER_UP_TO = "(s, S)"
    REORDER_QUANTITY = "(r, Q)"
    REORDER_BATCHES = "(s, nQ)"
    CAPPED_BASE_STOCK = "capped base-stock"

    @property
    def orders_lots(self) -> bool:
        """Whether an order is one lot, or several."""
        return self in {PolicyKind.REORDER_QUANTITY, PolicyKind.REORDER_BATCHES}


def policy_of(kind: PolicyKind, reorder_point: float, order_up_to: float, size: float) -> Policy:
    """Return a policy of a kind.

    Parameters
    ----------
    kind : of the policy
    reorder_point : units; only a position at or below it orders; not read with a cap
    order_up_to : units; not read where lots are ordered
    size : units of a lot, or the cap of one order, which may be infinite; not read by (s, S)

    Raises
    ------
    PlanError
        Where a level is not finite, or a size not above zero.
    """
    if kind == PolicyKind.REORDER_QUANTITY:
        return ReorderQuantity(reorder_point, size)
    if kind == PolicyKind.REORDER_BATCHES:
        return ReorderBatches(reorder_point, size)
    if kind == PolicyKind.REORDER_UP_TO:
        return ReorderUpTo(reorder_point, order_up_to)
    return CappedBaseStock(order_up_to, size) if math.isfinite(size) else BaseStock(order_up_to)


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
