"""The walk of a block of paths in lanes: `walk_stock` to the bit, for units that do not perish.

Every quantity of the block lies in one flat array at a fixed distance from the next, which is
what lets the compiler prove that the loops over lanes do not overlap and run in vectors. The array
is of doubles, or of singles where they are exact: see `kernels.stock_exact`.
"""

import math

import numpy as np
from numba import njit, uint32

from kernels.arrays import Integers, Reals, Words32
from kernels.stock_draws import uniform_32
from kernels.stock_events import lacking, net_after_demand, order_quantity
from kernels.stock_lead_times import WORDS, LeadTimes, drawn_lead_time
from kernels.stock_terms import Rule, Terms

LANES = 256
# A block of fewer paths works on as many lanes as they fill, in steps of this.
_STEP = 64
# Rows further apart than their lanes: a store 4 KiB after a load would seem to overlap it.
_STRIDE = LANES + 16
# First places of a block's rows.
NET, ON_ORDER, SIZE, SOLD, HELD, OWED, ORDERS, ORDERED, SERVED, MET = (
    n * _STRIDE for n in range(10)
)
LENGTH = 10 * _STRIDE


@njit(cache=True, nogil=True)
def lanes_of(n_paths: int) -> int:
    """Lanes that a block works on for its paths, at most LANES."""
    return min(-(-n_paths // _STEP) * _STEP, LANES)


@njit(cache=True, nogil=True)
def clear(row: Reals) -> None:
    """Set every number to zero."""
    for i in range(row.shape[0]):
        row[i] = 0.0


@njit(cache=True, nogil=True)
def receive_in_lanes(state: Reals, arrivals: Reals, receipts: float) -> None:
    """Receive what arrives in this period, and free its slot."""
    kind = state.dtype.type
    own = kind(receipts)
    for i in range(arrivals.shape[0]):
        arriving = own + arrivals[i]
        arrivals[i] = kind(0.0)
        state[NET + i] += arriving
        state[ON_ORDER + i] -= arriving


@njit(cache=True, nogil=True, error_model="numpy")
def _order(state: Reals, lanes: int, terms: Terms, rule: Rule) -> None:
    for i in range(lanes):
        state[SIZE + i] = order_quantity(
            np.float64(state[NET + i] + state[ON_ORDER + i]),
            rule.reorder_point,
            rule.order_up_to,
            rule.batch,
            rule.most,
            terms.case_pack,
            terms.minimum_order,
            terms.capacity,
        )


@njit(cache=True, nogil=True)
def _order_whole(state: Reals, lanes: int, rule: Rule) -> None:
    """Order whole units, which nothing but the rule's level limits."""
    kind = state.dtype.type
    # Whole positions are not above a point where they are not above its whole units.
    point, level = kind(math.floor(rule.reorder_point)), kind(rule.order_up_to)
    for i in range(lanes):
        state[SIZE + i] = lacking(state[NET + i] + state[ON_ORDER + i], point, level)


@njit(cache=True, nogil=True)
def _count_orders(state: Reals, lanes: int, waits: bool, money: bool) -> None:
    """Count every lane's order, and where it ``waits``, put it on order."""
    kind = state.dtype.type
    counted, waiting = kind(1.0 if money else 0.0), kind(1.0 if waits else 0.0)
    for i in range(lanes):
        size = state[SIZE + i]
        state[ON_ORDER + i] += waiting * size
        state[ORDERS + i] += counted if size > 0.0 else kind(0.0)
        state[ORDERED + i] += counted * size


@njit(cache=True, nogil=True)
def _send(size: Reals, row: Reals, words: Words32, first: int, count: int) -> None:
    """Add the orders whose draw lies in a window to the row of their arrival."""
    # As a distance, which wraps around: a window of all words has no count in 32 bits.
    low, farthest = uint32(first), uint32(count - 1)
    for i in range(row.shape[0]):
        row[i] += size[i] if uint32(words[i] - low) <= farthest else row.dtype.type(0.0)


@njit(cache=True, nogil=True)
def _send_by_window(state: Reals, ring: Reals, now: int, words: Words32, windows: Integers) -> None:
    """Send every lane's order on its way, a lead time after the other."""
    slots, lanes = ring.shape
    size = state[SIZE : SIZE + lanes]
    for periods in range(windows.shape[0]):
        first, count = windows[periods, 0], windows[periods, 1]
        if count > 0 and periods == 0:
            _send(size, state[NET : NET + lanes], words, first, count)
            later = WORDS - first - count
            if later > 0:
                _send(size, state[ON_ORDER : ON_ORDER + lanes], words, first + count, later)
        elif count > 0:
            place = now + periods
            _send(size, ring[place - slots if place >= slots else place], words, first, count)


@njit(cache=True, nogil=True)
def _send_each(
    state: Reals, ring: Reals, now: int, words: Words32, law: LeadTimes, ordering: Integers
) -> None:
    """Send the orders of the lanes that have one on their way, each with its lead time."""
    slots, lanes = ring.shape
    count = 0
    for i in range(lanes):
        ordering[count] = i
        count += 1 if state[SIZE + i] > 0.0 else 0
    for n in range(count):
        i = ordering[n]
        periods = drawn_lead_time(uniform_32(words[i]), law)
        if periods == 0:
            state[NET + i] += state[SIZE + i]
        else:
            state[ON_ORDER + i] += state[SIZE + i]
            place = now + periods
            ring[place - slots if place >= slots else place, i] += state[SIZE + i]


@njit(cache=True, nogil=True)
def _send_together(state: Reals, ring: Reals, now: int, periods: int) -> None:
    """Send every lane's order on its way, all with the same lead time."""
    slots, lanes = ring.shape
    if periods == 0:
        for i in range(lanes):
            state[NET + i] += state[SIZE + i]
    else:
        place = now + periods
        row = ring[place - slots if place >= slots else place]
        for i in range(lanes):
            row[i] = state[SIZE + i]


@njit(cache=True, nogil=True)
def meet_in_lanes(
    state: Reals, demand: Reals, owed_share: float, money: bool, service: bool
) -> None:
    """Meet a period's demand, and count it where ``money`` and ``service`` count."""
    kind = state.dtype.type
    own_share, nothing = kind(owed_share), kind(0.0)
    spends, serves = kind(1.0 if money else 0.0), kind(1.0 if service else 0.0)
    for i in range(demand.shape[0]):
        net = state[NET + i]
        sold = min(max(net, nothing), demand[i])
        met = serves if sold >= demand[i] else nothing
        net = net_after_demand(net, demand[i], sold, own_share)
        state[NET + i] = net
        state[SOLD + i] += spends * sold
        state[HELD + i] += spends * max(net, nothing)
        state[OWED + i] += spends * max(-net, nothing)
        state[SERVED + i] += serves * sold
        state[MET + i] += met


@njit(cache=True, nogil=True)
def order_in_lanes(
    state: Reals,
    ring: Reals,
    now: int,
    words: Words32,
    windows: Integers,
    law: LeadTimes,
    ordering: Integers,
    terms: Terms,
    rule: Rule,
    whole: bool,
    money: bool,
) -> None:
    """Place the orders of a period, and send them on their way.

    Parameters
    ----------
    state : (LENGTH,), of the block
    ring : (longest lead time + 1, lanes), arrivals by period
    now : the period's place in the ring
    words : (LANES,) uint32, draws behind lead times
    windows : (n, 2) int64 of `fill_windows`; without a row where orders are sent one by one
    law, terms, rule : of the item
    ordering : (LANES + 1,) int64 scratch
    whole : whether orders are whole units, which nothing but the rule's level limits
    money : whether the period's orders count
    """
    lanes = ring.shape[1]
    if whole:
        _order_whole(state, lanes, rule)
    else:
        _order(state, lanes, terms, rule)
    if law.fixed >= 0:
        _count_orders(state, lanes, law.fixed > 0, money)
        _send_together(state, ring, now, law.fixed)
    elif windows.shape[0] > 0:
        _count_orders(state, lanes, windows[0, 1] == 0, money)
        _send_by_window(state, ring, now, words, windows)
    else:
        _count_orders(state, lanes, False, money)
        _send_each(state, ring, now, words, law, ordering)
