"""The walk of a block of paths in lanes: `walk_stock` to the bit, for units that do not perish.

Every quantity of the block lies in one flat array at a fixed distance from the next, which is
what lets the compiler prove that the loops over lanes do not overlap and run in vectors.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.stock_events import net_after_demand, order_quantity
from kernels.stock_lead_times import LeadTimes, drawn_lead_time
from kernels.stock_terms import (
    DEMANDED,
    HELD,
    ORDERED,
    ORDERS,
    OWED,
    REACHED,
    REACHED_PERIODS,
    SERVED,
    SERVED_PERIODS,
    SHORT,
    SOLD,
    WASTED,
    Rule,
    Terms,
)

LANES = 128
# Rows further apart than their lanes: a store 4 KiB after a load would seem to overlap it.
_STRIDE = LANES + 8
# First places of a block's rows.
_NET, _ON_ORDER, _SIZE, _SOLD, _HELD, _OWED, _ORDERS, _ORDERED, _SERVED, _MET = (
    n * _STRIDE for n in range(10)
)
_LENGTH = 10 * _STRIDE


@njit(cache=True, nogil=True)
def _receive(state: Floats, arrivals: Floats, receipts: float) -> None:
    """Receive what arrives in this period, and free its slot."""
    for i in range(LANES):
        arriving = receipts + arrivals[i]
        arrivals[i] = 0.0
        state[_NET + i] += arriving
        state[_ON_ORDER + i] -= arriving


@njit(cache=True, nogil=True, error_model="numpy")
def _order(state: Floats, terms: Terms, rule: Rule) -> None:
    for i in range(LANES):
        state[_SIZE + i] = order_quantity(
            state[_NET + i] + state[_ON_ORDER + i],
            rule.reorder_point,
            rule.order_up_to,
            rule.batch,
            rule.most,
            terms.case_pack,
            terms.minimum_order,
            terms.capacity,
        )


@njit(cache=True, nogil=True)
def _dispatch_together(state: Floats, arrivals: Floats, at_once: bool, money: float) -> None:
    """Send every lane's order on its way, all with the same lead time."""
    row = _NET if at_once else _ON_ORDER
    for i in range(LANES):
        size = state[_SIZE + i]
        state[row + i] += size
        state[_ORDERS + i] += money if size > 0.0 else 0.0
        state[_ORDERED + i] += money * size
    if not at_once:
        for i in range(LANES):
            arrivals[i] = state[_SIZE + i]


@njit(cache=True, nogil=True)
def _dispatch_each(
    state: Floats,
    ring: Floats,
    now: int,
    draws: Floats,
    law: LeadTimes,
    ordering: Integers,
    money: float,
) -> None:
    """Send the orders of the lanes that have one on their way, each with its lead time."""
    slots = ring.shape[0]
    count = 0
    for i in range(LANES):
        ordering[count] = i
        count += 1 if state[_SIZE + i] > 0.0 else 0
    for n in range(count):
        i = ordering[n]
        size = state[_SIZE + i]
        state[_ORDERS + i] += money
        state[_ORDERED + i] += money * size
        periods = drawn_lead_time(draws[i], law)
        if periods == 0:
            state[_NET + i] += size
        else:
            state[_ON_ORDER + i] += size
            slot = now + periods
            ring[slot - slots if slot >= slots else slot, i] += size


@njit(cache=True, nogil=True)
def _meet(state: Floats, demand: Floats, lost_share: float, money: float, service: float) -> None:
    """Meet a period's demand; it counts where ``money`` and ``service`` are 1, not where 0."""
    for i in range(LANES):
        net = state[_NET + i]
        sold = min(max(net, 0.0), demand[i])
        met = service if sold >= demand[i] else 0.0
        net = net_after_demand(net, demand[i], sold, lost_share)
        state[_NET + i] = net
        state[_SOLD + i] += money * sold
        state[_HELD + i] += money * max(net, 0.0)
        state[_OWED + i] += money * max(-net, 0.0)
        state[_SERVED + i] += service * sold
        state[_MET + i] += met


@njit(cache=True, nogil=True)
def _walk(
    demand: Floats,
    lead_draws: Floats,
    law: LeadTimes,
    opening: float,
    receipts: Floats,
    terms: Terms,
    rule: Rule,
    first_counted: int,
    first_reached: int,
    ring: Floats,
    ordering: Integers,
    state: Floats,
) -> None:
    slots = ring.shape[0]
    state[:] = 0.0
    ring[:] = 0.0
    state[_NET : _NET + LANES] = opening
    state[_ON_ORDER : _ON_ORDER + LANES] = receipts.sum()
    now = 0
    for t in range(receipts.shape[0]):
        money = 1.0 if t >= first_counted else 0.0
        _receive(state, ring[now], receipts[t])
        if t % terms.review_period == 0:
            _order(state, terms, rule)
            if law.fixed >= 0:
                arrivals = ring[(now + law.fixed) % slots]
                _dispatch_together(state, arrivals, law.fixed == 0, money)
            else:
                _dispatch_each(state, ring, now, lead_draws[t], law, ordering, money)
        _meet(state, demand[t], terms.lost_share, money, 1.0 if t >= first_reached else 0.0)
        now = 0 if now + 1 == slots else now + 1


@njit(cache=True, nogil=True)
def _add_rows(demand: Floats, first: int, last: int, out: Floats) -> None:
    out[:] = 0.0
    for t in range(first, last):
        row = demand[t]
        for i in range(LANES):
            out[i] += row[i]


@njit(cache=True, nogil=True)
def _count_demand(
    demand: Floats, horizon: int, first_counted: int, first_reached: int, totals: Floats
) -> None:
    """Count what no rule changes."""
    sums = np.empty(LANES)
    totals[:, REACHED_PERIODS] = max(horizon - first_reached, 0)
    totals[:, WASTED] = 0.0
    _add_rows(demand, first_counted, horizon, sums)
    totals[:, DEMANDED] = sums[: totals.shape[0]]
    _add_rows(demand, first_reached, horizon, sums)
    totals[:, REACHED] = sums[: totals.shape[0]]


@njit(cache=True, nogil=True)
def _copy_totals(state: Floats, common: Floats, totals: Floats) -> None:
    totals[:] = common
    for i in range(totals.shape[0]):
        totals[i, SOLD] = state[_SOLD + i]
        totals[i, SHORT] = totals[i, DEMANDED] - state[_SOLD + i]
        totals[i, HELD] = state[_HELD + i]
        totals[i, OWED] = state[_OWED + i]
        totals[i, ORDERS] = state[_ORDERS + i]
        totals[i, ORDERED] = state[_ORDERED + i]
        totals[i, SERVED] = state[_SERVED + i]
        totals[i, SERVED_PERIODS] = state[_MET + i]


@njit(cache=True, nogil=True)
def walk_block(
    demand: Floats,
    lead_draws: Floats,
    law: LeadTimes,
    opening: float,
    receipts: Floats,
    terms: Terms,
    rules: Floats,
    first_counted: int,
    first_reached: int,
    totals: Floats,
) -> None:
    """Walk a block of paths under every rule, on common demand and lead times.

    Parameters
    ----------
    demand, lead_draws : (horizon or more, LANES) float64
    law : of the lead times
    opening : units in stock, negative where units are owed
    rules : (n_rules, 4) float64, each a `Rule`
    totals : (n_rules, n_paths, 12) float64, overwritten; at most LANES paths
    others : as in `kernels.stock_walk.walk_stock`
    """
    ring = np.empty((law.cumulative.shape[0] + 1, LANES))
    ordering = np.empty(LANES + 1, np.int64)
    state = np.empty(_LENGTH)
    common = np.empty(totals.shape[1:])
    _count_demand(demand, receipts.shape[0], first_counted, first_reached, common)
    for n in range(rules.shape[0]):
        _walk(
            demand,
            lead_draws,
            law,
            opening,
            receipts,
            terms,
            Rule(rules[n, 0], rules[n, 1], rules[n, 2], rules[n, 3]),
            first_counted,
            first_reached,
            ring,
            ordering,
            state,
        )
        _copy_totals(state, common, totals[n])
