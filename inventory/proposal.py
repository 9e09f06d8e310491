"""The policies to try for items, and how to walk them."""

import math
from dataclasses import dataclass

import numpy as np

from inventory.levels import Levels, levels_to_try
from inventory.moving_forecast import Moves
from inventory.plan import StockPlan
from inventory.policies import PolicyKind
from inventory.positions import Positions
from kernels.arrays import Floats, Integers, Words
from kernels.device import Device
from kernels.on_device import walk_all_on
from kernels.stock_batches import Walks

# Of each item, after what is tried: the level held today, and ordering nothing.
N_OTHERS = 2
_NEVER = (-1e300, 0.0, 0.0, math.inf)


@dataclass(frozen=True)
class Proposal:
    """The policies to try for items.

    Parameters
    ----------
    positions : the items
    plan : settings
    tried : the policies
    kept : (n_items, 2) float64, reorder point and level of what is held today
    walks : of what is tried of an item, then of the level held today, and last of ordering nothing
    moves : how the policies' levels move
    """

    positions: Positions
    plan: StockPlan
    tried: Levels
    kept: Floats
    walks: Walks
    moves: Moves

    def telling(self, levels: Levels, demand: Floats) -> Walks:
        """Return walks of other levels of each item, then of those that are not tried.

        Parameters
        ----------
        levels : one of each item at least
        demand : (n_items, n_paths, horizon) float64, units per period
        """
        rules, offsets = with_others(levels, self.plan.policy, self.kept)
        return self.walks._replace(
            rules=rules,
            offsets=offsets,
            demand=np.ascontiguousarray(demand),
            lifts=self.moves.lifts(demand),
        )


def propose_levels(
    positions: Positions, paths: Floats, entities: Words, plan: StockPlan
) -> Proposal:
    """Return the policies to try at first, and how to try them.

    Parameters
    ----------
    positions : the items
    paths : (n_items, n_paths, horizon) float64, units per period
    entities : (n_items,) uint64, stable identities, for the lead times
    plan : settings
    """
    positions, paths = positions.reviewed(plan.policy), np.ascontiguousarray(paths, np.float64)
    tried = levels_to_try(plan, positions, paths)
    held = positions.counted
    points = np.minimum(np.maximum(held - positions.least_step, 0.0), held)
    kept = np.column_stack([points, held])
    moves = Moves.of(plan, positions, paths)
    rules, offsets = with_others(tried, plan.policy, kept)
    walks = Walks(
        entities,
        paths,
        positions.lead_times(),
        positions.on_hand,
        positions.receipts,
        positions.terms(plan.lost_share),
        rules,
        offsets,
        positions.first_reached,
        moves.lifts(paths),
    )
    return Proposal(positions, plan, tried, kept, walks, moves)


def walk(walks: Walks, seed: int, first_path: int, device: Device) -> Floats:
    """Return (n_rules, n_paths, 12) float64, the totals of all walks.

    Parameters
    ----------
    seed : in [0, 2**32), of the lead times
    first_path : number of the first path
    device : where paths are walked
    """
    return walk_all_on(device)(seed, first_path, walks)


def places_among_rules(levels: Levels) -> Integers:
    """Return (n_levels,) int64, the place of each level's rule among those of `with_others`."""
    return np.arange(len(levels)) + N_OTHERS * levels.item


def with_others(levels: Levels, kind: PolicyKind, kept: Floats) -> tuple[Floats, Integers]:
    """Return the rules of the levels of each item and then of the two others, and their offsets.

    Parameters
    ----------
    levels : one of each item at least
    kind : of the policies
    kept : (n_items, 2) float64, reorder point and level of what is held today
    """
    offsets = levels.offsets(len(kept)) + N_OTHERS * np.arange(len(kept) + 1)
    rules = np.empty((offsets[-1], 4))
    rules[places_among_rules(levels)] = levels.rules(kind)
    rules[offsets[1:] - 2, :2] = kept
    rules[offsets[1:] - 2, 2:] = 0.0, math.inf
    rules[offsets[1:] - 1] = _NEVER
    return rules, offsets
