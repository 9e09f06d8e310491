"""A past year replayed period by period: each order placed with what was known then.

The event order is that of `kernels.stock_walk`: receive, order, demand, cost. A planner sees the
demand of the periods before, never that of the period it orders in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inventory.errors import PlanError, StockError, refuse_negative
from inventory.estimates import Costs, estimate
from inventory.plan import Target
from inventory.policies import BaseStock, Policy
from inventory.simulation import Draws, Opening, Supply, simulate
from kernels.arrays import Flags, Floats
from kernels.stock_events import age_stock, net_after_demand, order_quantity
from kernels.stock_lead_times import LeadTimes, drawn_lead_time
from kernels.stock_terms import Rule


@dataclass(frozen=True)
class Outlook:
    """What a planner knows when it orders.

    Parameters
    ----------
    known : (n_known,) float64, demand of all periods before, the latest last
    review : number of the review, the first is 0
    on_hand : units, less what is owed
    coming : (n_coming,) float64, units on the way by the periods until they arrive
    """

    known: Floats
    review: int
    on_hand: float
    coming: Floats


class Planner(Protocol):
    """Who decides, at each review, by which policy to order."""

    def policy(self, outlook: Outlook) -> Policy:
        """Return the policy, which orders from stock and what is on the way."""


@dataclass(frozen=True)
class MovingAverage:
    """The naive planner: mean demand of the last periods times the periods to cover.

    Parameters
    ----------
    window : periods averaged, fewer where fewer are known
    cover : periods of mean demand held and on the way
    """

    window: int
    cover: float

    def __post_init__(self) -> None:
        if self.window < 1:
            raise PlanError(f"window must be at least 1; got {self.window}")
        if not (np.isfinite(self.cover) and self.cover >= 0.0):
            raise PlanError(f"cover must be finite and not negative; got {self.cover}")

    def policy(self, outlook: Outlook) -> BaseStock:
        """Order up to the mean of the last ``window`` periods times ``cover``."""
        recent = outlook.known[-self.window :]
        return BaseStock(float(recent.mean() * self.cover) if len(recent) else 0.0)


@dataclass(frozen=True)
class SimulatedLevel:
    """A planner that re-plans by simulation on fresh paths at each review.

    Parameters
    ----------
    forecast : from known demand and the number of the review to (n_paths, horizon) float64, units
        per period, of the periods to come
    supply, costs : of the item
    draws : keys of the lead times
    service_target : fill rate asked for, fraction in (0, 1); None minimises cost alone
    candidates : levels tried
    """

    forecast: Callable[[Floats, int], Floats]
    supply: Supply
    costs: Costs
    draws: Draws
    service_target: float | None = None
    candidates: int = 24

    def policy(self, outlook: Outlook) -> BaseStock:
        """Order up to the cheapest level tried that serves the target, else to the best served.

        Raises
        ------
        PlanError
            Where units on the way arrive after the paths end.
        """
        paths = self.forecast(outlook.known, outlook.review)
        horizon = paths.shape[1]
        # The mean lead time: what few orders take would raise every level tried.
        mean_wait = float((1.0 - self.supply.lead_times.cumulative).sum())
        reached = min(int(np.ceil(mean_wait - 1e-9)), horizon - 1)
        needed = paths[:, : min(reached + self.supply.review_period, horizon)].sum(axis=1)
        levels = np.linspace(np.quantile(needed, 0.2), needed.max() * 1.1, self.candidates)
        receipts = np.zeros(horizon)
        if outlook.coming[horizon:].any():
            raise PlanError(f"paths must reach all units on the way; they have {horizon} periods")
        kept = outlook.coming[:horizon]
        receipts[: len(kept)] = kept
        policies: list[Policy] = [BaseStock(float(level)) for level in levels]
        totals = simulate(
            self.supply,
            policies,
            paths,
            Opening(max(outlook.on_hand, 0.0), receipts, owed=max(-outlook.on_hand, 0.0)),
            self.draws,
            first_reached=reached,
        )
        found = estimate(totals, self.costs)
        allowed = np.ones(len(levels), bool)
        if self.service_target is not None:
            allowed = found.fill_rate >= min(self.service_target, found.fill_rate.max())
        return BaseStock(float(levels[np.flatnonzero(allowed)[np.argmin(found.cost[allowed])]]))


@dataclass(frozen=True)
class Replay:
    """What a planner would have done with one item.

    Parameters
    ----------
    demand, sold, held, owed, ordered, wasted, level : (n_periods,) float64, units; ``level`` is
        what an order raises the position to, or of lots the reorder point, and NaN in periods
        without review
    cost : money
    first_reached : the first period that an order of the planner can reach; service counts from it
    """

    demand: Floats
    sold: Floats
    held: Floats
    owed: Floats
    ordered: Floats
    wasted: Floats
    level: Floats
    cost: float
    first_reached: int = 0

    @property
    def reached_demand(self) -> float:
        """Units asked for in periods that an order can reach."""
        return float(self.demand[self.first_reached :].sum())

    @property
    def served(self) -> float:
        """Units of the same met from stock."""
        return float(self.sold[self.first_reached :].sum())

    @property
    def fill_rate(self) -> float:
        """Fraction of the demand that an order can reach met from stock; 1 where there was none."""
        return self.served / self.reached_demand if self.reached_demand > 0.0 else 1.0

    @property
    def covered(self) -> Flags:
        """(n_periods,) bool, whether all demand of a period was met from stock."""
        return self.sold >= self.demand

    @property
    def cycle_service(self) -> float:
        """Fraction of the periods that an order can reach without shortage; 1 where none is."""
        reached = self.covered[self.first_reached :]
        return float(reached.mean()) if len(reached) else 1.0

    def serves(self, target: Target) -> float:
        """Return what is held against a service target; 1 where cost alone decides."""
        if target == Target.COST:
            return 1.0
        return self.fill_rate if target == Target.FILL_RATE else self.cycle_service


def replay(
    demand: Floats,
    start: int,
    planner: Planner,
    supply: Supply,
    costs: Costs,
    *,
    on_hand: float,
    lead_draws: Floats | None = None,
    first_reached: int = 0,
) -> Replay:
    """Walk real demand from ``start`` on, asking ``planner`` at each review.

    Parameters
    ----------
    demand : (n_periods,) float64, units per period, those before ``start`` known at the start
    start : the first period replayed, at least 0
    planner : sees demand of earlier periods only
    supply : terms
    costs : prices
    on_hand : units at the start, all fresh where units perish
    lead_draws : (n_periods - start,) float64 in (0, 1), uniform draws behind the lead times, common
        to all planners; None takes the median
    first_reached : the first period replayed whose service counts

    Raises
    ------
    StockError
        Where demand or stock is negative or not finite, or ``start`` is out of range.
    """
    _refuse_bad_replay(demand, start, on_hand)
    n_periods = len(demand) - start
    draws = np.full(n_periods, 0.5) if lead_draws is None else lead_draws
    coming = np.zeros(n_periods + len(supply.lead_times.cumulative) + 1)
    records = np.zeros((6, n_periods))
    ages = Opening(on_hand).by_age(supply.shelf_life)
    levels = np.full(n_periods, np.nan)
    net = on_hand
    for t in range(n_periods):
        before = max(net, 0.0)
        net += coming[t]
        size = 0.0
        if t % supply.review_period == 0:
            known = demand[: start + t].copy()
            outlook = Outlook(known, t // supply.review_period, net, _ahead(coming, t))
            rule = planner.policy(outlook).rule
            levels[t] = rule.order_up_to
            size = _order(net + coming[t + 1 :].sum(), rule, supply)
            wait = _wait(draws[t], supply.lead_times)
            net += size if wait == 0 else 0.0
            coming[t + wait] += size
        wanted = float(demand[start + t])
        available = max(net, 0.0)
        sold = min(available, wanted)
        net = net_after_demand(net, wanted, sold, 1.0 - supply.lost_share)
        wasted = 0.0
        if supply.shelf_life > 0:
            ages[-1] += available - before
            wasted = age_stock(ages, sold, supply.freshest_first)
            net -= wasted
        records[:, t] = wanted, sold, max(net, 0.0), max(-net, 0.0), size, wasted
    wanted_all, sold_all, held, owed, ordered, spoilt = records
    cost = costs.holding * held.sum() + costs.owing * owed.sum()
    cost += costs.shortage * (wanted_all - sold_all).sum()
    cost += costs.ordering * np.count_nonzero(ordered) + costs.waste * spoilt.sum()
    return Replay(
        wanted_all, sold_all, held, owed, ordered, spoilt, levels, float(cost), first_reached
    )


@dataclass(frozen=True)
class Score:
    """How one planner did against another over many items.

    Parameters
    ----------
    cost, other_cost : money, all items
    saving, saving_error : money, the other's cost less this one's, and the standard error of the
        sum over items, taken as a sample of items
    fill_rate, other_fill_rate : fraction of all demand met from stock
    better_share : fraction of items where this planner costs less
    """

    cost: float
    other_cost: float
    saving: float
    saving_error: float
    fill_rate: float
    other_fill_rate: float
    better_share: float


def score(ours: Sequence[Replay], others: Sequence[Replay]) -> Score:
    """Compare two planners item by item.

    Parameters
    ----------
    ours, others : replays of the same items in the same order, two at least

    Raises
    ------
    PlanError
        Where they differ in number or are fewer than two.
    """
    if len(ours) != len(others) or len(ours) < 2:
        raise PlanError(
            f"replays must be of the same items, two at least; got {len(ours)} and {len(others)}"
        )
    pairs = zip(ours, others, strict=True)
    saved = np.array([other.cost - own.cost for own, other in pairs])
    return Score(
        float(sum(own.cost for own in ours)),
        float(sum(other.cost for other in others)),
        float(saved.sum()),
        float(saved.std(ddof=1) * np.sqrt(len(saved))),
        _served(ours),
        _served(others),
        float((saved > 0.0).mean()),
    )


def _served(replays: Sequence[Replay]) -> float:
    wanted = float(sum(found.demand.sum() for found in replays))
    return float(sum(found.sold.sum() for found in replays)) / wanted if wanted > 0.0 else 1.0


def _order(position: float, rule: Rule, supply: Supply) -> float:
    terms = supply.case_pack, supply.minimum_order, supply.capacity
    return float(order_quantity(position, *rule, *terms))


def _wait(draw: float, law: LeadTimes) -> int:
    return law.fixed if law.fixed >= 0 else int(drawn_lead_time(draw, law))


def _ahead(coming: Floats, t: int) -> Floats:
    """Return units on the way by the periods until they arrive; what arrives now is in stock."""
    ahead = coming[t:].copy()
    ahead[0] = 0.0
    return ahead


def refuse_bad_demand(demand: Floats) -> None:
    """Refuse demand that cannot have been.

    Raises
    ------
    StockError
        Where it is negative or not finite.
    """
    if not np.isfinite(demand).all() or (demand < 0.0).any():
        raise StockError("demand must be finite and not negative")


def _refuse_bad_replay(demand: Floats, start: int, on_hand: float) -> None:
    refuse_bad_demand(demand)
    if not 0 <= start < len(demand):
        raise StockError(f"start must be in [0, {len(demand)}); got {start}")
    refuse_negative(on_hand=on_hand)
