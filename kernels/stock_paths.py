"""Stock walked over many paths under many rules, on given demand or on a law's.

Paths go in blocks, so that memory does not grow with them; a path's numbers depend on its own
number and on nothing else.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Floats, Integers, Reals, Words32
from kernels.stock_block import walk_block
from kernels.stock_demand import fill_demand
from kernels.stock_draws import DRAWS
from kernels.stock_exact import demand_is_exact, is_whole, largest_exact_demand
from kernels.stock_lanes import LANES, lanes_of
from kernels.stock_lead_times import LeadTimes, fill_lead_words, turn_into_periods
from kernels.stock_terms import Terms
from kernels.stock_walk import walk_each


# To be unpacked it is sliced: numba joins plain tuples alone.
class _Told(NamedTuple):
    """What all paths are walked on, as `walk_paths` takes it."""

    law: LeadTimes
    opening: Floats
    receipts: Floats
    terms: Terms
    rules: Floats
    lifts: Floats
    first_counted: int
    first_reached: int


@njit(cache=True, nogil=True)
def _walk(
    seed: int,
    entity: int,
    first_path: int,
    demand: Reals,
    lead_words: Words32,
    told: _Told,
    totals: Floats,
) -> None:
    if told.law.fixed < 0:
        fill_lead_words(seed, entity, first_path, lead_words)
    if told.terms.shelf_life > 0:
        walk_each(demand, lead_words, *told[:], totals)
    else:
        turn_into_periods(told.law, lead_words.reshape(lead_words.size))
        walk_block(demand, lead_words, *told[:], totals)


@njit(cache=True, nogil=True)
def _walk_given(
    seed: int,
    entity: int,
    first_path: int,
    demand: Floats,
    block: Reals,
    told: _Told,
    totals: Floats,
) -> None:
    n_paths, horizon = demand.shape
    block[:] = 0.0
    lead_words = np.zeros((-(-horizon // DRAWS) * DRAWS, block.shape[1]), np.uint32)
    for start in range(0, n_paths, LANES):
        size = min(LANES, n_paths - start)
        for t in range(horizon):
            for i in range(size):
                block[t, i] = demand[start + i, t]
        own = totals[:, start : start + size]
        _walk(seed, entity, first_path + start, block, lead_words, told, own)


@njit(cache=True, nogil=True)
def _walk_drawn(
    seed: int,
    entity: int,
    first_path: int,
    keep: Floats,
    alias: Integers,
    unit: float,
    block: Reals,
    told: _Told,
    totals: Floats,
) -> None:
    n_paths = totals.shape[1]
    lead_words = np.zeros(block.shape, np.uint32)
    for start in range(0, n_paths, LANES):
        fill_demand(seed, entity, first_path + start, keep, alias, unit, block)
        own = totals[:, start : min(start + LANES, n_paths)]
        _walk(seed, entity, first_path + start, block, lead_words, told, own)


@njit(cache=True, nogil=True)
def _walk_lifted(
    seed: int, entity: int, first_path: int, demand: Floats, told: _Told, totals: Floats
) -> None:
    n_paths, horizon = demand.shape
    lead_words = np.zeros((-(-horizon // DRAWS) * DRAWS, n_paths), np.uint32)
    if told.law.fixed < 0:
        fill_lead_words(seed, entity, first_path, lead_words)
    walk_each(np.ascontiguousarray(demand.T), lead_words, *told[:], totals)


@njit(cache=True, nogil=True)
def walk_paths(
    seed: int,
    entity: int,
    first_path: int,
    demand: Floats,
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
    """Walk given demand paths under every rule, on common lead times.

    Parameters
    ----------
    seed, entity : of the lead times
    first_path : number of the first path
    demand : (n_paths, horizon) float64, units per period
    law : of the lead times
    rules : (n_rules, 4) float64, each a `Rule`
    lifts : (n_paths, horizon) float64, or (1, horizon) of all paths, units that every rule's levels
        are higher by
    totals : (n_rules, n_paths, 12) float64, overwritten
    others : as in `kernels.stock_walk.walk_stock`
    """
    told = _Told(law, opening, receipts, terms, rules, lifts, first_counted, first_reached)
    if lifts.shape[0] > 1:
        _walk_lifted(seed, entity, first_path, demand, told, totals)
        return
    lanes = lanes_of(demand.shape[0])
    largest = largest_exact_demand(opening[0], receipts, terms, rules, lifts[0])
    if demand_is_exact(demand, largest):
        singles = np.empty((demand.shape[1], lanes), np.float32)
        _walk_given(seed, entity, first_path, demand, singles, told, totals)
    else:
        doubles = np.empty((demand.shape[1], lanes))
        _walk_given(seed, entity, first_path, demand, doubles, told, totals)


@njit(cache=True, nogil=True)
def walk_law(
    seed: int,
    entity: int,
    first_path: int,
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
    totals: Floats,
) -> None:
    """Walk paths whose demand is drawn from a law as they are walked.

    Parameters
    ----------
    seed, entity : of the demand and the lead times
    keep, alias, unit : of the demand's law, see `kernels.stock_demand.fill_demand`
    others : as in `walk_paths`
    """
    lifts = np.zeros((1, receipts.shape[0]))
    told = _Told(law, opening, receipts, terms, rules, lifts, first_counted, first_reached)
    shape = (-(-receipts.shape[0] // DRAWS) * DRAWS, lanes_of(totals.shape[1]))
    drawn = (seed, entity, first_path, keep, alias, unit)
    largest = largest_exact_demand(opening[0], receipts, terms, rules, lifts[0])
    if is_whole(unit) and (keep.shape[1] - 1) * unit <= largest:
        _walk_drawn(*drawn, np.empty(shape, np.float32), told, totals)
    else:
        _walk_drawn(*drawn, np.empty(shape), told, totals)
