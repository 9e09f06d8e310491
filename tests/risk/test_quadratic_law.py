"""Delta-gamma tails in one factor: published values, and the transform beside the closed form."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from risk.scenarios import QuadraticLaw, quadratic_law, quadratic_tail
from tests.oracles.delta_gamma import cornish_fisher_value_at_risk, one_factor_tail


def law_of(delta, gamma, variance):
    """The law of a book in one factor: its loss is minus what the factor gains it."""
    return quadratic_law(
        0.0, np.array([delta]), np.array([[gamma]]), np.array([[np.sqrt(variance)]])
    )


# Open Source Risk Engine, test/deltagammavar.cpp. It gives the quantile of the gain; the gain of
# a book with gamma is the loss of the book with minus gamma.
@pytest.mark.parametrize(
    ("gamma", "variance", "published", "digits"),
    [(-10_000.0, 1.0, -0.785439, 5e-7), (1.0, 1e6, 3_317_448.3, 0.05)],
)
def test_one_factor_is_the_published_one(gamma, variance, published, digits):
    law = law_of(0.0, -gamma, variance)
    exact, _ = one_factor_tail(law.constant, law.linear[0], law.quadratic[0], 0.99)
    assert exact == pytest.approx(published, abs=digits)


def test_the_expansion_is_the_published_one_and_exact_without_curvature():
    expanded = cornish_fisher_value_at_risk(law_of(0.0, 10_000.0, 1.0), 0.99)
    assert expanded == pytest.approx(-4707.882, abs=5e-4)
    straight = law_of(-2.0, 0.0, 4.0)
    exact = quadratic_tail(straight, 0.975).value_at_risk
    assert_allclose(cornish_fisher_value_at_risk(straight, 0.975), exact, rtol=1e-9)


@pytest.mark.parametrize("level", [0.6, 0.95, 0.99])
@pytest.mark.parametrize("curvature", [-1.5, -0.1, 0.1, 1.5])
@pytest.mark.parametrize("slope", [0.5, -2.0])
def test_the_transform_has_the_tail_of_one_factor(slope, curvature, level):
    law = QuadraticLaw(0.3, np.array([slope]), np.array([curvature]))
    found = quadratic_tail(law, level)
    # Where one direction carries all, the transform dies out slowly.
    close = {"rtol": 0.0, "atol": 1e-4 * law.deviation}
    value_at_risk, shortfall = one_factor_tail(0.3, slope, curvature, level)
    assert_allclose(found.value_at_risk, value_at_risk, **close)
    assert_allclose(found.expected_shortfall, shortfall, **close)
