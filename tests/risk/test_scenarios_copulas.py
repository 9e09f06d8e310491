"""Copulas: margins exactly as said, dependence as its closed forms have it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.margins import interpolate_knots
from risk import RiskPlan
from risk.scenarios import estimate_copula_degrees, factor_moves
from risk.scenarios.margins import (
    empirical_sums,
    marginal_degrees,
    score_knots,
    student_t_margins,
)
from risk.scenarios.rank_scores import rank_scores, score_probabilities
from tests.oracles.scenarios import sum_law
from tests.risk.scenario_factors import factors_of, heavy_moves

PLAN = RiskPlan(history=250, scenarios=100_000, seed=5, degrees_of_freedom=4.0)
COPULAS = ("gaussian_copula", "t_copula")


@pytest.mark.parametrize("method", COPULAS)
def test_a_days_empirical_margin_is_the_windows_own_moves(method):
    moves = heavy_moves(n_returns=60)
    made = factor_moves(factors_of(moves), method, 1, PLAN)
    for own, drawn in zip(moves.T, made, strict=True):
        values, counts = np.unique(drawn, return_counts=True)
        np.testing.assert_allclose(values, np.sort(own - own.mean()), rtol=0, atol=1e-16)
        # 12 tests of 60 equal cells: a sound generator fails once in 8,000 seeds.
        assert stats.chisquare(counts).pvalue > 1e-5


@pytest.mark.parametrize("method", COPULAS)
def test_a_t_margin_is_the_t_law_of_the_factors_own_degrees(method):
    factors = factors_of(heavy_moves(n_returns=2000, n_factors=3))
    plan = replace(PLAN, margins="student_t", scenarios=50_000)
    centred = np.ascontiguousarray((factors.moves - factors.moves.mean(axis=0)).T)
    degrees = marginal_degrees(centred)
    made = factor_moves(factors, method, 4, plan)
    for own, drawn, nu in zip(centred, made, degrees, strict=True):
        scale = 2.0 * own.std(ddof=1) * np.sqrt((nu - 2.0) / nu)
        assert stats.kstest(drawn, stats.t(nu, scale=scale).cdf).pvalue > 1e-5


def normal_correlation(moves, number):
    return np.corrcoef(rank_scores(moves, None), rowvar=False)[0, number]


def test_the_gaussian_copula_has_the_spearman_and_kendall_of_its_correlation():
    moves = heavy_moves(n_returns=500, n_factors=2)
    rho = normal_correlation(moves, 1)
    plan = replace(PLAN, margins="student_t", scenarios=20_000)
    made = factor_moves(factors_of(moves), "gaussian_copula", 1, plan)
    # Kruskal (1958): closed forms of the normal; the errors of both are below 1 / sqrt(n).
    spearman, kendall = stats.spearmanr(*made).statistic, stats.kendalltau(*made).statistic
    assert spearman == pytest.approx(6.0 / np.pi * np.arcsin(rho / 2.0), abs=5 / np.sqrt(20_000))
    assert kendall == pytest.approx(2.0 / np.pi * np.arcsin(rho), abs=5 / np.sqrt(20_000))


@pytest.fixture(scope="module")
def two_factors():
    """Return the moves of two factors, and what each copula makes of them by t margins."""
    moves = heavy_moves(n_returns=500, n_factors=2)
    plan = replace(PLAN, margins="student_t")
    return moves, {copula: factor_moves(factors_of(moves), copula, 1, plan) for copula in COPULAS}


@pytest.mark.parametrize("level", [0.05, 0.01])
def test_joint_falls_are_as_frequent_as_the_t_and_the_normal_have_them(two_factors, level):
    moves, made_by = two_factors
    for method, degrees in (("gaussian_copula", None), ("t_copula", 4.0)):
        scores = rank_scores(moves, degrees)
        rho = np.corrcoef(scores, rowvar=False)[0, 1]
        shape = np.array([[1.0, rho], [rho, 1.0]])
        if degrees is None:
            joint = stats.multivariate_normal(cov=shape).cdf(np.full(2, stats.norm.ppf(level)))
        else:
            law = stats.multivariate_t(shape=shape, df=degrees, seed=1)
            joint = law.cdf(np.full(2, stats.t.ppf(level, degrees)))
        made = made_by[method]
        limits = np.quantile(made, level, axis=1, keepdims=True)
        seen = int((made <= limits).all(axis=0).sum())
        # The limits are the sample's own; that only narrows the binomial's spread.
        assert stats.binomtest(seen, 100_000, joint).pvalue > 1e-4


def test_the_t_copula_falls_together_far_more_often_than_the_gaussian():
    moves = heavy_moves(n_factors=2)
    joint = {}
    for method in COPULAS:
        made = factor_moves(factors_of(moves), method, 250, replace(PLAN, margins="student_t"))
        joint[method] = (made <= np.quantile(made, 0.001, axis=1, keepdims=True)).all(axis=0).sum()
    assert joint["t_copula"] > 1.5 * joint["gaussian_copula"]


@pytest.mark.parametrize("degrees", [3.0, 5.0, 10.0])
def test_copula_degrees_are_found_again_whatever_the_margins(degrees):
    moves = heavy_moves(n_returns=2000, n_factors=10, degrees=degrees)
    found = estimate_copula_degrees(moves)
    # 45 pairs of 2,000 returns that share one mixing variable: the error of 1 / degrees is about
    # that of 2,000 of them alone, 0.015.
    assert 1.0 / found == pytest.approx(1.0 / degrees, abs=0.05)
    assert estimate_copula_degrees(np.exp(50.0 * moves)) == found


def test_a_gaussian_copula_has_many_degrees_and_a_single_factor_none_to_show():
    normal = np.random.default_rng(2).normal(size=(1000, 8)) + 0.3
    assert estimate_copula_degrees(normal) > 25.0
    assert estimate_copula_degrees(normal[:, :1]) == 50.0
    twins = np.column_stack([normal[:, 0], normal[:, 0], np.zeros(1000)])
    assert estimate_copula_degrees(twins) == 50.0


@pytest.mark.parametrize("method", COPULAS)
def test_the_copula_hangs_on_ranks_alone(method):
    moves = heavy_moves(n_factors=3)
    plan = replace(PLAN, scenarios=2000)
    plain = factor_moves(factors_of(moves), method, 1, plan)
    stretched = factor_moves(factors_of(np.sinh(80.0 * moves)), method, 1, plan)
    assert np.array_equal(
        plain.argsort(axis=1, kind="stable"), stretched.argsort(axis=1, kind="stable")
    )


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 8), horizon=st.integers(2, 5))
def test_the_law_of_a_sum_is_that_of_enumeration(seed, n, horizon):
    days = np.random.default_rng(seed).standard_t(3, n) * 0.02
    days -= days.mean()
    values, probabilities = sum_law(days, horizon)
    order = np.argsort(values, kind="stable")
    below = np.cumsum(probabilities[order])
    # Half way up each step its value is meant, wherever it stands well apart from its neighbours.
    middles = below - 0.5 * probabilities[order]
    found = empirical_sums(days[None, :], horizon, middles)[0]
    # A day falls between two points of the grid, a 64th of a deviation apart.
    step = days.std() / 64.0
    exact = values[order]
    # Between values of one point of the grid either may be met: compare the sorted sums.
    assert np.abs(found - exact).max() <= (horizon + 1.0) * step + 1e-15


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), horizon=st.sampled_from([2, 10, 60, 250]))
def test_a_sums_moments_are_those_of_independent_days(seed, horizon):
    days = np.random.default_rng(seed).standard_t(3, 400)
    days -= days.mean()
    levels = (np.arange(200_000) + 0.5) / 200_000
    values = empirical_sums(days[None, :], horizon, levels)[0]
    variance, kurtosis = days.var(), stats.kurtosis(days)
    assert abs(values.mean()) < 1e-3 * np.sqrt(horizon * variance)
    # Linear splitting over the grid adds 1e-4 of the variance at most, the grid of levels less.
    assert values.var() == pytest.approx(horizon * variance, rel=1e-3)
    # The outermost of 200,000 levels cut the fourth moment a little.
    assert stats.kurtosis(values) == pytest.approx(kurtosis / horizon, rel=0.02, abs=0.01)


def test_the_sum_of_a_year_of_one_crash_does_not_wrap_around():
    days = np.full(500, 0.4 / 499)
    days[7] = -0.4
    levels = np.array([1e-9, 1e-6, 0.5, 1.0 - 1e-9])
    found = empirical_sums(days[None, :], 250, levels)[0]
    # Crashes of a year are binomial: that many of them, and calm days for the rest.
    crashes = stats.binom.ppf(1.0 - levels, 250, 1.0 / 500)
    expected = 250 * 0.4 / 499 - crashes * (0.4 + 0.4 / 499)
    np.testing.assert_allclose(found, expected, rtol=0, atol=250 * days.std() / 64.0)


@settings(max_examples=20)
@given(st.floats(2.6, 45.0), st.floats(2.6, 45.0))
def test_laying_a_t_margin_between_knots_is_good_to_a_ten_thousandth(copula, margin):
    knots = score_knots(copula)
    levels = score_probabilities(knots, copula)
    scores = np.random.default_rng(3).standard_t(copula, 5000)[None, :]
    exact = stats.t.ppf(stats.t.cdf(-np.abs(scores), copula), margin) * -np.sign(scores)
    values = stats.t.ppf(levels, margin)[None, :]
    interpolate_knots(scores, knots, values)
    np.testing.assert_allclose(scores, exact, rtol=1e-4, atol=1e-6)


def test_margins_of_constants_and_of_normals():
    draws = np.random.default_rng(4).normal(size=5000)
    own = np.array([np.zeros(5000), draws - draws.mean()])
    degrees = marginal_degrees(own)
    assert degrees[0] == 50.0
    assert degrees[1] > 25.0
    levels = np.array([0.1, 0.5, 0.9])
    for laws in (empirical_sums, student_t_margins):
        assert np.array_equal(laws(own, 3, levels)[0], np.zeros(3))


@pytest.mark.parametrize("degrees", [3.0, 6.0, 15.0])
def test_marginal_degrees_are_those_of_greatest_likelihood(degrees):
    draws = np.random.default_rng(5).standard_t(degrees, size=(1, 3000))
    own = draws - draws.mean()
    deviation = own.std(ddof=1)

    def likelihood(nu):
        scale = deviation * np.sqrt((nu - 2.0) / nu)
        return stats.t.logpdf(own, nu, scale=scale).sum()

    found = marginal_degrees(own)[0]
    others = likelihood(found * 1.05), likelihood(found / 1.05)
    assert likelihood(found) > max(others)


def test_tied_moves_share_their_rank():
    scores = rank_scores(np.array([[0.0], [0.0], [1.0]]), None)
    np.testing.assert_allclose(scores[:, 0], stats.norm.ppf([0.375, 0.375, 0.75]), rtol=1e-14)
