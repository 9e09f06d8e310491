"""Student-t innovations of variance one: how likelihood and information turn on their degrees.

References
----------
Bollerslev (1987), "A conditionally heteroskedastic time series model", Review of Economics and
Statistics 69(3); Lange, Little & Taylor (1989), "Robust statistical modeling using the t
distribution", JASA 84, appendix B (information); Abramowitz & Stegun (1972), 6.3.18 and 6.4.12.
"""

import math

from numba import njit

# The series are good to 1e-16 from here on; below, recurrences lead up to here.
_SERIES_FROM = 10.0


@njit(cache=True, nogil=True)
def digamma(x: float) -> float:
    """Logarithmic derivative of the gamma function, x > 0."""
    total = 0.0
    while x < _SERIES_FROM:
        total -= 1.0 / x
        x += 1.0
    r = 1.0 / (x * x)
    series = r * (
        1.0 / 12.0
        - r
        * (
            1.0 / 120.0
            - r * (1.0 / 252.0 - r * (1.0 / 240.0 - r * (1.0 / 132.0 - r * 691.0 / 32760.0)))
        )
    )
    return total + math.log(x) - 0.5 / x - series


@njit(cache=True, nogil=True)
def trigamma(x: float) -> float:
    """Second logarithmic derivative of the gamma function, x > 0."""
    total = 0.0
    while x < _SERIES_FROM:
        total += 1.0 / (x * x)
        x += 1.0
    r = 1.0 / (x * x)
    series = r * (
        1.0 / 6.0
        - r
        * (1.0 / 30.0 - r * (1.0 / 42.0 - r * (1.0 / 30.0 - r * (5.0 / 66.0 - r * 691.0 / 2730.0))))
    )
    return total + 1.0 / x + 0.5 * r + series / x


@njit(cache=True, nogil=True)
def density_constant(degrees: float) -> float:
    """Logarithm of the density at zero."""
    return (
        math.lgamma(0.5 * (degrees + 1.0))
        - math.lgamma(0.5 * degrees)
        - 0.5 * math.log(math.pi * (degrees - 2.0))
    )


@njit(cache=True, nogil=True)
def constant_slope(degrees: float) -> float:
    """Slope of `density_constant` by the degrees."""
    slope: float = 0.5 * (
        digamma(0.5 * (degrees + 1.0)) - digamma(0.5 * degrees) - 1.0 / (degrees - 2.0)
    )
    return slope


@njit(cache=True, nogil=True)
def information(degrees: float) -> tuple[float, float, float, float]:
    """Fisher information of one observation of variance one.

    Returns
    -------
    That of its mean; of the logarithm of its variance; of that logarithm with the degrees; of
    the degrees.
    """
    mean = degrees * (degrees + 1.0) / ((degrees + 3.0) * (degrees - 2.0))
    # The law of a given scale is the textbook's; here it is the variance that is given.
    scale = degrees / (2.0 * (degrees + 3.0))
    scale_with_degrees = -1.0 / ((degrees + 1.0) * (degrees + 3.0))
    own = 0.25 * (trigamma(0.5 * degrees) - trigamma(0.5 * (degrees + 1.0))) - (degrees + 5.0) / (
        2.0 * degrees * (degrees + 1.0) * (degrees + 3.0)
    )
    slope = 2.0 / (degrees * (degrees - 2.0))
    mixed = scale * slope + scale_with_degrees
    return mean, scale, mixed, own + 2.0 * slope * scale_with_degrees + slope * slope * scale
