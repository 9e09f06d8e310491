"""The policies to try for an item, and how to walk them."""

from dataclasses import dataclass, replace

import numpy as np

from inventory.levels import Levels, levels_to_try
from inventory.moving_forecast import MovingForecast
from inventory.plan import StockPlan
from inventory.policies import PolicyKind, ReorderUpTo
from inventory.position import Position
from inventory.simulation import Draws, Opening, Simulation
from kernels.arrays import Floats

NEVER = ReorderUpTo(-1e300, 0.0)


@dataclass(frozen=True)
class Proposal:
    """The policies to try for an item.

    Parameters
    ----------
    position : the item
    plan : settings
    tried : the policies
    kept : the level held today
    simulation : of what is tried, then of the level held today, and last of ordering nothing
    forecast : that moves the policies' levels; None where they stay
    """

    position: Position
    plan: StockPlan
    tried: Levels
    kept: ReorderUpTo
    simulation: Simulation
    forecast: MovingForecast | None


def reviewed(position: Position, kind: PolicyKind, horizon: int) -> Position:
    """Return an item as its policy reviews it: a newsvendor orders once for the whole horizon.

    Parameters
    ----------
    position : the item
    kind : of the policy
    horizon : periods of the forecast
    """
    once = kind == PolicyKind.NEWSVENDOR
    return replace(position, review_period=horizon) if once else position


def propose_levels(
    position: Position, paths: Floats, entity: np.uint64, seed: int, plan: StockPlan
) -> Proposal:
    """Return the policies to try at first, and how to try them.

    Parameters
    ----------
    position : the item
    paths : (n_paths, horizon) float64, units per period
    entity : stable identity, for the lead times
    seed : in [0, 2**32)
    plan : settings
    """
    position = reviewed(position, plan.policy, paths.shape[1])
    tried = levels_to_try(plan.policy, position, paths, plan.candidates)
    held = position.on_hand + position.on_order
    kept = ReorderUpTo(min(max(held - position.case_pack, 0.0), held), held)
    simulation = Simulation(
        position.supply(paths.shape[1], plan.lost_share),
        [*tried.policies, kept, NEVER],
        paths,
        Opening(position.on_hand, position.receipts),
        Draws(seed, int(entity)),
        first_reached=position.first_reached,
    )
    forecast = None
    if plan.policy == PolicyKind.FORECAST_ORDER_UP_TO:
        forecast = MovingForecast.of(paths, position.protection_interval)
        simulation = replace(simulation, lifts=forecast.lifts(paths))
    return Proposal(position, plan, tried, kept, simulation, forecast)
