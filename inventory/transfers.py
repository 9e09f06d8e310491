"""Moving stock of one item between warehouses, where it is worth more than it costs.

References
----------
Eppen (1979), "Effects of centralization on expected costs in a multi-location newsboy problem",
Management Science 25(5); Paterson, Kiesmüller, Teunter & Glazebrook (2011), "Inventory models with
lateral transshipments: a review", European Journal of Operational Research 210(2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.errors import PlanError
from inventory.estimates import Costs, money_spent
from inventory.policies import BaseStock, Policy
from inventory.simulation import Draws, Opening, Supply, simulate
from kernels.arrays import Floats


@dataclass(frozen=True)
class Site:
    """One warehouse that holds the item.

    Parameters
    ----------
    name : of the warehouse
    supply, policy, opening, costs, draws : how it is supplied and orders
    demand : (n_paths, horizon) float64, units per period
    """

    name: str
    supply: Supply
    policy: Policy
    opening: Opening
    costs: Costs
    draws: Draws
    demand: Floats


@dataclass(frozen=True)
class Transfer:
    """Units to move tonight.

    Parameters
    ----------
    source, target : names of warehouses
    quantity : units
    saving, saving_error : money over the horizon, after the cost of moving, paired path by path
    """

    source: str
    target: str
    quantity: float
    saving: float
    saving_error: float


@dataclass(frozen=True)
class Pooling:
    """What one common stock would cost against separate ones, each at its best level.

    Parameters
    ----------
    separate, pooled : money over the horizon
    saving, saving_error : money, paired path by path
    """

    separate: float
    pooled: float
    saving: float
    saving_error: float


def plan_transfers(
    sites: Sequence[Site], *, lead_time: int, unit_cost: float, lot: float, most_lots: int = 20
) -> list[Transfer]:
    """Return the transfers that lower the cost of all sites together, the best first.

    Lot by lot, the pair of sites whose costs fall most gives and takes, until none falls by more
    than moving costs. A site either gives or takes. Every site keeps to its policy: one that gives
    may order sooner, and its saving counts that.

    Parameters
    ----------
    sites : two at least, with equally many paths and periods
    lead_time : whole periods from one site to another; 0 arrives before tonight's demand
    unit_cost : money per unit moved
    lot : units of one lot, above zero
    most_lots : the most that a site gives or takes

    Raises
    ------
    PlanError
        Where an argument is out of range.
    """
    _refuse_bad_transfers(sites, lead_time, unit_cost, lot)
    given: dict[tuple[int, int], Floats] = {}
    moved: dict[tuple[int, int], int] = {}
    lots = np.zeros(len(sites), np.int64)

    def spent(place: int, count: int) -> Floats:
        if (place, count) not in given:
            given[place, count] = _spent(sites[place], count * lot, lead_time)
        return given[place, count]

    savings: dict[tuple[int, int], Floats] = {}
    while True:
        best, pair, gains = 0.0, None, np.zeros(0)
        for source, target in _pairs(sites, lots, lot, most_lots):
            gain = spent(source, lots[source]) - spent(source, lots[source] - 1)
            gain = gain + spent(target, lots[target]) - spent(target, lots[target] + 1)
            gain = gain - unit_cost * lot
            if gain.mean() > best:
                best, pair, gains = float(gain.mean()), (source, target), gain
        if pair is None:
            break
        lots[pair[0]] -= 1
        lots[pair[1]] += 1
        moved[pair] = moved.get(pair, 0) + 1
        savings[pair] = savings.get(pair, 0.0) + gains
    found = [
        Transfer(
            sites[source].name,
            sites[target].name,
            moved[source, target] * lot,
            float(gain.mean()),
            _error(gain),
        )
        for (source, target), gain in savings.items()
    ]
    return sorted(found, key=lambda transfer: -transfer.saving)


def compare_pooling(
    demand: Floats, supply: Supply, costs: Costs, seed: int, *, levels: int = 24
) -> Pooling:
    """Return what sites cost with a stock each, and with one stock for all.

    Each stock is held to the best of base-stock levels between the least and the largest demand
    of a lead time and a review period, and starts at its level.

    Parameters
    ----------
    demand : (n_sites, n_paths, horizon) float64, units per period
    supply, costs : the same for every stock
    seed : of the lead times
    levels : how many are tried
    """
    alone = [
        _best_spent(own, supply, costs, Draws(seed, n), levels) for n, own in enumerate(demand)
    ]
    separate = np.sum(alone, axis=0)
    pooled = _best_spent(demand.sum(axis=0), supply, costs, Draws(seed, len(demand)), levels)
    saving = separate - pooled
    return Pooling(
        float(separate.mean()), float(pooled.mean()), float(saving.mean()), _error(saving)
    )


def _pairs(
    sites: Sequence[Site], lots: np.ndarray[tuple[int], np.dtype[np.int64]], lot: float, most: int
) -> list[tuple[int, int]]:
    givers = [
        n
        for n, site in enumerate(sites)
        if -most < lots[n] <= 0 and site.opening.on_hand >= (1 - lots[n]) * lot
    ]
    takers = [
        n
        for n, site in enumerate(sites)
        if 0 <= lots[n] < most and _room(site) >= (lots[n] + 1) * lot
    ]
    return [(source, target) for source in givers for target in takers if source != target]


def _room(site: Site) -> float:
    coming = 0.0 if site.opening.receipts is None else float(site.opening.receipts.sum())
    return site.supply.capacity - site.opening.on_hand - coming


def _spent(site: Site, units: float, lead_time: int) -> Floats:
    """Return what each path costs with ``units`` more on the way, or fewer in stock."""
    opening = site.opening
    if units < 0.0:
        opening = replace(opening, on_hand=opening.on_hand + units)
    elif units > 0.0:
        receipts = opening.arrivals(site.demand.shape[1]).copy()
        receipts[lead_time] += units
        opening = replace(opening, receipts=receipts)
    totals = simulate(site.supply, [site.policy], site.demand, opening, site.draws)
    return np.asarray(money_spent(totals, site.costs)[0])


def _best_spent(demand: Floats, supply: Supply, costs: Costs, draws: Draws, levels: int) -> Floats:
    interval = len(supply.lead_times.cumulative) + supply.review_period
    needed = demand[:, : min(interval, demand.shape[1])].sum(axis=1)
    spaced = np.linspace(needed.min(), needed.max(), levels)
    spent = [
        money_spent(simulate(supply, [BaseStock(level)], demand, Opening(level), draws), costs)[0]
        for level in spaced
    ]
    return np.asarray(min(spent, key=lambda own: float(own.mean())))


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _refuse_bad_transfers(
    sites: Sequence[Site], lead_time: int, unit_cost: float, lot: float
) -> None:
    if len(sites) < 2:
        raise PlanError(f"there must be two sites at least; got {len(sites)}")
    shapes = {site.demand.shape for site in sites}
    if len(shapes) > 1:
        raise PlanError(f"sites must have equally many paths and periods; got {sorted(shapes)}")
    horizon = sites[0].demand.shape[1]
    if not 0 <= lead_time < horizon:
        raise PlanError(f"lead_time must be in [0, {horizon}); got {lead_time}")
    if not (np.isfinite(unit_cost) and unit_cost >= 0.0):
        raise PlanError(f"unit_cost must be finite and not negative; got {unit_cost}")
    if not (np.isfinite(lot) and lot > 0.0):
        raise PlanError(f"lot must be finite and above 0; got {lot}")
