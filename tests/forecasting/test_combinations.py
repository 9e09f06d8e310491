"""Combinations: weights by past losses, judged where they were not made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import category_profiles, forecast_demand
from forecasting.backtest import ModelRun
from forecasting.combinations import (
    MEMBERS,
    POWER,
    Weighing,
    blend_scores,
    combine_runs,
    usual_weighing,
    weigh_models,
)
from forecasting.panel import SERIES
from tests.forecasting.demand import daily_plan, mixed_series, panel_of
from tests.forecasting.test_forecast import NIGHT

scores = st.lists(st.floats(0.01, 100.0), min_size=2, max_size=7)


@given(scores)
@settings(max_examples=100)
def test_weights_sum_to_one_and_the_better_model_weighs_more(losses):
    weights = weigh_models(np.array(losses)[:, None])[:, 0]
    assert weights.sum() == pytest.approx(1.0)
    assert np.count_nonzero(weights) == min(MEMBERS, len(losses))
    order = np.argsort(losses, kind="stable")
    assert (np.diff(weights[order]) <= 1e-15).all()


@given(scores, st.floats(0.001, 1000.0))
@settings(max_examples=50)
def test_weights_know_no_unit(losses, factor):
    one = weigh_models(np.array(losses)[:, None])
    other = weigh_models(factor * np.array(losses)[:, None])
    # Distinct losses that scaling rounds to a tie may swap at the edge of the members.
    assert np.allclose(np.sort(one, axis=0), np.sort(other, axis=0), rtol=1e-9)


def test_weights_are_the_inverse_power_of_losses():
    weights = weigh_models(np.array([[2.0], [1.0], [np.inf]]))[:, 0]
    assert weights == pytest.approx([1 / (1 + 2**POWER), 2**POWER / (1 + 2**POWER), 0.0])


def test_mean_squares_at_half_the_power_weigh_as_their_roots_do():
    losses = np.array([[2.0], [1.0], [3.0]])
    assert np.allclose(weigh_models(losses**2, usual_weighing(POWER / 2.0)), weigh_models(losses))


def test_a_weighing_decides_on_members_and_power():
    scores = np.array([[1.0], [2.0], [4.0], [8.0], [16.0]])
    weights = weigh_models(scores, Weighing(5, 1.0, 0.0, np.empty((0, 0))))[:, 0]
    assert weights == pytest.approx(np.array([16, 8, 4, 2, 1]) / 31.0)


def test_a_series_own_scores_count_more_with_more_origins():
    weighing = Weighing(3, 4.0, 2.0, np.array([[1.0, 4.0]]))
    scores = np.array([[9.0, 9.0, 9.0], [9.0, 9.0, np.inf]])
    blended = blend_scores(scores, np.array([2, 6, 2]), weighing)
    # Two origins beside a prior of two are half of the logarithms, six are three quarters.
    assert blended[0] == pytest.approx([3.0, 9.0**0.75, 3.0])
    assert blended[1] == pytest.approx([6.0, 9.0**0.75 * 4.0**0.25, np.inf])


def test_without_a_prior_scores_are_a_series_own():
    scores = np.random.default_rng(3).gamma(2.0, size=(4, 9))
    assert blend_scores(scores, np.full(9, 5), usual_weighing()) is scores


def test_what_never_answered_is_no_member_whatever_its_class_says():
    weighing = Weighing(3, 4.0, 1.0, np.array([[1.0, 1.0, 0.1]]))
    scores = np.array([[1.0], [1.0], [np.inf]])
    blended = blend_scores(scores, np.array([0]), weighing)
    assert weigh_models(blended, weighing)[:, 0] == pytest.approx([0.5, 0.5, 0.0])


def test_a_single_origin_without_a_loss_leaves_the_class_its_say():
    weighing = Weighing(3, 4.0, 4.0, np.array([[0.5, 2.0, 1.0]]))
    scores = np.array([[0.0, 0.0], [3.0, 3.0], [np.inf, np.inf]])
    blended = blend_scores(scores, np.array([1, 2]), weighing)
    assert blended[:, 0] == pytest.approx([0.5, 2.0, np.inf])
    # Two origins without a loss are not chance.
    assert blended[0, 1] == 0.0


@pytest.mark.parametrize("losses", [[1.0, np.inf], [np.inf, np.inf], [0.0, 1.0]])
def test_one_model_alone_or_without_a_loss_is_not_combined(losses):
    assert np.isnan(weigh_models(np.array(losses)[:, None])).all()


def run_of(name, past, future):
    return ModelRun(name, np.asarray(past, float)[None], np.asarray(future, float)[None], ())


def test_an_origin_is_combined_with_the_weights_of_the_others():
    actuals = np.array([[[10.0], [10.0], [10.0]]])
    runs = [run_of("A", [[11], [12], [14]], [8]), run_of("B", [[6], [9], [13]], [16])]
    losses = np.array([np.abs(run.past - actuals) for run in runs])
    combined, weights = combine_runs(runs, losses, np.zeros((2, 1)))
    for window in range(3):
        others = [n for n in range(3) if n != window]
        a, b = (losses[n, 0, others, 0].mean() ** -POWER for n in (0, 1))
        expected = (a * runs[0].past[0, window, 0] + b * runs[1].past[0, window, 0]) / (a + b)
        assert combined.past[0, window, 0] == pytest.approx(expected)
    a, b = (losses[n, 0].mean() ** -POWER for n in (0, 1))
    assert weights[:, 0] == pytest.approx([a / (a + b), b / (a + b)])
    assert combined.future[0, 0] == pytest.approx((a * 8 + b * 16) / (a + b))


def test_what_came_at_an_origin_does_not_move_its_own_combination():
    draws = np.random.default_rng(1)
    past = draws.normal(10.0, 1.0, (3, 4, 5))
    runs = [run_of(str(n), past[n], past[n, 0]) for n in range(3)]
    found = []
    for surprise in (0.0, 50.0):
        actuals = np.full((1, 4, 5), 10.0)
        actuals[0, 2] += surprise
        losses = np.array([np.abs(run.past - actuals) for run in runs])
        found.append(combine_runs(runs, losses, np.zeros((3, 1)))[0].past[0])
    assert np.array_equal(found[0][2], found[1][2])
    assert not np.array_equal(found[0][1], found[1][1])


def test_a_single_origin_is_weighed_by_itself():
    runs = [run_of("A", [[11], [np.nan]], [8]), run_of("B", [[6], [np.nan]], [16])]
    losses = np.array([np.abs(run.past - 10.0) for run in runs])
    combined, weights = combine_runs(runs, losses, np.zeros((2, 1)))
    a, b = 1.0, 4.0**-POWER
    assert weights[:, 0] == pytest.approx([a / (a + b), b / (a + b)])
    assert combined.past[0, 0, 0] == pytest.approx((a * 11 + b * 6) / (a + b))
    assert combined.future[0, 0] == pytest.approx((a * 8 + b * 16) / (a + b))
    assert np.isnan(combined.past[0, 1]).all()


@pytest.fixture(scope="module")
def combined():
    plan, panel = daily_plan(windows=4), panel_of(mixed_series())
    return forecast_demand(panel, plan, NIGHT, category_profiles(panel, {}, plan), {})


def test_weights_of_each_contested_series_are_told_and_sum_to_one(combined):
    contested = combined.champions[~combined.champions["model"].isin(["Zero", "CategoryProfile"])]
    sums = combined.weights.groupby(SERIES, observed=True)["weight"].sum()
    assert len(sums) == len(contested)
    assert np.allclose(sums, 1.0)
    for row in contested.itertuples():
        own = combined.weights[combined.weights["item_id"] == row.item_id]
        assert (row.model == "Combination") == (len(own) > 1)
        if len(own) == 1:
            assert own["model"].tolist() == [row.model]


def test_the_combination_is_scored_like_a_model(combined):
    own = combined.champions[combined.champions["model"] == "Combination"]
    assert len(own) > 3
    rows = combined.accuracy[combined.accuracy["model"] == "Combination"].set_index("item_id")
    assert np.array_equal(rows.loc[own["item_id"], "pinball"], own["score"])


def test_a_combination_of_independent_errors_is_better_than_each():
    draws, n = np.random.default_rng(17), 4000
    actuals = np.full((n, 6, 1), 50.0)
    runs = [
        ModelRun(
            str(k), actuals + draws.normal(0.0, 4.0, actuals.shape), draws.normal(50, 4, (n, 1)), ()
        )
        for k in range(3)
    ]
    losses = np.array([(run.past - actuals) ** 2 for run in runs])
    combined, _ = combine_runs(runs, losses, np.zeros((3, n)))
    variance = ((combined.future - 50.0) ** 2).mean()
    # A third of 16 with equal weights; weights from six squared errors each cost some of it back,
    # and those from five more.
    assert 16.0 / 3.0 < variance < 0.8 * 16.0
    assert ((combined.past - actuals) ** 2).mean() < 0.8 * 16.0
