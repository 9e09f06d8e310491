"""The distance of a night's decisions to the best orders, where it can be computed."""

import numpy as np
import pandas as pd
import pytest

from inventory import StockPlan, Target
from inventory.policies import PolicyKind
from storage.tables import OUTPUT_TABLES
from tests.inventory.night import HORIZON, item_row, plan_night, stock_row

FEW = {"on_hand": 2.0, "lead_time_deviation": 0.0, "lead_time_mean": 1.0}
KEY = ("north", "bolt")
# The level of the others moves with the demand before, which no state of the program knows.
STAYING = [kind for kind in PolicyKind if kind != PolicyKind.FORECAST_ORDER_UP_TO]


def few_sold(n_paths=60, mean=0.8):
    return np.random.default_rng(4).poisson(mean, (1, n_paths, HORIZON)).astype(float)


def gaps(stock=None, item=None, paths=None, prove=(KEY,), **plan):
    rows = [stock_row("bolt", **{**FEW, **(stock or {})})]
    items = [item_row("bolt", **(item or {}))]
    paths = few_sold() if paths is None else paths
    return plan_night(rows, items, paths=paths, plan=StockPlan(**plan), prove=prove)


@pytest.mark.parametrize("kind", STAYING)
@pytest.mark.parametrize("stock", [{}, {"review_period": 3}, {"ordering_cost": 2.0}])
def test_the_best_orders_cost_no_more_than_tonights_and_those_no_more_than_the_policy(kind, stock):
    result = gaps(stock, policy=kind)
    (row,) = result.gaps.to_dict("records")
    assert row["policy"] == kind
    rounding = 1.0 + 1e-12
    assert row["least_cost"] <= row["order_cost"] * rounding
    assert row["order_cost"] <= row["policy_cost"] * rounding
    assert row["least_cost"] <= row["cheapest_level_cost"] * rounding
    plan = result.plans.iloc[0]
    assert row["expected_cost"] == plan["expected_cost"]
    # Periods of these paths are independent: the paths' error is all that is between the two.
    apart = abs(row["policy_cost"] - row["expected_cost"])
    assert apart < 4.0 * row["expected_cost_standard_error"]
    stamped = result.gaps.assign(run_id="night", as_of=pd.Timestamp("2024-01-01"))
    OUTPUT_TABLES["policy_gaps"].validate(stamped)


@pytest.mark.parametrize(
    ("changes", "item", "plan"),
    [
        ({"lead_time_deviation": 0.5}, {}, {}),
        ({"capacity": 20.0}, {}, {}),
        ({"on_hand": 2.5}, {}, {}),
        ({}, {"shelf_life": 3}, {}),
        ({}, {"case_pack": 1.5}, {}),
        ({}, {}, {"shortage": "backorder"}),
        ({}, {}, {"shortage": 0.5}),
    ],
)
def test_what_does_not_fit_has_no_row_and_the_same_plan(changes, item, plan):
    asked, not_asked = (gaps(changes, item, prove=keys, **plan) for keys in ((KEY,), ()))
    assert asked.gaps.empty
    assert asked.failures == []
    pd.testing.assert_frame_equal(asked.plans, not_asked.plans, check_exact=True)


# So many units a day, mean; the second week sells many times the first.
SEASON = np.repeat([0.4, 2.5], HORIZON // 2)


def seasonal(n_paths=400, seed=4):
    return np.random.default_rng(seed).poisson(SEASON, (1, n_paths, HORIZON)).astype(float)


@pytest.mark.parametrize("kind", STAYING)
def test_figures_of_levels_that_move_are_exact_too(kind):
    result = gaps(policy=kind, paths=seasonal())
    (row,) = result.gaps.to_dict("records")
    assert row["least_cost"] <= row["order_cost"] * (1.0 + 1e-12)
    assert row["order_cost"] <= row["policy_cost"] * (1.0 + 1e-12)
    apart = abs(row["policy_cost"] - row["expected_cost"])
    assert apart < 4.0 * row["expected_cost_standard_error"]


@pytest.mark.parametrize("kind", [PolicyKind.BASE_STOCK, PolicyKind.REORDER_UP_TO])
def test_before_a_season_levels_that_move_come_nearer_to_the_best_orders(kind):
    rows = {
        moving: gaps(policy=kind, paths=seasonal(), moving=moving, target=Target.COST).gaps.iloc[0]
        for moving in (True, False)
    }
    # The best there are, whatever the policy.
    assert rows[True]["least_cost"] == pytest.approx(rows[False]["least_cost"], rel=1e-12)
    over = {moving: row["policy_cost"] - row["least_cost"] for moving, row in rows.items()}
    assert over[True] < 0.2 * over[False]


def test_too_many_states_have_no_row():
    assert gaps(paths=few_sold(mean=60.0)).gaps.empty
    assert len(gaps(prove=()).gaps) == 0
    assert len(gaps().gaps) == 1
