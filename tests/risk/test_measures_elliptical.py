"""Normal and t tails in closed form: published values, quadrature, refusals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from risk.errors import PlanError
from risk.measures.elliptical import elliptical_tail, relative_sampling_error, standard_tail

DAILY = 10_000.0 * 0.2 / np.sqrt(250.0)


# McNeil, Frey & Embrechts (2015), examples 2.11 and 2.14: a position of 10,000 at 20% a year.
@pytest.mark.parametrize(
    ("level", "degrees", "value_at_risk", "shortfall"),
    [
        (0.975, np.inf, 247.9, 295.7),
        (0.975, 4.0, 248.3, 357.2),
        (0.99, np.inf, 294.3, 337.1),
        (0.99, 4.0, 335.1, 466.9),
    ],
)
def test_tails_are_the_published_ones(level, degrees, value_at_risk, shortfall):
    tail = elliptical_tail(0.0, DAILY, level, degrees)
    assert float(tail.value_at_risk) == pytest.approx(value_at_risk, abs=0.05)
    assert float(tail.expected_shortfall) == pytest.approx(shortfall, abs=0.05)


# Asymptotic relative standard errors times the root of the sample size, printed with two digits.
@pytest.mark.parametrize(
    ("level", "degrees", "quantile", "shortfall"),
    [(0.99, np.inf, 1.60, 1.72), (0.975, np.inf, None, 1.37), (0.99, 4.0, 3.06, 4.78)],
)
def test_sampling_errors_are_the_published_ones(level, degrees, quantile, shortfall):
    errors = relative_sampling_error(level, degrees)
    assert errors[1] == pytest.approx(shortfall, abs=0.005)
    if quantile is not None:
        assert errors[0] == pytest.approx(quantile, abs=0.005)
    assert relative_sampling_error(0.975, 4.0)[1] == pytest.approx(3.22, abs=0.005)


@pytest.mark.parametrize("degrees", [2.5, 4.0, 30.0, np.inf])
@pytest.mark.parametrize("level", [0.6, 0.95, 0.999])
def test_moments_beyond_are_those_of_quadrature(level, degrees):
    law = stats.norm() if np.isinf(degrees) else stats.t(degrees)
    tail = standard_tail(level, degrees)
    share = 1.0 - level
    mean = integrate.quad(law.isf, 0.0, share, epsabs=0.0, limit=500)[0] / share
    assert_allclose(tail.quantile, law.ppf(level), rtol=1e-12)
    assert_allclose(tail.mean_beyond, mean, rtol=1e-6)
    if degrees > 2.5:
        # A power of the tail probability within 1/2 of diverging is beyond the quadrature.
        square = integrate.quad(lambda u: law.isf(u) ** 2, 0.0, share, epsabs=0.0, limit=500)[0]
        assert_allclose(tail.variance_beyond, square / share - mean**2, rtol=1e-4)


def test_many_books_at_once_and_their_means():
    tail = elliptical_tail(np.array([0.0, -5.0]), np.array([0.0, 2.0]), 0.99)
    assert tail.value_at_risk[0] == tail.expected_shortfall[0] == 0.0
    assert_allclose(tail.value_at_risk[1], -5.0 + 2.0 * stats.norm.ppf(0.99))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: elliptical_tail(0.0, 1.0, 0.99, 2.0), "degrees must be above 2"),
        (lambda: elliptical_tail(0.0, -1.0, 0.99), "deviation must be at least 0; got -1"),
        (lambda: elliptical_tail(0.0, np.nan, 0.99), "deviation must be at least 0; got nan"),
        (lambda: standard_tail(1.0), "level must be in"),
        (lambda: standard_tail(0.9, 1.0), "degrees must be above 1"),
        (lambda: relative_sampling_error(0.5), "level must be in"),
        (lambda: relative_sampling_error(0.9, 2.0), "degrees must be above 2"),
    ],
)
def test_what_is_out_of_range_is_refused(call, message):
    with pytest.raises(PlanError, match=message):
        call()
