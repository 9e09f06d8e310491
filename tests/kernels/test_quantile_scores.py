"""Quantile scores: the oracle adds one loss at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.quantile_scores import fill_scores, pinball
from tests.oracles.forecasting import pinball_loss

LEVELS = np.arange(1, 100) / 100.0


@given(st.floats(0.0, 1e4), st.integers(0, 2**31))
@settings(max_examples=40)
def test_pinball_is_the_mean_loss_over_levels(actual, seed):
    quantiles = np.sort(np.random.default_rng(seed).gamma(2.0, 30.0, 99))
    expected = pinball_loss(actual, quantiles, LEVELS)
    # Sums of 99 terms in another order.
    assert pinball(actual, quantiles, LEVELS) == pytest.approx(expected, rel=1e-12)


def test_the_truth_in_every_quantile_costs_nothing():
    assert pinball(7.0, np.full(99, 7.0), LEVELS) == 0.0


def test_the_ends_of_the_interval_are_inside_it():
    quantiles = np.tile(np.arange(1.0, 100.0), (5, 1))
    actuals = np.array([10.0, 90.0, 9.9, 90.1, np.nan])
    losses, covered = np.empty(5), np.empty(5)
    fill_scores(actuals, quantiles, LEVELS, 9, 89, losses, covered)
    assert covered[:4].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert np.isnan(covered[4])
    assert np.isnan(losses[4])
    assert np.isfinite(losses[:4]).all()
