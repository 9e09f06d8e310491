"""The events of one period of one warehouse-item, written once, for one path or paths in lanes.

In each period, in this order: receipts arrive, an order may be placed, demand is met, units perish,
costs are counted on what is left. An order with a lead time of zero arrives at once, before demand.

References
----------
Snyder & Shen (2019), "Fundamentals of supply chain theory", ch. 4 (sequence of events);
Zipkin (2000), "Foundations of inventory management", ch. 6, 9 (lost sales and backorders);
Nahmias (2011), "Perishable inventory systems", ch. 1 (FIFO and LIFO issue).
"""

from numba import njit

from kernels.arrays import Floats
from kernels.bits import rounded_down, rounded_up
from kernels.unit_lanes import choose

# Quantities closer than this are the same: sums of fractional units carry rounding errors.
SAME_UNITS = 1e-9


# Division as in numpy: Python's would raise in the middle of a loop, which then has no lanes.
@njit(cache=True, nogil=True, error_model="numpy")
def whole_cases(need: float, room: float, case_pack: float, minimum_order: float) -> float:
    """Units to order for ``need``: the minimum order at least, in whole cases.

    Nothing is ordered for no need, and where ``room`` does not hold the minimum order. What lacks
    no more than `SAME_UNITS` of a case fits, so that a rounding error takes no case away. Without a
    ``case_pack`` any quantity can be ordered.
    """
    size: float = max(need, minimum_order)
    most: float = room
    if case_pack > 0.0:
        cases = 1.0 / case_pack
        size = rounded_up(size * cases - SAME_UNITS) * case_pack
        most = rounded_down(room * cases + SAME_UNITS) * case_pack
    size = min(size, most)
    ordered = (need > SAME_UNITS) & (size > 0.0) & (size >= minimum_order)
    return choose(ordered, size, 0.0)


@njit(cache=True, nogil=True)
def lacking(position: float, reorder_point: float, order_up_to: float) -> float:
    """Units that a ``position`` lacks to its level, where it is low enough to order; else none."""
    return choose(position <= reorder_point, max(order_up_to - position, 0.0), 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def order_quantity(
    position: float,
    reorder_point: float,
    order_up_to: float,
    batch: float,
    most: float,
    case_pack: float,
    minimum_order: float,
    capacity: float,
) -> float:
    """Units that a rule orders at a ``position``; arguments as `Rule` and `Terms` define them."""
    need = lacking(position, reorder_point, order_up_to)
    if batch > 0.0:
        batches = 1.0 / batch
        need = (rounded_down((reorder_point - position) * batches + SAME_UNITS) + 1.0) * batch
        need = choose(position <= reorder_point, min(need, most), 0.0)
    size: float = whole_cases(need, min(most, capacity - position), case_pack, minimum_order)
    return size


@njit(cache=True, nogil=True)
def net_after_demand(net: float, demand: float, sold: float, owed_share: float) -> float:
    """Stock less what is owed, after selling ``sold`` and owing a share of the rest."""
    return net - sold - owed_share * (demand - sold)


@njit(cache=True, nogil=True)
def age_stock(ages: Floats, sold: float, freshest_first: bool) -> float:
    """Take ``sold`` units from ``ages``, let a period pass, and return the units that perish.

    Parameters
    ----------
    ages : (shelf_life,) float64, units by the periods they can still be sold in, least first;
        changed in place
    """
    n_ages = ages.shape[0]
    left = sold
    for n in range(n_ages):
        place = n_ages - 1 - n if freshest_first else n
        taken = min(ages[place], left)
        ages[place] -= taken
        left -= taken
    perished: float = ages[0]
    for n in range(n_ages - 1):
        ages[n] = ages[n + 1]
    ages[n_ages - 1] = 0.0
    return perished
