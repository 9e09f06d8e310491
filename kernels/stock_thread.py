"""The walk of one path in little memory: what a thread of a GPU walks, `walk_stock` to the bit.

Orders on the way lie in a ring as long as the longest lead time, demand is drawn as it is met, and
nothing else is kept, so that a thread's own memory stays in its registers and first-level cache.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.philox import Stream
from kernels.stock_demand import drawn_column
from kernels.stock_draws import DRAWS, four_draws
from kernels.stock_events import age_stock, net_after_demand, order_quantity
from kernels.stock_lead_times import LeadTimes, drawn_lead_time
from kernels.stock_terms import (
    DEMANDED,
    HELD,
    N_TOTALS,
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

_DEMAND, _LEAD_TIMES = int(Stream.DEMAND_PATHS), int(Stream.LEAD_TIMES)
# Places of a path's state behind its totals.
_NET, _ON_ORDER = N_TOTALS, N_TOTALS + 1
STATE = N_TOTALS + 2


@njit(inline="always")
def _one_of(draws, k):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    low = draws[0] if k == 0 else draws[1]
    high = draws[2] if k == 2 else draws[3]
    return low if k < 2 else high


# A remainder of 64-bit integers takes a GPU a hundred instructions.
@njit(inline="always")
def _next_after(place, n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return 0 if place + 1 == n else place + 1


@njit(cache=True, nogil=True)
def _start(
    opening: Floats, receipts: Floats, slots: int, ring: Floats, ages: Floats, state: Floats
) -> None:
    for n in range(STATE):
        state[n] = 0.0
    for n in range(slots):
        ring[n] = 0.0
    for n in range(opening.shape[0]):
        ages[n] = opening[n]
        state[_NET] += opening[n]
    for t in range(receipts.shape[0]):
        state[_ON_ORDER] += receipts[t]


@njit(cache=True, nogil=True, error_model="numpy")
def _order(
    size: float, now: int, slots: int, periods: int, counted: bool, ring: Floats, state: Floats
) -> None:
    """Send an order on its way; one without a lead time is there at once."""
    if periods == 0:
        state[_NET] += size
    else:
        state[_ON_ORDER] += size
        place = now + periods
        ring[place - slots if place >= slots else place] += size
    if counted:
        state[ORDERS] += 1.0 if size > 0.0 else 0.0
        state[ORDERED] += size


@njit(cache=True, nogil=True, error_model="numpy")
def _walk_period(
    t: int,
    now: int,
    reviewed: bool,
    demand: float,
    lead_draw: float,
    lift: float,
    receipts: Floats,
    law: LeadTimes,
    terms: Terms,
    rule: Rule,
    first_counted: int,
    first_reached: int,
    ring: Floats,
    ages: Floats,
    state: Floats,
) -> None:
    slots = law.cumulative.shape[0] + 1
    before = max(state[_NET], 0.0)
    arriving = receipts[t] + ring[now]
    ring[now] = 0.0
    state[_NET] += arriving
    state[_ON_ORDER] -= arriving
    if reviewed:
        size = order_quantity(
            state[_NET] + state[_ON_ORDER],
            rule.reorder_point + lift,
            rule.order_up_to + lift,
            rule.batch,
            rule.most,
            terms.case_pack,
            terms.minimum_order,
            terms.capacity,
        )
        periods = law.fixed if law.fixed >= 0 else drawn_lead_time(lead_draw, law)
        _order(size, now, slots, periods, t >= first_counted, ring, state)
    available = max(state[_NET], 0.0)
    sold = min(available, demand)
    net = net_after_demand(state[_NET], demand, sold, 1.0 - terms.lost_share)
    wasted = 0.0
    if terms.shelf_life > 0:
        ages[terms.shelf_life - 1] += available - before
        wasted = age_stock(ages[: terms.shelf_life], sold, terms.freshest_first)
        net -= wasted
    state[_NET] = net
    if t >= first_counted:
        state[DEMANDED] += demand
        state[SOLD] += sold
        state[HELD] += max(net, 0.0)
        state[OWED] += max(-net, 0.0)
        state[WASTED] += wasted
    if t >= first_reached:
        state[REACHED] += demand
        state[SERVED] += sold
        state[REACHED_PERIODS] += 1.0
        state[SERVED_PERIODS] += 1.0 if sold >= demand else 0.0


@njit(cache=True, nogil=True)
def walk_given(
    seed: int,
    entity: int,
    path: int,
    demand: Floats,
    lifts: Floats,
    law: LeadTimes,
    opening: Floats,
    receipts: Floats,
    terms: Terms,
    rule: Rule,
    first_counted: int,
    first_reached: int,
    ring: Floats,
    ages: Floats,
    state: Floats,
) -> None:
    """Walk one path of given demand; the first twelve of ``state`` are its totals.

    Parameters
    ----------
    seed, entity, path : of the lead times
    demand : (horizon,) float64, units per period
    lifts : (horizon,) float64, units that the rule's levels are higher by in each period
    law : of the lead times
    ring : (longest lead time + 1 or more,) float64 scratch
    ages : (max(shelf_life, 1) or more,) float64 scratch
    state : (STATE,) float64, overwritten
    others : as in `kernels.stock_walk.walk_stock`
    """
    _start(opening, receipts, law.cumulative.shape[0] + 1, ring, ages, state)
    slots, now, wait = law.cumulative.shape[0] + 1, 0, 0
    told = (receipts, law, terms, rule, first_counted, first_reached, ring, ages, state)
    leads = (0.5, 0.5, 0.5, 0.5)
    for first in range(0, receipts.shape[0], DRAWS):
        if law.fixed < 0:
            leads = four_draws(seed, _LEAD_TIMES, entity, path, first // DRAWS)
        for k in range(min(DRAWS, receipts.shape[0] - first)):
            t, lead = first + k, _one_of(leads, k)
            _walk_period(t, now, wait == 0, demand[t], lead, lifts[t], *told)
            now = _next_after(now, slots)
            wait = _next_after(wait, terms.review_period)
    state[SHORT] = state[DEMANDED] - state[SOLD]


@njit(cache=True, nogil=True)
def walk_drawn(
    seed: int,
    entity: int,
    path: int,
    keep: Floats,
    alias: np.ndarray,
    unit: float,
    law: LeadTimes,
    opening: Floats,
    receipts: Floats,
    terms: Terms,
    rule: Rule,
    first_counted: int,
    first_reached: int,
    ring: Floats,
    ages: Floats,
    state: Floats,
) -> None:
    """Walk one path whose demand is drawn as it is walked.

    Parameters
    ----------
    seed, entity, path : of the demand and the lead times
    keep, alias, unit : of the demand's law, see `kernels.stock_demand.fill_demand`
    others : as in `walk_given`
    """
    _start(opening, receipts, law.cumulative.shape[0] + 1, ring, ages, state)
    slots, now, wait, place = law.cumulative.shape[0] + 1, 0, 0, 0
    told = (receipts, law, terms, rule, first_counted, first_reached, ring, ages, state)
    leads = (0.5, 0.5, 0.5, 0.5)
    for first in range(0, receipts.shape[0], DRAWS):
        demands = four_draws(seed, _DEMAND, entity, path, first // DRAWS)
        if law.fixed < 0:
            leads = four_draws(seed, _LEAD_TIMES, entity, path, first // DRAWS)
        for k in range(min(DRAWS, receipts.shape[0] - first)):
            demand = unit * drawn_column(_one_of(demands, k), keep[place], alias[place])
            _walk_period(first + k, now, wait == 0, demand, _one_of(leads, k), 0.0, *told)
            now = _next_after(now, slots)
            wait = _next_after(wait, terms.review_period)
            place = _next_after(place, keep.shape[0])
    state[SHORT] = state[DEMANDED] - state[SOLD]
