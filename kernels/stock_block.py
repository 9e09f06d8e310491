"""The walk of a block of paths under every rule, its totals as `kernels.stock_walk` counts them."""

import numpy as np
from numba import njit

from kernels import stock_terms
from kernels.arrays import Floats, Reals, Words32
from kernels.stock_lanes import (
    HELD,
    MET,
    N_COUNTS,
    ORDERED,
    ORDERS,
    OWED,
    SERVED,
    SOLD,
    at_once,
    lanes_of,
    walk_lanes,
)
from kernels.stock_lead_times import LeadTimes, shortest_lead_time
from kernels.stock_terms import Rule, Terms


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
def _add_rows(demand: Reals, first: int, last: int, out: Reals) -> None:
    for i in range(out.shape[0]):
        out[i] = 0.0
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
def _copy_totals(counts: Reals, common: Floats, totals: Floats) -> None:
    totals[:] = common
    for i in range(totals.shape[0]):
        totals[i, stock_terms.SOLD] = counts[SOLD, i]
        totals[i, stock_terms.SHORT] = totals[i, stock_terms.DEMANDED] - counts[SOLD, i]
        totals[i, stock_terms.HELD] = counts[HELD, i]
        totals[i, stock_terms.OWED] = counts[OWED, i]
        totals[i, stock_terms.ORDERS] = counts[ORDERS, i]
        totals[i, stock_terms.ORDERED] = counts[ORDERED, i]
        totals[i, stock_terms.SERVED] = counts[SERVED, i]
        totals[i, stock_terms.SERVED_PERIODS] = counts[MET, i]


@njit(cache=True, nogil=True)
def walk_block(
    demand: Reals,
    lead_times: Words32,
    law: LeadTimes,
    opening: Floats,
    receipts: Floats,
    terms: Terms,
    rules: Floats,
    lifts: Floats,
    first_counted: int,
    first_reached: int,
    totals: Floats,
) -> None:
    """Walk a block of paths under every rule, on common demand and lead times.

    Parameters
    ----------
    demand : (horizon or more, n_lanes) float64, or float32 where `kernels.stock_exact` allows
    lead_times : (horizon or more, n_lanes) uint32, periods, of orders placed in each
    law : of the lead times
    opening : (1,) float64, units in stock, negative where units are owed
    rules : (n_rules, 4) float64, each a `Rule`
    lifts : (1, horizon) float64, units that every rule's levels are higher by
    totals : (n_rules, n_paths, 12) float64, overwritten; at most n_lanes paths
    others : as in `kernels.stock_walk.walk_stock`
    """
    horizon, width = receipts.shape[0], demand.shape[1]
    lanes, together = lanes_of(totals.shape[1]), at_once(demand)
    sizes = np.empty(horizon * together, demand.dtype)
    counts = np.empty(N_COUNTS * width, demand.dtype)
    common = np.empty(totals.shape[1:])
    shortest = shortest_lead_time(law)
    _count_demand(demand, horizon, first_counted, first_reached, common)
    flat, periods = demand.reshape(demand.size), lead_times.reshape(lead_times.size)
    for n in range(rules.shape[0]):
        rule = Rule(rules[n, 0], rules[n, 1], rules[n, 2], rules[n, 3])
        whole = demand.itemsize == 4 and is_whole_order(terms, rule)
        for first in range(0, lanes, together):
            walk_lanes(
                flat,
                periods,
                width,
                first,
                shortest,
                law.cumulative.shape[0],
                opening[0],
                receipts,
                terms,
                rule,
                lifts[0],
                whole,
                first_counted,
                first_reached,
                sizes,
                counts,
            )
        _copy_totals(counts.reshape(N_COUNTS, width), common, totals[n])
