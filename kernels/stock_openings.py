"""What stock costs that starts at its level: many levels of many stocks with the same terms."""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Words
from kernels.stock_batches import opening_of
from kernels.stock_lead_times import LeadTimes
from kernels.stock_moments import spent_on
from kernels.stock_paths import walk_paths
from kernels.stock_terms import N_TOTALS, Terms


@njit(cache=True, nogil=True)
def fill_spent_at_levels(
    seed: int,
    entities: Words,
    first_path: int,
    demand: Floats,
    law: LeadTimes,
    terms: Terms,
    prices: Floats,
    levels: Floats,
    out: Floats,
) -> None:
    """Fill the money that each path costs under base stock, from stock at its level.

    Parameters
    ----------
    seed, first_path : as in `kernels.stock_paths.walk_paths`
    entities : (n_stocks,) uint64, of the lead times
    demand : (n_stocks, n_paths, horizon) float64, units per period
    law, terms : of the lead times, and of all stocks
    prices : (12,) float64, money per unit of each total of a walk
    levels : (n_stocks, n_levels) float64, units
    out : (n_stocks, n_levels, n_paths) float64, money, overwritten
    """
    receipts, lifts = np.zeros(demand.shape[2]), np.zeros((1, demand.shape[2]))
    totals, rules = np.empty((1, demand.shape[1], N_TOTALS)), np.empty((1, 4))
    for stock in range(demand.shape[0]):
        for n in range(levels.shape[1]):
            level = levels[stock, n]
            rules[0, :2] = level
            rules[0, 2], rules[0, 3] = 0.0, math.inf
            opening = opening_of(level, terms.shelf_life)
            told = demand[stock], law, opening, receipts, terms, rules, lifts, 0, 0
            walk_paths(seed, entities[stock], first_path, *told, totals)
            for path in range(demand.shape[1]):
                out[stock, n, path] = spent_on(totals[0, path], prices)
