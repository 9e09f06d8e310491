"""Walks of many warehouse-items, one after the other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable

from kernels.arrays import Floats, Integers, Words
from kernels.stock_events import order_quantity
from kernels.stock_lead_times import LeadTimes
from kernels.stock_paths import walk_paths
from kernels.stock_terms import N_TOTALS, Terms


class Walk(NamedTuple):
    """One warehouse-item, its demand paths, and the rules to walk them under.

    Parameters
    ----------
    entity : of the lead times
    demand : (n_paths, horizon) float64, units per period
    law : of the lead times
    opening : (max(shelf_life, 1),) float64
    receipts : (horizon,) float64
    terms : of the item
    rules : (n_rules, 4) float64, each a `Rule`
    lifts : (n_paths, horizon) float64, or (1, horizon) of all paths, units that the rules' levels
        are higher by
    first_counted, first_reached : as in `kernels.stock_walk.walk_stock`
    """

    entity: np.uint64
    demand: Floats
    law: LeadTimes
    opening: Floats
    receipts: Floats
    terms: Terms
    rules: Floats
    lifts: Floats
    first_counted: int
    first_reached: int


class Laws(NamedTuple):
    """Laws of lead times, end to end, and which of them each item has.

    Parameters
    ----------
    of_item : (n_items,) int64, number of the item's law
    cumulative : of all laws, float64, each as in `LeadTimes`
    offsets : (n_laws + 1,) int64, where each starts
    guides : (n_laws, 256) int64
    fixed : (n_laws,) int64
    """

    of_item: Integers
    cumulative: Floats
    offsets: Integers
    guides: Integers
    fixed: Integers


class Walks(NamedTuple):
    """Many warehouse-items of as many paths and periods, and the rules to walk them under.

    Parameters
    ----------
    entities : (n_items,) uint64, of the lead times
    demand : (n_items, n_paths, horizon) float64, units per period
    laws : of the lead times
    on_hand : (n_items,) float64, units, all fresh where units perish
    receipts : (n_items, horizon) float64
    terms : (n_items, 7) float64, each as `Terms` has them
    rules : (n_rules, 4) float64, those of an item after those of the one before, each a `Rule`
    offsets : (n_items + 1,) int64, where the rules of each start
    first_reached : (n_items,) int64, as in `kernels.stock_walk.walk_stock`
    lifts : (n_items, n_paths, horizon) float64, or (n_items, 1, horizon) of all paths, units that
        the rules' levels are higher by
    """

    entities: Words
    demand: Floats
    laws: Laws
    on_hand: Floats
    receipts: Floats
    terms: Floats
    rules: Floats
    offsets: Integers
    first_reached: Integers
    lifts: Floats


def laws_together(laws: Sequence[LeadTimes], of_item: Integers) -> Laws:
    """Return laws of lead times end to end.

    Parameters
    ----------
    laws : one at least
    of_item : (n_items,) int64, number of each item's law
    """
    return Laws(
        of_item.astype(np.int64),
        np.concatenate([law.cumulative for law in laws]),
        np.cumsum([0, *(len(law.cumulative) for law in laws)]),
        np.array([law.guide for law in laws]),
        np.array([law.fixed for law in laws]),
    )


@njit(cache=True, nogil=True)
def law_of(laws: Laws, item: int) -> LeadTimes:
    """Law of the lead times of one item."""
    law = laws.of_item[item]
    cumulative = laws.cumulative[laws.offsets[law] : laws.offsets[law + 1]]
    return LeadTimes(cumulative, laws.guides[law], laws.fixed[law])


@njit(cache=True, nogil=True)
def terms_of(terms: Floats) -> Terms:
    """Terms of one item, from a row of numbers."""
    return Terms(
        int(terms[0]), terms[1], terms[2], terms[3], terms[4], int(terms[5]), terms[6] > 0.0
    )


@njit(cache=True, nogil=True)
def opening_of(on_hand: float, shelf_life: int) -> Floats:
    """Units by the periods they can still be sold in, least first, all fresh."""
    ages = np.zeros(max(shelf_life, 1))
    ages[-1] = on_hand
    return ages


@register_jitable
def walk_of(walks: Walks, item: int) -> Walk:
    """Walk of one item."""
    terms = terms_of(walks.terms[item])
    return Walk(
        walks.entities[item],
        walks.demand[item],
        law_of(walks.laws, item),
        opening_of(walks.on_hand[item], terms.shelf_life),
        walks.receipts[item],
        terms,
        walks.rules[walks.offsets[item] : walks.offsets[item + 1]],
        walks.lifts[item],
        0,
        walks.first_reached[item],
    )


@njit(cache=True, nogil=True)
def fill_totals(seed: int, first_path: int, walks: Walks, totals: Floats) -> None:
    """Fill the totals of every walk.

    Parameters
    ----------
    seed, first_path : as in `kernels.stock_paths.walk_paths`
    totals : (n_rules, n_paths, 12) float64, overwritten
    """
    for item in range(walks.demand.shape[0]):
        start, stop = walks.offsets[item], walks.offsets[item + 1]
        told = walk_of(walks, item)[1:]
        walk_paths(seed, walks.entities[item], first_path, *told, totals[start:stop])


def walk_items(seed: int, first_path: int, walks: Walks) -> Floats:
    """Return the totals of every walk, (n_rules, n_paths, 12).

    Parameters
    ----------
    seed, first_path : as in `kernels.stock_paths.walk_paths`
    """
    totals = np.empty((len(walks.rules), walks.demand.shape[1], N_TOTALS))
    fill_totals(seed, first_path, walks, totals)
    return totals


def walk_each_item(seed: int, first_path: int, walks: Sequence[Walk]) -> list[Floats]:
    """Return the totals of every walk, (n_rules, n_paths, 12).

    Parameters
    ----------
    seed, first_path : as in `kernels.stock_paths.walk_paths`
    """
    found = []
    for walk in walks:
        totals = np.empty((len(walk.rules), len(walk.demand), N_TOTALS))
        entity, *told = walk
        walk_paths(seed, entity, first_path, *told, totals)
        found.append(totals)
    return found


def each_walk(walks: Walks) -> list[Walk]:
    """Return the walks of the items, one by one."""
    return [walk_of(walks, item) for item in range(len(walks.demand))]


def take_walks(walks: Walks, items: Integers) -> Walks:
    """Return the walks of some items, without their rules."""
    own = walks.laws._replace(of_item=walks.laws.of_item[items])
    return Walks(
        walks.entities[items],
        walks.demand[items],
        own,
        walks.on_hand[items],
        walks.receipts[items],
        walks.terms[items],
        walks.rules[:0],
        np.zeros(len(items) + 1, np.int64),
        walks.first_reached[items],
        walks.lifts[items],
    )


@njit(cache=True, nogil=True)
def fill_order_quantities(
    positions: Floats,
    rules: Floats,
    case_packs: Floats,
    minimum_orders: Floats,
    capacities: Floats,
    out: Floats,
) -> None:
    """Fill what each item's rule orders at its position.

    Parameters
    ----------
    positions : (n_items,) float64, units of stock, on the way, less owed
    rules : (n_items, 4) float64, each a `Rule`
    case_packs, minimum_orders, capacities : (n_items,) float64, units, as in `Terms`
    out : (n_items,) float64, units, overwritten
    """
    for item in range(positions.shape[0]):
        out[item] = order_quantity(
            positions[item],
            rules[item, 0],
            rules[item, 1],
            rules[item, 2],
            rules[item, 3],
            case_packs[item],
            minimum_orders[item],
            capacities[item],
        )
