"""Delta-gamma tails: published values, the transform, quadrature, refusals."""

from functools import cache, lru_cache

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from risk.errors import PlanError
from risk.measures.delta_gamma import cornish_fisher_value_at_risk, delta_gamma_tail
from risk.scenarios.quadratic_law import quadratic_law, quadratic_tail


def law_of(delta, gamma, variance, constant=0.0):
    """The law of a book in one factor: its loss is minus what the factor gains it."""
    return quadratic_law(
        constant, np.array([delta]), np.array([[gamma]]), np.array([[np.sqrt(variance)]])
    )


# Open Source Risk Engine, test/deltagammavar.cpp. It gives the quantile of the gain; the gain of
# a book with gamma is the loss of the book with minus gamma.
@pytest.mark.parametrize(
    ("gamma", "variance", "published", "digits"),
    [(-10_000.0, 1.0, -0.785439, 5e-7), (1.0, 1e6, 3_317_448.3, 0.05)],
)
def test_one_factor_is_exact(gamma, variance, published, digits):
    tail = delta_gamma_tail(law_of(0.0, -gamma, variance), 0.99)
    assert tail.value_at_risk == pytest.approx(published, abs=digits)


def test_the_expansion_is_the_published_one():
    expanded = cornish_fisher_value_at_risk(law_of(0.0, 10_000.0, 1.0), 0.99)
    assert expanded == pytest.approx(-4707.882, abs=5e-4)


@cache
def strips():
    """Return a standard normal in the middle of each of two million strips of one probability."""
    return stats.norm.ppf((np.arange(2_000_000) + 0.5) / 2_000_000)


@lru_cache(maxsize=1)
def losses_by_strip(delta, gamma):
    """Return the losses of a book in one factor, sorted."""
    z = strips()
    return np.sort(0.3 - delta * z - 0.5 * gamma * z**2)


@pytest.mark.parametrize("level", [0.6, 0.95, 0.99])
@pytest.mark.parametrize("gamma", [-3.0, -0.2, 0.2, 3.0])
@pytest.mark.parametrize("delta", [0.0, 0.5, -2.0])
def test_one_factor_agrees_with_the_mean_beyond_its_own_quantile(delta, gamma, level):
    law = law_of(delta, gamma, 1.0, constant=0.3)
    tail = delta_gamma_tail(law, level)
    losses = losses_by_strip(delta, gamma)
    beyond = losses[round(level * len(losses)) :]
    # The midpoint rule on two million strips leaves less than 1e-4 of a deviation.
    assert_allclose(tail.value_at_risk, beyond[0], atol=1e-4 * law.deviation)
    assert_allclose(tail.expected_shortfall, beyond.mean(), atol=1e-4 * law.deviation)


def test_many_factors_take_the_transform():
    rng = np.random.default_rng(1)
    gamma = rng.normal(size=(4, 4))
    law = quadratic_law(1.0, rng.normal(size=4), gamma + gamma.T, np.tri(4))
    assert delta_gamma_tail(law, 0.99) == quadratic_tail(law, 0.99)


def test_without_curvature_the_loss_is_normal_and_so_is_the_expansion():
    law = law_of(-2.0, 0.0, 4.0, constant=1.0)
    tail = delta_gamma_tail(law, 0.975)
    quantile = stats.norm.ppf(0.975)
    assert_allclose(tail.value_at_risk, 1.0 + 4.0 * quantile, rtol=1e-12)
    assert_allclose(tail.expected_shortfall, 1.0 + 4.0 * stats.norm.pdf(quantile) / 0.025)
    assert_allclose(cornish_fisher_value_at_risk(law, 0.975), tail.value_at_risk, rtol=1e-12)


@pytest.mark.parametrize("measure", [delta_gamma_tail, cornish_fisher_value_at_risk])
def test_what_is_out_of_range_is_refused(measure):
    with pytest.raises(PlanError, match="level must be in"):
        measure(law_of(1.0, 1.0, 1.0), 1.0)
    with pytest.raises(PlanError, match="deviation must be positive"):
        measure(law_of(0.0, 0.0, 1.0), 0.99)
