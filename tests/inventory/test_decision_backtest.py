"""The decision backtest: blind to the future, the night's own decision, and sums that hold."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import Costs, Outlook, PlanError, StockError, StockPlan, Target, compare_planners
from inventory.decision_backtest import (
    COVERS,
    PERIOD_COLUMNS,
    PLANNERS,
    DecidedPolicy,
    PastForecasts,
    Rivals,
    item_rows,
    period_totals,
    replay_planners,
)
from inventory.policy import choose_policy
from inventory.position import Position
from inventory.replay import MovingAverage, replay

START, PERIODS, REFRESH, HORIZON = 20, 12, 4, 10
PLAN, ENTITY, SEED = StockPlan(candidates=8), np.uint64(2**63 + 5), 7


def position(**changes):
    terms = {
        "entity": "north/tea",
        "on_hand": 0.0,
        "receipts": np.zeros(1),
        "late_receipts": 0.0,
        "lead_time_mean": 2.0,
        "lead_time_deviation": 0.7,
        "review_period": 1,
        "case_pack": 2.0,
        "minimum_order": 0.0,
        "unit_cost": 3.0,
        "service_target": 0.9,
        "costs": Costs(0.1, 4.0, 1.0),
    }
    return Position(**{**terms, **changes})


def forecasts():
    draws = np.random.default_rng(3)
    paths = [
        draws.poisson(5.0, (40, HORIZON + REFRESH)).astype(float) for _ in range(PERIODS // REFRESH)
    ]
    return PastForecasts(START, REFRESH, paths)


def demand_of(seed):
    return np.random.default_rng(seed).poisson(5.0, START + PERIODS).astype(float)


def replayed(demand, **changes):
    return replay_planners(
        demand, position(**changes), forecasts(), ENTITY, SEED, PLAN, Rivals(window=6)
    )


def test_the_plan_decides_as_the_night_does():
    coming = np.array([0.0, 3.0, 4.0])
    outlook = Outlook(demand_of(1)[: START + 5], 5, 6.0, coming)
    past = forecasts()
    policy = DecidedPolicy(past, position(), ENTITY, SEED, PLAN).policy(outlook)
    paths = np.ascontiguousarray(past.paths[1][:, 1:])
    receipts = np.zeros(paths.shape[1])
    receipts[:3] = coming
    tonight = position(on_hand=6.0, receipts=receipts)
    assert policy == choose_policy(tonight, paths, ENTITY, SEED, PLAN)


def test_a_forecast_grows_old_until_the_next_origin():
    past = forecasts()
    for t in range(PERIODS):
        found = past(np.zeros(START + t))
        np.testing.assert_array_equal(found, past.paths[t // REFRESH][:, t % REFRESH :])


@given(st.integers(0, PERIODS - 1), st.floats(0.0, 60.0))
@settings(max_examples=10, deadline=None)
def test_no_planner_knows_the_demand_to_come(after, other):
    demand = demand_of(2)
    changed = demand.copy()
    changed[START + after :] = other
    one, two = replayed(demand), replayed(changed)
    for name in PLANNERS:
        until = after + 1
        np.testing.assert_array_equal(one[name].ordered[:until], two[name].ordered[:until])


def test_the_tuned_average_takes_the_cover_that_cost_least_before():
    demand = demand_of(4)
    own = position()
    supply = own.supply(HORIZON, 1.0)
    middle = START // 2
    costs = [
        replay(
            demand[:START],
            middle,
            MovingAverage(6, cover * own.protection_interval),
            supply,
            own.costs,
            on_hand=demand[:middle].mean() * own.protection_interval,
        ).cost
        for cover in COVERS
    ]
    best = COVERS[int(np.argmin(costs))] * own.protection_interval
    first = replayed(demand)["tuned average"].level[0]
    assert first == pytest.approx(demand[START - 6 : START].mean() * best)


def test_the_moving_average_covers_its_multiple():
    demand = demand_of(4)
    first = replayed(demand)["moving average"].level[0]
    assert first == pytest.approx(demand[START - 6 : START].mean() * 1.5 * 3)


def test_all_planners_meet_the_same_demand():
    demand = demand_of(5)
    for own in replayed(demand).values():
        np.testing.assert_array_equal(own.demand, demand[START:])


@given(st.integers(0, 50), st.sampled_from([0, 3]))
@settings(max_examples=8, deadline=None)
def test_periods_add_up_to_the_cost_of_the_replay(seed, shelf_life):
    terms = {"shelf_life": shelf_life, "costs": Costs(0.1, 4.0, 1.0, waste=3.0)}
    own = position(**terms)
    for found in replayed(demand_of(seed), **terms).values():
        totals = dict(zip(PERIOD_COLUMNS, period_totals(found, own), strict=True))
        assert totals["cost"].sum() == pytest.approx(found.cost)
        assert totals["demanded"].sum() == found.demand.sum()
        assert (totals["sold"] <= totals["demanded"]).all()


def items(n):
    rows = []
    for number in range(n):
        key = ("north", f"item-{number}")
        rows.extend(item_rows(key, replayed(demand_of(number)), 0.9, PLAN))
    return pd.DataFrame(rows)


def test_savings_are_paired_item_by_item():
    table = items(5)
    found = compare_planners(table).set_index("planner")
    wide = table.pivot(index="item_id", columns="planner", values="cost")
    for name in PLANNERS:
        saved = wide[name] - wide["plan"]
        row = found.loc[name]
        assert row["saving"] == pytest.approx(saved.sum())
        # The error of a sum of five is that of one, times the square root of five.
        assert row["saving_standard_error"] == pytest.approx(saved.std(ddof=1) * math.sqrt(5))
        assert row["better_share"] == (saved > 0.0).mean()
        assert row["cost"] == pytest.approx(wide[name].sum())
    assert found.loc["plan", "saving"] == 0.0


@pytest.mark.parametrize("measure", list(Target))
def test_service_is_held_against_what_the_target_is_asked_of(measure):
    found = replayed(demand_of(3))
    plan = replace(PLAN, target=measure)
    rows = pd.DataFrame(item_rows(("north", "tea"), found, 0.9, plan))
    for row in rows.to_dict("records"):
        own = found[row["planner"]]
        covered = own.sold >= own.demand
        # No order arrives in the first two periods.
        served = {
            Target.FILL_RATE: own.sold[2:].sum() / own.demand[2:].sum(),
            Target.CYCLE_SERVICE: covered[2:].mean(),
            Target.COST: 1.0,
        }[measure]
        assert row["reached"] == (served >= 0.9)
        assert row["covered_periods"] == covered.sum()
        assert row["served_periods"] == covered[2:].sum()
    whole = compare_planners(rows).set_index("planner")
    assert set(whole["target_measure"]) == {measure}
    for name, own in found.items():
        covered = (own.sold >= own.demand)[2:]
        assert whole.loc[name, "cycle_service"] == pytest.approx(covered.mean())
        served = own.sold[2:].sum() / own.demand[2:].sum()
        assert whole.loc[name, "fill_rate"] == pytest.approx(served)
    reached = rows.set_index("planner")["reached"].astype(float)
    assert (whole["reached_share"] == reached[whole.index]).all()
    assert (whole["service_target"] == 0.9).all()


def test_all_planners_serve_alike_until_an_order_can_arrive():
    found = replayed(demand_of(6), lead_time_deviation=0.0)
    for own in found.values():
        assert own.first_reached == 2
        np.testing.assert_array_equal(own.sold[:2], found["plan"].sold[:2])
    assert any(not np.array_equal(own.sold, found["plan"].sold) for own in found.values())


@pytest.mark.parametrize("first", [0.0, 5.0, 400.0])
def test_demand_that_no_order_can_reach_is_no_service_missed(first):
    # Whatever is asked for at first, all on hand is then gone, and orders alike follow.
    demand = demand_of(7)
    demand[START : START + 2] = first
    own = replay(
        demand,
        START,
        MovingAverage(1000, 40.0),
        position(lead_time_deviation=0.0).supply(HORIZON, 1.0),
        Costs(0.1, 4.0, 1.0),
        on_hand=0.0,
        first_reached=2,
    )
    assert own.fill_rate == own.cycle_service == 1.0
    assert own.reached_demand == demand[START + 2 :].sum()


def test_a_replay_that_ends_before_an_order_can_arrive_misses_nothing():
    demand = demand_of(8)[: START + 2]
    found = replayed(demand, lead_time_deviation=0.0)["plan"]
    assert (found.fill_rate, found.cycle_service, found.reached_demand) == (1.0, 1.0, 0.0)


def test_one_item_has_no_error():
    found = compare_planners(items(1)).set_index("planner")
    assert np.isnan(found.loc["moving average", "saving_standard_error"])
    assert found.loc["moving average", "items"] == 1


def test_a_replay_needs_demand_before_and_after_its_start():
    with pytest.raises(StockError, match=r"start must be in \(0, 20\); got 20"):
        replayed(demand_of(1)[:START])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": 0}, "window must be at least 1; got 0"),
        ({"held": 0}, "held must be at least 1; got 0"),
        ({"cover": 0.0}, "cover must be finite and above 0; got 0"),
    ],
)
def test_bad_rivals_are_refused(changes, message):
    with pytest.raises(PlanError, match=message):
        Rivals(**changes)
