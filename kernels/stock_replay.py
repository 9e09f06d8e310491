"""Stock replayed through demand that came, period by period, under rules that change as it goes.

The events of a period, and their order, are those of `kernels.stock_events`. What an item does
hangs on no other, so that many are replayed together as each is alone.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers, Words
from kernels.difference_scales import pairwise_sum
from kernels.stock_batches import Laws, law_of, terms_of
from kernels.stock_events import age_stock, net_after_demand, order_quantity
from kernels.stock_lead_times import LeadTimes, drawn_lead_time, fill_lead_draws
from kernels.stock_terms import (
    DEMANDED,
    HELD,
    ORDERED,
    ORDERS,
    OWED,
    SHORT,
    SOLD,
    WASTED,
    Rule,
    Terms,
)

# In a replay's records, after those that have their places in a walk's totals.
LEVEL = WASTED + 1
N_RECORDS = LEVEL + 1
_MEDIAN = 0.5


class Stocks(NamedTuple):
    """Stocks of many rows, each an item under a planner, and what they did so far.

    Parameters
    ----------
    net : (n_rows,) float64, units, less what is owed
    coming : (n_rows, n_periods and the longest lead time or more) float64, units by period of
        arrival
    ages : (n_rows, longest shelf life or more) float64, units by the periods they can still be
        sold in, least first
    records : (n_rows, 9, n_periods) float64, of each period what the totals of a walk are sums of,
        in their places, and last what an order raises the position to, or of lots the reorder
        point; NaN without a review
    """

    net: Floats
    coming: Floats
    ages: Floats
    records: Floats


class Histories(NamedTuple):
    """Items, and the demand that they had.

    Parameters
    ----------
    values : (n_observations,) float64, units per period, the items end to end
    offsets : (n_items + 1,) int64, where each starts
    laws : of the lead times
    terms : (n_items, 7) float64, each as `Terms` has them
    """

    values: Floats
    offsets: Integers
    laws: Laws
    terms: Floats


@njit(cache=True, nogil=True)
def replay_period(
    t: int,
    net: float,
    wanted: float,
    draw: float,
    rule: Rule,
    law: LeadTimes,
    terms: Terms,
    coming: Floats,
    ages: Floats,
    records: Floats,
) -> float:
    """Let a period pass, record it, and return stock less what is owed after it.

    Parameters
    ----------
    t : the period
    net : units at its start
    wanted : units asked for in it
    draw : in (0, 1), uniform, of the lead time of an order placed in it
    rule : followed where the period has a review
    law : of the lead times
    terms : of the item
    coming : (n_periods + longest lead time or more,) float64, changed in place
    ages : (max(shelf_life, 1),) float64, changed in place
    records : (9, n_periods) float64, as `Stocks` has them; those of the period are overwritten
    """
    before = max(net, 0.0)
    net += coming[t]
    size = 0.0
    records[LEVEL, t] = math.nan
    if t % terms.review_period == 0:
        last = records.shape[1] + law.cumulative.shape[0] + 1
        size = order_quantity(
            net + pairwise_sum(coming[t + 1 : last]),
            rule.reorder_point,
            rule.order_up_to,
            rule.batch,
            rule.most,
            terms.case_pack,
            terms.minimum_order,
            terms.capacity,
        )
        wait = drawn_lead_time(draw, law)
        if wait == 0:
            net += size
        coming[t + wait] += size
        records[LEVEL, t] = rule.order_up_to
    available = max(net, 0.0)
    sold = min(available, wanted)
    net = net_after_demand(net, wanted, sold, 1.0 - terms.lost_share)
    wasted = 0.0
    if terms.shelf_life > 0:
        ages[terms.shelf_life - 1] += available - before
        wasted = age_stock(ages, sold, terms.freshest_first)
        net -= wasted
    records[DEMANDED, t] = wanted
    records[SOLD, t] = sold
    records[SHORT, t] = wanted - sold
    records[HELD, t] = max(net, 0.0)
    records[OWED, t] = max(-net, 0.0)
    records[ORDERS, t] = 1.0 if size > 0.0 else 0.0
    records[ORDERED, t] = size
    records[WASTED, t] = wasted
    return net


@njit(cache=True, nogil=True)
def mean_before(values: Floats, stop: int, window: int) -> float:
    """Mean of the last ``window`` values before a place, of fewer where there are fewer."""
    first = max(stop - window, 0)
    return pairwise_sum(values[first:stop]) / (stop - first) if stop > first else 0.0


@njit(cache=True, nogil=True)
def replay_average(
    demand: Floats,
    window: int,
    cover: float,
    on_hand: float,
    draws: Floats,
    law: LeadTimes,
    terms: Terms,
    coming: Floats,
    ages: Floats,
    records: Floats,
) -> None:
    """Replay the last periods of one item, ordered up to a moving average times a cover.

    Parameters
    ----------
    demand : (n_known + n_periods,) float64, units per period
    window : periods averaged, fewer where fewer are known
    cover : periods of the mean held and on the way
    on_hand : units at the start, all fresh where units perish
    draws : (n_periods,) float64 in (0, 1), uniform, of the lead times of orders by period
    law, terms : of the item
    coming, ages : as `replay_period` takes them, scratch
    records : (9, n_periods) float64, as `Stocks` has them, overwritten
    """
    n_periods = records.shape[1]
    n_known = demand.shape[0] - n_periods
    coming[:] = 0.0
    ages[:] = 0.0
    ages[-1] = on_hand
    net, level = on_hand, 0.0
    for t in range(n_periods):
        if t % terms.review_period == 0:
            level = mean_before(demand, n_known + t, window) * cover
        rule = Rule(level, level, 0.0, math.inf)
        told = (rule, law, terms, coming, ages, records)
        net = replay_period(t, net, demand[n_known + t], draws[t], *told)


@njit(cache=True, nogil=True)
def money_of(records: Floats, prices: Floats) -> float:
    """Money that a replay cost.

    Parameters
    ----------
    records : (9, n_periods) float64, as `Stocks` has them
    prices : (12,) float64, money per unit of each total of a walk
    """
    held, owed, short = records[HELD], records[OWED], records[SHORT]
    money = prices[HELD] * pairwise_sum(held) + prices[OWED] * pairwise_sum(owed)
    money += prices[SHORT] * pairwise_sum(short)
    orders, wasted = pairwise_sum(records[ORDERS]), pairwise_sum(records[WASTED])
    return float(money + (prices[ORDERS] * orders + prices[WASTED] * wasted))


@njit(cache=True, nogil=True)
def fill_money(records: Floats, prices: Floats, out: Floats) -> None:
    """Fill the money that each replay cost.

    Parameters
    ----------
    records : (n_rows, 9, n_periods) float64, as `Stocks` has them
    prices : (n_rows, 12) float64
    out : (n_rows,) float64, overwritten
    """
    for row in range(out.shape[0]):
        out[row] = money_of(records[row], prices[row])


@njit(cache=True, nogil=True)
def fill_means_before(histories: Histories, n_periods: int, window: int, out: Floats) -> None:
    """Fill the mean demand of the last ``window`` periods that each item had before the replay.

    Parameters
    ----------
    n_periods : replayed, the last ones of each item
    out : (n_items,) float64, units per period, overwritten
    """
    for item in range(out.shape[0]):
        own = histories.values[histories.offsets[item] : histories.offsets[item + 1]]
        out[item] = mean_before(own, own.shape[0] - n_periods, window)


@njit(cache=True, nogil=True)
def fill_real_draws(seed: int, entities: Words, path: int, out: Floats) -> None:
    """Fill the draws behind lead times of orders by period, of each item.

    Parameters
    ----------
    seed, entities : (n_items,) uint64, of the lead times
    path : the number of the path that came
    out : (n_items, n_periods rounded up to a multiple of 4) float64, overwritten
    """
    for item in range(out.shape[0]):
        fill_lead_draws(seed, entities[item], path, out[item].reshape((out.shape[1], 1)))


@njit(cache=True, nogil=True)
def replay_averages(
    histories: Histories, window: int, covers: Floats, on_hand: Floats, draws: Floats, out: Floats
) -> None:
    """Replay the last periods of every item, ordered up to a moving average times its cover.

    Parameters
    ----------
    window : periods averaged, fewer where fewer are known
    covers : (n_items,) float64, periods of the mean held and on the way
    on_hand : (n_items,) float64, units at the start
    draws : (n_items, n_periods or more) float64 in (0, 1), uniform, of the lead times
    out : (n_items, 9, n_periods) float64, as `Stocks` has them, overwritten
    """
    for item in range(out.shape[0]):
        own = histories.values[histories.offsets[item] : histories.offsets[item + 1]]
        law, terms = law_of(histories.laws, item), terms_of(histories.terms[item])
        coming = np.empty(out.shape[2] + law.cumulative.shape[0] + 1)
        ages = np.empty(max(terms.shelf_life, 1))
        told = (draws[item], law, terms, coming, ages, out[item])
        replay_average(own, window, covers[item], on_hand[item], *told)


@njit(cache=True, nogil=True)
def fill_cheapest_covers(
    histories: Histories,
    n_periods: int,
    window: int,
    covers: Floats,
    intervals: Floats,
    prices: Floats,
    out: Floats,
) -> None:
    """Fill the cover that would have cost each item least in the second half of what was known.

    The first of equals is taken, and the first of all where one period or none was known. Lead
    times are the median ones, and what an interval sells on average is on hand at the start.

    Parameters
    ----------
    n_periods : at the end of each item that are not known
    window : periods averaged, fewer where fewer are known
    covers : (n_covers,) float64, tried, as multiples of ``intervals``
    intervals : (n_items,) float64, periods that an order must last
    prices : (n_items, 12) float64, money per unit of each total of a walk
    out : (n_items,) float64, periods, overwritten
    """
    for item in range(out.shape[0]):
        stop = histories.offsets[item + 1] - n_periods
        known = histories.values[histories.offsets[item] : stop]
        law, terms = law_of(histories.laws, item), terms_of(histories.terms[item])
        middle = known.shape[0] // 2
        walked = known.shape[0] - middle
        on_hand = mean_before(known, middle, middle) * intervals[item]
        draws = np.full(walked, _MEDIAN)
        coming = np.empty(walked + law.cumulative.shape[0] + 1)
        ages = np.empty(max(terms.shelf_life, 1))
        records = np.empty((N_RECORDS, walked))
        least = math.inf
        out[item] = covers[0] * intervals[item]
        for n in range(covers.shape[0] if middle > 0 else 0):
            cover = covers[n] * intervals[item]
            told = (on_hand, draws, law, terms, coming, ages, records)
            replay_average(known, window, cover, *told)
            money = money_of(records, prices[item])
            if money < least:
                least, out[item] = money, cover


@njit(cache=True, nogil=True)
def advance_stocks(
    t: int, demand: Floats, draws: Floats, rules: Floats, laws: Laws, terms: Floats, stocks: Stocks
) -> None:
    """Let a period pass for every row.

    Parameters
    ----------
    t : the period
    demand : (n_rows, n_periods) float64, units per period
    draws : (n_rows, n_periods or more) float64 in (0, 1), uniform, of the lead times of orders by
        period
    rules : (n_rows, 4) float64, each a `Rule`, followed where the period has a review
    laws : of the lead times
    terms : (n_rows, 7) float64, each as `Terms` has them
    stocks : changed in place
    """
    for row in range(rules.shape[0]):
        law, own = law_of(laws, row), terms_of(terms[row])
        stocks.net[row] = replay_period(
            t,
            stocks.net[row],
            demand[row, t],
            draws[row, t],
            Rule(rules[row, 0], rules[row, 1], rules[row, 2], rules[row, 3]),
            law,
            own,
            stocks.coming[row],
            stocks.ages[row, : max(own.shelf_life, 1)],
            stocks.records[row],
        )
