"""Quantiles of losses: between order statistics, and errors that are their spread."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import ndtri

from kernels.sobol import sobol_uniforms
from risk.measures.loss_quantiles import PROBABILITIES, measure_quantiles
from risk.measures.tail import quantile_errors, quantile_growth

RANDOMISATIONS = 16


def quasi_random(seed, n=4_096):
    return ndtri(sobol_uniforms(2, n, RANDOMISATIONS, seed)).sum(axis=0)


def independent(seed, n=4_096):
    return np.random.default_rng(seed).normal(size=n)


@pytest.mark.parametrize(
    ("draw", "dealt"), [(independent, None), (quasi_random, RANDOMISATIONS)], ids=["plain", "quasi"]
)
def test_errors_are_the_spread_over_seeds(draw, dealt):
    found = [measure_quantiles(draw(seed), randomisations=dealt) for seed in range(200)]
    spread = np.std([each.losses for each in found], axis=0, ddof=1)
    said = np.sqrt(np.mean([each.errors**2 for each in found], axis=0))
    ratio = spread / said
    # A deviation of 200 is off by a twentieth; four scenarios lie beyond the first quantile.
    assert_allclose(ratio[2:-2].mean(), 1.0, atol=0.06)
    assert_allclose(ratio[2:-2], 1.0, atol=0.25)
    assert ((ratio > 0.6) & (ratio < 1.2)).all()


def test_quasi_random_quantiles_are_known_better():
    sample = quasi_random(1)
    plain, dealt = measure_quantiles(sample), measure_quantiles(sample, 1, RANDOMISATIONS)
    assert_array_equal(plain.losses, dealt.losses)
    middle = slice(20, -20)
    assert np.median(dealt.errors[middle] / plain.errors[middle]) < 0.7


def test_quantiles_are_numpys_and_ascend():
    sample = independent(3, 500)
    found = measure_quantiles(sample)
    assert_array_equal(found.losses, np.quantile(sample, PROBABILITIES))
    assert (np.diff(found.losses) >= 0.0).all()
    assert (found.errors > 0.0).all()


def test_overlap_widens_each_error_as_that_of_value_at_risk():
    sample = independent(4, 500)
    growths = [quantile_growth(500, float(level), 10) for level in PROBABILITIES]
    assert_allclose(
        measure_quantiles(sample, 10).errors, growths * measure_quantiles(sample).errors
    )


@pytest.mark.parametrize("dealt", [None, RANDOMISATIONS])
def test_equal_losses_have_no_error(dealt):
    # The weights of order statistics add up to one but for rounding.
    assert_allclose(measure_quantiles(np.full(320, 2.5), 1, dealt).errors, 0.0, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 129, 1_000, 4_097])
def test_errors_are_those_of_each_quantile_alone_to_the_bit(n):
    sample = np.sort(independent(5, n))
    alone = [quantile_errors(sample[None], n, float(level))[0] for level in PROBABILITIES]
    assert_array_equal(measure_quantiles(sample).errors, alone)
