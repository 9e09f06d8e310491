"""Orders of a night: bad input is a failure with a name, and changes nothing for the others."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory import PlanError, StockPlan, Target, estimate
from inventory.levels import levels_to_try
from inventory.policy import choose_levels, decide_order, judge
from inventory.positions import Positions
from inventory.proposal import propose_levels, walk
from inventory.refinement import Tried
from tests.frames import in_text
from tests.inventory.night import (
    HORIZON,
    coming_late,
    demand_paths,
    item_row,
    plan_night,
    position_of,
    stock_row,
    words,
)

GOOD = ["bolt", "cog", "dial"]

BAD_STOCK = {
    "on_hand": (-1.0, "on_hand must be finite and not negative; got -1"),
    "lead_time_mean": (0.0, "lead_time_mean must be above zero; got 0"),
    "lead_time_deviation": (-0.5, "lead_time_deviation"),
    "review_period": (0, "review_period must be at least 1; got 0"),
    "holding_cost": (np.nan, "holding_cost must be finite and not negative; got nan"),
    "shortage_cost": (-2.0, "shortage_cost"),
    "ordering_cost": (np.inf, "ordering_cost"),
    "service_target": (1.0, r"service_target must be in \(0, 1\); got 1.0"),
    "capacity": (0.5, "case_pack must be at most the capacity 0.5; got 1"),
}
BAD_ITEM = {
    "case_pack": (0.0, "case_pack must be above zero"),
    "minimum_order": (-1.0, "minimum_order"),
    "unit_cost": (np.nan, "unit_cost"),
}


def good_plans():
    stock = [stock_row(name) for name in GOOD]
    return plan_night(stock, [item_row(name) for name in GOOD])


def assert_only_bad_fails(result, message):
    (failure,) = result.failures
    assert failure.entity == "north/bad"
    assert failure.stage == "plan orders"
    assert failure.error_type == "StockError"
    pd.testing.assert_frame_equal(result.plans, good_plans().plans, check_exact=True)
    pd.testing.assert_frame_equal(result.curves, good_plans().curves, check_exact=True)
    assert pd.Series([failure.message]).str.contains(message, regex=True).all(), failure.message


@pytest.mark.parametrize(("column", "value", "message"), [(c, *v) for c, v in BAD_STOCK.items()])
def test_bad_stock_fails_alone(column, value, message):
    stock = [stock_row(name) for name in ["bad", *GOOD]]
    stock[0][column] = value
    result = plan_night(stock, [item_row(name) for name in ["bad", *GOOD]])
    assert_only_bad_fails(result, message)


@pytest.mark.parametrize(("column", "value", "message"), [(c, *v) for c, v in BAD_ITEM.items()])
def test_a_bad_item_fails_alone(column, value, message):
    items = [item_row("bad", **{column: value}), *(item_row(name) for name in GOOD)]
    assert_only_bad_fails(plan_night([stock_row(n) for n in ["bad", *GOOD]], items), message)


def test_a_lead_time_beyond_the_horizon_fails_alone():
    stock = [stock_row("bad", lead_time_mean=HORIZON + 1.0), *(stock_row(name) for name in GOOD)]
    result = plan_night(stock, [item_row(name) for name in ["bad", *GOOD]])
    assert_only_bad_fails(result, f"within the forecast's {HORIZON} periods")


def test_an_item_without_forecast_fails_alone():
    stock = [stock_row(name) for name in ["bad", *GOOD]]
    result = plan_night(stock, [item_row(name) for name in ["bad", *GOOD]], names=GOOD)
    assert_only_bad_fails(result, "no forecast")


def test_an_item_without_cost_data_fails_alone():
    stock = [stock_row(name) for name in ["bad", *GOOD]]
    assert_only_bad_fails(plan_night(stock, [item_row(n) for n in GOOD]), "its cost is unknown")


@pytest.mark.parametrize("value", [np.nan, -1.0, np.inf])
def test_bad_demand_paths_fail_alone(value):
    names = ["bad", *GOOD]
    paths = demand_paths(names)
    paths[0, 3, 4] = value
    others = demand_paths(names, others=1)
    stock, items = [stock_row(n) for n in names], [item_row(n) for n in names]
    result = plan_night(stock, items, paths=paths, held_out=others)
    assert_only_bad_fails(result, "demand paths must be finite and not negative")


def test_a_plan_does_not_depend_on_which_items_share_its_chunk():
    together = good_plans().plans
    for n, name in enumerate(GOOD):
        alone = plan_night([stock_row(name)], [item_row(name)]).plans
        pd.testing.assert_frame_equal(
            in_text(alone), in_text(together.iloc[[n]]).reset_index(drop=True), check_exact=True
        )


def test_nothing_is_ordered_when_stock_covers_the_horizon():
    result = plan_night([stock_row("bolt", on_hand=500.0)], [item_row("bolt")])
    row = result.plans.iloc[0]
    assert row["order_quantity"] == 0.0
    assert row["fill_rate"] == row["no_order_fill_rate"] == 1.0
    assert row["reason"].startswith("no order: enough on hand")


@pytest.mark.parametrize("case_pack", [1.0, 6.0, 24.0])
@pytest.mark.parametrize("minimum_order", [0.0, 30.0])
def test_orders_are_whole_cases_and_not_below_the_minimum(case_pack, minimum_order):
    item = item_row("bolt", case_pack=case_pack, minimum_order=minimum_order)
    quantity = plan_night([stock_row("bolt", on_hand=0.0)], [item]).plans.iloc[0]["order_quantity"]
    assert quantity > 0.0
    assert quantity % case_pack == 0.0
    assert quantity >= minimum_order


def test_the_minimum_order_is_given_as_reason():
    item = item_row("bolt", minimum_order=90.0)
    row = plan_night([stock_row("bolt", on_hand=0.0)], [item]).plans.iloc[0]
    assert "minimum order raises" in row["reason"]


def test_an_order_stays_within_the_capacity():
    stock = stock_row("bolt", on_hand=4.0, capacity=11.0)
    row = plan_night([stock], [item_row("bolt", case_pack=2.0)]).plans.iloc[0]
    assert 0.0 < row["order_quantity"] <= 7.0
    assert "not reached by any level tried" in row["reason"]


def test_perishables_are_ordered_in_smaller_lots_than_what_keeps():
    stock = [stock_row("bolt", on_hand=0.0, service_target=0.5, holding_cost=0.001)]
    keeps = plan_night(stock, [item_row("bolt")]).plans.iloc[0]
    spoils = plan_night(stock, [item_row("bolt", shelf_life=2)]).plans.iloc[0]
    assert spoils["order_up_to"] < keeps["order_up_to"]
    assert spoils["expected_cost"] > keeps["expected_cost"]


@given(st.lists(st.floats(0.0, 30.0), min_size=1, max_size=4), st.integers(0, HORIZON + 3))
@settings(max_examples=25)
def test_units_on_the_way_count_in_the_position(quantities, day):
    arrivals = pd.DataFrame(
        {
            "warehouse_id": "north",
            "item_id": "bolt",
            "ds": np.datetime64("2024-01-01", "ns") + np.timedelta64(day, "D"),
            "quantity": quantities,
        }
    )
    row = plan_night([stock_row("bolt")], [item_row("bolt")], open_orders=arrivals).plans.iloc[0]
    assert row["on_order"] == pytest.approx(sum(quantities))
    raised = row["on_hand"] + row["on_order"] + row["order_quantity"]
    assert row["order_quantity"] == 0.0 or raised >= row["order_up_to"] - 1e-6


def test_what_comes_after_the_forecast_is_no_reason_to_order_less():
    late = coming_late("bolt", 50.0)
    own = [stock_row("bolt")], [item_row("bolt")]
    found, without = plan_night(*own, open_orders=late), plan_night(*own)
    row, other = found.plans.iloc[0], without.plans.iloc[0]
    assert row["order_quantity"] == other["order_quantity"] > 0.0
    assert row["fill_rate"] == other["fill_rate"]
    assert row["order_up_to"] == other["order_up_to"] + 50.0
    moved = (found.curves["order_up_to"] - without.curves["order_up_to"]).to_numpy()
    assert (moved == np.where(found.curves["point"] == "no order", 0.0, 50.0)).all()


def test_more_stock_on_hand_never_orders_more():
    stock = [stock_row("bolt", on_hand=float(n)) for n in range(0, 60, 5)]
    quantities = [
        plan_night([row], [item_row("bolt")]).plans.iloc[0]["order_quantity"] for row in stock
    ]
    assert (np.diff(quantities) <= 0.0).all()


def test_a_higher_target_is_served_better_and_stocks_more():
    rows = [
        plan_night(
            [stock_row("bolt", on_hand=25.0, shortage_cost=0.1, service_target=target)],
            [item_row("bolt")],
        ).plans.iloc[0]
        for target in (0.5, 0.9, 0.99)
    ]
    for row in rows:
        assert row["feasible"]
        assert row["fill_rate"] >= row["service_target"] - 4.0 * row["fill_rate_standard_error"]
    levels = [row["order_up_to"] for row in rows]
    assert levels == sorted(levels)
    assert levels[0] < levels[2]


def test_dear_orders_are_placed_in_larger_lots_which_cost_less_than_cases():
    lots, costs, cases = [], [], []
    for ordering in (0.0, 2.0, 8.0):
        own = stock_row("bolt", on_hand=5.0, ordering_cost=ordering)
        position = position_of(own, item_row("bolt"))
        paths, plan = demand_paths(["bolt"]), StockPlan(candidates=40)
        proposal = propose_levels(Positions.stacked([position]), paths, words(["bolt"]), plan)
        totals = walk(proposal.walks, 3, 0, "cpu")
        choices = choose_levels(Tried.of(proposal, totals))
        walks = choices.walks(paths)
        decision = judge(choices, walks, walk(walks, 3, 0, "cpu")).one(0)
        found, sizes = estimate(totals[:-2], position.costs), proposal.tried.size
        cases.append(found.cost[(found.fill_rate >= 0.95) & (sizes == sizes[0])].min())
        lots.append(decision.order_up_to - decision.reorder_point)
        costs.append(decision.estimates.cost[decision.chosen])
    assert lots == sorted(set(lots))
    assert lots[0] == 1.0
    assert costs[0] == cases[0]
    assert costs[1] < cases[1]
    assert costs[2] < cases[2]


@pytest.mark.parametrize(
    ("changes", "item", "most"),
    [({}, {}, HORIZON * 5.5), ({}, {"shelf_life": 2}, 2 * 5.5), ({"capacity": 20.0}, {}, 20.0)],
)
def test_a_lot_is_sold_within_the_horizon_and_the_shelf_life(changes, item, most):
    own = stock_row("bolt", ordering_cost=1e6, **changes)
    position = position_of(own, item_row("bolt", **item))
    positions = Positions.stacked([position])
    tried = levels_to_try(StockPlan(candidates=8), positions, demand_paths(["bolt"]))
    assert (tried.order_up_to - tried.reorder_point <= most).all()
    assert (tried.order_up_to <= changes.get("capacity", np.inf)).all()
    assert len(np.unique(tried.size)) == 2


def plan_for(measure, target, **changes):
    own = [stock_row("bolt", on_hand=5.0, shortage_cost=0.1, service_target=target, **changes)]
    found = plan_night(own, [item_row("bolt")], plan=StockPlan(candidates=40, target=measure))
    return found.plans.iloc[0], found.curves


@pytest.mark.parametrize("target", [0.6, 0.8, 0.95])
@pytest.mark.parametrize("measure", [Target.FILL_RATE, Target.CYCLE_SERVICE])
def test_the_cheapest_level_that_serves_the_target_is_chosen(measure, target):
    own = stock_row("bolt", on_hand=5.0, shortage_cost=0.1, service_target=target)
    position = position_of(own, item_row("bolt"))
    paths, others = demand_paths(["bolt"])[0], demand_paths(["bolt"], others=1)[0]
    plan, entity = StockPlan(candidates=40, target=measure), words(["bolt"])[0]
    found = decide_order(position, paths, others, entity, 3, plan)
    tried = found.in_sample.of(np.arange(len(found.levels) - 1))
    assert tried.served(measure)[found.chosen] >= target
    assert tried.cost[found.chosen] == tried.cost[tried.served(measure) >= target].min()
    row, _ = plan_for(measure, target)
    column = "fill_rate" if measure == Target.FILL_RATE else "cycle_service"
    assert row["target_measure"] == measure
    assert row[column] == found.estimates.served(measure)[found.chosen]
    served = f"{row[column]:.1%} (±{row[f'{column}_standard_error']:.1%})"
    assert f"target {target:.0%}; serves {served}" in row["reason"]


def test_cost_alone_takes_the_cheapest_level_whatever_it_serves():
    plan, curve = plan_for(Target.COST, 0.99)
    tried = curve[curve["point"] == "candidate"]
    assert tried.loc[tried["chosen"], "in_sample_cost"].item() == tried["in_sample_cost"].min()
    assert plan["fill_rate"] < 0.99
    assert "least cost of the levels tried" in plan["reason"]


def test_periods_without_shortage_ask_for_more_stock_than_the_fill_rate():
    cost, units, periods = (
        plan_for(measure, 0.9)[0]["order_up_to"]
        for measure in (Target.COST, Target.FILL_RATE, Target.CYCLE_SERVICE)
    )
    assert cost <= units < periods


def test_what_no_level_serves_is_said_of_its_measure():
    plan, _ = plan_for(Target.CYCLE_SERVICE, 0.95, capacity=8.0)
    error = plan["cycle_service_standard_error"]
    served = f"{plan['cycle_service']:.1%} (±{error:.1%}) of periods without shortage"
    assert f"target 95% not reached by any level tried; the best serves {served}" in plan["reason"]


def test_the_curve_holds_the_chosen_level_today_and_ordering_nothing():
    result = plan_night([stock_row("bolt")], [item_row("bolt")])
    curve, row = result.curves, result.plans.iloc[0]
    chosen = curve[curve["chosen"]].iloc[0]
    assert chosen["order_up_to"] == row["order_up_to"]
    assert chosen["expected_cost"] == row["expected_cost"]
    assert (chosen["cost_over_chosen"], chosen["cost_over_chosen_standard_error"]) == (0.0, 0.0)
    today = curve[curve["point"] == "today"].iloc[0]
    assert today["order_up_to"] == row["on_hand"] + row["on_order"]
    nothing = curve[curve["point"] == "no order"].iloc[0]
    assert nothing["expected_cost"] == row["no_order_cost"]


def test_service_rises_along_the_curve_and_differences_are_paired():
    curve = plan_night([stock_row("bolt")], [item_row("bolt")]).curves
    tried = curve[curve["point"] == "candidate"]
    assert (np.diff(tried["fill_rate"]) >= -1e-12).all()
    own = tried["expected_cost"] - tried.loc[tried["chosen"], "expected_cost"].iloc[0]
    assert np.allclose(tried["cost_over_chosen"], own)
    next_to = tried[~tried["chosen"]].iloc[-1]
    paired, separate = (
        next_to["cost_over_chosen_standard_error"],
        next_to["expected_cost_standard_error"],
    )
    assert paired < separate * np.sqrt(2.0)


def test_a_share_of_lost_sales_lies_between_all_and_none():
    costs = {}
    for shortage in ("lost", 0.5, "backorder"):
        plan = StockPlan(shortage=shortage, candidates=4)
        row = plan_night([stock_row("bolt", on_hand=0.0)], [item_row("bolt")], plan=plan)
        costs[shortage] = row.plans.iloc[0]["no_order_cost"]
    # Without any stock all demand is short, whether lost or owed.
    assert costs["lost"] == costs[0.5] == costs["backorder"] > 0.0


@pytest.mark.parametrize("changes", [{"shortage": "maybe"}, {"shortage": 1.5}, {"candidates": 1}])
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(PlanError):
        StockPlan(**changes)
