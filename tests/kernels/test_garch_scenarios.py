"""Filtered historical simulation: whole days, drawn alike, at the volatility of the path."""

import numpy as np
import pytest
from scipy import stats

from kernels.garch_scenarios import fill_days, filtered_scenarios
from kernels.philox import Stream, uniforms
from tests.oracles.garch import filtered_sums

RESIDUALS = np.random.default_rng(5).standard_t(5, (4, 90)) * np.sqrt(0.6)
PARAMETERS = np.array(
    [
        [0.01, 0.05, 0.08, 0.08, 0.88, np.inf],
        [-0.02, 0.04, 0.02, 0.15, 0.87, 6.0],
        [0.0, 0.0, 0.06, 0.06, 0.94, np.inf],
        [0.0, 1.0, 0.0, 0.0, 0.0, np.inf],
    ]
)
VARIANCE = np.array([1.0, 3.0, 0.5, 1.0])
HIGHEST = np.array([1.5, 4.0, np.inf, 1.0])


def days(n_scenarios, horizon, seed=3, first=0):
    out = np.empty((n_scenarios, horizon), np.int64)
    fill_days(seed, first, 90, out)
    return out


def moves(horizon=10, n_scenarios=200, seed=3, chosen=slice(None), first=0):
    laws = RESIDUALS[chosen], PARAMETERS[chosen], VARIANCE[chosen], HIGHEST[chosen]
    return filtered_scenarios(*laws, horizon, n_scenarios, seed, first)


def test_days_are_the_first_uniform_of_each_counter():
    draws = uniforms(3, Stream.FILTERED_DAYS, np.zeros(1, np.uint64), 40, 24)[0]
    assert np.array_equal(days(40, 12), np.floor(draws[:, ::2] * 90).astype(int))


def test_every_day_is_drawn_alike():
    found = days(20_000, 3)
    for step in range(3):
        assert stats.chisquare(np.bincount(found[:, step], minlength=90)).pvalue > 1e-5


def test_moves_are_those_of_a_plain_loop():
    found, drawn = moves(), days(200, 10)
    for i in range(4):
        expected = filtered_sums(RESIDUALS[i], drawn, PARAMETERS[i], VARIANCE[i], HIGHEST[i])
        np.testing.assert_allclose(found[i], expected, rtol=1e-12, atol=1e-12)


def test_without_memory_moves_are_sums_of_residuals():
    np.testing.assert_allclose(moves()[3], RESIDUALS[3][days(200, 10)].sum(axis=1), atol=1e-12)


def test_scenarios_depend_on_their_number_and_the_seed_alone():
    whole = moves()
    assert np.array_equal(whole[:, :70], moves(n_scenarios=70))
    assert np.array_equal(whole[:, 70:], moves(n_scenarios=130, first=70))
    assert np.array_equal(whole[[2, 0]], moves(chosen=[2, 0]))
    assert not np.array_equal(whole, moves(seed=4))


def test_the_variance_of_a_sum_is_the_sum_of_expected_variances():
    """Residuals of mean zero and variance one, a symmetric law: GARCH's own closed form."""
    residuals = np.concatenate([RESIDUALS[0], -RESIDUALS[0]])
    residuals /= np.sqrt(np.mean(residuals**2))
    n, horizon = 100_000, 10
    law = residuals[None], PARAMETERS[:1], np.array([2.0]), np.array([np.inf])
    found = filtered_scenarios(*law, horizon, n, 11)[0]
    ahead = [2.0]
    for _ in range(horizon - 1):
        ahead.append(0.05 + 0.96 * ahead[-1])
    centred = (found - 0.01 * horizon) ** 2
    error = centred.std() / np.sqrt(n)
    assert abs(centred.mean() - sum(ahead)) < 5 * error


def test_no_days_are_refused():
    with pytest.raises(ValueError, match="at least one day"):
        filtered_scenarios(np.empty((2, 0)), PARAMETERS[:2], VARIANCE[:2], HIGHEST[:2], 1, 1, 0)
