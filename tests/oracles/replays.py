"""One item's past replayed period by period: receive, order, demand, cost."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inventory import BaseStock, Opening, Policy, Target
from kernels.stock_events import age_stock, net_after_demand, order_quantity
from kernels.stock_lead_times import drawn_lead_time
from kernels.stock_replay import LEVEL
from kernels.stock_terms import DEMANDED, HELD, ORDERED, OWED, SOLD, WASTED


@dataclass(frozen=True)
class Outlook:
    """What is known when an order is placed.

    Parameters
    ----------
    known : (n_known,) float64, demand of all periods before, the latest last
    review : number of the review, the first is 0
    on_hand : units, less what is owed
    coming : (n_coming,) float64, units on the way by the periods until they arrive
    """

    known: np.ndarray
    review: int
    on_hand: float
    coming: np.ndarray


Planner = Callable[[Outlook], Policy]


@dataclass(frozen=True)
class MovingAverage:
    """Order up to mean demand of the last ``window`` periods times the periods to cover."""

    window: int
    cover: float

    def __call__(self, outlook):
        recent = outlook.known[-self.window :]
        return BaseStock(float(recent.mean() * self.cover) if len(recent) else 0.0)


@dataclass(frozen=True)
class Replay:
    """What a planner would have done with one item, as `inventory.replays` tells of many."""

    demand: np.ndarray
    sold: np.ndarray
    held: np.ndarray
    owed: np.ndarray
    ordered: np.ndarray
    wasted: np.ndarray
    level: np.ndarray
    cost: float
    first_reached: int = 0

    @property
    def reached_demand(self):
        return float(self.demand[self.first_reached :].sum())

    @property
    def served(self):
        return float(self.sold[self.first_reached :].sum())

    @property
    def fill_rate(self):
        return self.served / self.reached_demand if self.reached_demand > 0.0 else 1.0

    @property
    def covered(self):
        return self.sold >= self.demand

    @property
    def cycle_service(self):
        reached = self.covered[self.first_reached :]
        return float(reached.mean()) if len(reached) else 1.0

    def serves(self, target):
        if target == Target.COST:
            return 1.0
        return self.fill_rate if target == Target.FILL_RATE else self.cycle_service


def one_of(replays, item):
    """Return the replay of one item among those of many."""
    own = replays.records[item]
    places = DEMANDED, SOLD, HELD, OWED, ORDERED, WASTED, LEVEL
    figures = float(replays.cost[item]), int(replays.first_reached[item])
    return Replay(*(own[place] for place in places), *figures)


def replay(demand, start, planner, supply, costs, *, on_hand, lead_draws=None, first_reached=0):
    """Walk real demand from ``start`` on, asking ``planner`` at each review.

    Parameters
    ----------
    lead_draws : uniform draws behind the lead times; None takes the median
    """
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
            # What arrives now is in stock.
            ahead = np.append(0.0, coming[t + 1 :])
            known = demand[: start + t].copy()
            rule = planner(Outlook(known, t // supply.review_period, net, ahead)).rule
            levels[t] = rule.order_up_to
            terms = supply.case_pack, supply.minimum_order, supply.capacity
            size = order_quantity(net + coming[t + 1 :].sum(), *rule, *terms)
            law = supply.lead_times
            wait = law.fixed if law.fixed >= 0 else drawn_lead_time(draws[t], law)
            net += size if wait == 0 else 0.0
            coming[t + wait] += size
        wanted = demand[start + t]
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
    return Replay(*records, levels, float(cost), first_reached)
