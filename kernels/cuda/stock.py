"""Stock walked on a GPU, a thread a path: many warehouse-items and rules in one launch.

The walk is `kernels.stock_thread`'s, which the processor's tests hold to the truth to the bit. What
an item is told lies in tables with a row an item.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import cuda, float64

from kernels.arrays import Floats, Integers, Words
from kernels.cuda.grids import THREADS, blocks_for
from kernels.cuda.streams import stream_rows
from kernels.cuda.views import view
from kernels.stock_batches import Walk
from kernels.stock_lead_times import N_GUIDES, LeadTimes
from kernels.stock_terms import N_TOTALS, Rule, Terms
from kernels.stock_thread import STATE, walk_drawn, walk_given


class Items(NamedTuple):
    """What a launch is told of its warehouse-items, a row each.

    Parameters
    ----------
    entities : (n_items,) uint64, of the random numbers
    chances : (n_items, longest + 1) float64, cumulative probabilities of lead times
    guides : (n_items, 256) int64
    leads : (n_items, 2) int64: the longest lead time of the item's law, and the fixed one or -1
    opening : (n_items, n_ages) float64
    receipts : (n_items, horizon) float64
    terms : (n_items, 7) float64, each a `Terms`
    rules : (n_items, n_rules, 4) float64, each a `Rule`
    firsts : (n_items, 2) int64, the first period that counts, and the first that an order reaches
    """

    entities: Words
    chances: Floats
    guides: Integers
    leads: Integers
    opening: Floats
    receipts: Floats
    terms: Floats
    rules: Floats
    firsts: Integers


@cuda.jit(device=True)
def _terms(row: Floats) -> Terms:
    return Terms(int(row[0]), row[1], row[2], row[3], row[4], int(row[5]), row[6] > 0.0)


@cuda.jit(device=True)
def _lead_times(chances: Floats, guide: Integers, leads: Integers) -> LeadTimes:
    return LeadTimes(view(chances[: leads[0]]), view(guide), int(leads[1]))


@cuda.jit(device=True)
def _told(items: Items, item: int, number: int) -> tuple[Any, ...]:
    """Return what a walk of the item is told, from the law of its lead times on."""
    terms, rule = _terms(items.terms[item]), items.rules[item, number]
    return (
        _lead_times(items.chances[item], items.guides[item], items.leads[item]),
        view(items.opening[item, : max(terms.shelf_life, 1)]),
        view(items.receipts[item]),
        terms,
        Rule(rule[0], rule[1], rule[2], rule[3]),
        items.firsts[item, 0],
        items.firsts[item, 1],
    )


@cache
def walk_kernels(slots: int, n_ages: int) -> tuple[Any, Any]:
    """Return the kernels for given and for drawn demand of items that fit.

    Parameters
    ----------
    slots : the longest lead time and one, at most
    n_ages : the longest shelf life, at most, and at least one
    """

    @cuda.jit
    def walk_given_paths(
        seed: int,
        first_path: int,
        demand: Floats,
        lifts: Floats,
        items: Items,
        totals: Floats,
    ) -> None:
        """Walk demand (n_items, n_paths, horizon); totals (n_items, n_rules, n_paths, 12).

        Lifts of the rules' levels are (n_items, n_paths, horizon), or (n_items, 1, horizon) of all
        paths of an item.
        """
        n_items, n_rules, n_paths, _ = totals.shape
        n = cuda.grid(1)
        if n < n_items * n_rules * n_paths:
            path = n % n_paths
            number = n // n_paths % n_rules
            item = n // n_paths // n_rules
            ring = cuda.local.array(slots, float64)
            ages = cuda.local.array(n_ages, float64)
            state = cuda.local.array(STATE, float64)
            walk_given(
                seed,
                items.entities[item],
                first_path + path,
                view(demand[item, path]),
                view(lifts[item, path if lifts.shape[1] > 1 else 0]),
                *_told(items, item, number),
                ring,
                ages,
                state,
            )
            for place in range(N_TOTALS):
                totals[item, number, path, place] = state[place]

    @cuda.jit
    def walk_drawn_paths(
        seed: int,
        first_path: int,
        keep: Floats,
        alias: Integers,
        units: Floats,
        items: Items,
        totals: Floats,
    ) -> None:
        """Walk demand of laws (n_items, n_laws, n_outcomes); totals as `walk_given_paths`."""
        n_items, n_rules, n_paths, _ = totals.shape
        n = cuda.grid(1)
        if n < n_items * n_rules * n_paths:
            path = n % n_paths
            number = n // n_paths % n_rules
            item = n // n_paths // n_rules
            ring = cuda.local.array(slots, float64)
            ages = cuda.local.array(n_ages, float64)
            state = cuda.local.array(STATE, float64)
            walk_drawn(
                seed,
                items.entities[item],
                first_path + path,
                view(keep[item]),
                view(alias[item]),
                units[item],
                *_told(items, item, number),
                ring,
                ages,
                state,
            )
            for place in range(N_TOTALS):
                totals[item, number, path, place] = state[place]

    return walk_given_paths, walk_drawn_paths


def _fitting(items: Items) -> tuple[Any, Any]:
    """Return the kernels whose rings and ages hold the items' longest, rounded up to powers of two.

    A size of its own would be a compilation of its own.
    """
    slots = int(items.leads[:, 0].max()) + 1
    return walk_kernels(_power_of_two(slots, 8), _power_of_two(items.opening.shape[1], 1))


def _power_of_two(n: int, least: int) -> int:
    return max(1 << (n - 1).bit_length(), least)


def stack_items(
    entities: Words,
    laws: Sequence[LeadTimes],
    openings: Sequence[Floats],
    receipts: Floats,
    terms: Sequence[Terms],
    rules: Floats,
    firsts: Integers,
) -> Items:
    """Return the tables of a launch.

    Parameters
    ----------
    entities : (n_items,) uint64
    laws : of lead times, one an item
    openings : one an item, (max(shelf_life, 1),) float64
    receipts : (n_items, horizon) float64
    terms : one an item
    rules : (n_items, n_rules, 4) float64
    firsts : (n_items, 2) int64, first periods counted and reached
    """
    longest = max(len(law.cumulative) for law in laws)
    n_ages = max(len(opening) for opening in openings)
    chances, guides = np.ones((len(laws), longest + 1)), np.zeros((len(laws), N_GUIDES), np.int64)
    ages = np.zeros((len(laws), n_ages))
    for item, (law, opening) in enumerate(zip(laws, openings, strict=True)):
        chances[item, : len(law.cumulative)] = law.cumulative
        guides[item] = law.guide
        ages[item, : len(opening)] = opening
    leads = np.array([[len(law.cumulative), law.fixed] for law in laws], np.int64)
    return Items(
        np.ascontiguousarray(entities, np.uint64),
        chances,
        guides,
        leads,
        ages,
        np.ascontiguousarray(receipts, np.float64),
        np.array([[float(value) for value in own] for own in terms]),
        np.ascontiguousarray(rules, np.float64),
        np.ascontiguousarray(firsts, np.int64),
    )


def walk_given_items(
    seed: int,
    first_path: int,
    demand: Floats,
    items: Items,
    *,
    lifts: Floats | None = None,
    at_once: int | None = None,
) -> Floats:
    """Return the totals of given demand, (n_items, n_rules, n_paths, 12).

    Parameters
    ----------
    demand : (n_items, n_paths, horizon) float64, units per period
    lifts : (n_items, n_paths, horizon) float64, or (n_items, 1, horizon) of all paths, units that
        the rules' levels are higher by; None where they stay
    at_once : items on the device at a time; None is as many as fit
    others : as in `kernels.stock_paths.walk_paths`
    """
    kernel = _fitting(items)[0]
    totals = np.empty((len(demand), items.rules.shape[1], demand.shape[1], N_TOTALS))

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        own, moves, *tables = inputs
        blocks = blocks_for(outputs[0].size // N_TOTALS)
        kernel[blocks, THREADS, stream](seed, first_path, own, moves, Items(*tables), outputs[0])

    if lifts is None:
        lifts = np.zeros((len(demand), 1, demand.shape[2]))
    given = [np.ascontiguousarray(part, np.float64) for part in (demand, lifts)]
    stream_rows([*given, *items], [totals], launch, at_once)
    return totals


def walk_drawn_items(
    seed: int,
    first_path: int,
    n_paths: int,
    keep: Floats,
    alias: Integers,
    units: Floats,
    items: Items,
    *,
    at_once: int | None = None,
) -> Floats:
    """Return the totals of drawn demand, (n_items, n_rules, n_paths, 12).

    Parameters
    ----------
    keep, alias : (n_items, n_laws, n_outcomes), alias tables
    units : (n_items,) float64
    others : as in `walk_given_items` and `kernels.stock_paths.walk_law`
    """
    kernel = _fitting(items)[1]
    totals = np.empty((len(keep), items.rules.shape[1], n_paths, N_TOTALS))

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        stays, others, steps, *tables = inputs
        blocks = blocks_for(outputs[0].size // N_TOTALS)
        told = (stays, others, steps, Items(*tables))
        kernel[blocks, THREADS, stream](seed, first_path, *told, outputs[0])

    laws = [np.ascontiguousarray(keep), np.ascontiguousarray(alias), np.ascontiguousarray(units)]
    stream_rows([*laws, *items], [totals], launch, at_once)
    return totals


def walk_items(seed: int, first_path: int, walks: Sequence[Walk]) -> list[Floats]:
    """Return the totals of every walk; `kernels.stock_batches.walk_each_item` on a GPU.

    Walks with as many paths and periods go in one launch, the rules of each made as many as the
    longest list has by repeating its last; those whose levels move by path go by themselves.
    """
    shapes: dict[tuple[int, int, int], list[int]] = {}
    for number, walk in enumerate(walks):
        n_paths, horizon = walk.demand.shape
        shapes.setdefault((n_paths, horizon, len(walk.lifts)), []).append(number)
    found: dict[int, Floats] = {}
    for numbers in shapes.values():
        own = [walks[number] for number in numbers]
        demand = np.stack([walk.demand for walk in own])
        lifts = np.stack([walk.lifts for walk in own])
        totals = walk_given_items(seed, first_path, demand, _stacked(own), lifts=lifts)
        for number, walk, filled in zip(numbers, own, totals, strict=True):
            found[number] = filled[: len(walk.rules)]
    return [found[number] for number in range(len(walks))]


def _stacked(walks: Sequence[Walk]) -> Items:
    most = max(len(walk.rules) for walk in walks)
    rules = [
        np.concatenate([walk.rules, np.repeat(walk.rules[-1:], most - len(walk.rules), axis=0)])
        for walk in walks
    ]
    return stack_items(
        np.array([walk.entity for walk in walks], np.uint64),
        [walk.law for walk in walks],
        [walk.opening for walk in walks],
        np.stack([walk.receipts for walk in walks]),
        [walk.terms for walk in walks],
        np.stack(rules),
        np.array([[walk.first_counted, walk.first_reached] for walk in walks], np.int64),
    )
