"""The decision backtest: what the plan's orders would have cost and served, against others'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.errors import PlanError, StockError
from inventory.past_plans import PastForecasts, PastPlans
from inventory.plan import StockPlan
from inventory.positions import Positions
from inventory.replays import Replays
from inventory.together import BAD_PATHS, are_bad
from kernels.arrays import Floats, Integers, Words
from kernels.stock_replay import (
    N_RECORDS,
    Histories,
    fill_cheapest_covers,
    fill_means_before,
    fill_real_draws,
    replay_averages,
)

PLAN, PREVIOUS, NAIVE, TUNED = "plan", "previous plan", "moving average", "tuned average"
PLANNERS = (PLAN, PREVIOUS, NAIVE, TUNED)
# Covers tried when one is tuned, as multiples of lead time and review period.
COVERS = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0)
# Far from the paths that a planner simulates: it must not know the lead times to come.
_REAL_PATH = 1_000_000
_DRAWS = 4


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
class Backtest:
    """What planners would have done with items, and the items that could not be replayed.

    Parameters
    ----------
    items : (n_replayed,) int64, numbers of the items replayed
    positions : of these
    replays : of these, by planner
    errors : why the others could not be, by their numbers
    """

    items: Integers
    positions: Positions
    replays: Mapping[str, Replays]
    errors: Mapping[int, Exception]


def replay_planners(
    demand: Sequence[Floats],
    n_periods: int,
    positions: Positions,
    forecasts: PastForecasts,
    entities: Words,
    seed: int,
    plan: StockPlan,
    rivals: Rivals,
) -> Backtest:
    """Replay the plan and its rivals on each item's demand, with the same lead times and opening.

    All start from what the naive planner covers, on hand, with nothing on the way. Until the first
    order of any can arrive they serve alike, so that service counts from then on, as the target of
    a plan does. Where the plan's policy is the newsvendor's, one season follows another, each as
    long as a night's forecast, and all order once for each. The tuned average takes the cover that
    would have cost least before the start.

    Items are replayed together, period by period, and each as if it were alone: what is wrong with
    one changes nothing for the others.

    Parameters
    ----------
    demand : of each item (n_known + n_periods,) float64, units per period; how much was known
        before the start may differ
    n_periods : replayed, the last ones of every item
    positions : terms and costs; stock and units on the way are not read
    forecasts : as they were made at the time
    entities : (n_items,) uint64, keys of the lead times
    seed : in [0, 2**32), of the same
    plan, rivals : settings
    """
    errors = _refused(demand, n_periods, positions, forecasts)
    kept = np.setdiff1d(np.arange(len(positions)), list(errors))
    if len(kept) == 0:
        return Backtest(kept, positions.of(kept), {}, errors)
    horizon = forecasts.horizon
    own = replace(
        positions.of(kept),
        receipts=np.zeros((len(kept), horizon)),
        late_receipts=np.zeros(len(kept)),
    ).reviewed(plan.policy)
    past = _Past.of([demand[item] for item in kept], n_periods, own, plan, rivals)
    draws = _real_draws(seed, entities[kept], n_periods)
    paths = PastForecasts(forecasts.refresh, [forecasts.paths[item] for item in kept])
    opened = own, past.replayed, draws, past.on_hand
    plans = PastPlans.opened(*opened, paths, entities[kept], seed, plan)
    plans.replay(rivals.held)
    n_kept = len(kept)
    records = {
        PLAN: plans.records[:n_kept],
        PREVIOUS: plans.records[n_kept:],
        NAIVE: past.averaged(past.covers, draws),
        TUNED: past.averaged(past.cheapest_covers(), draws),
    }
    found = {name: Replays.of_records(each, own) for name, each in records.items()}
    errors |= {int(kept[item]): error for item, error in plans.errors.items()}
    done = np.setdiff1d(np.arange(n_kept), list(plans.errors))
    if len(done) < n_kept:
        found = {name: each.of(done) for name, each in found.items()}
    return Backtest(kept[done], own.of(done), found, errors)


@dataclass(frozen=True)
class _Past:
    """Items, and the demand that they had.

    Parameters
    ----------
    positions : the items, as their policy reviews them
    histories : their demand
    replayed : (n_items, n_periods) float64, the last of it
    window : periods of the moving average
    covers : (n_items,) float64, periods that the naive planner covers
    on_hand : (n_items,) float64, units at the start
    """

    positions: Positions
    histories: Histories
    replayed: Floats
    window: int
    covers: Floats
    on_hand: Floats

    @classmethod
    def of(
        cls,
        demand: Sequence[Floats],
        n_periods: int,
        positions: Positions,
        plan: StockPlan,
        rivals: Rivals,
    ) -> "_Past":
        histories = Histories(
            np.concatenate(demand, dtype=np.float64),
            np.cumsum([0, *(len(own) for own in demand)]),
            positions.lead_times(),
            positions.terms(plan.lost_share),
        )
        covers = rivals.cover * positions.protection_interval.astype(np.float64)
        means = np.empty(len(positions))
        fill_means_before(histories, n_periods, rivals.window, means)
        replayed = np.array([own[len(own) - n_periods :] for own in demand], np.float64)
        return cls(positions, histories, replayed, rivals.window, covers, means * covers)

    def averaged(self, covers: Floats, draws: Floats) -> Floats:
        """Return the records of a moving average that covers so many periods."""
        n_items, n_periods = self.replayed.shape
        records = np.empty((n_items, N_RECORDS, n_periods))
        replay_averages(self.histories, self.window, covers, self.on_hand, draws, records)
        return records

    def cheapest_covers(self) -> Floats:
        """Return the cover that cost least in the second half of what each item had before."""
        covers = np.empty(len(self.positions))
        fill_cheapest_covers(
            self.histories,
            self.replayed.shape[1],
            self.window,
            np.array(COVERS),
            self.positions.protection_interval.astype(np.float64),
            self.positions.prices,
            covers,
        )
        return covers


def _refused(
    demand: Sequence[Floats], n_periods: int, positions: Positions, forecasts: PastForecasts
) -> dict[int, Exception]:
    """Return why items cannot be replayed, by their number."""
    if len(positions) == 0:
        return {}
    found: dict[int, Exception] = {
        item: StockError(message) for item, message in positions.refused(forecasts.horizon).items()
    }
    for item, own in enumerate(demand):
        try:
            _refuse_past(own, n_periods, forecasts.paths[item])
        except StockError as error:
            found.setdefault(item, error)
    return found


def _refuse_past(demand: Floats, n_periods: int, origins: Sequence[Floats]) -> None:
    start = len(demand) - n_periods
    if not 0 < start < len(demand):
        raise StockError(f"start must be in (0, {len(demand)}); got {start}")
    if not np.isfinite(demand).all() or (demand < 0.0).any():
        raise StockError("demand must be finite and not negative")
    if are_bad(np.array(origins)).any():
        raise StockError(BAD_PATHS)


def _real_draws(seed: int, entities: Words, n_periods: int) -> Floats:
    """Return (n_items, n_periods or more) draws behind the lead times that came."""
    draws = np.empty((len(entities), -(-n_periods // _DRAWS) * _DRAWS))
    fill_real_draws(seed, entities, _REAL_PATH, draws)
    return draws
