"""Moments of demand that is known to reach a bound: what a stock-out says of demand.

References
----------
Johnson, Kemp & Kotz (2005), *Univariate Discrete Distributions*, 3rd ed., 5.2 (the ratio of a
negative binomial's probabilities); Abramowitz & Stegun (1964), 6.5.21, 6.5.29 and 6.5.31 (the
incomplete gamma function's recurrence, series and continued fraction; 7.1.23, the error function's
asymptotic expansion); Temme (1979), "The asymptotic expansion of the incomplete gamma functions",
SIAM Journal on Mathematical Analysis 10(4), equations 1.4 and 3.1 (of great shapes).
"""

import math

from numba import njit

# Above this level, or this ratio of variance to mean, a count's tail is summed as a gamma's.
LARGEST_SUMMED = 100.0
_SMALL = 1e-12
_NOTHING = 1e-16
_LARGE = 1e200
# From this shape on two terms of an expansion are nearer than the series, which takes as many as
# the shape's root and loses in its exponents what the shape is larger than 1.
_GREAT_SHAPE = 1e6
# Nearer to its mean a law's variable is summed, as differences of it would cancel.
_SMALL_APART = 1e-3
_FAR = 10.0


@njit(cache=True, nogil=True)
def count_tail(bound: float, mean: float, dispersion: float) -> tuple[float, float]:
    """First and second moment of a count that is ``bound`` or more.

    Parameters
    ----------
    bound : units, not negative; a fraction counts as the whole unit above
    mean : units, not negative; with none demand is taken to be the bound
    dispersion : variance over mean; at one or less the law is Poisson's, above it negative
        binomial
    """
    least = 1.0 * math.ceil(bound)
    if mean <= 0.0:
        return least, least * least
    if mean > LARGEST_SUMMED or dispersion > LARGEST_SUMMED:
        first, second = gamma_tail(max(least - 0.5, 0.0), mean, dispersion / mean)
        return first, second
    spread = max(dispersion - 1.0, 0.0)
    size = mean / spread if spread > 0.0 else 0.0
    share = spread / dispersion if spread > 0.0 else 0.0
    weight, k = 1.0, least
    zeroth, first, second = 0.0, 0.0, 0.0
    while k <= mean or weight > _NOTHING * zeroth:
        zeroth += weight
        first += weight * k
        second += weight * k * k
        weight *= share * (k + size) / (k + 1.0) if spread > 0.0 else mean / (k + 1.0)
        k += 1.0
        if weight > _LARGE:
            weight, zeroth = weight / _LARGE, zeroth / _LARGE
            first, second = first / _LARGE, second / _LARGE
    return first / zeroth, second / zeroth


@njit(cache=True, nogil=True)
def gamma_tail(bound: float, mean: float, dispersion: float) -> tuple[float, float]:
    """First and second moment of a gamma law above ``bound``.

    Parameters
    ----------
    bound : units, not negative
    mean : units, not negative; with none demand is taken to be the bound
    dispersion : squared coefficient of variation, positive
    """
    if mean <= 0.0:
        return bound, bound * bound
    shape, scale = 1.0 / dispersion, mean * dispersion
    x = bound / scale
    edge = _edge(shape, x) if x > 0.0 else 0.0
    first = mean * (1.0 + edge)
    second = mean * scale * (shape + 1.0) * (1.0 + edge * (1.0 + x / (shape + 1.0)))
    return first, second


@njit(cache=True, nogil=True)
def _edge(shape: float, x: float) -> float:
    """Return x^shape exp(-x) / (Gamma(shape + 1) Q(shape, x))."""
    if shape > _GREAT_SHAPE:
        great: float = _edge_of_great_shape(shape, x)
        return great
    if x < shape + 1.0:
        front = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1.0))
        term, total, n = 1.0, 1.0, shape
        while term > _SMALL * total:
            n += 1.0
            term *= x / n
            total += term
        return front / (1.0 - front * total)
    # Lentz's evaluation of the continued fraction of Gamma(shape, x) / (x^shape exp(-x)).
    b = x + 1.0 - shape
    c, d = _LARGE, 1.0 / b
    fraction, i, factor = d, 0.0, 0.0
    while abs(factor - 1.0) > _SMALL:
        i += 1.0
        a = -i * (i - shape)
        b += 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        factor = c * d
        fraction *= factor
    return 1.0 / (shape * fraction)


@njit(cache=True, nogil=True)
def _edge_of_great_shape(shape: float, x: float) -> float:
    """Return the edge by the normal law of Temme's variable, with the first correction to it."""
    apart = x / shape - 1.0
    if abs(apart) < _SMALL_APART:
        eta, correction = apart * (1.0 - apart / 3.0), apart / 12.0 - 1.0 / 3.0
    else:
        eta = math.copysign(math.sqrt(2.0 * (apart - math.log1p(apart))), apart)
        correction = 1.0 / apart - 1.0 / eta
    z = eta * math.sqrt(0.5 * shape)
    above: float = math.sqrt(0.5 * math.pi * shape) * _scaled_erfc(z)
    return 1.0 / (above + correction)


@njit(cache=True, nogil=True)
def _scaled_erfc(z: float) -> float:
    """Return exp(z^2) erfc(z)."""
    if z < _FAR:
        return math.exp(z * z) * math.erfc(z)
    r = 0.5 / (z * z)
    return (1.0 - r * (1.0 - 3.0 * r * (1.0 - 5.0 * r))) / (z * math.sqrt(math.pi))
