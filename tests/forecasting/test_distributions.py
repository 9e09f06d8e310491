"""The law around a mean: dispersion and growth are found again, quantiles are a law's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.autocorrelation import error_autocorrelation
from forecasting.distributions import (
    LARGEST_GROWTH,
    LEVELS,
    PRIOR_ERRORS,
    PRIOR_GROWTH,
    Spread,
    bound_quantiles,
    estimate_growth,
    estimate_spread,
    growth_ahead,
    quantiles_of,
)
from forecasting.laws import choose_law, name_laws, score_law, usual_law
from forecasting.moments import Moments
from kernels.demand_laws import Law


def moments_of(mean, variance, whole, zero_share=0.0, n=1, about_line=None):
    return Moments(
        np.full(n, mean),
        np.full(n, variance),
        np.full(n, variance if about_line is None else about_line),
        np.full(n, zero_share),
        np.full(n, whole),
    )


def laws(kind, n=1):
    return np.full(n, int(kind), dtype=np.int64)


def test_without_errors_the_recent_variance_stands():
    nothing = np.full((1, 2, 7), np.nan)
    for kind, expected in ((Law.COUNT, 9.0 / 4.0), (Law.GAMMA, 9.0 / 16.0)):
        spread = estimate_spread(laws(kind), nothing, nothing, moments_of(4.0, 9.0, whole=True))
        assert spread.dispersion[0] == pytest.approx(expected)
        assert spread.growth[0] == PRIOR_GROWTH


def test_many_errors_outweigh_the_recent_variance():
    draws = np.random.default_rng(1)
    past = np.full((1, 400, 10), 50.0)
    actuals = draws.normal(50.0, 12.0, past.shape)
    spread = estimate_spread(laws(Law.GAMMA), past, actuals, moments_of(50.0, 1e4, whole=False))
    average = spread.dispersion[0] * growth_ahead(spread.growth, 10).mean()
    errors = past.size
    expected = (errors * 144.0 + PRIOR_ERRORS * 1e4) / (errors + PRIOR_ERRORS) / 2500.0
    # A variance of 4,000 normals has a relative standard error of sqrt(2 / 4000) = 2.2%.
    assert average == pytest.approx(expected, rel=4 * 0.022)


@pytest.mark.parametrize(("kind", "recent"), [(Law.COUNT, 400.0), (Law.GAMMA, 200.0)])
def test_as_many_errors_as_the_recent_variance_counts_for_go_half_the_way(kind, recent):
    past = np.full((1, int(PRIOR_ERRORS), 1), 50.0)
    moments = moments_of(50.0, 400.0, whole=kind == Law.COUNT, about_line=100.0)
    spread = estimate_spread(laws(kind), past, past + 10.0, moments)
    found = spread.dispersion[0] * 50.0 ** (1 if kind == Law.COUNT else 2)
    assert found == pytest.approx((100.0 + recent) / 2.0)


@pytest.mark.parametrize("growth", [0.0, 0.5, 2.0])
def test_growth_is_found_in_many_errors(growth):
    draws = np.random.default_rng(7)
    ahead = growth_ahead(np.array([growth]), 20)[0]
    squares = draws.normal(0.0, np.sqrt(ahead), (1, 3000, 20)) ** 2
    found = estimate_growth(squares, np.ones(squares.shape), np.array([60_000]))[0]
    # Standard error by simulation 0.04 at growth 2; 200 errors of the usual growth weigh 0.3%.
    assert found == pytest.approx(growth, abs=0.12)


def test_the_same_pattern_says_more_the_more_errors_show_it():
    found = []
    for windows in (2, 10, 4000):
        squares = np.zeros((1, windows, 4))
        squares[:, :, -1] = 1.0
        counts = np.array([windows * 4])
        found.append(estimate_growth(squares, np.ones(squares.shape), counts)[0])
    assert PRIOR_GROWTH < found[0] < found[1] < found[2] == LARGEST_GROWTH


@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 12))
@settings(max_examples=60)
def test_growth_stays_in_its_range(seed, windows, horizon):
    draws = np.random.default_rng(seed)
    squares = draws.gamma(0.2, 5.0, (4, windows, horizon))
    variances = draws.gamma(1.0, 2.0, squares.shape) * (draws.random(squares.shape) < 0.8)
    found = estimate_growth(squares, variances, np.full(4, windows * horizon))
    assert ((found >= 0.0) & (found <= LARGEST_GROWTH)).all()


@given(
    st.sampled_from(list(Law)),
    st.integers(0, 2**31),
    st.floats(0.0, 3.0),
)
@settings(max_examples=60)
def test_quantiles_are_not_negative_and_never_cross(law, seed, growth):
    draws = np.random.default_rng(seed)
    means = draws.gamma(0.5, 40.0, (3, 8))
    means[0, 0] = 0.0
    spread = Spread(
        laws(law, 3),
        draws.gamma(1.0, 1.0, 3) + 1e-4,
        np.full(3, growth),
        draws.uniform(0.0, 0.9, 3),
        np.sort(draws.gamma(2.0, 0.5, (3, 99)), axis=1),
    )
    quantiles = quantiles_of(spread, means)
    assert (quantiles >= 0.0).all()
    assert (np.diff(quantiles, axis=2) >= 0.0).all()


def test_quantiles_widen_ahead():
    spread = Spread(
        laws(Law.GAMMA), np.array([0.1]), np.array([1.0]), np.zeros(1), np.ones((1, 99))
    )
    quantiles = quantiles_of(spread, np.full((1, 6), 30.0))[0]
    assert (np.diff(quantiles[:, 89] - quantiles[:, 9]) > 0.0).all()


def test_a_window_is_scored_with_what_the_others_say():
    past = np.full((1, 2, 30), 100.0)
    actuals = np.full((1, 2, 30), 100.0)
    actuals[0, 1] += np.tile([40.0, -40.0], 15)
    moments = moments_of(100.0, 1.0, whole=False)
    _, covered = score_law(laws(Law.GAMMA), past, actuals, moments)
    # Calm errors give the wild window too narrow an interval, and the other way round.
    assert covered[0, 0].mean() == 1.0
    assert covered[0, 1].mean() == 0.0


@pytest.mark.parametrize(
    ("law", "mean", "dispersion"), [(Law.GAMMA, 30.0, 0.15), (Law.COUNT, 30.0, 3.0)]
)
def test_coverage_is_nominal_where_the_law_is_true(law, mean, dispersion):
    draws = np.random.default_rng(11)
    n, windows, horizon = 400, 6, 14
    past = np.full((n, windows, horizon), mean)
    if law == Law.GAMMA:
        actuals = draws.gamma(1 / dispersion, mean * dispersion, past.shape)
    else:
        actuals = draws.negative_binomial(mean / (dispersion - 1), 1 / dispersion, past.shape)
    variance = dispersion * (mean**2 if law == Law.GAMMA else mean)
    moments = moments_of(mean, variance, whole=law == Law.COUNT, n=n)
    _, covered = score_law(laws(law, n), past, actuals.astype(float), moments)
    # Both ends are inside, which counts of deviation 9.5 feel by up to one step: 4%. Estimating
    # the dispersion from 70 errors costs under 1%; the standard error is 0.2%.
    assert 0.79 < covered.mean() < 0.85


def test_the_usual_law_fits_the_units():
    moments = Moments(
        np.array([3.0, 3.0, 3.0]),
        np.ones(3),
        np.ones(3),
        np.array([0.5, 0.0, 0.5]),
        np.array([True, False, False]),
    )
    assert usual_law(moments).tolist() == [Law.COUNT, Law.GAMMA, Law.LOGNORMAL]


def test_counts_are_named_by_their_dispersion():
    spread = Spread(
        laws(Law.COUNT, 4),
        np.array([2.0, 1.0, 0.5, 1.0]),
        np.zeros(4),
        np.zeros(4),
        np.ones((4, 99)),
    )
    spread.law[3] = int(Law.EMPIRICAL)
    assert list(name_laws(spread)) == ["negative binomial", "Poisson", "binomial", "empirical"]


def test_low_counts_stay_counts():
    draws = np.random.default_rng(0)
    past = np.full((5, 3, 14), 4.0)
    actuals = draws.poisson(4.0, past.shape).astype(float)
    assert (choose_law(past, actuals, moments_of(4.0, 4.0, whole=True, n=5)) == Law.COUNT).all()


def test_a_law_that_fits_clearly_better_is_chosen():
    draws = np.random.default_rng(3)
    past = np.full((1, 8, 28), 100.0)
    sides = np.where(draws.random(past.shape) < 0.5, 40.0, 160.0)
    actuals = sides + draws.normal(0.0, 2.0, past.shape)
    moments = moments_of(100.0, 3600.0, whole=False)
    # Two heaps with nothing between them: no smooth law has that shape.
    assert choose_law(past, actuals, moments)[0] == Law.EMPIRICAL


def test_errors_of_an_autoregression_have_its_correlation():
    draws = np.random.default_rng(2)
    errors = np.empty((1, 500, 30))
    errors[:, :, 0] = draws.normal(size=(1, 500))
    for step in range(1, 30):
        errors[:, :, step] = 0.6 * errors[:, :, step - 1] + 0.8 * draws.normal(size=(1, 500))
    found = error_autocorrelation(np.zeros(errors.shape), errors)[0]
    # 14,500 pairs: standard error sqrt((1 - 0.36) / 14500) = 0.007.
    assert found == pytest.approx(0.6, abs=0.03)


def test_without_pairs_there_is_no_correlation():
    assert error_autocorrelation(np.full((1, 2, 1), 1.0), np.full((1, 2, 1), 2.0))[0] == 0.0


def test_levels_are_the_percentiles():
    assert len(LEVELS) == 99
    assert LEVELS[[0, 49, 98]].tolist() == [0.01, 0.5, 0.99]


def test_no_quantile_is_out_of_all_proportion_to_what_a_long_series_sold():
    quantiles = np.sort(np.random.default_rng(4).gamma(0.2, 500.0, (2, 3, 99)), axis=2)
    means = np.array([[10.0, 90.0, 40.0]] * 2)
    bounded = quantiles.copy()
    bound_quantiles(bounded, means, np.array([50.0, 50.0]), np.array([36, 35]))
    np.testing.assert_array_equal(bounded[0, [0, 2]], np.minimum(quantiles[0, [0, 2]], 100.0))
    np.testing.assert_array_equal(bounded[0, 1], np.minimum(quantiles[0, 1], 180.0))
    assert (quantiles[0, :, -1] > 180.0).all()
    np.testing.assert_array_equal(bounded[1], quantiles[1])
