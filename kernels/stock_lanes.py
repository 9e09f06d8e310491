"""The walk of paths in lanes: `walk_stock` to the bit, for units that do not perish.

All that a walk knows of its paths stays in registers from the first period to the last. Orders are
not sent ahead: each period takes those of the periods before whose lead time ends in it, the oldest
first, as they were placed.
"""

import math

from numba import njit, uint32

from kernels.arrays import Floats, Reals, Words32
from kernels.stock_events import lacking, net_after_demand, order_quantity
from kernels.stock_terms import Rule, Terms
from kernels.unit_lanes import (
    LANES_OF_DOUBLES,
    LANES_OF_SINGLES,
    choose,
    in_doubles,
    in_kind_of,
    lanes_in,
    load_units,
    load_words,
    spread_units,
    store_units,
)

# Paths of a block, and what fewer are rounded up to.
LANES = 256
_STEP = LANES_OF_SINGLES
# Rows of what a block counts, each of as many numbers as it has lanes.
SOLD, HELD, OWED, ORDERS, ORDERED, SERVED, MET = range(7)
N_COUNTS = 7


@njit(cache=True, nogil=True)
def lanes_of(n_paths: int) -> int:
    """Lanes that a block works on for its paths, at most LANES."""
    return min(-(-n_paths // _STEP) * _STEP, LANES)


@njit(cache=True, nogil=True)
def at_once(numbers: Reals) -> int:
    """Lanes of one value: as many as two registers of the widest kind hold."""
    return LANES_OF_SINGLES if numbers.itemsize == 4 else LANES_OF_DOUBLES


@njit(nogil=True, forceinline=True, error_model="numpy")
def _ordered(position, terms, rule, lift, whole):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Units that each lane orders."""
    if whole:
        # Whole positions are not above a point where they are not above its whole units.
        return lacking(position, math.floor(rule.reorder_point + lift), rule.order_up_to + lift)
    size = order_quantity(
        in_doubles(position),
        rule.reorder_point + lift,
        rule.order_up_to + lift,
        rule.batch,
        rule.most,
        terms.case_pack,
        terms.minimum_order,
        terms.capacity,
    )
    return in_kind_of(size, position)


@njit(nogil=True, forceinline=True)
def _arriving(periods, sizes, t, placed, every, last, width, first, like):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Units that each lane receives in period ``t`` of what was ordered from ``placed`` on."""
    found = spread_units(0.0, like)
    while placed <= last:
        arrives = load_words(periods, placed * width + first, like) == uint32(t - placed)
        found = choose(arrives, found + load_units(sizes, placed * lanes_in(like)), found)
        placed += every
    return found


@njit(cache=True, nogil=True)
def walk_lanes(
    demand: Reals,
    periods: Words32,
    width: int,
    first: int,
    shortest: int,
    longest: int,
    opening: float,
    receipts: Floats,
    terms: Terms,
    rule: Rule,
    lifts: Floats,
    whole: bool,
    first_counted: int,
    first_reached: int,
    sizes: Reals,
    counts: Reals,
) -> None:
    """Walk some lanes of a block under one rule, and fill what they count.

    Parameters
    ----------
    demand : (horizon x width,) float64, or float32 where `kernels.stock_exact` allows
    periods : (horizon x width,) uint32, lead times of orders placed in each period
    width : lanes of the block
    first : of the lanes walked, as many as `at_once`
    shortest, longest : lead times that there are
    opening, receipts, terms, rule, lifts, first_counted, first_reached : as in
        `kernels.stock_walk.walk_stock`
    whole : whether orders are whole units, which nothing but the rule's level limits
    sizes : (horizon x `at_once`,) scratch
    counts : (N_COUNTS x width,), overwritten in the lanes walked
    """
    net = spread_units(opening, load_units(demand, first))
    on_order = spread_units(receipts.sum(), net)
    nothing = spread_units(0.0, net)
    sold_all, held, owed, orders, ordered = nothing, nothing, nothing, nothing, nothing
    served, met = nothing, nothing
    every, wait, oldest = terms.review_period, 0, 0
    for t in range(receipts.shape[0]):
        oldest += every if oldest < t - longest else 0
        last = t - max(shortest, 1)
        earlier = _arriving(periods, sizes, t, oldest, every, last, width, first, net)
        arriving = receipts[t] + earlier
        net = net + arriving
        on_order = on_order - arriving
        if wait == 0:
            size = _ordered(net + on_order, terms, rule, lifts[t], whole)
            store_units(sizes, t * lanes_in(net), size)
            waiting = size
            if shortest == 0:
                there = load_words(periods, t * width + first, net) == 0
                net = choose(there, net + size, net)
                waiting = choose(there, nothing, size)
            on_order = on_order + waiting
            if t >= first_counted:
                orders = choose(size > 0.0, orders + 1.0, orders)
                ordered = ordered + size
        wanted = load_units(demand, t * width + first)
        sold = min(max(net, 0.0), wanted)
        net = net_after_demand(net, wanted, sold, 1.0 - terms.lost_share)
        if t >= first_counted:
            sold_all = sold_all + sold
            held = held + max(net, 0.0)
            owed = owed + max(0.0 - net, 0.0)
        if t >= first_reached:
            served = served + sold
            met = choose(sold >= wanted, met + 1.0, met)
        wait = 0 if wait + 1 == every else wait + 1
    store_units(counts, SOLD * width + first, sold_all)
    store_units(counts, HELD * width + first, held)
    store_units(counts, OWED * width + first, owed)
    store_units(counts, ORDERS * width + first, orders)
    store_units(counts, ORDERED * width + first, ordered)
    store_units(counts, SERVED * width + first, served)
    store_units(counts, MET * width + first, met)
