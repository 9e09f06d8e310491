"""When a walk of stock is exact in single precision, and so the same bits as in double.

Where every quantity is a whole number of units and no sum reaches 2**24, each sum, difference and
comparison of a walk is of whole numbers that a float32 holds exactly. Lanes of that precision are
twice as many.
"""

from numba import njit

from kernels.arrays import Floats
from kernels.bits import rounded_down
from kernels.stock_terms import Terms

# Whole numbers up to this, and all below, are exact in single precision.
_EXACT = 16777216.0


@njit(cache=True, nogil=True)
def is_whole(number: float) -> bool:
    """Whether a number is whole, or infinite."""
    return bool(number == rounded_down(number))


@njit(cache=True, nogil=True)
def _whole_walk(
    opening: float, receipts: Floats, terms: Terms, rules: Floats, lifts: Floats
) -> bool:
    whole = is_whole(opening) and is_whole(terms.lost_share) and terms.shelf_life == 0
    for number in (terms.case_pack, terms.minimum_order, terms.capacity):
        whole = whole and is_whole(number)
    for number in receipts:
        whole = whole and is_whole(number)
    for number in lifts:
        whole = whole and is_whole(number)
    for rule in rules:
        # The reorder point is only compared with.
        whole = whole and is_whole(rule[1]) and is_whole(rule[2]) and is_whole(rule[3])
    return bool(whole)


@njit(cache=True, nogil=True)
def _highest_position(
    opening: float, receipts: Floats, terms: Terms, rules: Floats, lifts: Floats
) -> float:
    """Return what stock and units on the way never exceed."""
    most = max(0.0, lifts.max())
    lifted = 0.0
    for rule in rules:
        batches = max(rule[0] + most, 0.0) + rule[2] if rule[2] > 0.0 else 0.0
        lifted = max(lifted, max(rule[1] + most, 0.0) + batches)
    rounding = terms.case_pack + terms.minimum_order
    return float(max(opening, 0.0) + receipts.sum() + lifted + rounding)


@njit(cache=True, nogil=True)
def largest_exact_demand(
    opening: float, receipts: Floats, terms: Terms, rules: Floats, lifts: Floats
) -> float:
    """Return the largest demand of a period, in whole units, for which the walk is exact.

    Parameters
    ----------
    opening : units in stock, negative where units are owed
    receipts : (horizon,) float64, units
    terms, rules : of the item; rules (n_rules, 4) float64, each a `Rule`
    lifts : (horizon,) float64, units that the rules' levels are higher by in each period

    Returns
    -------
    Units; -1 where single precision is not exact whatever the demand.
    """
    if not _whole_walk(opening, receipts, terms, rules, lifts):
        return -1.0
    horizon = float(receipts.shape[0])
    high = _highest_position(opening, receipts, terms, rules, lifts)
    owed = max(-opening, 0.0)
    # What is held or owed at the end of each period is summed over the horizon.
    if not horizon * (high + owed) < _EXACT:
        return -1.0
    sums = _EXACT if terms.lost_share == 1.0 else _EXACT / horizon
    return float(rounded_down((sums - high - owed) / horizon))


@njit(cache=True, nogil=True)
def demand_is_exact(demand: Floats, largest: float) -> bool:
    """Whether all demand is whole units, and none above ``largest``.

    Parameters
    ----------
    demand : (n_paths, horizon) float64
    largest : of `largest_exact_demand`
    """
    if largest < 0.0:
        return False
    others = 0
    for path in range(demand.shape[0]):
        for t in range(demand.shape[1]):
            units = demand[path, t]
            others += 0 if units <= largest and units == rounded_down(units) else 1
    return others == 0
