"""The walk of one warehouse-item through its periods on one path: the truth of every other walk."""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers, Words32
from kernels.stock_draws import uniform_32
from kernels.stock_events import age_stock, net_after_demand, order_quantity
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


@njit(cache=True, nogil=True)
def walk_stock(
    demand: Floats,
    lead_times: Integers,
    opening: Floats,
    receipts: Floats,
    terms: Terms,
    rule: Rule,
    lifts: Floats,
    first_counted: int,
    first_reached: int,
    pipeline: Floats,
    ages: Floats,
    totals: Floats,
) -> float:
    """Walk one path, fill its ``totals``, and return stock less what is owed at the end.

    Parameters
    ----------
    demand : (horizon,) float64, units per period
    lead_times : (horizon,) int64, periods, of an order placed in each period
    opening : (max(shelf_life, 1),) float64, units in stock by the periods they can still be sold
        in, least first; without a shelf life one number, negative where units are owed
    receipts : (horizon,) float64, fresh units on the way at the start, by period of arrival
    lifts : (horizon,) float64, units that the rule's levels are higher by in each period
    first_counted : the first period that counts in the totals
    first_reached : the first period that an order placed now can reach
    pipeline : (horizon,) float64 scratch
    ages : (max(shelf_life, 1),) float64 scratch
    totals : (12,) float64, overwritten: demanded, sold from stock, short, held and owed
        (units x periods, at the end of each), orders, ordered and perished units; and from
        ``first_reached`` on demanded, sold, periods, and periods without shortage
    """
    horizon = demand.shape[0]
    totals[:] = 0.0
    pipeline[:] = 0.0
    ages[:] = opening
    net: float = opening.sum()
    on_order = receipts.sum()
    for t in range(horizon):
        size = 0.0
        before = max(net, 0.0)
        arriving = receipts[t] + pipeline[t]
        net += arriving
        on_order -= arriving
        if t % terms.review_period == 0:
            size = order_quantity(
                net + on_order,
                rule.reorder_point + lifts[t],
                rule.order_up_to + lifts[t],
                rule.batch,
                rule.most,
                terms.case_pack,
                terms.minimum_order,
                terms.capacity,
            )
            if lead_times[t] == 0:
                net += size
            else:
                on_order += size
                if t + lead_times[t] < horizon:
                    pipeline[t + lead_times[t]] += size
        available = max(net, 0.0)
        sold = min(available, demand[t])
        net = net_after_demand(net, demand[t], sold, 1.0 - terms.lost_share)
        wasted = 0.0
        if terms.shelf_life > 0:
            ages[terms.shelf_life - 1] += available - before
            wasted = age_stock(ages, sold, terms.freshest_first)
            net -= wasted
        if t >= first_counted:
            totals[DEMANDED] += demand[t]
            totals[SOLD] += sold
            totals[HELD] += max(net, 0.0)
            totals[OWED] += max(-net, 0.0)
            totals[ORDERS] += 1.0 if size > 0.0 else 0.0
            totals[ORDERED] += size
            totals[WASTED] += wasted
        if t >= first_reached:
            totals[REACHED] += demand[t]
            totals[SERVED] += sold
            totals[REACHED_PERIODS] += 1.0
            totals[SERVED_PERIODS] += 1.0 if sold >= demand[t] else 0.0
    totals[SHORT] = totals[DEMANDED] - totals[SOLD]
    return net


@njit(cache=True, nogil=True)
def walk_each(
    demand: Floats,
    lead_words: Words32,
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
    """Walk paths one by one under every rule, on common demand and lead times.

    Parameters
    ----------
    demand : (horizon or more, n_paths or more) float64
    lead_words : (horizon or more, n_paths or more) uint32, draws behind lead times
    law : of the lead times
    rules : (n_rules, 4) float64, each a `Rule`
    lifts : (n_paths or more, horizon) float64, of every rule's levels, or (1, horizon) of all paths
    totals : (n_rules, n_paths, 12) float64, overwritten
    others : as in `walk_stock`
    """
    horizon = receipts.shape[0]
    pipeline = np.empty(horizon)
    ages = np.empty(opening.shape[0])
    lead_times = np.empty(horizon, np.int64)
    for path in range(totals.shape[1]):
        own_demand = demand[:horizon, path].copy()
        for t in range(horizon):
            lead_times[t] = drawn_lead_time(uniform_32(lead_words[t, path]), law)
        own_lifts = lifts[path if lifts.shape[0] > 1 else 0]
        for n in range(rules.shape[0]):
            walk_stock(
                own_demand,
                lead_times,
                opening,
                receipts,
                terms,
                Rule(rules[n, 0], rules[n, 1], rules[n, 2], rules[n, 3]),
                own_lifts,
                first_counted,
                first_reached,
                pipeline,
                ages,
                totals[n, path],
            )
