"""Laws of single factors: of their own moves, or t laws, over any horizon.

References
----------
Chernoff (1952), "A measure of asymptotic efficiency for tests of a hypothesis based on the sum of
observations", Annals of Mathematical Statistics 23(4) (how far a sum can go).
"""

import numpy as np
from numpy.fft import irfft, rfft
from scipy import special

from kernels.arrays import Floats

# Steps to a deviation on the grid of a sum: they add under 1e-4 of the variance.
_STEPS_IN_DEVIATION = 64
# Probability beyond the grid, and of the outermost knots.
_BEYOND = 1e-14
_KNOTS_EACH_SIDE = 1024
_INVERSE_DEGREES = np.linspace(1.0 / 50.0, 1.0 / 2.5, 96)


def score_knots(degrees: float | None) -> Floats:
    """Return scores out to a probability of 1e-14, denser at the centre, symmetric.

    Parameters
    ----------
    degrees : of a standard t; None is the normal law

    Returns
    -------
    (2049,) float64, ascending, evenly spaced in their inverse hyperbolic sine.
    """
    outer = special.ndtri(_BEYOND) if degrees is None else special.stdtrit(degrees, _BEYOND)
    positive = np.sinh(np.linspace(0.0, np.arcsinh(-outer), _KNOTS_EACH_SIDE + 1))
    return np.concatenate([-positive[:0:-1], positive])


def empirical_sums(own: Floats, horizon: int, levels: Floats) -> Floats:
    """Return quantiles of the sum of ``horizon`` independent days, drawn from each factor's own.

    The law of the sum is the horizon-fold convolution of the empirical one, on a grid of a 64th
    of a deviation.

    Parameters
    ----------
    own : (n_factors, n_returns) float64, moves about their mean, no NaN
    horizon : days
    levels : (n_levels,) float64, ascending, in (0, 1)

    Returns
    -------
    (n_factors, n_levels) float64, ascending along each row; zeros for a factor that never moves.
    """
    return np.array([_sum_quantiles(row, horizon, levels) for row in own])


def _sum_quantiles(days: Floats, horizon: int, levels: Floats) -> Floats:
    deviation = float(days.std())
    if deviation == 0.0:
        return np.zeros(len(levels))
    steps = days / deviation * _STEPS_IN_DEVIATION
    reach = max(_reach(steps, horizon), _reach(-steps, horizon))
    size = 2 ** int(np.ceil(np.log2(2.0 * reach + 2.0)))
    left = np.floor(steps).astype(np.int64)
    share = steps - left
    daily = np.bincount(left % size, 1.0 - share, size)
    daily += np.bincount((left + 1) % size, share, size)
    law = irfft(rfft(daily / len(days)) ** horizon, size)
    # Rounding leaves probabilities a little below zero.
    law = np.maximum(np.roll(law, size // 2), 0.0)
    below = np.cumsum(law)
    edges = (np.arange(size) - size // 2 + 0.5) * (deviation / _STEPS_IN_DEVIATION)
    return np.asarray(np.interp(levels, below / below[-1], edges))


def _reach(steps: Floats, horizon: int) -> float:
    """Return a bound that the sum exceeds with a probability of 1e-14 at most."""
    largest = float(steps.max())
    best = horizon * largest
    for tilt in np.geomspace(1e-3, 700.0, 200) / largest:
        growth = np.log(np.exp(tilt * (steps - largest)).mean()) + tilt * largest
        best = min(best, (horizon * growth - np.log(_BEYOND)) / tilt)
    return float(best)


def student_t_margins(own: Floats, horizon: int, levels: Floats) -> Floats:
    """Return quantiles of t laws with each factor's own deviation and degrees of freedom.

    The deviation is the sample's times the root of ``horizon``; the degrees are the same at every
    horizon.

    Parameters
    ----------
    own : (n_factors, n_returns) float64, moves about their mean, no NaN
    horizon : days
    levels : (n_levels,) float64, ascending, in (0, 1)

    Returns
    -------
    (n_factors, n_levels) float64, ascending along each row.
    """
    degrees = marginal_degrees(own)
    scales = _deviations(own) * np.sqrt(horizon * (degrees - 2.0) / degrees)
    return np.asarray(scales[:, None] * special.stdtrit(degrees[:, None], levels))


def marginal_degrees(own: Floats) -> Floats:
    """Return each factor's degrees of freedom, of greatest likelihood given its deviation.

    Parameters
    ----------
    own : (n_factors, n_returns) float64, moves about their mean, no NaN

    Returns
    -------
    (n_factors,) float64 in 2.5 to 50; a factor that never moves has 50.
    """
    deviations = _deviations(own)
    squares = (own / np.where(deviations > 0.0, deviations, 1.0)[:, None]) ** 2
    likelihoods = np.array([_likelihood(squares, 1.0 / inverse) for inverse in _INVERSE_DEGREES])
    best = likelihoods.argmax(axis=0)
    inner = np.clip(best, 1, len(_INVERSE_DEGREES) - 2)
    columns = np.arange(len(own))
    before, at, after = (likelihoods[inner + step, columns] for step in (-1, 0, 1))
    curvature = before - 2.0 * at + after
    # A parabola through three points; at the ends of the range the best point stands.
    usable = (best == inner) & (curvature < 0.0)
    shift = np.where(usable, 0.5 * (before - after) / np.where(usable, curvature, -1.0), 0.0)
    width = _INVERSE_DEGREES[1] - _INVERSE_DEGREES[0]
    found = 1.0 / (_INVERSE_DEGREES[best] + shift * width)
    return np.where(deviations > 0.0, found, 50.0)


def _likelihood(squares: Floats, degrees: float) -> Floats:
    """Return the mean log density of unit-variance t laws at standardised squares, by row."""
    constant = special.gammaln(0.5 * (degrees + 1.0)) - special.gammaln(0.5 * degrees)
    constant -= 0.5 * np.log(degrees - 2.0)
    kernel = np.log1p(squares / (degrees - 2.0)).mean(axis=1)
    return np.asarray(constant - 0.5 * (degrees + 1.0) * kernel)


def _deviations(own: Floats) -> Floats:
    return np.asarray(np.sqrt((own**2).sum(axis=1) / (own.shape[1] - 1)))
