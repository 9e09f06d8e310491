"""The decision backtest: blind to the future, the night's own decision, and sums that hold."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import (
    Costs,
    PlanError,
    PolicyKind,
    StockError,
    StockPlan,
    Target,
    compare_planners,
    past_plans,
    together,
)
from inventory.decision_backtest import (
    COVERS,
    PLANNERS,
    Rivals,
    replay_planners,
)
from inventory.decision_rows import PERIOD_COLUMNS, item_columns, period_columns
from inventory.past_plans import PastForecasts
from inventory.position import Position
from inventory.positions import Positions
from tests.inventory.one_replay import DecidedPolicy, choose_policy, replay_one, same
from tests.oracles.replays import MovingAverage, Outlook, one_of, replay

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


def origins(seed=3, n_paths=40):
    draws = np.random.default_rng(seed)
    return [
        draws.poisson(5.0, (n_paths, HORIZON + REFRESH)).astype(float)
        for _ in range(PERIODS // REFRESH)
    ]


def demand_of(seed):
    return np.random.default_rng(seed).poisson(5.0, START + PERIODS).astype(float)


def backtest(demands, positions, paths=None, plan=PLAN, rivals=None, n_periods=PERIODS):
    return replay_planners(
        demands,
        n_periods,
        Positions.stacked(positions),
        PastForecasts(REFRESH, paths or [origins()] * len(demands)),
        ENTITY + np.arange(len(demands), dtype=np.uint64),
        SEED,
        plan,
        rivals or Rivals(window=6),
    )


def replayed(demand, **changes):
    found = backtest([demand], [position(**changes)], n_periods=len(demand) - START)
    assert not found.errors
    return {name: one_of(each, 0) for name, each in found.replays.items()}


@st.composite
def items(draw):
    """Draw an item, and how much of its demand was known."""
    lead_time = draw(st.sampled_from([0.4, 1.0, 2.6, 5.0]))
    return position(
        lead_time_mean=lead_time,
        lead_time_deviation=draw(st.sampled_from([0.0, 0.8])),
        review_period=draw(st.integers(1, 4)),
        case_pack=draw(st.sampled_from([1.0, 6.0, 0.7])),
        minimum_order=draw(st.sampled_from([0.0, 9.0])),
        capacity=draw(st.sampled_from([math.inf, 45.5])),
        shelf_life=draw(st.sampled_from([0, 1, 3])),
        service_target=draw(st.sampled_from([0.6, 0.95])),
        costs=Costs(0.1, 4.0, draw(st.sampled_from([0.0, 11.0])), waste=3.0),
    ), draw(st.sampled_from([1, 2, 3, 20, 33]))


@given(
    st.lists(items(), min_size=1, max_size=4),
    st.builds(
        StockPlan,
        shortage=st.sampled_from(["lost", "backorder", 0.3]),
        candidates=st.sampled_from([3, 8]),
        target=st.sampled_from(Target),
        policy=st.sampled_from(PolicyKind),
        refinements=st.sampled_from([0, 2]),
    ),
    st.builds(
        Rivals, st.sampled_from([1, 6, 12]), st.sampled_from([1.0, 2.2]), st.sampled_from([1, 3])
    ),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_many_items_are_replayed_as_each_is_decision_by_decision(own, plan, rivals, seed):
    draws = np.random.default_rng(seed)
    # Numbers whose sums hang on their order.
    demands = [
        draws.gamma(0.8, 7.0, n_known + PERIODS) * (draws.random(n_known + PERIODS) < 0.8)
        for _, n_known in own
    ]
    paths = [origins(seed + n, 20) for n in range(len(own))]
    found = backtest(demands, [item for item, _ in own], paths, plan, rivals)
    assert not found.errors
    for n, (item, _) in enumerate(own):
        told = (PERIODS, item, (REFRESH, paths[n]), ENTITY + np.uint64(n), SEED, plan, rivals)
        alone = replay_one(demands[n], *told)
        assert list(alone) == list(found.replays)
        for name, replays in found.replays.items():
            one, other = one_of(replays, n), alone[name]
            same(one, other)
            assert replays.reached_demand[n] == other.reached_demand
            assert replays.served[n] == other.served
            for target in Target:
                assert replays.served_share(target)[n] == other.serves(target)


def test_few_at_a_time_are_as_all_together(monkeypatch):
    demands, own = (
        [demand_of(n) for n in range(5)],
        [position(review_period=n % 3 + 1) for n in range(5)],
    )
    whole = backtest(demands, own)
    monkeypatch.setattr(together, "_BYTES_TOGETHER", 1)
    few = backtest(demands, own)
    for name in PLANNERS:
        np.testing.assert_array_equal(whole.replays[name].records, few.replays[name].records)


def wrong_items():
    """Return demand, position and paths of items of which the second to sixth are wrong."""
    demands = [demand_of(n) for n in range(7)]
    own = [position() for _ in demands]
    paths = [origins(n) for n in range(7)]
    own[1] = position(on_hand=-1.0, service_target=3.0)
    demands[2] = demands[2][-PERIODS:]
    demands[3][START + 1] = -1.0
    demands[4][3] = np.nan
    paths[5][1][0, 0] = -1.0
    return demands, own, paths


def test_what_is_wrong_with_an_item_is_its_own_failure():
    demands, own, paths = wrong_items()
    found = backtest(demands, own, paths)
    assert list(found.items) == [0, 6]
    assert {item: (type(error), str(error)) for item, error in found.errors.items()} == {
        1: (StockError, "on_hand must be finite and not negative; got -1.0"),
        2: (StockError, f"start must be in (0, {PERIODS}); got 0"),
        3: (StockError, "demand must be finite and not negative"),
        4: (StockError, "demand must be finite and not negative"),
        5: (StockError, "demand paths must be finite and not negative"),
    }
    for place, item in enumerate(found.items):
        told = (PERIODS, own[item], (REFRESH, paths[item]), ENTITY + np.uint64(item), SEED, PLAN)
        alone = replay_one(demands[item], *told, Rivals(window=6))
        for name, replays in found.replays.items():
            same(one_of(replays, place), alone[name])


@pytest.mark.parametrize("error", [PlanError, ValueError])
def test_an_item_that_cannot_be_decided_on_changes_nothing_for_the_others(monkeypatch, error):
    demands, own = [demand_of(n) for n in range(4)], [position() for _ in range(4)]
    whole = backtest(demands, own, rivals=Rivals(window=6, held=2))
    choose, asked = past_plans.choose_policies, []

    def refusing(positions, paths, entities, seed, plan):
        asked.append(len(entities))
        # From the third review on, the second item cannot be decided on.
        if ENTITY + np.uint64(1) in entities and asked.count(4) > 2:
            raise error("no level fits")
        return choose(positions, paths, entities, seed, plan)

    monkeypatch.setattr(past_plans, "choose_policies", refusing)
    found = backtest(demands, own, rivals=Rivals(window=6, held=2))
    assert {item: str(each) for item, each in found.errors.items()} == {1: "no level fits"}
    assert list(found.items) == [0, 2, 3]
    for name, replays in found.replays.items():
        np.testing.assert_array_equal(replays.records, whole.replays[name].records[found.items])


def test_no_items_are_no_replays():
    found = replay_planners(
        [],
        PERIODS,
        Positions.stacked([position()]).of(np.array([], int)),
        PastForecasts(REFRESH, []),
        np.array([], np.uint64),
        SEED,
        PLAN,
        Rivals(),
    )
    assert (len(found.items), found.replays, found.errors) == (0, {}, {})


def test_the_plan_decides_as_the_night_does():
    coming = np.array([0.0, 3.0, 4.0])
    outlook = Outlook(demand_of(1)[: START + 5], 5, 6.0, coming)
    past = origins()
    policy = DecidedPolicy(START, REFRESH, past, position(), ENTITY, SEED, PLAN)(outlook)
    paths = np.ascontiguousarray(past[1][:, 1:])
    receipts = np.zeros(paths.shape[1])
    receipts[:3] = coming
    tonight = position(on_hand=6.0, receipts=receipts)
    assert policy == choose_policy(tonight, paths, ENTITY, SEED, PLAN)


def test_a_forecast_grows_old_until_the_next_origin():
    own = [origins(1), origins(2)]
    past = PastForecasts(REFRESH, own)
    assert past.horizon == HORIZON
    for t in range(PERIODS):
        for found, paths in zip(past.at(t, np.array([1, 0])), reversed(own), strict=True):
            np.testing.assert_array_equal(found, paths[t // REFRESH][:, t % REFRESH :])


@given(st.integers(0, PERIODS - 1), st.floats(0.0, 60.0))
@settings(max_examples=10)
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
@settings(max_examples=8)
def test_periods_add_up_to_the_cost_of_the_replay(seed, shelf_life):
    terms = {"shelf_life": shelf_life, "costs": Costs(0.1, 4.0, 1.0, owing=0.3, waste=3.0)}
    found = backtest([demand_of(seed), demand_of(seed + 1)], [position(**terms), position()])
    periods = pd.DataFrame(period_columns(found))
    assert set(PERIOD_COLUMNS) | {"item", "planner"} == set(periods)
    for (item, name), own in periods.groupby(["item", "planner"]):
        one = one_of(found.replays[name], item)
        assert own["cost"].sum() == pytest.approx(one.cost)
        assert list(own["demanded"]) == list(one.demand)
        assert list(own["sold"]) == list(one.sold)
        assert list(own["held"]) == list(one.held)
        assert list(own["ordered"]) == list(one.ordered)
        assert list(own["covered"]) == list(one.covered)


def test_an_item_is_told_of_as_it_was_replayed():
    own = [position(service_target=0.4), position(shelf_life=2, lead_time_mean=4.0)]
    found = backtest([demand_of(1), demand_of(2)], own)
    rows = pd.DataFrame(item_columns(found, PLAN))
    assert list(rows["item"]) == [0] * 4 + [1] * 4
    assert list(rows["planner"]) == [*PLANNERS, *PLANNERS]
    for row in rows.to_dict("records"):
        one = one_of(found.replays[row["planner"]], row["item"])
        assert row["demanded"] == one.demand.sum()
        assert row["sold"] == one.sold.sum()
        assert row["covered_periods"] == one.covered.sum()
        assert row["reached_periods"] == PERIODS - one.first_reached
        assert row["mean_stock"] == one.held.mean()
        assert row["ordered"] == one.ordered.sum()
        assert row["orders"] == np.count_nonzero(one.ordered)
        assert row["saving"] == one.cost - one_of(found.replays["plan"], row["item"]).cost
        assert row["service_target"] == own[row["item"]].service_target
        assert (row["target_measure"], row["currency"]) == (PLAN.target, PLAN.currency)


def table_of(n, plan=PLAN):
    found = backtest([demand_of(number) for number in range(n)], [position()] * n)
    return pd.DataFrame(item_columns(found, plan))


def test_savings_are_paired_item_by_item():
    table = table_of(5)
    found = compare_planners(table).set_index("planner")
    wide = table.pivot(index="item", columns="planner", values="cost")
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
    one = backtest([demand_of(3)], [position()])
    found = {name: one_of(each, 0) for name, each in one.replays.items()}
    rows = pd.DataFrame(item_columns(one, replace(PLAN, target=measure)))
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
    found = compare_planners(table_of(1)).set_index("planner")
    assert np.isnan(found.loc["moving average", "saving_standard_error"])
    assert found.loc["moving average", "items"] == 1


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
