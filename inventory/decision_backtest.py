"""The decision backtest: what the plan's orders would have cost and served, against others'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from inventory.errors import PlanError, StockError
from inventory.plan import StockPlan
from inventory.policies import Policy, PolicyKind
from inventory.policy import choose_policy
from inventory.position import Position, reviewed
from inventory.replay import HeldPlan, MovingAverage, Outlook, Planner, Replay, replay
from inventory.simulation import Supply
from kernels.arrays import Floats
from kernels.stock_lead_times import fill_lead_draws

PLAN, PREVIOUS, NAIVE, TUNED = "plan", "previous plan", "moving average", "tuned average"
PLANNERS = (PLAN, PREVIOUS, NAIVE, TUNED)
# Covers tried when one is tuned, as multiples of lead time and review period.
COVERS = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
# Far from the paths that a planner simulates: it must not know the lead times to come.
_REAL_PATH = 1_000_000
_DRAWS = 4
PERIOD_COLUMNS = ("demanded", "sold", "covered", "held", "ordered", "cost")


@dataclass(frozen=True)
class Rivals:
    """Who the plan is compared with.

    Parameters
    ----------
    window : periods of the moving average, 1 at least
    cover : of lead time and review period, the multiple that the naive planner covers, above 0
    held : reviews that the previous plan's level is kept for, 1 at least

    Raises
    ------
    PlanError
        Where a setting is out of range.
    """

    window: int = 8
    cover: float = 1.5
    held: int = 4

    def __post_init__(self) -> None:
        for name in ("window", "held"):
            if getattr(self, name) < 1:
                raise PlanError(f"{name} must be at least 1; got {getattr(self, name)}")
        if not (np.isfinite(self.cover) and self.cover > 0.0):
            raise PlanError(f"cover must be finite and above 0; got {self.cover}")


@dataclass(frozen=True)
class PastForecasts:
    """Paths of demand forecast at several origins of the past.

    Parameters
    ----------
    start : the first period replayed, counted in the demand known
    refresh : periods between forecasts, the first at ``start``
    paths : (n_paths, horizon) float64 of each origin, units per period from the origin on
    """

    start: int
    refresh: int
    paths: Sequence[Floats]

    def __call__(self, known: Floats) -> Floats:
        """Return the paths of the last origin, from the period after ``known`` on."""
        past = len(known) - self.start
        return np.ascontiguousarray(self.paths[past // self.refresh][:, past % self.refresh :])


@dataclass(frozen=True)
class DecidedPolicy:
    """The night's own decision, taken anew at each review on the paths of that time.

    Parameters
    ----------
    forecasts : as they were made at the time
    position : terms and costs; its stock and units on the way are those of the review
    entity, seed : key of the lead times that are simulated
    plan : settings
    """

    forecasts: PastForecasts
    position: Position
    entity: np.uint64
    seed: int
    plan: StockPlan

    def policy(self, outlook: Outlook) -> Policy:
        """Return the policy that the night would have chosen."""
        paths = self.forecasts(outlook.known)
        if self.plan.policy == PolicyKind.NEWSVENDOR:
            paths = np.ascontiguousarray(paths[:, : self.position.review_period])
        horizon = paths.shape[1]
        receipts = np.zeros(horizon)
        kept = outlook.coming[:horizon]
        receipts[: len(kept)] = kept
        late = float(outlook.coming[horizon:].sum())
        tonight = replace(
            self.position, on_hand=outlook.on_hand, receipts=receipts, late_receipts=late
        )
        return choose_policy(tonight, paths, self.entity, self.seed, self.plan)


def replay_planners(
    demand: Floats,
    position: Position,
    forecasts: PastForecasts,
    entity: np.uint64,
    seed: int,
    plan: StockPlan,
    rivals: Rivals,
) -> dict[str, Replay]:
    """Replay the plan and its rivals on one item's demand, with the same lead times and opening.

    All start from what the naive planner covers, on hand, with nothing on the way. Until the first
    order of any can arrive they serve alike, so that service counts from then on, as the target of
    a plan does. Where the plan's policy is the newsvendor's, one season follows another, each as
    long as a night's forecast, and all order once for each. The tuned average takes the cover that
    would have cost least before the start.

    Parameters
    ----------
    demand : (n_periods,) float64, units per period
    position : terms and costs; its stock and units on the way are not read
    forecasts : as they were made at the time
    entity, seed : key of the lead times
    plan, rivals : settings

    Raises
    ------
    StockError
        Where demand is bad, or no demand comes before the start.
    """
    start = forecasts.start
    if not 0 < start < len(demand):
        raise StockError(f"start must be in (0, {len(demand)}); got {start}")
    horizon = forecasts.paths[0].shape[1] - forecasts.refresh
    position = reviewed(position, plan.policy, horizon)
    supply = position.supply(horizon, plan.lost_share)
    interval = float(position.protection_interval)
    decided = DecidedPolicy(forecasts, position, entity, seed, plan)
    naive = MovingAverage(rivals.window, rivals.cover * interval)
    planners: Mapping[str, Planner] = {
        PLAN: decided,
        PREVIOUS: HeldPlan(decided, rivals.held),
        NAIVE: naive,
        TUNED: _tuned(demand[:start], position, supply, rivals.window),
    }
    on_hand = float(demand[max(start - rivals.window, 0) : start].mean() * naive.cover)
    real = _lead_draws(seed, np.uint64(entity), len(demand) - start)
    return {
        name: replay(
            demand,
            start,
            who,
            supply,
            position.costs,
            on_hand=on_hand,
            lead_draws=real,
            first_reached=position.first_reached,
        )
        for name, who in planners.items()
    }


def _tuned(known: Floats, position: Position, supply: Supply, window: int) -> MovingAverage:
    """Return the moving average whose cover cost least in the second half of what is known."""
    interval = float(position.protection_interval)
    middle = len(known) // 2
    planners = [MovingAverage(window, cover * interval) for cover in COVERS]
    if middle == 0:
        return planners[0]
    opening = float(known[:middle].mean() * interval)
    spent = [
        replay(known, middle, who, supply, position.costs, on_hand=opening).cost for who in planners
    ]
    return planners[int(np.argmin(spent))]


def _lead_draws(seed: int, entity: np.uint64, n_periods: int) -> Floats:
    draws = np.empty((-(-n_periods // _DRAWS) * _DRAWS, 1))
    fill_lead_draws(seed, entity, _REAL_PATH, draws)
    return np.ascontiguousarray(draws[:n_periods, 0])


def item_rows(
    key: tuple[str, str], found: Mapping[str, Replay], service_target: float, plan: StockPlan
) -> list[dict[str, Any]]:
    """Return a row per planner: what it cost and served with one item, and what the plan saved.

    Parameters
    ----------
    key : warehouse_id and item_id
    found : as `replay_planners` returns it
    service_target : of the item, fraction in (0, 1)
    plan : settings
    """
    return [
        {
            "warehouse_id": key[0],
            "item_id": key[1],
            "planner": name,
            "periods": len(own.demand),
            "demanded": float(own.demand.sum()),
            "sold": float(own.sold.sum()),
            "covered_periods": int(own.covered.sum()),
            "reached_demand": own.reached_demand,
            "served": own.served,
            "reached_periods": len(own.covered[own.first_reached :]),
            "served_periods": int(own.covered[own.first_reached :].sum()),
            "service_target": service_target,
            "target_measure": str(plan.target),
            "reached": own.serves(plan.target) >= service_target,
            "mean_stock": float(own.held.mean()),
            "ordered": float(own.ordered.sum()),
            "orders": int(np.count_nonzero(own.ordered)),
            "cost": own.cost,
            "saving": own.cost - found[PLAN].cost,
            "currency": plan.currency,
        }
        for name, own in found.items()
    ]


def period_totals(own: Replay, position: Position) -> Floats:
    """Return what one replay demanded, sold, covered, held, ordered and cost, by period.

    Parameters
    ----------
    own : of one item
    position : with the costs

    Returns
    -------
    (6, n_periods) float64 in the order of `PERIOD_COLUMNS`: units, 1 where nothing was short, and
    money.
    """
    costs = position.costs
    cost = costs.holding * own.held + costs.owing * own.owed
    cost = cost + costs.shortage * (own.demand - own.sold) + costs.ordering * (own.ordered > 0.0)
    cost = cost + costs.waste * own.wasted
    return np.array([own.demand, own.sold, own.covered, own.held, own.ordered, cost])


def compare_planners(items: pd.DataFrame) -> pd.DataFrame:
    """Compare the plan with each planner over all items replayed.

    Parameters
    ----------
    items : as `item_rows` returns them, every item under every planner

    Returns
    -------
    Frame with a row per planner: items, money and service of all of them (service of what an order
    of the planner could reach), the mean target and the share of items that reached theirs, what
    the plan saved against it with the standard error of the sum (items taken as a sample, paired),
    and the share of items where the plan cost less. The error is NaN where there is one item alone.
    """
    rows = []
    for name in PLANNERS:
        own = items[items["planner"] == name]
        if own.empty:
            continue
        saved = own["saving"].to_numpy(float)
        error = float(saved.std(ddof=1) * np.sqrt(len(saved))) if len(saved) > 1 else np.nan
        rows.append(
            {
                "planner": name,
                "items": len(own),
                "periods": int(own["periods"].max()),
                "demanded": float(own["demanded"].sum()),
                "fill_rate": _share(own["served"], own["reached_demand"]),
                "cycle_service": _share(own["served_periods"], own["reached_periods"]),
                "service_target": float(own["service_target"].mean()),
                "target_measure": str(own["target_measure"].iloc[0]),
                "reached_share": float(own["reached"].astype(float).mean()),
                "mean_stock": float(own["mean_stock"].sum()),
                "orders": int(own["orders"].sum()),
                "cost": float(own["cost"].sum()),
                "saving": float(saved.sum()),
                "saving_standard_error": error,
                "better_share": float((saved > 0.0).mean()),
                "currency": str(own["currency"].iloc[0]),
            }
        )
    return pd.DataFrame(rows)


def _share(parts: pd.Series, wholes: pd.Series) -> float:
    """Return the part of the whole of all items; 1 of nothing."""
    whole = float(wholes.sum())
    return float(parts.sum()) / whole if whole > 0.0 else 1.0
