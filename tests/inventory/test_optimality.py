"""The distance of a night's decisions to the best orders, where it can be computed."""

import numpy as np
import pandas as pd
import pytest

from inventory import StockPlan
from inventory.policies import PolicyKind
from storage.tables import OUTPUT_TABLES
from tests.inventory.night import HORIZON, item_row, plan_night, stock_row

FEW = {"on_hand": 2.0, "lead_time_deviation": 0.0, "lead_time_mean": 1.0}
KEY = ("north", "bolt")
# The level of the others moves with the forecast, which no state of the program knows.
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


def test_too_many_states_have_no_row():
    assert gaps(paths=few_sold(mean=60.0)).gaps.empty
    assert len(gaps(prove=()).gaps) == 0
    assert len(gaps().gaps) == 1
