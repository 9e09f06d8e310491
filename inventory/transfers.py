"""Moving stock of one item between warehouses, where it is worth more than it costs.

References
----------
Eppen (1979), "Effects of centralization on expected costs in a multi-location newsboy problem",
Management Science 25(5); Paterson, Kiesmüller, Teunter & Glazebrook (2011), "Inventory models with
lateral transshipments: a review", European Journal of Operational Research 210(2).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.errors import PlanError
from inventory.estimates import Costs, money_spent, prices_of
from inventory.policies import Policy
from inventory.simulation import Draws, Opening, Supply, checked_paths, simulate
from kernels.arrays import Floats
from kernels.stock_lead_times import lead_time_quantile
from kernels.stock_openings import fill_spent_at_levels

# Of orders, that come within the lead times which the least and the largest level are of.
_SHARES = (0.5, 0.975)
# The best of many moves saves less on other demand, and what may save nothing is not worth a way.
ERRORS_ABOVE = 1.0


@dataclass(frozen=True)
class Site:
    """One warehouse that holds the item.

    Parameters
    ----------
    name : of the warehouse
    supply, policy, opening, costs, draws : how it is supplied and orders
    demand : (n_paths, horizon) float64, units per period
    most_taken : units that may come from other sites, within the supply's capacity
    most_given : units that may go to other sites, of those on hand
    lifts : (n_paths, horizon) float64, or (1, horizon) of all paths, units that the policy's level
        is higher by; None where it stays
    """

    name: str
    supply: Supply
    policy: Policy
    opening: Opening
    costs: Costs
    draws: Draws
    demand: Floats
    most_taken: float = math.inf
    most_given: float = math.inf
    lifts: Floats | None = None


@dataclass(frozen=True)
class Lane:
    """A way for stock from one warehouse to another.

    Parameters
    ----------
    source, target : names of warehouses
    lead_time : whole periods; 0 arrives before tonight's demand
    unit_cost : money per unit moved
    """

    source: str
    target: str
    lead_time: int
    unit_cost: float


@dataclass(frozen=True)
class Transfer:
    """Units to move tonight.

    Parameters
    ----------
    lane : from where to where
    quantity : units
    saving, saving_error : money over the horizon, after the cost of moving, paired path by path
    """

    lane: Lane
    quantity: float
    saving: float
    saving_error: float


@dataclass(frozen=True)
class Pooling:
    """What one common stock would cost against separate ones, each at its best level.

    Parameters
    ----------
    separate, pooled : money over the horizon
    separate_error, pooled_error : their standard errors
    saving, saving_error : money, paired path by path
    """

    separate: float
    separate_error: float
    pooled: float
    pooled_error: float
    saving: float
    saving_error: float


def plan_transfers(
    sites: Sequence[Site], lanes: Sequence[Lane], *, lot: float, most_lots: int = 20
) -> list[Transfer]:
    """Return the transfers that lower the cost of all sites together, the best first.

    Lot by lot, the lane whose two sites' costs fall most gives and takes, until none falls by more
    than moving costs by a standard error of it. A site either gives or takes. Every site keeps to
    its policy: one that gives may order sooner, and its saving counts that.

    Parameters
    ----------
    sites : two at least, with equally many paths and periods, and different names
    lanes : between sites
    lot : units of one lot, above zero
    most_lots : the most that a site gives or takes

    Raises
    ------
    PlanError
        Where an argument is out of range, or a lane leads from or to no site.
    """
    _refuse_bad_transfers(sites, lanes, lot)
    costs = _MovedCosts(sites, lot)
    number = {site.name: n for n, site in enumerate(sites)}
    ends = [(number[lane.source], number[lane.target]) for lane in lanes]
    lots: dict[Lane, int] = {}
    savings: dict[Lane, Floats] = {}
    gains, means = [np.zeros(0)] * len(lanes), np.zeros(len(lanes))
    moved = set(range(len(sites)))
    while True:
        # A lot changes what the lanes of its two sites save, and no other.
        for n, (lane, (source, target)) in enumerate(zip(lanes, ends, strict=True)):
            if not moved.isdisjoint(ends[n]):
                means[n] = 0.0
                if costs.gives(source, most_lots) and costs.takes(target, most_lots):
                    gain = costs.saving(source, -1, 0) + costs.saving(target, 1, lane.lead_time)
                    gains[n] = gain - lane.unit_cost * lot
                    mean = gains[n].mean()
                    means[n] = mean if mean > ERRORS_ABOVE * _error(gains[n]) else 0.0
        if not (means > 0.0).any():
            break
        taken = int(means.argmax())
        lane, (source, target) = lanes[taken], ends[taken]
        costs.move(source, -1, 0)
        costs.move(target, 1, lane.lead_time)
        moved = {source, target}
        lots[lane] = lots.get(lane, 0) + 1
        savings[lane] = savings.get(lane, 0.0) + gains[taken]
    found = [
        Transfer(lane, lots[lane] * lot, float(gain.mean()), _error(gain))
        for lane, gain in savings.items()
    ]
    return sorted(found, key=lambda transfer: -transfer.saving)


def judge_transfers(
    sites: Sequence[Site], found: Sequence[Transfer], *, lot: float
) -> list[Transfer]:
    """Return the transfers with what they save on other paths than they were chosen on.

    Each saves what it adds to those before it.

    Parameters
    ----------
    sites : as of `plan_transfers`, with demand and draws of other paths
    found : as it returns them
    lot : units of one lot
    """
    costs = _MovedCosts(sites, lot)
    number = {site.name: n for n, site in enumerate(sites)}
    judged = []
    for own in found:
        lane, lots = own.lane, round(own.quantity / lot)
        moves = (number[lane.source], -lots, 0), (number[lane.target], lots, lane.lead_time)
        gain = sum((costs.saving(*move) for move in moves), -lane.unit_cost * own.quantity)
        for move in moves:
            costs.move(*move)
        judged.append(
            replace(own, saving=float(np.mean(gain)), saving_error=_error(np.asarray(gain)))
        )
    return judged


class _MovedCosts:
    """What each site costs, path by path, as lots move; each state is simulated once."""

    def __init__(self, sites: Sequence[Site], lot: float) -> None:
        self.sites = sites
        self.lot = lot
        # Lots by the lead time they arrive after; those given leave now.
        self.moved: list[dict[int, int]] = [{} for _ in sites]
        self.known: dict[tuple[int, tuple[tuple[int, int], ...]], Floats] = {}

    def gives(self, place: int, most: int) -> bool:
        """Return whether a site can give one lot more."""
        total, own = sum(self.moved[place].values()), self.sites[place]
        held = min(own.opening.on_hand, own.most_given)
        return -most < total <= 0 and held >= (1 - total) * self.lot

    def takes(self, place: int, most: int) -> bool:
        """Return whether a site can take one lot more."""
        total = sum(self.moved[place].values())
        return 0 <= total < most and _room(self.sites[place]) >= (total + 1) * self.lot

    def saving(self, place: int, count: int, lead_time: int) -> Floats:
        """Return what ``count`` lots more save at a site."""
        own = self.moved[place]
        after = {**own, lead_time: own.get(lead_time, 0) + count}
        return self._spent(place, own) - self._spent(place, after)

    def move(self, place: int, count: int, lead_time: int) -> None:
        """Settle that ``count`` lots more come to a site, or leave it."""
        self.moved[place][lead_time] = self.moved[place].get(lead_time, 0) + count

    def _spent(self, place: int, moved: Mapping[int, int]) -> Floats:
        key = place, tuple(sorted(moved.items()))
        if key not in self.known:
            units = {lead_time: count * self.lot for lead_time, count in moved.items()}
            self.known[key] = _spent(self.sites[place], units)
        return self.known[key]


def compare_pooling(
    demand: Floats,
    held_out: Floats,
    supply: Supply,
    costs: Costs,
    seed: int,
    *,
    levels: int = 24,
) -> Pooling:
    """Return what sites cost with a stock each, and with one stock for all.

    Each stock is held to the best of base-stock levels between the least demand of a median lead
    time and a review period and the largest of a long one, and starts at its level.

    Parameters
    ----------
    demand : (n_sites, n_paths, horizon) float64, units per period, to choose levels on
    held_out : the same, other paths, that costs are of
    supply, costs : the same for every stock
    seed : of the lead times
    levels : how many are tried
    """
    stocks, others = (_with_pooled(own) for own in (demand, held_out))
    spaced = _levels_to_try(stocks, supply, levels)
    tried = _spent_at_levels(spaced, stocks, supply, costs, seed, 0).mean(axis=2)
    best = np.take_along_axis(spaced, tried.argmin(axis=1)[:, None], axis=1)
    spent = _spent_at_levels(best, others, supply, costs, seed, stocks.shape[1])[:, 0]
    separate, pooled = spent[:-1].sum(axis=0), spent[-1]
    saving = separate - pooled
    return Pooling(
        float(separate.mean()),
        _error(separate),
        float(pooled.mean()),
        _error(pooled),
        float(saving.mean()),
        _error(saving),
    )


def _room(site: Site) -> float:
    coming = 0.0 if site.opening.receipts is None else float(site.opening.receipts.sum())
    return min(site.supply.capacity - site.opening.on_hand - coming, site.most_taken)


def _spent(site: Site, moved: Mapping[int, float]) -> Floats:
    """Return what each path costs with units more on the way, or fewer in stock, by lead time."""
    opening = site.opening
    receipts = opening.arrivals(site.demand.shape[1]).copy()
    on_hand = opening.on_hand
    for lead_time, units in moved.items():
        if units < 0.0:
            on_hand += units
        else:
            receipts[lead_time] += units
    opening = replace(opening, on_hand=on_hand, receipts=receipts)
    told = site.supply, [site.policy], site.demand, opening, site.draws
    totals = simulate(*told, lifts=site.lifts)
    return np.asarray(money_spent(totals, site.costs)[0])


def _with_pooled(demand: Floats) -> Floats:
    """Return the demand of each stock, and last that of one stock for all."""
    stocks = np.concatenate([demand, demand.sum(axis=0)[None]])
    return checked_paths(stocks.reshape(-1, stocks.shape[2])).reshape(stocks.shape)


def _levels_to_try(stocks: Floats, supply: Supply, levels: int) -> Floats:
    """Return (n_stocks, levels) float64, units, from the least demand to the largest.

    The least is that of a median lead time and a review period, the largest that of a long one.
    """
    covered = (
        lead_time_quantile(supply.lead_times, share) + supply.review_period for share in _SHARES
    )
    low, high = (stocks[:, :, :periods].sum(axis=2) for periods in covered)
    ends = zip(low.min(axis=1), high.max(axis=1), strict=True)
    return np.array([np.linspace(*own, levels) for own in ends])


def _spent_at_levels(
    levels: Floats, demand: Floats, supply: Supply, costs: Costs, seed: int, first_path: int
) -> Floats:
    """Return what each path costs that starts at a base-stock level, stock by stock and level."""
    spent = np.empty((*levels.shape, demand.shape[1]))
    entities = np.arange(len(demand), dtype=np.uint64)
    told = demand, supply.lead_times, supply.terms, prices_of(costs), levels
    fill_spent_at_levels(seed, entities, first_path, *told, spent)
    return spent


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _refuse_bad_transfers(sites: Sequence[Site], lanes: Sequence[Lane], lot: float) -> None:
    if len(sites) < 2:
        raise PlanError(f"there must be two sites at least; got {len(sites)}")
    names = {site.name for site in sites}
    if len(names) < len(sites):
        raise PlanError(f"sites must have different names; got {[site.name for site in sites]}")
    shapes = {site.demand.shape for site in sites}
    if len(shapes) > 1:
        raise PlanError(f"sites must have equally many paths and periods; got {sorted(shapes)}")
    horizon = sites[0].demand.shape[1]
    for lane in lanes:
        if not (lane.source in names and lane.target in names and lane.source != lane.target):
            raise PlanError(f"a lane must join two sites; got {lane.source!r} to {lane.target!r}")
        if not 0 <= lane.lead_time < horizon:
            raise PlanError(f"lead_time must be in [0, {horizon}); got {lane.lead_time}")
        if not (np.isfinite(lane.unit_cost) and lane.unit_cost >= 0.0):
            raise PlanError(f"unit_cost must be finite and not negative; got {lane.unit_cost}")
    if not (np.isfinite(lot) and lot > 0.0):
        raise PlanError(f"lot must be finite and above 0; got {lot}")
