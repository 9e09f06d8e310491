"""Laws of counts: likelihoods are scipy's, searches find what made the data, paths have the law."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.counts import (
    ALPHA,
    DISPERSION,
    LANES,
    LEVEL,
    ROWS,
    TOTAL,
    fill_chance_likelihoods,
    fill_count_likelihoods,
)
from kernels.counts_ahead import (
    fill_count_paths,
    fill_hurdle_paths,
    hurdle_quantiles,
    spread_after,
)
from kernels.counts_fit import (
    ALPHAS,
    EVIDENCE,
    FIT,
    NEXT,
    SMOOTHING,
    SPREAD,
    START,
    fit_chances,
    fit_count_batch,
    fit_counts,
    fit_hurdle_batch,
)
from tests.oracles import counts as oracle


def lanes_of(seed):
    draws = np.random.default_rng(seed)
    lanes = np.empty((ROWS, LANES))
    lanes[ALPHA] = draws.uniform(0.0, 0.6, LANES)
    lanes[DISPERSION] = 1.0 + draws.gamma(1.0, 3.0, LANES) + 1e-3
    return lanes


def fitted(y):
    fit = np.empty(FIT)
    fit_counts(np.asarray(y, float), np.empty((ROWS, LANES)), fit)
    return fit


@given(st.integers(0, 2**31), st.sampled_from([0.1, 1.0, 8.0, 60.0, 3000.0]))
@settings(max_examples=40)
def test_likelihoods_of_counts_are_scipys(seed, mean):
    draws = np.random.default_rng(seed)
    y = draws.negative_binomial(0.7, 0.7 / (0.7 + mean), 60).astype(float)
    y[0] = 1.0
    lanes = lanes_of(seed)
    fill_count_likelihoods(y, y.mean(), lanes)
    for k in (0, 7, LANES - 1):
        total, level = oracle.count_log_likelihood(
            y, y.mean(), lanes[ALPHA, k], lanes[DISPERSION, k]
        )
        # Stirling's series errs by 1e-10 a count at most, scipy's difference of two large
        # logarithms by as much.
        assert lanes[TOTAL, k] == pytest.approx(total, rel=1e-9, abs=1e-7)
        assert lanes[LEVEL, k] == pytest.approx(level, rel=1e-12)


@given(st.integers(0, 2**31), st.floats(0.02, 0.98))
@settings(max_examples=40)
def test_likelihoods_of_chances_are_the_trials_own(seed, chance):
    y = (np.random.default_rng(seed).random(70) < chance).astype(float)
    lanes = lanes_of(seed)
    fill_chance_likelihoods(y, chance, lanes)
    for k in (0, 11):
        total, level = oracle.chance_log_likelihood(y, chance, lanes[ALPHA, k])
        assert lanes[TOTAL, k] == pytest.approx(total, rel=1e-9)
        assert lanes[LEVEL, k] == pytest.approx(level, rel=1e-12)


def test_the_level_is_averaged_over_smoothing_parameters_by_likelihood():
    y = np.random.default_rng(4).poisson(0.6, 50) * 2.0
    fit = fitted(y)
    expected = oracle.averaged(y, y.mean(), ALPHAS, fit[SPREAD])
    assert fit[NEXT] == pytest.approx(expected, rel=1e-9)
    assert ALPHAS[0] <= fit[SMOOTHING] <= ALPHAS[-1]


@pytest.mark.parametrize("dispersion", [1.5, 3.0, 10.0])
def test_the_dispersion_that_made_the_counts_is_found(dispersion):
    law = oracle.negative_binomial(2.0, dispersion)
    y = law.rvs(4000, random_state=1)
    # Two standard errors of the moment estimate, sqrt(2 / n) and more for heavy tails, and the
    # grid's last step, are below a tenth.
    assert fitted(y)[SPREAD] == pytest.approx(dispersion, rel=0.1)


def test_no_dispersion_on_a_finer_grid_is_likelier_by_much():
    y = oracle.negative_binomial(0.5, 2.5).rvs(80, random_state=3).astype(float)
    fit, lanes = fitted(y), np.empty((ROWS, LANES))

    def best_total(dispersion):
        lanes[ALPHA], lanes[DISPERSION] = ALPHAS, dispersion
        fill_count_likelihoods(y, y.mean(), lanes)
        return lanes[TOTAL].max()

    finer = max(best_total(d) for d in 1.0 + np.geomspace(1e-3, 100.0, 400))
    assert best_total(fit[SPREAD]) > finer - 0.05


def test_a_rising_level_is_followed_and_a_steady_one_is_held():
    draws = np.random.default_rng(5)
    rising = fitted(np.concatenate([draws.poisson(0.3, 60), draws.poisson(4.0, 30)]))
    steady = fitted(draws.poisson(2.0, 200))
    assert rising[NEXT] > 3.0
    assert rising[SMOOTHING] > steady[SMOOTHING]
    assert steady[NEXT] == pytest.approx(2.0, abs=0.45)


@pytest.mark.parametrize("y", [[0.0], [0.0] * 30])
def test_no_demand_has_no_mean(y):
    assert fitted(y)[[START, NEXT, EVIDENCE]].tolist() == [0.0, 0.0, 0.0]


def test_a_pause_after_a_long_run_of_demand_is_unlikely_and_not_impossible():
    y = np.concatenate([[0.0], np.ones(400), [0.0], np.ones(3)])
    lanes = lanes_of(0)
    lanes[ALPHA] = ALPHAS
    fill_chance_likelihoods(y, y.mean(), lanes)
    assert np.isfinite(lanes[TOTAL]).all()
    total, _ = oracle.chance_log_likelihood(y, y.mean(), ALPHAS[-1])
    assert lanes[TOTAL, -1] == pytest.approx(total, rel=1e-9)


def test_demand_in_every_period_is_certain():
    fit = np.empty(FIT)
    fit_chances(np.ones(20), np.empty((ROWS, LANES)), fit)
    assert fit[NEXT] == 1.0


@given(st.integers(0, 2**31))
@settings(max_examples=15)
def test_a_series_is_fitted_the_same_in_any_company(seed):
    draws = np.random.default_rng(seed)
    series = [draws.poisson(0.8, n).astype(float) for n in draws.integers(1, 50, 5)]
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    fits = np.empty((5, FIT))
    fit_count_batch(np.concatenate(series), offsets, fits)
    assert np.array_equal(fits, [fitted(y) for y in series])


# SciPy's law of sizes far smaller than these has no probabilities to add up.
SIZES = st.just(0.0) | st.floats(1e-6, 20.0)


@given(st.floats(0.01, 1.0), SIZES, st.floats(1.01, 9.0))
@settings(max_examples=40)
def test_quantiles_of_a_hurdle_are_its_probabilities_added_up(chance, size, dispersion):
    levels = np.array([0.05, 0.3, 0.5, 0.8, 0.95, 0.99])
    out = np.empty(6)
    hurdle_quantiles(chance, size, dispersion, levels, out)
    expected = [oracle.hurdle_quantile(chance, size, dispersion, level) for level in levels]
    # A level that a count reaches to within rounding may take the next one.
    assert np.abs(out - expected).max() <= 1.0
    assert (out == expected).mean() > 0.6


def test_the_first_step_of_paths_has_the_fitted_law_and_later_ones_its_variance():
    y = oracle.negative_binomial(1.2, 2.0).rvs(60, random_state=2).astype(float)
    fits = fitted(y)[None]
    paths = np.empty((1, 40_000, 8))
    fill_count_paths(7, np.array([3], np.uint64), fits, paths)
    law = oracle.negative_binomial(fits[0, NEXT], fits[0, SPREAD])
    shares = [(paths[0, :, 0] == count).mean() for count in range(6)]
    # Four standard errors of a share of 40,000 draws.
    assert np.allclose(shares, law.pmf(range(6)), atol=4 * 0.5 / 200)
    expected = fits[0, NEXT] * np.array([spread_after(fits[0], step) for step in range(8)])
    # Four standard errors of a variance whose kurtosis is below ten.
    assert np.allclose(paths[0].var(axis=0), expected, rtol=4 * np.sqrt(9 / 40_000))
    assert np.allclose(paths[0].mean(axis=0), fits[0, NEXT], atol=4 * np.sqrt(expected / 40_000))


def test_hurdle_paths_have_the_chance_and_the_size_that_were_fitted():
    draws = np.random.default_rng(8)
    y = (draws.random(80) < 0.3) * (1.0 + draws.poisson(2.0, 80))
    chances, sizes = np.empty((1, FIT)), np.empty((1, FIT))
    fit_hurdle_batch(y, np.array([0, 80]), chances, sizes)
    paths = np.empty((1, 40_000, 4))
    fill_hurdle_paths(1, np.array([9], np.uint64), chances, sizes, paths)
    assert (paths[0] > 0).mean(axis=0) == pytest.approx(chances[0, NEXT], abs=4 * 0.5 / 200)
    demands = paths[0, :, 0][paths[0, :, 0] > 0]
    error = 4 * demands.std() / np.sqrt(len(demands))
    assert demands.mean() == pytest.approx(1.0 + sizes[0, NEXT], abs=error)
    assert (paths == np.floor(paths)).all()
