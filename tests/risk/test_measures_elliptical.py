"""Standard normal and t tails in closed form: published values, quadrature, refusals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from risk.errors import PlanError
from risk.measures.elliptical import standard_tail

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
    tail = standard_tail(level, degrees)
    # A plain t of 4 degrees has the variance 2.
    unit = DAILY if np.isinf(degrees) else DAILY / np.sqrt(2.0)
    assert unit * tail.quantile == pytest.approx(value_at_risk, abs=0.05)
    assert unit * tail.mean_beyond == pytest.approx(shortfall, abs=0.05)


@pytest.mark.parametrize("degrees", [1.5, 2.5, 4.0, 30.0, np.inf])
@pytest.mark.parametrize("level", [0.6, 0.95, 0.999])
def test_the_mean_beyond_is_that_of_quadrature(level, degrees):
    law = stats.norm() if np.isinf(degrees) else stats.t(degrees)
    tail = standard_tail(level, degrees)
    share = 1.0 - level
    mean = integrate.quad(law.isf, 0.0, share, epsabs=0.0, limit=500)[0] / share
    assert_allclose(tail.quantile, law.ppf(level), rtol=1e-12)
    assert_allclose(tail.mean_beyond, mean, rtol=1e-6)


@pytest.mark.parametrize(
    ("level", "degrees", "message"),
    [(1.0, np.inf, "level must be in"), (0.9, 1.0, "degrees must be above 1")],
)
def test_what_is_out_of_range_is_refused(level, degrees, message):
    with pytest.raises(PlanError, match=message):
        standard_tail(level, degrees)
