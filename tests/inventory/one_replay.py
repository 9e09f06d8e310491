"""The decision backtest of one item, decision by decision: the twin of the one of many items."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory import Policy, PolicyKind, StockPlan
from inventory.decision_backtest import COVERS, NAIVE, PLAN, PREVIOUS, TUNED
from inventory.policy import choose_policies
from inventory.position import Position, reviewed
from inventory.positions import Positions
from kernels.stock_lead_times import fill_lead_draws
from tests.oracles.replays import MovingAverage, Outlook, Planner, Replay, replay

REAL_PATH = 1_000_000


@dataclass
class HeldPlan:
    """What another planner said, kept for some reviews before it is asked again."""

    planner: Planner
    reviews: int
    kept: Policy | None = None

    def __call__(self, outlook: Outlook) -> Policy:
        if self.kept is None or outlook.review % self.reviews == 0:
            self.kept = self.planner(outlook)
        return self.kept


@dataclass(frozen=True)
class DecidedPolicy:
    """The night's own decision, taken anew at each review on the paths of that time.

    Parameters
    ----------
    start : the first period replayed, counted in the demand known
    refresh : periods between forecasts, the first at ``start``
    paths : (n_paths, horizon + refresh) float64 of each origin
    """

    start: int
    refresh: int
    paths: Sequence[np.ndarray]
    position: Position
    entity: np.uint64
    seed: int
    plan: StockPlan

    def __call__(self, outlook: Outlook) -> Policy:
        origin, age = divmod(len(outlook.known) - self.start, self.refresh)
        paths = np.ascontiguousarray(self.paths[origin][:, age:])
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


def choose_policy(position, paths, entity, seed, plan):
    """Return the policy that is chosen for one item."""
    own = Positions.stacked([position]), paths[None], np.array([entity])
    choices = choose_policies(*own, seed, plan)
    return choices.tried.proposal.tried.policy(plan.policy, int(choices.best[0]))


def replay_one(demand, n_periods, position, forecasts, entity, seed, plan, rivals):
    """Return the replay of one item under each planner, by name.

    Parameters
    ----------
    forecasts : periods between them, and the paths of each origin
    others : as `replay_planners` takes them of many items
    """
    start, (refresh, paths) = len(demand) - n_periods, forecasts
    horizon = paths[0].shape[1] - refresh
    position = reviewed(position, plan.policy, horizon)
    supply = position.supply(horizon, plan.lost_share)
    interval = float(position.protection_interval)
    decided = DecidedPolicy(start, refresh, paths, position, entity, seed, plan)
    naive = MovingAverage(rivals.window, rivals.cover * interval)
    planners = {
        PLAN: decided,
        PREVIOUS: HeldPlan(decided, rivals.held),
        NAIVE: naive,
        TUNED: tuned(demand[:start], position, supply, rivals.window),
    }
    on_hand = float(demand[max(start - rivals.window, 0) : start].mean() * naive.cover)
    draws = np.empty((-(-n_periods // 4) * 4, 1))
    fill_lead_draws(seed, entity, REAL_PATH, draws)
    return {
        name: replay(
            demand,
            start,
            who,
            supply,
            position.costs,
            on_hand=on_hand,
            lead_draws=np.ascontiguousarray(draws[:n_periods, 0]),
            first_reached=position.first_reached,
        )
        for name, who in planners.items()
    }


def tuned(known, position, supply, window):
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


def same(one: Replay, other: Replay):
    """Assert that two replays are the same to the last digit."""
    for name in Replay.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
