"""Rules of stock held against each other path by path, and what is short before an order comes.

Sums are NumPy's to the last digit, so that figures are those of its means and deviations.

References
----------
Law (2015), "Simulation modeling and analysis", section 10.2.1 (paired differences);
Cochran (1977), "Sampling techniques", eq. 6.13 (the variance of a ratio by the delta method).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers
from kernels.difference_scales import pairwise_sum
from kernels.stock_batches import Laws, law_of
from kernels.stock_moments import spent_on
from kernels.stock_terms import REACHED, SERVED


@njit(cache=True, nogil=True)
def _error(values: Floats) -> float:
    """Return the standard error of the mean of values, which are overwritten."""
    n = values.shape[0]
    mean = pairwise_sum(values) / n
    for i in range(n):
        values[i] = (values[i] - mean) * (values[i] - mean)
    return math.sqrt(pairwise_sum(values) / (n - 1)) / math.sqrt(n)


@njit(cache=True, nogil=True)
def _read(totals: Floats, prices: Floats, spent: Floats, residuals: Floats) -> float:
    """Return the fill rate; fill the money of each path, and what it adds to the rate's error."""
    n_paths = totals.shape[0]
    below = np.empty(n_paths)
    for path in range(n_paths):
        spent[path] = spent_on(totals[path], prices)
        residuals[path] = totals[path, SERVED]
        below[path] = totals[path, REACHED]
    mean = pairwise_sum(below) / n_paths
    if not mean > 0.0:
        residuals[:] = 0.0
        return 1.0
    ratio: float = pairwise_sum(residuals) / n_paths / mean
    for path in range(n_paths):
        residuals[path] = (residuals[path] - ratio * below[path]) / mean
    return ratio


@njit(cache=True, nogil=True)
def fill_differences(
    totals: Floats, prices: Floats, others: Integers, offsets: Integers, out: Floats
) -> None:
    """Fill what each rule of an item costs and serves more than one of them, path by path.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, of walks on common demand and lead times; 2 paths at
        least
    prices : (n_items, 12) float64, money per unit of each total
    others : (n_items,) int64, number of the rule held against, among those of the item
    offsets : (n_items + 1,) int64, where the rules of each start
    out : (4, n_rules) float64, overwritten: money and the share of demand served, and after each
        its standard error
    """
    n_paths = totals.shape[1]
    spent, residuals = np.empty((2, n_paths)), np.empty((2, n_paths))
    for item in range(others.shape[0]):
        other = totals[offsets[item] + others[item]]
        share = _read(other, prices[item], spent[1], residuals[1])
        for rule in range(offsets[item], offsets[item + 1]):
            served = _read(totals[rule], prices[item], spent[0], residuals[0])
            for path in range(n_paths):
                spent[0, path] -= spent[1, path]
                residuals[0, path] -= residuals[1, path]
            out[0, rule] = pairwise_sum(spent[0]) / n_paths
            out[1, rule] = _error(spent[0])
            out[2, rule] = served - share
            out[3, rule] = _error(residuals[0])


@njit(cache=True, nogil=True)
def fill_stock_outs(
    on_hand: Floats, receipts: Floats, demand: Floats, laws: Laws, lost_share: float, out: Floats
) -> None:
    """Fill the risk, and the units, short before an order of tonight is there.

    Stock is walked without ordering, and each period weighed by the chance that the order is still
    on the way. The event order is receive, order, demand: an order with a lead time of L periods is
    there for the demand of period L.

    Parameters
    ----------
    on_hand : (n_items,) float64, units
    receipts : (n_items, horizon) float64, units on the way by period of arrival
    demand : (n_items, n_paths, horizon) float64, units per period; 2 paths at least
    laws : of the lead time of an order placed tonight
    lost_share : of each unit short, fraction in [0, 1]; the rest is owed
    out : (4, n_items) float64, overwritten: the chance of a shortage and the units short, and after
        each its standard error
    """
    n_paths, horizon = demand.shape[1:]
    risk, short = np.empty(n_paths), np.empty(n_paths)
    for item in range(on_hand.shape[0]):
        waiting = 1.0 - law_of(laws, item).cumulative[:horizon]
        for path in range(n_paths):
            net, risk[path], short[path] = on_hand[item], 0.0, 0.0
            for t in range(waiting.shape[0]):
                net += receipts[item, t]
                units = demand[item, path, t]
                sold = min(max(net, 0.0), units)
                lacking = units - sold
                short[path] += waiting[t] * lacking
                # The chance falls with time, so the first shortage is the one that counts.
                if lacking > 0.0 and risk[path] == 0.0:
                    risk[path] = waiting[t]
                net = net - sold - (1.0 - lost_share) * lacking
        out[0, item], out[2, item] = pairwise_sum(risk) / n_paths, pairwise_sum(short) / n_paths
        out[1, item], out[3, item] = _error(risk), _error(short)
