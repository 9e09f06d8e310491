"""A requested error: met where the most scenarios allow it, and said where they do not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk import PlanError, draw_scenario_set, instrument_losses, measure_portfolios
from risk.requested_error import COLUMNS, is_sampled, scenarios_for
from storage.tables import SCENARIO_SETS
from tests.risk.markets import BOOKS, PLAN, mixed_market, positions

MARKET = mixed_market()
HELD = positions(**BOOKS)
PILOT = replace(PLAN, scenarios=1_000)


def relative_errors(drawn, method, plan):
    risk = measure_portfolios(MARKET, HELD, drawn.losses, method, 1, plan).risk
    risk = risk[risk["value"] > 0.0]
    return risk.assign(relative=risk["standard_error"] / risk["value"])


@pytest.mark.parametrize("method", ["gaussian", "student_t", "quasi_gaussian"])
def test_every_figure_of_every_book_meets_the_target(method):
    plan = replace(PILOT, target_error=0.04)
    drawn = draw_scenario_set(MARKET, HELD, method, 1, plan)
    found = relative_errors(drawn, method, plan)
    assert found["relative"].max() <= 0.04
    row = drawn.counts.iloc[0]
    assert row["scenarios"] == drawn.losses.shape[1]
    assert row["largest_error"] == found["relative"].max()
    assert row["portfolio_id"] == found.loc[found["relative"].idxmax(), "portfolio_id"]


def test_the_larger_set_is_the_plain_one_of_so_many_scenarios():
    plan = replace(PILOT, target_error=0.04)
    drawn = draw_scenario_set(MARKET, HELD, "student_t", 1, plan)
    count = drawn.losses.shape[1]
    assert count > PILOT.scenarios
    plain = instrument_losses(MARKET, "student_t", 1, replace(PLAN, scenarios=count))
    assert np.array_equal(drawn.losses, plain)


def test_without_a_target_or_where_the_pilot_meets_it_the_pilot_is_all():
    plain = draw_scenario_set(MARKET, HELD, "gaussian", 1, PILOT)
    easy = draw_scenario_set(MARKET, HELD, "gaussian", 1, replace(PILOT, target_error=0.9))
    assert np.array_equal(plain.losses, easy.losses)
    assert plain.losses.shape[1] == 1_000
    assert np.isnan(plain.counts["target_error"].iloc[0])
    assert list(plain.counts) == COLUMNS


def test_a_target_out_of_reach_is_said_by_the_error_that_is_left():
    plan = replace(PILOT, target_error=1e-4, most_scenarios=3_000)
    row = draw_scenario_set(MARKET, HELD, "gaussian", 1, plan).counts.iloc[0]
    assert row["scenarios"] == 3_000
    assert row["largest_error"] > row["target_error"] == 1e-4


def test_the_windows_own_scenarios_are_as_many_as_they_are():
    plan = replace(PILOT, target_error=1e-3)
    for method in ("historical", "filtered_historical"):
        row = draw_scenario_set(MARKET, HELD, method, 1, plan).counts.iloc[0]
        assert row["scenarios"] == row["pilot_scenarios"] == len(MARKET.factors.moves)
    assert is_sampled("filtered_historical", 10)


def test_no_book_leaves_no_error_to_reach():
    plan = replace(PILOT, target_error=1e-3)
    row = draw_scenario_set(MARKET, HELD.iloc[:0], "gaussian", 1, plan).counts.iloc[0]
    assert row["scenarios"] == 1_000
    assert np.isnan(row["largest_error"])
    assert row["portfolio_id"] is None


def test_the_counts_are_rows_of_the_table():
    frame = draw_scenario_set(MARKET, HELD, "gaussian", 1, PILOT).counts
    stamped = frame.assign(run_id="r", as_of=pd.Timestamp("2024-01-02"))
    SCENARIO_SETS.validate(stamped[list(SCENARIO_SETS.column_names)])


@given(st.floats(1e-3, 1.0), st.integers(100, 10**6), st.floats(1e-3, 1.0))
def test_the_need_grows_with_the_square_of_the_error(error, pilot, target):
    needed = scenarios_for(error, pilot, target)
    assert needed >= pilot
    # The variance falls as one over the number of scenarios.
    assert error * np.sqrt(pilot / needed) <= target


@pytest.mark.parametrize("target", [0.0, -0.1, np.nan])
def test_a_target_that_is_no_fraction_is_refused(target):
    with pytest.raises(PlanError, match="target_error must be positive; got"):
        scenarios_for(0.1, 100, target)
    with pytest.raises(PlanError, match=r"target_error must be in \(0, 1\); got"):
        replace(PLAN, target_error=target)
    with pytest.raises(PlanError, match="most_scenarios must be at least 100; got 9"):
        replace(PLAN, most_scenarios=9)
