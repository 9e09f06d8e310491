"""The walk of a block of paths under every rule, its totals as `kernels.stock_walk` counts them."""

import numpy as np
from numba import njit

from kernels import stock_terms
from kernels.arrays import Floats, Integers, Reals, Words32
from kernels.stock_lanes import (
    HELD,
    LENGTH,
    MET,
    NET,
    ON_ORDER,
    ORDERED,
    ORDERS,
    OWED,
    SERVED,
    SOLD,
    clear,
    lanes_of,
    meet_in_lanes,
    order_in_lanes,
    receive_in_lanes,
)
from kernels.stock_lead_times import LeadTimes, fill_windows
from kernels.stock_terms import Rule, Terms

# With more lead times than this, sending the few orders of a period one by one is faster.
_WINDOWS = 12


@njit(cache=True, nogil=True)
def is_whole_order(terms: Terms, rule: Rule) -> bool:
    """Whether nothing but the rule's level limits an order of whole units."""
    return bool(
        terms.case_pack <= 1.0
        and terms.minimum_order <= 1.0
        and terms.capacity == np.inf
        and rule.batch <= 0.0
        and rule.most == np.inf
    )


@njit(cache=True, nogil=True)
def _walk(
    demand: Reals,
    lead_words: Words32,
    windows: Integers,
    law: LeadTimes,
    opening: float,
    receipts: Floats,
    terms: Terms,
    rule: Rule,
    whole: bool,
    first_counted: int,
    first_reached: int,
    ring: Reals,
    ordering: Integers,
    state: Reals,
) -> None:
    slots, lanes = ring.shape
    clear(state)
    clear(ring.reshape(slots * lanes))
    on_order = receipts.sum()
    for i in range(lanes):
        state[NET + i] = opening
        state[ON_ORDER + i] = on_order
    owed_share = 1.0 - terms.lost_share
    now, wait = 0, 0
    for t in range(receipts.shape[0]):
        money = t >= first_counted
        receive_in_lanes(state, ring[now], receipts[t])
        if wait == 0:
            order_in_lanes(
                state,
                ring,
                now,
                lead_words[t],
                windows,
                law,
                ordering,
                terms,
                rule,
                whole,
                money,
            )
        meet_in_lanes(state, demand[t, :lanes], owed_share, money, t >= first_reached)
        now = 0 if now + 1 == slots else now + 1
        wait = 0 if wait + 1 == terms.review_period else wait + 1


@njit(cache=True, nogil=True)
def _add_rows(demand: Reals, first: int, last: int, out: Reals) -> None:
    clear(out)
    for t in range(first, last):
        row = demand[t]
        for i in range(out.shape[0]):
            out[i] += row[i]


@njit(cache=True, nogil=True)
def _count_demand(
    demand: Reals, horizon: int, first_counted: int, first_reached: int, totals: Floats
) -> None:
    """Count what no rule changes."""
    n_paths = totals.shape[0]
    sums = np.empty(lanes_of(n_paths), demand.dtype)
    totals[:, stock_terms.REACHED_PERIODS] = max(horizon - first_reached, 0)
    totals[:, stock_terms.WASTED] = 0.0
    _add_rows(demand, first_counted, horizon, sums)
    totals[:, stock_terms.DEMANDED] = sums[:n_paths]
    if first_reached != first_counted:
        _add_rows(demand, first_reached, horizon, sums)
    totals[:, stock_terms.REACHED] = sums[:n_paths]


@njit(cache=True, nogil=True)
def _copy_totals(state: Reals, common: Floats, totals: Floats) -> None:
    totals[:] = common
    for i in range(totals.shape[0]):
        totals[i, stock_terms.SOLD] = state[SOLD + i]
        totals[i, stock_terms.SHORT] = totals[i, stock_terms.DEMANDED] - state[SOLD + i]
        totals[i, stock_terms.HELD] = state[HELD + i]
        totals[i, stock_terms.OWED] = state[OWED + i]
        totals[i, stock_terms.ORDERS] = state[ORDERS + i]
        totals[i, stock_terms.ORDERED] = state[ORDERED + i]
        totals[i, stock_terms.SERVED] = state[SERVED + i]
        totals[i, stock_terms.SERVED_PERIODS] = state[MET + i]


@njit(cache=True, nogil=True)
def _windows(law: LeadTimes) -> Integers:
    n_leads = law.cumulative.shape[0] + 1
    windows = np.empty((n_leads if law.fixed < 0 and n_leads <= _WINDOWS else 0, 2), np.int64)
    if windows.shape[0] > 0:
        fill_windows(law, windows)
    return windows


@njit(cache=True, nogil=True)
def walk_block(
    demand: Reals,
    lead_words: Words32,
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
    demand : (horizon or more, n_lanes) float64, or float32 where `kernels.stock_exact` allows
    lead_words : (horizon or more, n_lanes) uint32, draws behind lead times
    law : of the lead times
    opening : units in stock, negative where units are owed
    rules : (n_rules, 4) float64, each a `Rule`
    totals : (n_rules, n_paths, 12) float64, overwritten; at most n_lanes paths
    others : as in `kernels.stock_walk.walk_stock`
    """
    lanes = lanes_of(totals.shape[1])
    ring = np.empty((law.cumulative.shape[0] + 1, lanes), demand.dtype)
    ordering = np.empty(lanes + 1, np.int64)
    state = np.empty(LENGTH, demand.dtype)
    common = np.empty(totals.shape[1:])
    windows = _windows(law)
    _count_demand(demand, receipts.shape[0], first_counted, first_reached, common)
    for n in range(rules.shape[0]):
        rule = Rule(rules[n, 0], rules[n, 1], rules[n, 2], rules[n, 3])
        _walk(
            demand,
            lead_words,
            windows,
            law,
            opening,
            receipts,
            terms,
            rule,
            demand.itemsize == 4 and is_whole_order(terms, rule),
            first_counted,
            first_reached,
            ring,
            ordering,
            state,
        )
        _copy_totals(state, common, totals[n])
