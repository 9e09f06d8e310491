"""The walk of one warehouse-item through its periods, written once.

In each period, in this order: receipts arrive, an order may be placed, demand is met, costs are
counted on what is left. An order with a lead time of zero arrives at once, before demand.

References
----------
Snyder & Shen (2019), "Fundamentals of supply chain theory", ch. 4 (sequence of events);
Zipkin (2000), "Foundations of inventory management", ch. 6, 9 (lost sales and backorders).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.normal import normal_quantile
from kernels.philox import Stream, uniform_pair

_LEAD_TIMES = int(Stream.LEAD_TIMES)

# Places in a walk's totals.
DEMANDED, SOLD, SHORT, HELD, ORDERS, ORDERED, REACHED, SERVED = range(8)
N_TOTALS = 8


@njit(cache=True, nogil=True)
def drawn_lead_time(
    seed: int, entity: int, path: int, period: int, mean: float, deviation: float
) -> int:
    """Periods from an order to its receipt: a rounded normal, never negative.

    The draw is counted by (entity, path, period of the order), so that it is the same under
    every policy; orders may cross. Without deviation the mean is rounded up.
    """
    if deviation <= 0.0:
        return math.ceil(mean - 1e-9)
    uniform, _ = uniform_pair(seed, _LEAD_TIMES, entity, path, period)
    periods: int = max(math.floor(mean + deviation * normal_quantile(uniform) + 0.5), 0)
    return periods


@njit(cache=True, nogil=True)
def order_size(need: float, case_pack: float, minimum_order: float) -> float:
    """Units to order for ``need``: the minimum order at least, in whole cases; none for no need."""
    if need <= 1e-9:
        return 0.0
    return math.ceil(max(need, minimum_order) / case_pack - 1e-9) * case_pack


@njit(cache=True, nogil=True)
def walk_stock(
    demand: Floats,
    on_hand: float,
    receipts: Floats,
    reorder_point: float,
    order_up_to: float,
    review_period: int,
    lead_times: Integers,
    case_pack: float,
    minimum_order: float,
    lost_sales: bool,
    first_reached: int,
    pipeline: Floats,
    totals: Floats,
) -> float:
    """Walk one path, add up its ``totals``, and return the net stock at the end.

    Parameters
    ----------
    demand : (horizon,) float64, units per period
    on_hand : opening stock, units; negative is owed to customers
    receipts : (horizon,) float64, units on the way at the start, by period of arrival
    reorder_point, order_up_to : at a review, a position at or below the first is raised to the
        second; a reorder point below zero never orders
    review_period : periods between reviews, the first one in period 0
    lead_times : (horizon,) int64, of an order placed in each period
    case_pack, minimum_order : units
    lost_sales : whether unmet demand is lost; else it is owed
    first_reached : the first period that an order placed now can reach
    pipeline : (horizon,) float64 scratch
    totals : (8,) float64, added to: demanded, sold from stock, short, held (units x periods),
        orders, ordered units, and demanded and sold from ``first_reached`` on
    """
    horizon = demand.shape[0]
    net = on_hand
    on_order = 0.0
    for t in range(horizon):
        pipeline[t] = receipts[t]
        on_order += receipts[t]
    for t in range(horizon):
        net += pipeline[t]
        on_order -= pipeline[t]
        if t % review_period == 0 and net + on_order <= reorder_point:
            size = order_size(order_up_to - net - on_order, case_pack, minimum_order)
            if size > 0.0:
                totals[ORDERS] += 1.0
                totals[ORDERED] += size
                arrival = t + lead_times[t]
                if arrival == t:
                    net += size
                else:
                    on_order += size
                    if arrival < horizon:
                        pipeline[arrival] += size
        available = max(net, 0.0)
        sold = min(available, demand[t])
        totals[DEMANDED] += demand[t]
        totals[SOLD] += sold
        totals[SHORT] += demand[t] - sold
        if t >= first_reached:
            totals[REACHED] += demand[t]
            totals[SERVED] += sold
        net = net - sold if lost_sales else net - demand[t]
        totals[HELD] += max(net, 0.0)
    return net


@njit(cache=True, nogil=True)
def walk_paths(
    seed: int,
    entity: int,
    demand: Floats,
    on_hand: float,
    receipts: Floats,
    reorder_points: Floats,
    order_up_tos: Floats,
    review_period: int,
    lead_time_mean: float,
    lead_time_deviation: float,
    case_pack: float,
    minimum_order: float,
    lost_sales: bool,
    totals: Floats,
) -> None:
    """Walk every path under every candidate policy, on common demand and lead times.

    Parameters
    ----------
    seed, entity : of the lead times
    demand : (n_paths, horizon) float64, units per period
    reorder_points, order_up_tos : (n_candidates,) float64
    lead_time_mean, lead_time_deviation : periods
    totals : (n_candidates, n_paths, 8) float64, overwritten
    others : as in `walk_stock`
    """
    n_paths, horizon = demand.shape
    first_reached = math.ceil(lead_time_mean - 1e-9)
    pipeline = np.empty(horizon)
    lead_times = np.empty(horizon, np.int64)
    totals[:] = 0.0
    for path in range(n_paths):
        for t in range(horizon):
            lead_times[t] = drawn_lead_time(
                seed, entity, path, t, lead_time_mean, lead_time_deviation
            )
        for candidate in range(order_up_tos.shape[0]):
            walk_stock(
                demand[path],
                on_hand,
                receipts,
                reorder_points[candidate],
                order_up_tos[candidate],
                review_period,
                lead_times,
                case_pack,
                minimum_order,
                lost_sales,
                first_reached,
                pipeline,
                totals[candidate, path],
            )
