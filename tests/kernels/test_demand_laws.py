"""Laws of demand: quantiles of every law from a mean and a dispersion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kernels.demand_laws import LARGEST_WALK, Law, fill_quantiles, law_quantiles
from kernels.empirical_law import SMOOTHING_ERRORS, ratio_quantiles
from kernels.gamma_law import gamma_table

LEVELS = np.arange(1, 100) / 100.0
TABLE = gamma_table(LEVELS)
RATIOS = np.linspace(0.2, 1.8, 99)


def quantiles(law, mean, dispersion, zero_share=0.0, ratios=RATIOS):
    out = np.empty(99)
    law_quantiles(int(law), mean, dispersion, zero_share, ratios, LEVELS, TABLE, out)
    return out


@given(
    st.sampled_from(list(Law)),
    st.floats(0.0, 1e5),
    st.floats(1e-4, 50.0),
    st.floats(0.0, 0.99),
)
@settings(max_examples=150)
def test_quantiles_ascend_and_are_not_negative(law, mean, dispersion, zero_share):
    found = quantiles(law, mean, dispersion, zero_share)
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()
    assert (np.diff(found) >= 0.0).all()


@pytest.mark.parametrize("law", list(Law))
def test_no_mean_is_no_demand_and_no_number_is_none(law):
    assert (quantiles(law, 0.0, 1.0) == 0.0).all()
    assert np.isnan(quantiles(law, np.nan, 1.0)).all()


@pytest.mark.parametrize("zero_share", [0.0, 0.3])
def test_a_lognormal_is_that_of_scipy_above_its_zeros(zero_share):
    mean, dispersion = 20.0, 0.8
    positive = 1.0 - zero_share
    spread = np.sqrt(np.log((1.0 + dispersion) * positive))
    law = stats.lognorm(spread, scale=mean / positive * np.exp(-0.5 * spread**2))
    above = zero_share < LEVELS
    expected = np.where(above, law.ppf(np.where(above, LEVELS - zero_share, 0.5) / positive), 0.0)
    assert np.allclose(quantiles(Law.LOGNORMAL, mean, dispersion, zero_share), expected)


def test_a_lognormal_has_the_mean_and_variance_it_is_given():
    mean, dispersion, zero_share = 20.0, 0.8, 0.3
    levels = (np.arange(400_000) + 0.5) / 400_000
    out = np.empty(len(levels))
    law_quantiles(int(Law.LOGNORMAL), mean, dispersion, zero_share, RATIOS, levels, TABLE, out)
    # The midpoint rule loses the part of the tail beyond the last of 400,000 levels.
    assert out.mean() == pytest.approx(mean, rel=1e-3)
    assert out.var() == pytest.approx(dispersion * mean**2, rel=2e-2)


@pytest.mark.parametrize(("mean", "dispersion"), [(90_000.0, 1.0), (5_000.0, 400.0)])
def test_wide_counts_are_whole_and_close_to_scipy(mean, dispersion):
    assert mean * dispersion > LARGEST_WALK**2
    law = (
        stats.poisson(mean)
        if dispersion == 1.0
        else stats.nbinom(mean / (dispersion - 1.0), 1.0 / dispersion)
    )
    found = quantiles(Law.COUNT, mean, dispersion)
    deviation = np.sqrt(mean * dispersion)
    assert np.array_equal(found, np.round(found))
    # The third moments differ; a hundredth of a deviation is below what a backtest can tell.
    assert np.abs(found - law.ppf(LEVELS)).max() < 0.01 * deviation


def test_the_average_of_the_percentiles_is_close_to_the_mean():
    for law, dispersion in ((Law.COUNT, 2.0), (Law.GAMMA, 0.25), (Law.LOGNORMAL, 0.25)):
        # What lies beyond 1% and 99% is missing from it: a few hundredths of a deviation.
        assert quantiles(law, 40.0, dispersion).mean() == pytest.approx(40.0, rel=0.02)


def test_every_period_is_filled_with_its_own_law():
    laws = np.array([Law.COUNT, Law.GAMMA], dtype=np.int64)
    means = np.array([[3.0, 4.0], [5.0, np.nan]])
    dispersions = np.array([[1.5, 2.0], [0.2, 0.3]])
    out = np.empty((2, 2, 99))
    ratios = np.ones((2, 99))
    fill_quantiles(laws, means, dispersions, np.zeros(2), ratios, LEVELS, TABLE, out)
    for s in range(2):
        for t in range(2):
            expected = quantiles(laws[s], means[s, t], dispersions[s, t])
            assert np.array_equal(out[s, t], expected, equal_nan=True)


def test_a_wider_empirical_law_keeps_its_centre():
    narrow = quantiles(Law.EMPIRICAL, 10.0, 1.0)
    wide = quantiles(Law.EMPIRICAL, 10.0, 1.44)
    assert np.allclose(narrow, 10.0 * RATIOS)
    assert np.allclose(wide - 10.0, 1.2 * (narrow - 10.0))


def test_ratios_are_blended_by_how_many_there_are():
    draws = np.random.default_rng(5)
    past, actuals = np.full(240, 8.0), draws.gamma(4.0, 2.0, 240)
    actuals[::10] = np.nan
    smooth = stats.gamma(4.0, scale=0.25).ppf(LEVELS)
    out = smooth.copy()
    ratio_quantiles(past, actuals, LEVELS, out)
    ratios = actuals[~np.isnan(actuals)] / 8.0
    found = np.quantile(ratios, LEVELS)
    weight = len(ratios) / (len(ratios) + SMOOTHING_ERRORS)
    expected = weight * found * smooth.mean() / found.mean() + (1 - weight) * smooth
    assert np.allclose(out, expected, rtol=1e-12)
    assert out.mean() == pytest.approx(smooth.mean(), rel=1e-12)


def test_without_errors_the_smooth_law_stays():
    out = RATIOS.copy()
    ratio_quantiles(np.array([0.0, 5.0]), np.array([1.0, np.nan]), LEVELS, out)
    assert np.array_equal(out, RATIOS)
