"""Walks of many warehouse-items, one after the other."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kernels.arrays import Floats
from kernels.stock_lead_times import LeadTimes
from kernels.stock_paths import walk_lifted, walk_paths
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
    first_counted, first_reached : as in `kernels.stock_walk.walk_stock`
    lifts : (n_paths, horizon) float64, units that the rules' levels are higher by; None where they
        stay
    """

    entity: np.uint64
    demand: Floats
    law: LeadTimes
    opening: Floats
    receipts: Floats
    terms: Terms
    rules: Floats
    first_counted: int
    first_reached: int
    lifts: Floats | None = None


def walk_each_item(seed: int, first_path: int, walks: Sequence[Walk]) -> list[Floats]:
    """Return the totals of every walk, (n_rules, n_paths, 12).

    Parameters
    ----------
    seed, first_path : as in `kernels.stock_paths.walk_paths`
    """
    found = []
    for walk in walks:
        totals = np.empty((len(walk.rules), len(walk.demand), N_TOTALS))
        entity, *told, lifts = walk
        if lifts is None:
            walk_paths(seed, entity, first_path, *told, totals)
        else:
            walk_lifted(seed, entity, first_path, *told, lifts, totals)
        found.append(totals)
    return found
