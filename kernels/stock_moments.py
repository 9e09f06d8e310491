"""Means and products of what paths of stock count, block by block, so that no path need be kept.

References
----------
Chan, Golub & LeVeque (1983), "Algorithms for computing the sample variance", The American
Statistician 37(3), eq. 1.5 (adding a block to the moments of those before);
Cochran (1977), "Sampling techniques", eq. 6.13 (the variance of a ratio by the delta method).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats, Integers
from kernels.stock_lead_times import LeadTimes
from kernels.stock_paths import walk_law
from kernels.stock_terms import (
    HELD,
    N_TOTALS,
    ORDERS,
    OWED,
    REACHED,
    REACHED_PERIODS,
    SERVED,
    SERVED_PERIODS,
    SHORT,
    WASTED,
    Terms,
)

# What is kept of a path: money, and both parts of the two ratios.
MONEY, OF_SERVED, OF_REACHED, OF_SERVED_PERIODS, OF_REACHED_PERIODS = range(5)
N_KEPT = 5
# Paths walked before they are added up and forgotten.
_TOGETHER = 4096


@njit(cache=True, nogil=True)
def spent_on(totals: Floats, prices: Floats) -> float:
    """Money that one path costs.

    Parameters
    ----------
    totals : (12,) float64, as `kernels.stock_walk` counts them
    prices : (12,) float64, money per unit of each
    """
    return float(
        prices[HELD] * totals[HELD]
        + prices[SHORT] * totals[SHORT]
        + prices[ORDERS] * totals[ORDERS]
        + prices[OWED] * totals[OWED]
        + prices[WASTED] * totals[WASTED]
    )


@njit(cache=True, nogil=True)
def _keep(totals: Floats, prices: Floats, kept: Floats) -> None:
    """Fill what is kept of each path, and its means in the last column."""
    n_paths = totals.shape[0]
    for path in range(n_paths):
        own = totals[path]
        kept[MONEY, path] = spent_on(own, prices)
        kept[OF_SERVED, path] = own[SERVED]
        kept[OF_REACHED, path] = own[REACHED]
        kept[OF_SERVED_PERIODS, path] = own[SERVED_PERIODS]
        kept[OF_REACHED_PERIODS, path] = own[REACHED_PERIODS]
    for i in range(N_KEPT):
        total = 0.0
        for path in range(n_paths):
            total += kept[i, path]
        kept[i, n_paths] = total / n_paths


@njit(cache=True, nogil=True)
def _product(kept: Floats, i: int, j: int) -> float:
    n_paths = kept.shape[1] - 1
    mean_i, mean_j = kept[i, n_paths], kept[j, n_paths]
    total = 0.0
    for path in range(n_paths):
        total += (kept[i, path] - mean_i) * (kept[j, path] - mean_j)
    return total


@njit(cache=True, nogil=True)
def add_paths(
    totals: Floats, prices: Floats, n_before: int, means: Floats, products: Floats
) -> None:
    """Add a block of paths to the moments of each rule.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, as `kernels.stock_walk` counts them
    prices : (12,) float64, money per unit of each total
    n_before : paths added before
    means : (n_rules, 5) float64, changed in place
    products : (n_rules, 5, 5) float64, changed in place: sums of products of deviations from the
        means, of each number with itself and of both parts of a ratio
    """
    n_paths = totals.shape[1]
    n_all = n_before + n_paths
    kept = np.empty((N_KEPT, n_paths + 1))
    for rule in range(totals.shape[0]):
        _keep(totals[rule], prices, kept)
        more = kept[:, n_paths] - means[rule]
        between = float(n_before) * n_paths / n_all
        for i in range(N_KEPT):
            products[rule, i, i] += _product(kept, i, i) + between * more[i] * more[i]
        for i, j in ((OF_SERVED, OF_REACHED), (OF_SERVED_PERIODS, OF_REACHED_PERIODS)):
            products[rule, i, j] += _product(kept, i, j) + between * more[i] * more[j]
        means[rule] += more * (n_paths / n_all)


@njit(cache=True, nogil=True)
def walk_law_moments(
    seed: int,
    entity: int,
    first_path: int,
    n_paths: int,
    keep: Floats,
    alias: Integers,
    unit: float,
    law: LeadTimes,
    opening: Floats,
    receipts: Floats,
    terms: Terms,
    rules: Floats,
    first_counted: int,
    first_reached: int,
    prices: Floats,
    means: Floats,
    products: Floats,
) -> None:
    """Walk paths as `walk_law` does, and keep the moments of what they count alone.

    Parameters
    ----------
    n_paths : paths
    prices, means, products : as in `add_paths`; zeros at first
    others : as in `kernels.stock_paths.walk_law`
    """
    told = (keep, alias, unit, law, opening, receipts, terms, rules, first_counted, first_reached)
    totals = np.empty((rules.shape[0], min(n_paths, _TOGETHER), N_TOTALS))
    for start in range(0, n_paths, _TOGETHER):
        own = totals[:, : min(_TOGETHER, n_paths - start)]
        walk_law(seed, entity, first_path + start, *told, own)
        add_paths(own, prices, start, means, products)


@njit(cache=True, nogil=True)
def fill_estimates(means: Floats, products: Floats, n_paths: int, out: Floats) -> None:
    """Fill what moments say of each rule, and with which standard error.

    Parameters
    ----------
    means, products : of `add_paths`
    n_paths : paths added, 2 at least
    out : (6, n_rules) float64, overwritten: money, the share of demand served, the share of periods
        without shortage, and after each its standard error; a ratio of nothing is 1, without error
    """
    scale = 1.0 / (n_paths - 1.0) / n_paths
    for rule in range(means.shape[0]):
        out[0, rule] = means[rule, MONEY]
        out[1, rule] = math.sqrt(products[rule, MONEY, MONEY] * scale)
        for place, i, j in (
            (2, OF_SERVED, OF_REACHED),
            (4, OF_SERVED_PERIODS, OF_REACHED_PERIODS),
        ):
            out[place, rule], out[place + 1, rule] = 1.0, 0.0
            below = means[rule, j]
            if below > 0.0:
                ratio = means[rule, i] / below
                squares = (
                    products[rule, i, i]
                    - 2.0 * ratio * products[rule, i, j]
                    + ratio * ratio * products[rule, j, j]
                )
                out[place, rule] = ratio
                out[place + 1, rule] = math.sqrt(max(squares, 0.0) * scale) / below


@njit(cache=True, nogil=True)
def fill_item_estimates(totals: Floats, prices: Floats, offsets: Integers, out: Floats) -> None:
    """Fill what paths say of each rule of many items.

    Parameters
    ----------
    totals : (n_rules, n_paths, 12) float64, as `kernels.stock_walk` counts them; 2 paths at least
    prices : (n_items, 12) float64, money per unit of each total
    offsets : (n_items + 1,) int64, where the rules of each item start
    out : (6, n_rules) float64, overwritten, as in `fill_estimates`
    """
    n_rules, n_paths, _ = totals.shape
    means, products = np.zeros((n_rules, N_KEPT)), np.zeros((n_rules, N_KEPT, N_KEPT))
    for item in range(prices.shape[0]):
        start, stop = offsets[item], offsets[item + 1]
        add_paths(totals[start:stop], prices[item], 0, means[start:stop], products[start:stop])
    fill_estimates(means, products, n_paths, out)


@njit(cache=True, nogil=True)
def find_cheapest(
    cost: Floats, served: Floats, shares: Floats, offsets: Integers, best: Integers, meets: Flags
) -> None:
    """Find the cheapest rule of each item that serves, and whether one does.

    Where none does it is the rule that serves best, the cheapest of equals; of equal costs the
    first.

    Parameters
    ----------
    cost, served : (n_rules,) float64
    shares : (n_items,) float64, fraction to serve
    offsets : (n_items + 1,) int64, where the rules of each item start
    best : (n_items,) int64, overwritten: its number among the rules of the item
    meets : (n_items,) bool, overwritten
    """
    for item in range(shares.shape[0]):
        own = slice(offsets[item], offsets[item + 1])
        most = np.max(served[own])
        meets[item] = most >= shares[item]
        least = shares[item] if meets[item] else most - 1e-12
        best[item] = -1
        for rule in range(offsets[item], offsets[item + 1]):
            place = offsets[item] + best[item]
            if served[rule] >= least and (best[item] < 0 or cost[rule] < cost[place]):
                best[item] = rule - offsets[item]
