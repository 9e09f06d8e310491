"""Replays: the same walk as simulation, blind to the future, on real demand."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import BaseStock, Costs, Draws, Opening, PlanError, StockError, Supply, simulate
from inventory.estimates import money_spent
from inventory.replay import MovingAverage, SimulatedLevel, replay, score
from kernels import stock_terms as places
from kernels.stock_lead_times import discrete_lead_time, fixed_lead_time
from tests.inventory.one_replay import HeldPlan

COSTS = Costs(0.5, 6.0, 2.0, owing=1.0, waste=3.0)
DEMAND = st.lists(st.integers(0, 20).map(float), min_size=12, max_size=30)


@dataclass(frozen=True)
class Always:
    units: float

    def policy(self, outlook):  # noqa: ARG002 - a planner is told; this one does not listen
        return BaseStock(self.units)


def resampled(known, review):
    """Return paths of the last two dozen periods, drawn with replacement."""
    return np.random.default_rng(review).choice(known[-24:], (200, 8))


@given(
    DEMAND,
    st.integers(0, 4),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.booleans(),
    st.sampled_from([(0, False), (2, False), (3, True)]),
)
@settings(max_examples=80, deadline=None)
def test_a_fixed_level_replays_as_simulation_walks(demand, lead_time, review, lost, cases, shelf):
    terms = review, 6.0 if cases else 0.0, 3.0, 70.0, lost, *shelf
    supply = Supply(fixed_lead_time(lead_time), *terms)
    own = np.array(demand)
    found = replay(own, 0, Always(40.0), supply, COSTS, on_hand=11.0)
    (totals,) = simulate(supply, [BaseStock(40.0)], own[None], Opening(11.0), Draws(1))
    assert found.sold.sum() == pytest.approx(totals[0, places.SOLD])
    assert found.held.sum() == pytest.approx(totals[0, places.HELD])
    assert found.owed.sum() == pytest.approx(totals[0, places.OWED])
    assert found.ordered.sum() == pytest.approx(totals[0, places.ORDERED])
    assert found.wasted.sum() == pytest.approx(totals[0, places.WASTED])
    assert found.cost == pytest.approx(money_spent(totals, COSTS)[0])


@given(DEMAND, st.integers(0, 5), st.floats(0.0, 50.0))
@settings(max_examples=40, deadline=None)
def test_orders_do_not_know_the_demand_to_come(demand, changed_after, other):
    supply = Supply(fixed_lead_time(2.0), lost_share=1.0)
    planners = (
        MovingAverage(4, 3.5),
        HeldPlan(MovingAverage(4, 3.5), 3),
        SimulatedLevel(resampled, supply, COSTS, Draws(1)),
    )
    own = np.array(demand)
    changed = own.copy()
    changed[4 + changed_after :] = other
    for planner in planners:
        one = replay(own, 4, planner, supply, COSTS, on_hand=10.0)
        two = replay(changed, 4, planner, supply, COSTS, on_hand=10.0)
        until = changed_after + 1
        np.testing.assert_array_equal(one.ordered[:until], two.ordered[:until])


def test_a_held_plan_asks_again_only_after_its_reviews():
    demand = np.arange(1.0, 13.0)
    planner = HeldPlan(MovingAverage(1, 1.0), 3)
    found = replay(demand, 3, planner, Supply(), COSTS, on_hand=0.0)
    assert list(found.level) == [3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 9.0, 9.0, 9.0]


def test_the_moving_average_covers_the_mean_of_its_window():
    found = replay(np.array([2.0, 4.0, 9.0]), 2, MovingAverage(2, 5.0), Supply(), COSTS, on_hand=0)
    assert (found.level[0], found.ordered[0]) == (15.0, 15.0)


def test_random_lead_times_come_from_the_draws_given():
    supply = Supply(discrete_lead_time(np.array([0.0, 0.5, 0.5])))
    demand = np.full(4, 3.0)
    soon = replay(demand, 0, Always(9.0), supply, COSTS, on_hand=0.0, lead_draws=np.full(4, 0.1))
    late = replay(demand, 0, Always(9.0), supply, COSTS, on_hand=0.0, lead_draws=np.full(4, 0.9))
    assert list(soon.sold) == [0.0, 3.0, 3.0, 3.0]
    assert list(late.sold) == [0.0, 0.0, 3.0, 3.0]


def test_score_pairs_items():
    demand = np.random.default_rng(1).poisson(5.0, (6, 30)).astype(float)
    ours = [replay(own, 8, Always(14.0), Supply(), COSTS, on_hand=9.0) for own in demand]
    same = score(ours, ours)
    assert (same.saving, same.saving_error, same.better_share) == (0.0, 0.0, 0.0)
    others = [replay(own, 8, Always(4.0), Supply(), COSTS, on_hand=9.0) for own in demand]
    found = score(ours, others)
    saved = np.array([b.cost - a.cost for a, b in zip(ours, others, strict=True)])
    assert found.saving == pytest.approx(saved.sum()) == found.other_cost - found.cost
    # The error of a sum is that of the mean, times how many.
    assert found.saving_error == pytest.approx(6.0 * saved.std(ddof=1) / np.sqrt(6.0))
    assert found.fill_rate > found.other_fill_rate


def series_of(frame, n_series, n_periods):
    """Return demand of the first complete series without negative demand."""
    keys = [name for name in ("warehouse_id", "item_id", "unique_id") if name in frame]
    found = []
    for _, group in frame.groupby(keys, observed=True, sort=True):
        own = group.sort_values("ds")["y"].to_numpy(float)[-n_periods:]
        if len(own) == n_periods and np.isfinite(own).all() and own.min() >= 0.0 and own.any():
            found.append(own)
        if len(found) == n_series:
            break
    return found


def replay_all(series, start, planner, supply, costs):
    return [
        replay(own, start, planner, supply, costs, on_hand=3.0 * own[:start].mean())
        for own in series
    ]


def tuned_cover(series, start, supply, costs):
    """Return the moving average whose cover cost least in the half before the replay."""
    planners = [MovingAverage(8, cover) for cover in (3.0, 3.5, 4.0, 5.0, 6.0, 8.0)]
    before = [own[:start] for own in series]

    def spent(planner):
        return sum(f.cost for f in replay_all(before, start // 2, planner, supply, costs))

    return min(planners, key=spent)


@pytest.mark.parametrize(
    ("name", "n_series", "n_periods", "start", "errors"),
    [
        ("walmart_store_dept_weekly", 12, 143, 91, 2.0),
        ("store_item_daily", 12, 200, 100, 2.0),
        # A year of parts that sell a few units does not tell the two apart: see the error.
        ("carparts_monthly", 60, 51, 39, -2.0),
    ],
)
def test_replanning_by_simulation_against_cover_on_real_demand(
    real_data, name, n_series, n_periods, start, errors
):
    frame = pd.read_parquet(real_data / f"{name}.parquet")
    series = series_of(frame, n_series, n_periods)
    assert len(series) == n_series
    supply = Supply(fixed_lead_time(2.0))
    costs = Costs(0.1, 4.0, 0.0)
    planner = SimulatedLevel(resampled, supply, costs, Draws(1))
    naive = MovingAverage(8, 3.0), tuned_cover(series, start, supply, costs)
    ours = replay_all(series, start, planner, supply, costs)
    bare, tuned = (replay_all(series, start, who, supply, costs) for who in naive)
    for own, other in zip(ours, bare, strict=True):
        np.testing.assert_array_equal(own.demand, other.demand)
    # Cover of lead time and review period alone has no safety stock.
    found = score(ours, bare)
    assert found.fill_rate > found.other_fill_rate
    assert found.saving > errors * found.saving_error
    # Against a cover tuned to the past costs, it must at least not lose.
    against_tuned = score(ours, tuned)
    assert against_tuned.saving > -2.0 * against_tuned.saving_error


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"demand": np.array([1.0, -1.0])}, "demand must be finite and not negative"),
        ({"start": 2}, r"start must be in \[0, 2\); got 2"),
        ({"on_hand": -1.0}, "on_hand must be finite and not negative; got -1"),
    ],
)
def test_bad_replays_are_refused(changes, message):
    arguments = {
        "demand": np.array([1.0, 2.0]),
        "start": 0,
        "planner": Always(3.0),
        "supply": Supply(),
        "costs": COSTS,
        "on_hand": 1.0,
        **changes,
    }
    with pytest.raises(StockError, match=message):
        replay(**arguments)


def test_planners_and_scores_refuse_what_is_out_of_range():
    with pytest.raises(PlanError, match="window must be at least 1; got 0"):
        MovingAverage(0, 1.0)
    with pytest.raises(PlanError, match="cover"):
        MovingAverage(1, np.inf)
    with pytest.raises(PlanError, match="two at least; got 0 and 0"):
        score([], [])


def test_a_planner_refuses_paths_that_end_before_what_is_on_the_way():
    supply = Supply(fixed_lead_time(9.0))
    planner = SimulatedLevel(resampled, supply, COSTS, Draws(1))
    with pytest.raises(PlanError, match="paths must reach all units on the way"):
        replay(np.full(20, 5.0), 8, planner, supply, COSTS, on_hand=0.0)


@pytest.mark.parametrize(
    ("demand", "told"),
    [
        (np.full(8, 1.0), r"shape \(n_paths, horizon\); got shape \(8,\)"),
        (np.full((1, 2, 8), 1.0), r"got shape \(1, 2, 8\)"),
        (np.empty((0, 8)), r"got shape \(0, 8\)"),
        (np.array([[1.0, np.nan]]), "finite and not negative; got nan"),
        (np.array([[1.0, np.inf]]), "finite and not negative; got inf"),
        (np.array([[1.0, -2.0]]), "finite and not negative; got -2"),
    ],
)
def test_demand_that_is_none_is_not_walked(demand, told):
    with pytest.raises(StockError, match=told):
        simulate(Supply(), [BaseStock(4.0)], demand, Opening(4.0), Draws(seed=1))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Opening(on_hand=-4.0), "on_hand must be finite and not negative; got -4"),
        (lambda: Opening(np.nan), "on_hand must be finite and not negative; got nan"),
        (lambda: Opening(4.0, owed=np.inf), "owed must be finite and not negative; got inf"),
        (lambda: Opening(4.0, np.array([0.0, -2.0])), r"receipts\[1\] must be .*; got -2"),
        (lambda: Opening(4.0, np.array([np.nan, 0.0])), r"receipts\[0\] must be .*; got nan"),
        (lambda: Costs(np.nan, 4.0, 1.0), "holding must be finite and not negative; got nan"),
        (lambda: Costs(1.0, -4.0, 1.0), "shortage must be finite and not negative; got -4"),
        (lambda: Costs(1.0, 4.0, np.inf), "ordering must be finite and not negative; got inf"),
        (lambda: Costs(1.0, 4.0, 1.0, owing=-1.0), "owing must be finite and not negative"),
        (lambda: Costs(1.0, 4.0, 1.0, waste=np.nan), "waste must be finite and not negative"),
    ],
)
def test_stock_and_prices_that_are_none_are_refused_by_name(make, told):
    with pytest.raises(StockError, match=told):
        make()


def test_what_is_owed_at_the_start_is_ordered_and_met_first():
    supply = Supply(lost_share=0.0)
    opening, demand = Opening(owed=4.0), np.full((2, 1), 3.0)
    totals = simulate(supply, [BaseStock(10.0)], demand, opening, Draws(seed=1))
    assert totals[0, :, places.ORDERED].tolist() == [14.0, 14.0]
    assert totals[0, :, places.HELD].tolist() == [7.0, 7.0]


def test_without_a_policy_nothing_is_walked():
    with pytest.raises(PlanError, match="one policy at least"):
        simulate(Supply(), [], np.ones((2, 8)), Opening(4.0), Draws(seed=1))
