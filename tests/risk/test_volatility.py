"""Volatility fits: published values, failures as values, and what is done with a fit."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.volatility import (
    Outcome,
    VolatilityError,
    VolatilityModel,
    daily_volatility,
    extend_fit,
    filtered_moves,
    fit_volatility,
    long_run_volatility,
    period_volatility,
    rescaled_moves,
    standard_errors,
)
from tests.oracles import garch as oracle

GJR_T = VolatilityModel("gjr", "student_t")
LAWS = [
    VolatilityModel(recursion, innovations)
    for recursion in ("garch", "gjr", "ewma")
    for innovations in ("gaussian", "student_t")
]


def clustered(n=500, n_series=4, seed=0, memory=0.96, degrees=np.inf):
    generator = np.random.default_rng(seed)
    tails = 1.0 if np.isinf(degrees) else np.sqrt((degrees - 2) / degrees)
    variance, moves = np.ones(n_series), np.empty((n, n_series))
    for day in range(n):
        draws = generator.standard_normal(n_series)
        if np.isfinite(degrees):
            draws *= tails / np.sqrt(generator.chisquare(degrees, n_series) / degrees)
        moves[day] = 0.05 + np.sqrt(variance) * draws
        variance = (1 - memory) + 0.1 * (moves[day] - 0.05) ** 2 + (memory - 0.1) * variance
    return 0.01 * moves


@pytest.fixture(scope="module")
def moves():
    return clustered()


@pytest.fixture(scope="module")
def fit(moves):
    return fit_volatility(moves, GJR_T)


def test_volatility_and_residuals_make_the_moves(moves, fit):
    np.testing.assert_allclose(fit.mean + fit.volatility * fit.residuals, moves, atol=1e-15)
    expected = oracle.variances(moves[:, 1], *fit.parameters[1, :5])
    np.testing.assert_allclose(fit.volatility[:, 1], np.sqrt(expected[:-1]), rtol=1e-12)
    assert fit.next_volatility[1] == pytest.approx(np.sqrt(expected[-1]), rel=1e-12)


@pytest.mark.parametrize("model", LAWS)
def test_parameters_go_by_the_fields_names(moves, model):
    found = fit_volatility(moves, model)
    assert found.fitted.all()
    symmetric = model.recursion != "gjr"
    assert (found.gamma == 0).all() == symmetric
    assert np.isinf(found.degrees).all() == (model.innovations == "gaussian")
    assert (found.persistence <= 1 + 1e-12).all()
    if model.recursion == "ewma":
        assert (found.mean == 0).all()
        assert (found.constant == 0).all()
        np.testing.assert_allclose(found.persistence, 1.0, rtol=1e-12)


def test_more_freedom_is_never_less_likely(moves):
    found = {(m.recursion, m.innovations): fit_volatility(moves, m).log_likelihood for m in LAWS}
    # Normal innovations are Student-t's at infinity; five hundred degrees stand in for it.
    assert (found["gjr", "gaussian"] >= found["garch", "gaussian"] - 1e-6).all()
    assert (found["gjr", "student_t"] >= found["garch", "student_t"] - 1e-6).all()
    assert (found["garch", "student_t"] >= found["garch", "gaussian"] - 0.5).all()


def test_one_bad_series_fails_by_name_and_changes_no_other(moves, fit):
    spoilt = np.column_stack([moves, np.full(500, 0.01), moves[:, 0]])
    spoilt[200, 5] = np.nan
    spoilt[:, 4] = 0.01
    found = fit_volatility(spoilt, GJR_T)
    assert np.array_equal(found.parameters[:4], fit.parameters)
    assert np.array_equal(found.volatility[:, :4], fit.volatility)
    assert list(found.outcomes[4:]) == [Outcome.CONSTANT, Outcome.NOT_FINITE]
    assert np.isnan(found.volatility[:, 4:]).all()
    failures = found.failures(list("abcdef"))
    assert [(f.entity, f.error_type) for f in failures] == [("e", "constant"), ("f", "not_finite")]
    assert "all the same" in failures[0].message


def test_threads_change_no_bit(moves, fit):
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(fit_volatility, moves, GJR_T) for _ in range(8)]:
            assert np.array_equal(future.result().parameters, fit.parameters)


def test_a_short_history_is_nan_before_it_starts(moves):
    late = moves.copy()
    late[:120, 2] = np.nan
    found, alone = fit_volatility(late), fit_volatility(moves[120:, 2:3])
    assert np.isnan(found.residuals[:120, 2]).all()
    assert np.array_equal(found.residuals[120:, 2], alone.residuals[:, 0])


def test_extending_is_filtering_the_longer_history(moves):
    """By the loop of the oracle, from the first day's variance of the shorter history."""
    early = fit_volatility(moves[:400])
    found = extend_fit(early, moves[400:])
    assert found.volatility.shape == moves.shape
    for i in range(4):
        expected = oracle.variances(
            moves[:, i], *early.parameters[i, :5], first=early.volatility[0, i] ** 2
        )
        np.testing.assert_allclose(found.volatility[:, i], np.sqrt(expected[:-1]), rtol=1e-10)
        assert found.next_volatility[i] == pytest.approx(np.sqrt(expected[-1]), rel=1e-10)
    day_by_day = early
    for day in range(400, 500):
        day_by_day = extend_fit(day_by_day, moves[day : day + 1])
    # A square root and a square between days: one rounding a day, forgotten as days go by.
    np.testing.assert_allclose(day_by_day.volatility, found.volatility, rtol=1e-13)


def test_extending_carries_a_bad_day_on_in_its_series_alone(moves):
    early, new = fit_volatility(moves[:400]), moves[400:].copy()
    clean = extend_fit(early, new)
    new[10, 1] = np.nan
    found = extend_fit(early, new)
    assert np.isnan(found.next_volatility[1])
    assert np.array_equal(found.next_volatility[[0, 2, 3]], clean.next_volatility[[0, 2, 3]])
    with pytest.raises(VolatilityError, match="4 series of the fit; got 3"):
        extend_fit(early, new[:, :3])


def test_term_structure_is_the_closed_form(fit):
    horizons = (1, 2, 21, 250)
    level, memory = fit.constant / (1 - fit.persistence), fit.persistence
    spread = fit.next_volatility**2 - level
    days = np.array(horizons)[:, None]
    np.testing.assert_allclose(
        daily_volatility(fit, horizons) ** 2, level + memory ** (days - 1) * spread, rtol=1e-9
    )
    summed = days * level + (1 - memory**days) / (1 - memory) * spread
    np.testing.assert_allclose(period_volatility(fit, horizons) ** 2, summed, rtol=1e-9)
    np.testing.assert_allclose(long_run_volatility(fit) ** 2, level, rtol=1e-12)


def test_term_structure_is_that_of_simulated_paths():
    fit = fit_volatility(clustered(n=1500, n_series=1))
    residuals = np.random.default_rng(1).standard_normal(4000)
    normal = np.concatenate([residuals, -residuals]) / residuals.std()
    path = np.column_stack([normal / np.sqrt(np.mean(normal**2))])
    moved = filtered_moves(replace(fit, residuals=path), 21, 100_000, 2)[0]
    squares = (moved - 21 * fit.mean[0]) ** 2
    error = squares.std() / np.sqrt(len(squares))
    assert abs(squares.mean() - period_volatility(fit, [21])[0, 0] ** 2) < 5 * error


def test_an_exponentially_weighted_forecast_is_flat(moves):
    found = fit_volatility(moves, VolatilityModel("ewma", decay=0.94))
    assert np.isinf(long_run_volatility(found)).all()
    ahead = daily_volatility(found, range(1, 251))
    np.testing.assert_allclose(ahead, np.tile(found.next_volatility, (250, 1)), rtol=1e-12)


def test_the_one_day_law_is_every_residual_once(moves, fit):
    found = rescaled_moves(fit)
    np.testing.assert_allclose(
        found, (fit.mean + fit.next_volatility * fit.residuals).T, rtol=1e-14
    )
    drawn = filtered_moves(fit, 1, 300, 4)
    for column in drawn.T[:50]:
        # Whole days: one residual's place serves every series.
        assert np.isclose(found, column[:, None], rtol=1e-12, atol=1e-15).all(axis=0).any()


def test_scenarios_draw_from_days_that_all_series_share(moves):
    late = moves.copy()
    late[:300, 2] = np.nan
    assert rescaled_moves(fit_volatility(late)).shape == (4, 200)
    late[300:, 2] = 0.5
    with pytest.raises(VolatilityError, match="series 2 has the fewest"):
        filtered_moves(fit_volatility(late), 5, 100, 0)


@settings(max_examples=15)
@given(st.integers(1, 40), st.integers(1, 150), st.integers(0, 2**32 - 1))
def test_scenarios_are_the_same_in_any_chunks(horizon, cut, seed):
    fit = fit_volatility(clustered(n=150))
    whole = filtered_moves(fit, horizon, 151, seed)
    parts = [
        filtered_moves(fit, horizon, cut, seed),
        filtered_moves(fit, horizon, 151 - cut, seed, first_scenario=cut),
    ]
    assert np.array_equal(np.hstack(parts), whole)


@pytest.mark.parametrize("model", LAWS)
def test_standard_errors_are_those_of_a_plain_hessian(model):
    moves = clustered(n=1200, n_series=1, seed=2, degrees=6.0)
    found = fit_volatility(moves[:, :1], model)
    errors = standard_errors(found, moves[:, :1])[0]
    inner = found.parameters[0].copy()
    free = {"garch": [0, 1, 2, 4], "gjr": [0, 1, 2, 3, 4], "ewma": [4]}[model.recursion]
    free = free + [5] * (model.innovations == "student_t")
    values = moves[:, 0] / moves[:, 0].std()
    scale = np.array([1 / moves[:, 0].std(), 1 / moves[:, 0].var(), 1, 1, 1, 1])

    def likelihood(change):
        point = inner * scale
        point[free] += change
        if model.recursion == "garch":
            point[3] = point[2]
        if model.recursion == "ewma":
            point[2] = point[3] = 1 - point[4]
        return oracle.fast_log_likelihood(values, *point)

    n = len(free)
    step = 2e-4 * np.maximum(np.abs((inner * scale)[free]), 0.05)
    hessian = np.empty((n, n))
    for a in range(n):
        for b in range(n):
            up, side = np.eye(n)[a] * step, np.eye(n)[b] * step
            hessian[a, b] = (
                likelihood(up + side)
                - likelihood(up - side)
                - likelihood(side - up)
                + likelihood(-up - side)
            ) / (4 * step[a] * step[b])
    covariance = np.linalg.inv(-hessian)
    expected = np.full(6, np.nan)
    expected[free] = np.sqrt(np.diag(covariance)) / scale[free]
    if model.recursion == "ewma":
        expected[2] = expected[4]
    if model.recursion == "gjr":
        a, b = free.index(2), free.index(3)
        expected[3] = np.sqrt(covariance[a, a] + covariance[b, b] - 2 * covariance[a, b])
    # Second differences of a likelihood near 1,000 lose about four digits of sixteen twice.
    np.testing.assert_allclose(errors, expected, rtol=2e-3)


def test_what_was_not_fitted_has_no_standard_error(moves):
    found = fit_volatility(moves, VolatilityModel("ewma", decay=0.9))
    assert np.isnan(standard_errors(found, moves)).all()
    with pytest.raises(VolatilityError, match="4 series of the fit"):
        standard_errors(found, moves[:, :2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"recursion": "arch"}, "recursion must be one of garch, gjr, ewma; got 'arch'"),
        ({"innovations": "cauchy"}, "innovations must be one of gaussian, student_t"),
        ({"decay": 0.9}, "decay is of 'ewma' alone"),
        ({"recursion": "ewma", "decay": 1.0}, r"decay must be in \(0, 1\); got 1.0"),
        ({"fewest_days": 3}, "fewest_days must be at least 10; got 3"),
    ],
)
def test_a_model_out_of_range_is_refused(settings, message):
    with pytest.raises(VolatilityError, match=message):
        VolatilityModel(**settings)


def test_questions_out_of_range_are_refused(moves, fit):
    with pytest.raises(VolatilityError, match="n_returns, n_series"):
        fit_volatility(moves[:, 0])
    for horizon in (0, 251):
        with pytest.raises(VolatilityError, match=f"got {horizon}"):
            daily_volatility(fit, [horizon])
        with pytest.raises(VolatilityError, match=rf"horizon must be in \[1, 250\]; got {horizon}"):
            filtered_moves(fit, horizon, 10, 0)
    with pytest.raises(VolatilityError, match="seed must be in"):
        filtered_moves(fit, 1, 10, -1)
