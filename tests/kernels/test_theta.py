"""Theta kernels: the oracle is statsforecast, which fits the same models one at a time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.lanes import LANES
from kernels.seasonality import autocorrelation_is_seasonal
from kernels.seasonality_lanes import lags_are_seasonal, room_for_lags
from kernels.theta import ThetaModel, fit_best_thetas, fit_thetas
from kernels.theta_lanes import ROOM, try_dynamic_alphas, try_static_alphas
from kernels.theta_series import (
    ALPHA_HIGH,
    ALPHA_LOW,
    FIRST_SCORED,
    TRIED,
    fit_scaled_series,
    running_trends,
    static_trend,
    try_alphas,
)
from tests.kernels.flat import offsets_of

HORIZON = 18


def fit(series, model, season_length=12, horizon=HORIZON):
    return fit_thetas(np.concatenate(series), offsets_of(series), season_length, horizon, model)


@pytest.fixture(scope="module")
def monthly(real_data):
    m3 = pd.read_parquet(real_data / "m3.parquet")
    train = m3[(m3["period"] == "MONTHLY") & ~m3["is_test"]]
    groups = train.groupby("unique_id", observed=True, sort=False)
    return [group["y"].to_numpy(float) for _, group in groups][:1428:12]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (ThetaModel.STANDARD, "Theta"),
        (ThetaModel.OPTIMISED, "OptimizedTheta"),
        (ThetaModel.DYNAMIC_STANDARD, "DynamicTheta"),
        (ThetaModel.DYNAMIC_OPTIMISED, "DynamicOptimizedTheta"),
    ],
)
def test_forecasts_are_those_of_statsforecast(monthly, model, name):
    from statsforecast import models

    ours = fit(monthly, model).means
    theirs = np.array(
        [getattr(models, name)(season_length=12).forecast(y=y, h=HORIZON)["mean"] for y in monthly]
    )
    distance = np.abs(ours - theirs).mean(axis=1) / np.abs(theirs).mean(axis=1)
    # Nelder-Mead stops within 1e-4 of the optimum we reach in closed form; in a few series it
    # stops elsewhere on a flat likelihood, and the forecasts still lie within a few percent.
    assert np.median(distance) < 1e-4
    assert np.quantile(distance, 0.9) < 1e-2


def test_the_chosen_model_is_the_one_of_least_criterion_of_statsforecasts_four(monthly):
    from statsforecast.theta import auto_theta, forecast_theta

    fits, chosen = fit_best_thetas(np.concatenate(monthly), offsets_of(monthly), 12, HORIZON)
    kinds = ("STM", "OTM", "DSTM", "DOTM")
    fitted = [[auto_theta(y, 12, model=kind) for kind in kinds] for y in monthly]
    best = [
        int(np.argmin([criterion(model["mse"], len(y), model["modeltype"]) for model in four]))
        for y, four in zip(monthly, fitted, strict=True)
    ]
    theirs = np.array(
        [forecast_theta(four[n], HORIZON)["mean"] for n, four in zip(best, fitted, strict=True)]
    )
    distance = np.abs(fits.means - theirs).mean(axis=1) / np.abs(theirs).mean(axis=1)
    # As for each model alone.
    assert np.median(distance) < 1e-4
    assert np.quantile(distance, 0.9) < 1e-2
    assert ((np.array(best) == chosen) | (distance < 1e-4)).mean() > 0.95


def criterion(error, n, model):
    """Return Akaike's criterion, up to a constant of the series."""
    return (n - FIRST_SCORED) * np.log(error) + 2.0 * ("OTM" in model)


def test_the_chosen_model_has_the_least_criterion_of_four(monthly):
    fits, chosen = fit_best_thetas(np.concatenate(monthly), offsets_of(monthly), 12, HORIZON)
    alone = [fit(monthly, model) for model in ThetaModel]
    n = np.array([len(y) for y in monthly])
    names = ("STM", "OTM", "DSTM", "DOTM")
    criteria = [criterion(f.error, n, name) for f, name in zip(alone, names, strict=True)]
    assert np.array_equal(chosen, np.argmin(criteria, axis=0))
    means = np.array([found.means for found in alone])[chosen, np.arange(len(chosen))]
    assert np.array_equal(fits.means, means)
    assert len(set(chosen)) == 4


@pytest.mark.parametrize("model", list(ThetaModel))
def test_a_batch_is_fitted_as_one_series_after_another(monthly, model):
    together = fit(monthly, model)
    means, found = np.empty(HORIZON), np.empty(4)
    for number, y in enumerate(monthly):
        room = np.empty((2, len(y))), np.empty(12), np.empty(12), np.empty(TRIED)
        kind = (model >= ThetaModel.DYNAMIC_STANDARD, model % 2 == 1)
        fit_scaled_series(y.copy(), 12, *kind, *room, means, found)
        # Sums are taken in another order, and an alpha is found to half their digits.
        assert found[0] == pytest.approx(together.alpha[number], abs=1e-8)
        assert np.allclose(means, together.means[number], rtol=1e-8)


@given(st.integers(0, 2**31), st.integers(5, 400), st.floats(ALPHA_LOW, 0.9), st.booleans())
@settings(max_examples=40)
def test_alphas_side_by_side_have_the_errors_they_have_alone(seed, n, low, optimise):
    y = 1.0 + 0.3 * np.random.default_rng(seed).normal(size=n).cumsum()
    width = (ALPHA_HIGH - low) / (LANES - 1)
    intercepts, slopes = np.empty(n), np.empty(n)
    errors, expected, room = np.empty(LANES), np.empty(LANES), np.empty(ROOM)
    running_trends(y, intercepts, slopes)
    try_alphas(y, intercepts, slopes, optimise, low, width, expected)
    try_dynamic_alphas(y, intercepts, slopes, optimise, low, width, room, errors)
    # An error is what is left of sums as large as the series' squares.
    closeness = {"rtol": 1e-8, "atol": 1e-10 * (y**2).sum()}
    assert np.allclose(errors, expected, **closeness)
    intercept, slope = static_trend(y)
    try_alphas(y, np.full(n, intercept), np.full(n, slope), optimise, low, width, expected)
    try_static_alphas(y, intercept, slope, optimise, low, width, room, errors)
    assert np.allclose(errors, expected, **closeness)


@pytest.mark.parametrize("model", list(ThetaModel))
def test_no_alpha_has_a_clearly_smaller_error(monthly, model):
    found = fit(monthly, model, season_length=1)
    alphas, dynamic = np.linspace(ALPHA_LOW, ALPHA_HIGH, 125 * TRIED), model >= 2
    for number, y in enumerate(monthly):
        scaled = y / np.abs(y).mean()
        intercepts, slopes = np.empty(len(y)), np.empty(len(y))
        running_trends(scaled, intercepts, slopes)
        if not dynamic:
            intercepts[:], slopes[:] = static_trend(scaled)
        errors = np.empty((125, TRIED))
        for row, low in zip(errors, alphas[::TRIED], strict=True):
            try_alphas(scaled, intercepts, slopes, model % 2 == 1, low, alphas[1] - alphas[0], row)
        least = errors.min() * np.abs(y).mean() ** 2 / (len(y) - 3)
        # What a parabola through three alphas 0.008 apart leaves.
        assert found.error[number] <= least * (1.0 + 1e-4)


@given(st.integers(0, 2**31), st.integers(4, 70), st.integers(0, 60))
@settings(max_examples=60)
def test_a_season_is_seen_with_lags_side_by_side_as_one_by_one(seed, season_length, more):
    draws = np.random.default_rng(seed)
    n = 2 * season_length + more
    strength = draws.uniform(0.0, 1.5)
    y = 5.0 + strength * np.sin(2 * np.pi * np.arange(n) / season_length) + draws.normal(size=n)
    room = np.empty(room_for_lags(n, season_length))
    seen = lags_are_seasonal(y, season_length, room)
    assert seen == autocorrelation_is_seasonal(y, season_length)


@given(st.integers(0, 2**31), st.integers(1, 6))
@settings(max_examples=25)
def test_a_series_is_forecast_the_same_in_any_company(seed, n_series):
    draws = np.random.default_rng(seed)
    series = [draws.gamma(2, 10, draws.integers(1, 60)) for _ in range(n_series)]
    together = fit(series, ThetaModel.DYNAMIC_OPTIMISED, season_length=7)
    for i, y in enumerate(series):
        alone = fit([y], ThetaModel.DYNAMIC_OPTIMISED, season_length=7)
        assert np.array_equal(alone.means[0], together.means[i])


@given(st.floats(0.01, 1e6), st.integers(0, 2**31))
@settings(max_examples=25)
def test_forecasts_scale_with_the_series(factor, seed):
    y = np.random.default_rng(seed).gamma(3, 5, 48)
    base = fit([y], ThetaModel.OPTIMISED).means
    # The scan of alpha may settle on a neighbouring optimum after rounding.
    assert np.allclose(fit([factor * y], ThetaModel.OPTIMISED).means, factor * base, rtol=1e-6)


@pytest.mark.parametrize("y", [[3.0], [0.0, 0.0, 0.0, 0.0, 0.0], [5.0] * 30])
def test_a_constant_series_repeats_itself(y):
    assert np.array_equal(fit([np.array(y)], ThetaModel.STANDARD).means[0], [y[-1]] * HORIZON)
    fits, _ = fit_best_thetas(np.array(y), np.array([0, len(y)]), 12, HORIZON)
    assert np.array_equal(fits.means[0], [y[-1]] * HORIZON)


def test_a_line_is_followed_at_half_its_slope():
    # Theta = 2 halves the trend: the drift of simple exponential smoothing with half the slope.
    y = 10.0 + 2.0 * np.arange(40)
    means = fit([y], ThetaModel.STANDARD, season_length=1, horizon=5).means[0]
    assert np.allclose(np.diff(means), 1.0, atol=1e-6)
