"""Sample paths: marginals are the forecast's quantiles, and depend on the entity alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forecasting import PanelError, PlanError, sample_paths
from forecasting.distributions import QUANTILES

LEVELS = np.arange(1, 100) / 100.0
HORIZON = 5
N_PATHS = 20_000


def frames(laws, autocorrelation=0.5, horizon=HORIZON):
    """Return forecasts and champions of one series per (distribution name, scipy law)."""
    quantiles = np.repeat([law.ppf(LEVELS) for _, law in laws], horizon, axis=0)
    items = [f"I{n}" for n in range(len(laws))]
    forecasts = pd.DataFrame(quantiles, columns=QUANTILES)
    forecasts.insert(0, "item_id", np.repeat(items, horizon))
    forecasts.insert(0, "warehouse_id", "W")
    champions = pd.DataFrame(
        {
            "warehouse_id": "W",
            "item_id": items,
            "distribution": [name for name, _ in laws],
            "autocorrelation": autocorrelation,
        }
    )
    return forecasts, champions


GAMMA = ("gamma", stats.gamma(4.0, scale=5.0))
COUNT = ("negative binomial", stats.nbinom(2.0, 0.25))


@pytest.mark.parametrize("autocorrelation", [-0.4, 0.0, 0.8])
@pytest.mark.parametrize("law", [GAMMA, COUNT])
def test_marginals_are_the_quantiles(law, autocorrelation):
    forecasts, champions = frames([law], autocorrelation)
    paths = sample_paths(forecasts, champions, np.array([7], np.uint64), N_PATHS, 3)[0]
    quantiles = law[1].ppf(LEVELS)
    # A count takes a value as often as percentiles have it: 1% each, and half of one at either end.
    # Beyond 99% is the tail.
    inner = quantiles < quantiles[-1]
    counted = ((quantiles[:, None] >= quantiles).sum(axis=1) + 0.5) / 100.0
    levels = counted if law is COUNT else LEVELS
    # Four standard errors of a share of 20,000.
    tolerance = 4 * np.sqrt(levels * (1 - levels) / N_PATHS)
    for step in range(HORIZON):
        shares = (paths[:, step, None] <= quantiles).mean(axis=0)
        assert (np.abs(shares - levels) <= tolerance)[inner].all()
        assert shares[-1] >= 0.99 - tolerance[-1]


def test_the_mean_of_paths_is_that_of_the_law():
    forecasts, champions = frames([GAMMA, COUNT])
    paths = sample_paths(forecasts, champions, np.array([1, 2], np.uint64), N_PATHS, 3)
    for number, (_, law) in enumerate((GAMMA, COUNT)):
        error = law.std() / np.sqrt(N_PATHS * HORIZON) * 2
        # Steps within a path depend on each other, hence the two; tails beyond 1% and 99% are
        # approximate, half a percent of the mean.
        assert paths[number].mean() == pytest.approx(law.mean(), abs=4 * error + 0.005 * law.mean())


SKEWED = ("negative binomial", stats.nbinom(0.4, 0.05))
RARE = ("poisson", stats.poisson(0.3))


@pytest.mark.parametrize("law", [SKEWED, RARE, COUNT])
def test_counts_are_no_more_on_average_than_their_law(law):
    n_paths, words = 100_000, np.array([5], np.uint64)
    paths = sample_paths(*frames([law], 0.0), words, n_paths, 11)
    error = law[1].std() / np.sqrt(n_paths * HORIZON)
    # Where values lie between two percentiles is not known: half of one times what is beyond 1%.
    known = 0.005 * np.diff(law[1].ppf([0.01, 0.99]))[0] / np.sqrt(99)
    assert paths.mean() == pytest.approx(law[1].mean(), abs=4 * error + 4 * known)


def test_the_lower_tail_of_a_law_is_as_steep_as_its_end():
    far = ("gamma", stats.norm(1_000.0, 50.0))
    forecasts, champions = frames([far, ("gamma", stats.gamma(0.2, scale=9.0))])
    paths = sample_paths(forecasts, champions, np.array([7, 8], np.uint64), N_PATHS, 3)
    below = paths[0][paths[0] < far[1].ppf(0.01)]
    # One per cent of 100,000; the mean of an exponential is its slope, 22.6 here.
    assert len(below) == pytest.approx(1_000, abs=4 * np.sqrt(1_000) * 2)
    slope = np.diff(far[1].ppf([0.01, 0.1]))[0] / np.log(10.0)
    assert far[1].ppf(0.01) - below.mean() == pytest.approx(slope, rel=0.25)
    assert below.min() > 500.0
    assert (paths[1] >= 0.0).all()


@pytest.mark.parametrize("rho", [-0.4, 0.3, 0.9])
def test_dependence_over_time_is_the_autoregression(rho):
    forecasts, champions = frames([GAMMA], rho)
    paths = sample_paths(forecasts, champions, np.array([7], np.uint64), N_PATHS, 3)[0]
    scores = stats.norm.ppf(stats.rankdata(paths, axis=0) / (N_PATHS + 1))
    for lag in (1, 3):
        found = np.corrcoef(scores[:, 0], scores[:, lag])[0, 1]
        # Four standard errors of a correlation.
        assert found == pytest.approx(rho**lag, abs=4 / np.sqrt(N_PATHS))


def test_counts_stay_whole_and_nothing_is_negative():
    forecasts, champions = frames([COUNT, GAMMA])
    paths = sample_paths(forecasts, champions, np.array([1, 2], np.uint64), 2_000, 9)
    assert (paths >= 0.0).all()
    assert np.array_equal(paths[0], np.round(paths[0]))


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2**63), min_size=1, max_size=4))
@settings(max_examples=25)
def test_a_path_depends_on_its_seed_and_entity_alone(seed, entities):
    words = np.array(entities, np.uint64)
    forecasts, champions = frames([COUNT] * len(entities))
    together = sample_paths(forecasts, champions, words, 12, seed)
    alone_forecasts, alone_champions = frames([COUNT])
    for number in range(len(entities)):
        alone = sample_paths(alone_forecasts, alone_champions, words[[number]], 5, seed)
        assert np.array_equal(alone[0], together[number, :5])


def test_a_shorter_horizon_is_the_start_of_a_longer_one():
    words = np.array([3], np.uint64)
    long = sample_paths(*frames([GAMMA]), words, 10, 1)
    short = sample_paths(*frames([GAMMA], horizon=3), words, 10, 1)
    assert np.array_equal(long[:, :, :3], short)


def test_frames_that_do_not_fit_are_named():
    forecasts, champions = frames([GAMMA, COUNT])
    words = np.array([1, 2], np.uint64)
    with pytest.raises(PanelError, match="got 9 rows and 2 entities"):
        sample_paths(forecasts.iloc[1:], champions, words, 5, 0)
    with pytest.raises(PanelError, match="got 10 rows and 1 entities"):
        sample_paths(forecasts, champions, words[:1], 5, 0)
    with pytest.raises(PanelError, match="the same series in the same order"):
        sample_paths(forecasts, champions.iloc[::-1], words, 5, 0)


def test_a_seed_or_number_of_paths_out_of_range_is_named():
    forecasts, champions = frames([GAMMA])
    words = np.array([1], np.uint64)
    with pytest.raises(PlanError, match=r"seed must be in \[0, 4294967295\]; got -1"):
        sample_paths(forecasts, champions, words, 5, -1)
    with pytest.raises(PlanError, match="n_paths must be at least 1; got 0"):
        sample_paths(forecasts, champions, words, 0, 1)
