"""What a walk of stock is told: the item's terms, and the rule that orders."""

from typing import NamedTuple


class Terms(NamedTuple):
    """How one warehouse-item is supplied and sold.

    Parameters
    ----------
    review_period : periods between reviews, the first one in period 0
    case_pack : units; an order is whole cases; 0 is any quantity
    minimum_order : units; an order is at least this, or nothing
    capacity : units; an order never raises stock and units on the way above it; may be infinite
    lost_share : of each unit that demand finds no stock for, fraction in [0, 1]; the rest is owed
    shelf_life : periods that a unit can be sold in, its period of arrival included; 0 is for ever
    freshest_first : whether customers take the freshest units (LIFO); else the oldest (FIFO)
    """

    review_period: int
    case_pack: float
    minimum_order: float
    capacity: float
    lost_share: float
    shelf_life: int
    freshest_first: bool


class Rule(NamedTuple):
    """When to order, and how much, from the position: stock + on the way - owed.

    Parameters
    ----------
    reorder_point : units; only a position at or below it orders
    order_up_to : units; the order is what lacks to it
    batch : units; above zero, the order is instead the fewest batches that lift the position above
        the reorder point
    most : units; one order is never above it; may be infinite
    """

    reorder_point: float
    order_up_to: float
    batch: float
    most: float


# Places in a walk's totals.
(
    DEMANDED,
    SOLD,
    SHORT,
    HELD,
    OWED,
    ORDERS,
    ORDERED,
    WASTED,
    REACHED,
    SERVED,
    REACHED_PERIODS,
    SERVED_PERIODS,
) = range(12)
N_TOTALS = 12
