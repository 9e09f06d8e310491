"""Weighings of a class: learnt where its series are alike, left where each is its own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import Calibration, category_profiles, forecast_demand, learn_calibration
from forecasting.backtest import ModelRun, Origins
from forecasting.calibration import WEIGHINGS
from forecasting.combinations import (
    MEMBERS,
    MOST_MEMBERS,
    POWER,
    USUAL,
    combine_runs,
    score_origins,
)
from forecasting.weighing import (
    FEWEST_SERIES,
    LONE_PRIOR,
    POWERS_TRIED,
    PRIORS_TRIED,
    learn_weighing,
    scaled_loss,
    typical_scores,
)
from tests.forecasting.demand import daily_plan, panel_of
from tests.forecasting.test_forecast import NIGHT

WINDOWS, HORIZON = 4, 5


def runs_with(deviations, seed=7, n=300):
    """Return runs whose errors are normal, actuals of zero, and what the runs lost.

    Parameters
    ----------
    deviations : (n_models, n or 1) of errors
    """
    draws = np.random.default_rng(seed)
    runs = []
    for number, own in enumerate(deviations):
        size = np.broadcast_to(own, n)[:, None, None]
        past = size * draws.normal(size=(n, WINDOWS, HORIZON))
        future = size[:, 0] * draws.normal(size=(n, HORIZON))
        runs.append(ModelRun(f"model {number}", past, future, ()))
    losses = np.array([np.abs(run.past) for run in runs])
    return runs, losses, Origins(np.full(n, WINDOWS), np.zeros((n, WINDOWS, HORIZON)))


def learn(runs, losses, origins, **settings_):
    n = len(origins.counts)
    answered = np.zeros(losses.shape[:2])
    return learn_weighing(runs, losses, answered, origins, (np.ones(n), np.ones(n)), **settings_)


def test_models_that_are_alike_everywhere_are_all_weighed_by_what_the_class_says():
    runs, losses, origins = runs_with(np.array([[1.0], [1.0], [1.0], [1.0], [1.0]]))
    found = learn(runs, losses, origins)
    assert found.members == MOST_MEMBERS
    assert found.prior_origins == max(PRIORS_TRIED) or found.power == min(POWERS_TRIED)
    # Twenty absolute errors of 300 series: four standard errors of a mean logarithm.
    assert np.abs(np.log(found.typical[-1])).max() < 4 * 0.76 / np.sqrt(20 * 300)


def test_series_with_a_model_of_their_own_are_weighed_by_their_own_scores():
    best = np.random.default_rng(2).integers(0, 5, 300)
    deviations = np.where(np.arange(5)[:, None] == best, 0.1, 3.0)
    runs, losses, origins = runs_with(deviations)
    found = learn(runs, losses, origins)
    _, weights = combine_runs(runs, losses, np.zeros(losses.shape[:2]), found)
    assert (weights[best, np.arange(300)] > 0.99).all()


def test_what_is_learnt_loses_less_in_the_future_than_the_usual_weighing():
    runs, losses, origins = runs_with(np.array([[1.0], [1.1], [1.2], [1.3], [4.0]]))
    answered = np.zeros(losses.shape[:2])
    lost = {}
    for weighing in (USUAL, learn(runs, losses, origins)):
        combined, _ = combine_runs(runs, losses, answered, weighing)
        lost[weighing.prior_origins] = (combined.future**2).mean()
    assert len(lost) == 2
    assert lost[max(lost)] < 0.97 * lost[0.0]


def test_weights_at_an_origin_do_not_know_it_by_the_class_either():
    runs, losses, origins = runs_with(np.array([[1.0], [1.1], [1.2], [1.3], [4.0]]))
    answered = np.zeros(losses.shape[:2])
    found = []
    for surprise in (1.0, 50.0):
        surprised = losses.copy()
        surprised[0, :, 2] *= surprise
        learnt = learn(runs, surprised, origins)._replace(members=5, power=4.0, prior_origins=2.0)
        found.append(combine_runs(runs, surprised, answered, learnt)[0].past)
    assert np.array_equal(found[0][:, 2], found[1][:, 2])
    assert not np.array_equal(found[0][:, 1], found[1][:, 1])


def test_too_few_series_are_weighed_as_usual():
    runs, losses, origins = runs_with(np.ones((5, 1)), n=FEWEST_SERIES - 1)
    assert not len(learn(runs, losses, origins).typical)
    runs, losses, origins = runs_with(np.ones((5, 1)), n=FEWEST_SERIES)
    assert learn(runs, losses, origins).typical.shape == (WINDOWS + 1, 5)


def of_one_origin(runs, losses, origins):
    """Return the same with every origin but the last unscored."""
    losses, actuals = losses.copy(), origins.actuals.copy()
    losses[:, :, 1:], actuals[:, 1:] = np.nan, np.nan
    return runs, losses, Origins(np.ones_like(origins.counts), actuals)


def test_where_no_origin_could_judge_a_weighing_none_is_tried():
    runs, losses, origins = of_one_origin(*runs_with(np.array([[1.0], [1.1], [1.2], [1.3], [4.0]])))
    found = learn(runs, losses, origins)
    assert found[:3] == (MOST_MEMBERS, min(POWERS_TRIED), LONE_PRIOR)
    own, _ = score_origins(losses, np.zeros(losses.shape[:2]))[-1]
    assert np.array_equal(found.typical, np.tile(typical_scores(own), (WINDOWS + 1, 1)))


def test_series_of_one_origin_lose_less_weighed_together_than_each_by_its_own_or_its_best():
    runs, losses, _ = told = of_one_origin(
        *runs_with(np.array([[1.0], [1.1], [1.2], [1.3], [4.0]]))
    )
    lost = []
    for weighing in (learn(*told), USUAL):
        combined, _ = combine_runs(runs, losses, np.zeros(losses.shape[:2]), weighing)
        lost.append((combined.future**2).mean())
    best = np.argmin(losses[:, :, 0].mean(axis=2), axis=0)
    champions = np.array([run.future for run in runs])[best, np.arange(len(best))]
    assert lost[0] < 0.95 * lost[1] < 0.95**2 * (champions**2).mean()


def test_powers_of_squares_are_half_those_of_roots():
    runs, _, origins = runs_with(np.array([[1.0], [1.1], [1.2], [1.3], [4.0]]))
    squares = np.array([run.past**2 for run in runs])
    found = learn(runs, squares, origins, power=POWER / 2.0)
    assert 2.0 * found.power in POWERS_TRIED


def test_scaled_losses_are_those_of_whole_horizons():
    errors = np.array([[[3.0, -4.0], [np.nan, np.nan]], [[1.0, 1.0], [2.0, 2.0]]])
    # Root mean squares: of 3 and 4 the root of 12.5; of 1 and 1, of 2 and 2 they are 1 and 2.
    own = [3.5 / 2.0 + np.sqrt(12.5 / 4.0), 1.5 + 1.5]
    assert scaled_loss(errors, np.array([2.0, 1.0]), np.array([4.0, 1.0])) == pytest.approx(
        np.mean(own)
    )
    # A series without a scale is left out.
    assert scaled_loss(errors, np.array([np.nan, 1.0]), np.array([4.0, 1.0])) == pytest.approx(3.0)
    assert scaled_loss(np.full((2, 1, 1), np.nan), np.ones(2), np.ones(2)) == np.inf


@given(st.integers(0, 2**31), st.floats(0.01, 100.0))
@settings(max_examples=50)
def test_typical_scores_know_no_unit_of_a_series(seed, unit):
    draws = np.random.default_rng(seed)
    scores, units = draws.gamma(2.0, size=(4, 9)), np.where(np.arange(9) < 5, 1.0, unit)
    assert typical_scores(scores * units) == pytest.approx(typical_scores(scores))
    assert typical_scores(scores[:, :1]) == pytest.approx(
        scores[:, 0] / np.exp(np.log(scores[:, 0]).mean())
    )


def test_models_without_a_score_are_typical_and_series_without_a_loss_say_nothing():
    scores = np.array([[1.0, 1.0, 0.0], [4.0, 4.0, 1.0], [np.inf, np.inf, np.inf]])
    assert typical_scores(scores) == pytest.approx([0.5, 2.0, 1.0])


def waves(n=24, days=160, seed=11):
    """Return smooth series of different levels and seasons of a week."""
    draws = np.random.default_rng(seed)
    week = 1.0 + 0.4 * np.sin(np.arange(days) * 2.0 * np.pi / 7.0)
    return {
        ("W", f"{k:02d}"): np.round(level * week * draws.gamma(25.0, 1.0 / 25.0, days))
        for k, level in enumerate(draws.uniform(40.0, 90.0, n))
    }


@pytest.fixture(scope="module")
def learnt():
    plan, series = daily_plan(windows=4), waves()
    return plan, series, learn_calibration(panel_of(series), plan)


def test_a_class_is_told_how_it_weighs(learnt):
    plan, _, calibration = learnt
    found = calibration.weighings
    assert list(found.columns) == WEIGHINGS
    assert tuple(found["model"].unique()) == plan.models_for("smooth")
    assert set(found["left_out"]) == {-1, 0, 1, 2, 3}
    again = Calibration.from_frames(calibration.levels, found)
    names = plan.models_for("smooth")
    one, other = (each.weighing_for("smooth", names) for each in (calibration, again))
    assert one[:3] == other[:3]
    assert np.array_equal(one.typical, other.typical)
    assert one.members in {MEMBERS, MOST_MEMBERS}
    everything = found[found["left_out"] == -1].set_index("model")["typical"]
    assert np.array_equal(one.typical[-1], everything[list(names)])
    assert calibration.weighing_for("lumpy", names) is None
    # A model that was not in the line-up is like the others.
    stranger = calibration.weighing_for("smooth", ["stranger", names[0]])
    assert np.array_equal(stranger.typical[:, 1], one.typical[:, 0])
    assert (stranger.typical[:, 0] == 1.0).all()


def test_weights_do_not_depend_on_the_chunk(learnt):
    plan, series, calibration = learnt
    # A prior, so that what the class says has its share.
    calibration = replace(calibration, weighings=calibration.weighings.assign(prior_origins=2.0))
    keys = list(series)
    found = []
    for parts in ([keys], [keys[:1], keys[1:9], keys[9:]]):
        frames = []
        for part in parts:
            panel = panel_of({key: series[key] for key in part})
            profiles = category_profiles(panel, {}, plan)
            made = forecast_demand(panel, plan, NIGHT, profiles, {}, calibration)
            frames.append((made.forecasts["mean"].to_numpy(), made.weights["weight"].to_numpy()))
        found.append([np.concatenate(each) for each in zip(*frames, strict=True)])
    for one, other in zip(*found, strict=True):
        assert np.array_equal(one, other)


def test_a_class_of_its_own_weighing_is_forecast_with_it(learnt):
    plan, series, calibration = learnt
    panel = panel_of(series)
    profiles = category_profiles(panel, {}, plan)
    sizes = {}
    for members in (2, 5):
        changed = replace(calibration, weighings=calibration.weighings.assign(members=members))
        made = forecast_demand(panel, plan, NIGHT, profiles, {}, changed)
        sizes[members] = made.weights.groupby("item_id", observed=True).size().max()
    assert sizes == {2: 2, 5: 5}


def test_a_night_of_champions_alone_learns_no_weights(learnt):
    plan, series, _ = learnt
    found = learn_calibration(panel_of(series), replace(plan, combine=False))
    assert found.weighings.empty


def test_a_class_of_single_origins_is_told_how_it_weighs_and_no_levels(learnt):
    _, series, _ = learnt
    plan = daily_plan(windows=4)
    once = plan.minimum_history + plan.horizon
    short = {key: demand[-once:] for key, demand in series.items()}
    panel = panel_of(short)
    found = learn_calibration(panel, plan)
    assert set(found.weighings["prior_origins"]) == {LONE_PRIOR}
    assert found.levels.empty
    assert found.dependence.empty
    profiles = category_profiles(panel, {}, plan)
    made = forecast_demand(panel, plan, NIGHT, profiles, {}, found)
    assert (made.champions["model"] == "Combination").all()
    assert made.weights.groupby("item_id", observed=True).size().max() == MOST_MEMBERS
