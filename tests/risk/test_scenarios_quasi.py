"""Quasi-random scenarios: the same law, with less error, and an error that is true."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from risk import RiskPlan
from risk.scenarios import covariance_loadings, factor_moves
from risk.scenarios.quasi_random import split_loadings
from tests.lanes import slow
from tests.risk.randomised import randomised_tail
from tests.risk.scenario_factors import factors_of, heavy_moves

PLAN = RiskPlan(history=250, scenarios=16_384, seed=5, degrees_of_freedom=5.0)
WEIGHTS = np.array([3.0, -1.0, 2.0, 0.5, 1.0, 2.5])


@pytest.fixture(scope="module")
def factors():
    return factors_of(heavy_moves())


def unit_law(method):
    if method == "quasi_gaussian":
        return stats.norm()
    degrees = PLAN.degrees_of_freedom
    return stats.t(degrees, scale=np.sqrt((degrees - 2.0) / degrees))


@pytest.mark.parametrize("method", ["quasi_gaussian", "quasi_student_t"])
@pytest.mark.parametrize("level", [0.975, 0.99])
def test_a_linear_book_has_its_closed_form_within_its_errors(factors, method, level):
    moves = factor_moves(factors, method, 10, PLAN)
    deviation = np.sqrt(10.0 * WEIGHTS @ np.cov(factors.moves.T) @ WEIGHTS)
    law = unit_law(method)
    var = deviation * law.ppf(level)
    es = deviation * law.expect(lambda x: x, lb=law.ppf(level)) / (1.0 - level)
    found = randomised_tail(-WEIGHTS @ moves, level, PLAN.randomisations)
    # Errors of 16 randomisations: five of them are exceeded once in 6,000 by a t of 15 degrees.
    assert abs(found.value_at_risk - var) < 5.0 * found.value_at_risk_error
    assert abs(found.expected_shortfall - es) < 5.0 * found.expected_shortfall_error


def test_the_stated_error_is_the_spread_over_seeds_and_smaller_than_monte_carlos(factors):
    measured, stated = [], []
    for seed in range(40):
        moves = factor_moves(factors, "quasi_gaussian", 1, replace(PLAN, seed=seed, scenarios=4096))
        tail = randomised_tail(-WEIGHTS @ moves, 0.975, PLAN.randomisations)
        measured.append((tail.value_at_risk, tail.expected_shortfall))
        stated.append((tail.value_at_risk_error, tail.expected_shortfall_error))
        # A whole of 16 nets interleaved is not much better than their mean, nor ever worse.
    spread = np.std(measured, axis=0, ddof=1)
    said = np.sqrt((np.array(stated) ** 2).mean(axis=0))
    # 40 seeds know a spread to 11%; the pooled stated error to 3%.
    assert (np.abs(np.log(spread / said)) < np.log(1.6)).all()
    deviation = np.sqrt(WEIGHTS @ np.cov(factors.moves.T) @ WEIGHTS)
    # Published: the relative errors of the normal's ES97.5 times the root of n are 1.37.
    plain = 1.37 / np.sqrt(4096) * deviation * stats.norm.pdf(stats.norm.ppf(0.975)) / 0.025
    assert spread[1] < plain / np.sqrt(3.0)


@pytest.mark.parametrize("covariance", [slow("sample"), "ledoit_wolf", "factor_model"])
def test_covariances_are_met_more_closely_than_by_monte_carlo(factors, covariance):
    plan = replace(PLAN, covariance=covariance)
    errors = {}
    for method in ("gaussian", "quasi_gaussian"):
        many = factor_moves(factors, method, 1, replace(plan, scenarios=300_000))
        target = np.cov(many)
        few = [
            np.cov(factor_moves(factors, method, 1, replace(plan, seed=seed, scenarios=4096)))
            for seed in range(10)
        ]
        errors[method] = np.mean([((one - target) ** 2).sum() for one in few])
    gain = errors["gaussian"] / errors["quasi_gaussian"]
    # Where every factor has a part of its own, that part is as random as ever.
    assert gain > (20.0 if covariance == "sample" else 1.0)


@pytest.mark.parametrize(("n_factors", "n_rows"), [(1, 1), (5, 9), (9, 5), (80, 100), (100, 80)])
def test_parting_keeps_the_covariance_and_puts_the_longest_directions_first(n_factors, n_rows):
    loadings = np.random.default_rng(n_rows).normal(size=(n_factors, n_rows))
    loadings *= np.geomspace(1.0, 1e-4, n_factors)[:, None]
    leading, rest = split_loadings(loadings)
    deviations = np.sqrt((loadings**2).sum(axis=1, keepdims=True))
    found = (leading @ leading.T + rest @ rest.T) / (deviations * deviations.T)
    expected = loadings @ loadings.T / (deviations * deviations.T)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert leading.shape == (n_factors, min(n_factors, n_rows, 64))
    assert rest.shape == (n_factors, n_rows if min(n_factors, n_rows) > 64 else 0)
    lengths = ((leading / deviations) ** 2).sum(axis=0)
    assert (np.diff(lengths) <= 1e-3 * lengths[0]).all()
    assert (leading / deviations).sum(axis=0).min() >= -1e-12


def test_directions_do_not_follow_the_units():
    moves = heavy_moves()
    units = np.array([1.0, 1e-4, 1.0, 1.0, 50.0, 1.0])
    plain, _ = split_loadings(covariance_loadings(moves))
    scaled, _ = split_loadings(covariance_loadings(moves * units))
    np.testing.assert_allclose(scaled / units[:, None], plain, rtol=0, atol=1e-6)


def test_more_directions_than_even_ones_take_ordinary_normals():
    moves = heavy_moves(n_returns=400, n_factors=90, correlation=0.2)
    factors = factors_of(moves)
    made = factor_moves(factors, "quasi_gaussian", 1, PLAN)
    expected = np.cov(moves.T)
    scale = np.sqrt(np.diag(expected))
    error = np.abs(np.cov(made) - expected) / np.outer(scale, scale)
    # A correlation's error is below 1 / sqrt(n); 4,095 of them.
    assert error.max() < 5.5 * np.sqrt(2.0 / PLAN.scenarios)
    singular = factor_moves(factors_of(moves[:40]), "quasi_gaussian", 1, PLAN)
    assert np.isfinite(singular).all()
