"""Costs and service on a law of demand, in memory that does not grow with the paths."""

from collections.abc import Sequence

import numpy as np

from inventory.errors import PlanError
from inventory.estimates import Costs, Estimates, prices_of
from inventory.policies import Policy
from inventory.policies.policy import rules_of
from inventory.simulation import Draws, Opening, Supply, alias_tables
from kernels.arrays import Floats
from kernels.stock_moments import N_KEPT, fill_estimates, walk_law_moments


def estimate_law(
    supply: Supply,
    policies: Sequence[Policy],
    probabilities: Floats,
    n_paths: int,
    horizon: int,
    opening: Opening,
    draws: Draws,
    costs: Costs,
    *,
    unit: float = 1.0,
    first_counted: int = 0,
    first_reached: int = 0,
) -> Estimates:
    """Return what `estimate` returns of `simulate_law`, without keeping the paths.

    Parameters
    ----------
    n_paths : 2 at least
    costs : prices
    others : as in `simulate_law`

    Raises
    ------
    PlanError
        Where there are fewer than 2 paths, or probabilities are negative or do not sum to one.
    """
    if n_paths < 2:
        raise PlanError(f"n_paths must be at least 2; got {n_paths}")
    means = np.zeros((len(policies), N_KEPT))
    products = np.zeros((len(policies), N_KEPT, N_KEPT))
    walk_law_moments(
        draws.seed,
        np.uint64(draws.entity),
        draws.first_path,
        n_paths,
        *alias_tables(probabilities),
        unit,
        supply.lead_times,
        opening.by_age(supply.shelf_life),
        opening.arrivals(horizon),
        supply.terms,
        rules_of(policies),
        first_counted,
        first_reached,
        prices_of(costs),
        means,
        products,
    )
    found = np.empty((6, len(policies)))
    fill_estimates(means, products, n_paths, found)
    return Estimates(*found)
