"""Policies simulated on demand paths, or on a law of demand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from inventory.errors import PlanError, StockError, refuse_negative
from inventory.policies.policy import Policy, rules_of
from kernels.arrays import Floats, Integers
from kernels.device import Device
from kernels.on_device import walk_items_on
from kernels.stock_batches import Walk, opening_of
from kernels.stock_demand import build_aliases
from kernels.stock_lead_times import LeadTimes, fixed_lead_time
from kernels.stock_paths import walk_law
from kernels.stock_terms import N_TOTALS, Terms


@dataclass(frozen=True)
class Supply:
    """How a warehouse-item is supplied and sold.

    Parameters
    ----------
    lead_times : of `kernels.stock_lead_times`, whole periods; orders may cross
    review_period : periods between orders, the first in period 0
    case_pack : units; orders are whole cases; 0 is any quantity
    minimum_order : units; an order is at least this, or nothing
    capacity : units; an order never raises stock and units on the way above it
    lost_share : of each unit short, fraction in [0, 1]; the rest is owed
    shelf_life : periods a unit can be sold in, its period of arrival included; 0 is for ever
    freshest_first : whether customers take the freshest units (LIFO); else the oldest (FIFO)

    Raises
    ------
    StockError
        Where a quantity is out of range; the message names it.
    """

    lead_times: LeadTimes = field(default_factory=lambda: fixed_lead_time(0.0))
    review_period: int = 1
    case_pack: float = 0.0
    minimum_order: float = 0.0
    capacity: float = math.inf
    lost_share: float = 1.0
    shelf_life: int = 0
    freshest_first: bool = False

    def __post_init__(self) -> None:
        refuse_negative(case_pack=self.case_pack, minimum_order=self.minimum_order)
        if self.review_period < 1:
            raise StockError(f"review_period must be at least 1; got {self.review_period}")
        if self.shelf_life < 0:
            raise StockError(f"shelf_life must be at least 1, or 0 for ever; got {self.shelf_life}")
        if not 0.0 <= self.lost_share <= 1.0:
            raise StockError(f"lost_share must be in [0, 1]; got {self.lost_share}")
        if not self.capacity > 0.0:
            raise StockError(f"capacity must be above 0; got {self.capacity}")
        for name in ("case_pack", "minimum_order"):
            if getattr(self, name) > self.capacity:
                raise StockError(
                    f"{name} must be at most the capacity {self.capacity:g}; "
                    f"got {getattr(self, name):g}"
                )

    @property
    def terms(self) -> Terms:
        """The same as a walk reads it."""
        return Terms(
            self.review_period,
            float(self.case_pack),
            float(self.minimum_order),
            float(self.capacity),
            float(self.lost_share),
            self.shelf_life,
            self.freshest_first,
        )


@dataclass(frozen=True)
class Opening:
    """Stock at the start.

    Parameters
    ----------
    on_hand : units, not negative; all fresh where units perish
    receipts : (horizon,) float64, units on the way by period of arrival, not negative; None is
        none
    owed : units, not negative, that what comes in meets first

    Raises
    ------
    StockError
        Where a number is missing, infinite or negative; the message names it.
    """

    on_hand: float = 0.0
    receipts: Floats | None = None
    owed: float = 0.0

    def __post_init__(self) -> None:
        refuse_negative(on_hand=self.on_hand, owed=self.owed)
        if self.receipts is not None:
            coming = np.asarray(self.receipts, np.float64).ravel()
            wrong = np.flatnonzero(~(np.isfinite(coming) & (coming >= 0.0)))
            refuse_negative(**{f"receipts[{n}]": float(coming[n]) for n in wrong})

    def by_age(self, shelf_life: int) -> Floats:
        """Return units by the periods they can still be sold in, least first, less those owed."""
        ages: Floats = opening_of(float(self.on_hand - self.owed), shelf_life)
        return ages

    def arrivals(self, horizon: int) -> Floats:
        """Return units on the way by period of arrival.

        Raises
        ------
        StockError
            Where they are not one number a period.
        """
        if self.receipts is None:
            return np.zeros(horizon)
        if self.receipts.shape != (horizon,):
            raise StockError(
                f"receipts must have one number for each of {horizon} periods; "
                f"got shape {self.receipts.shape}"
            )
        return np.ascontiguousarray(self.receipts, np.float64)


@dataclass(frozen=True)
class Draws:
    """What keys the random numbers of a simulation.

    Parameters
    ----------
    seed : in [0, 2**32)
    entity : stable identity of the warehouse-item
    first_path : number of the first path
    """

    seed: int
    entity: int = 0
    first_path: int = 0


def simulate(
    supply: Supply,
    policies: Sequence[Policy],
    demand: Floats,
    opening: Opening,
    draws: Draws,
    *,
    first_counted: int = 0,
    first_reached: int = 0,
    lifts: Floats | None = None,
    device: Device = "cpu",
) -> Floats:
    """Walk policies of one warehouse-item on given demand paths, on common lead times.

    Parameters
    ----------
    supply : the item's terms
    policies : one at least
    demand : (n_paths, horizon) float64, units per period, finite and not negative
    opening : stock at the start
    draws : keys of the lead times
    first_counted : the first period whose costs count
    first_reached : the first period whose service counts
    lifts : (n_paths, horizon) float64, or (1, horizon) of all paths, units that the policies'
        levels are higher by than in the first period; None where they stay
    device : where paths are walked

    Returns
    -------
    (n_policies, n_paths, 12) float64, as `kernels.stock_walk.walk_stock` counts.

    Raises
    ------
    PlanError
        Where there are no policies.
    StockError
        Where demand is not paths by periods, finite and not negative, or units on the way are not
        one number a period.
    """
    paths = checked_paths(demand)
    if not policies:
        raise PlanError("there must be one policy at least; got none")
    walk = Walk(
        np.uint64(draws.entity),
        paths,
        supply.lead_times,
        opening.by_age(supply.shelf_life),
        opening.arrivals(paths.shape[1]),
        supply.terms,
        rules_of(policies),
        np.zeros((1, paths.shape[1])) if lifts is None else lifts,
        first_counted,
        first_reached,
    )
    return walk_items_on(device)(draws.seed, draws.first_path, [walk])[0]


def checked_paths(demand: Floats) -> Floats:
    """Return paths of demand as a walk reads them.

    Parameters
    ----------
    demand : (n_paths, horizon) float64, units per period

    Raises
    ------
    StockError
        Where demand is not paths by periods, finite and not negative.
    """
    paths = np.ascontiguousarray(demand, np.float64)
    if paths.ndim != 2 or not paths.size:
        raise StockError(f"demand must have shape (n_paths, horizon); got shape {paths.shape}")
    if not (paths.min() >= 0.0 and np.isfinite(paths.max())):
        wrong = paths[~(np.isfinite(paths) & (paths >= 0.0))]
        raise StockError(f"demand must be finite and not negative; got {wrong[0]}")
    return paths


def simulate_law(
    supply: Supply,
    policies: Sequence[Policy],
    probabilities: Floats,
    n_paths: int,
    horizon: int,
    opening: Opening,
    draws: Draws,
    *,
    unit: float = 1.0,
    first_counted: int = 0,
    first_reached: int = 0,
) -> Floats:
    """Walk policies on demand drawn from a law as it is walked.

    Parameters
    ----------
    probabilities : (n_outcomes,) or (n_laws, n_outcomes), of 0, 1, ... units times ``unit``;
        period t takes law t modulo n_laws
    n_paths, horizon : paths and periods
    others : as in `simulate`

    Returns
    -------
    (n_policies, n_paths, 12) float64, as `kernels.stock_walk.walk_stock` counts.

    Raises
    ------
    PlanError
        Where probabilities are negative or do not sum to one.
    """
    keep, alias = alias_tables(probabilities)
    totals = np.empty((len(policies), n_paths, N_TOTALS))
    walk_law(
        draws.seed,
        np.uint64(draws.entity),
        draws.first_path,
        keep,
        alias,
        unit,
        supply.lead_times,
        opening.by_age(supply.shelf_life),
        opening.arrivals(horizon),
        supply.terms,
        rules_of(policies),
        first_counted,
        first_reached,
        totals,
    )
    return totals


def alias_tables(probabilities: Floats) -> tuple[Floats, Integers]:
    """Return the tables that demand is drawn from, (n_laws, n_outcomes) each.

    Parameters
    ----------
    probabilities : as in `simulate_law`

    Raises
    ------
    PlanError
        Where probabilities are negative or do not sum to one.
    """
    laws = np.atleast_2d(np.asarray(probabilities, np.float64))
    # Outcomes that never come, up to a power of two of them: draws are then faster.
    shape = len(laws), max(1 << (laws.shape[1] - 1).bit_length(), 2)
    keep, alias = np.empty(shape), np.empty(shape, np.int64)
    if build_aliases(laws, keep, alias):
        return keep, alias
    if not np.isfinite(laws).all() or (laws < 0.0).any():
        raise PlanError("probabilities of demand must be finite and not negative")
    raise PlanError(f"probabilities of demand must sum to 1; got {laws.sum(axis=1)}")
