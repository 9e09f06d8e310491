"""Poisson and negative binomial draws: exact, each from its own counter.

References
----------
Hörmann (1993), "The transformed rejection method for generating Poisson random variables",
Insurance: Mathematics and Economics 12(1), algorithm PTRS; Devroye (1986), "Non-uniform random
variate generation", ch. X.3.3 (sequential search) and X.4.7 (the gamma mixture).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Words
from kernels.gamma_draws import (
    FREE_ATTEMPT,
    LARGEST_SHAPE,
    SMALLEST_SHAPE,
    gamma_draw,
    require_draws,
)
from kernels.philox import Stream, uniform_pair_of_attempt

# At most three attempts in ten are rejected: this many in a row have a chance below 1e-60.
MOST_ATTEMPTS = 128
# From here on rejection is quicker than a search from zero, and valid.
_SEARCHED_BELOW = 10.0
_UNRESOLVED = 1e-17
# Beyond it the logarithm of a probability has fewer than seven digits left.
LARGEST_MEAN = 1e8


@njit(cache=True, nogil=True)
def poisson_draw(mean: float, seed: int, stream: int, entity: int, path: int, step: int) -> float:
    """Return a Poisson draw, a whole number.

    Parameters
    ----------
    mean : in [0, 1e8]
    seed, stream, entity, path, step : as in `kernels.philox`

    Returns
    -------
    A whole float; NaN where all attempts are rejected, which has a chance below 1e-60.
    """
    if mean < _SEARCHED_BELOW:
        place, _ = uniform_pair_of_attempt(seed, stream, entity, path, step, FREE_ATTEMPT)
        return float(_searched(mean, place))
    return float(_rejected(mean, seed, stream, entity, path, step))


@njit(cache=True, nogil=True)
def _searched(mean: float, place: float) -> float:
    """Return the smallest count whose probability reaches ``place``."""
    probability = math.exp(-mean)
    count = 0.0
    # Rounding may leave a part of the place that no probability covers: it ends far in the tail,
    # where all that remains is below what a uniform resolves.
    while place > probability and (count < mean or probability > _UNRESOLVED):
        place -= probability
        count += 1.0
        probability *= mean / count
    return count


@njit(cache=True, nogil=True)
def _rejected(mean: float, seed: int, stream: int, entity: int, path: int, step: int) -> float:
    root, log_mean = math.sqrt(mean), math.log(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    log_inverse_alpha = math.log(1.1239 + 1.1328 / (b - 3.4))
    squeeze = 0.9277 - 3.6224 / (b - 2.0)
    for attempt in range(FREE_ATTEMPT, FREE_ATTEMPT + MOST_ATTEMPTS):
        place, chance = uniform_pair_of_attempt(seed, stream, entity, path, step, attempt)
        centred = place - 0.5
        near_edge = 0.5 - abs(centred)
        count: float = math.floor((2.0 * a / near_edge + b) * centred + mean + 0.43) + 0.0
        if near_edge >= 0.07 and chance <= squeeze:
            return count
        if count < 0.0 or (near_edge < 0.013 and chance > near_edge):
            continue
        bound = math.log(chance) + log_inverse_alpha - math.log(a / (near_edge * near_edge) + b)
        if bound <= count * log_mean - mean - math.lgamma(count + 1.0):
            return count
    return math.nan


@njit(cache=True, nogil=True)
def negative_binomial_draw(
    mean: float, size: float, seed: int, stream: int, entity: int, path: int, step: int
) -> float:
    """Return a draw of the negative binomial law, a whole number: Poisson of a gamma mean.

    Parameters
    ----------
    mean : such that mean * (1 + 100 / size) is in [0, 1e8]
    size : in [0.06, 1e12]; the variance is mean + mean**2 / size
    seed, stream, entity, path, step : as in `kernels.philox`
    """
    gamma: float = gamma_draw(size, seed, stream, entity, path, step)
    drawn: float = poisson_draw(gamma * mean / size, seed, stream, entity, path, step)
    return drawn


@njit(cache=True, nogil=True)
def _fill_poissons(seed: int, stream: int, entities: Words, means: Floats, out: Floats) -> None:
    for e in range(out.shape[0]):
        for path in range(out.shape[1]):
            for step in range(out.shape[2]):
                out[e, path, step] = poisson_draw(means[e], seed, stream, entities[e], path, step)


@njit(cache=True, nogil=True)
def _fill_negative_binomials(
    seed: int, stream: int, entities: Words, means: Floats, sizes: Floats, out: Floats
) -> None:
    for e in range(out.shape[0]):
        for path in range(out.shape[1]):
            for step in range(out.shape[2]):
                out[e, path, step] = negative_binomial_draw(
                    means[e], sizes[e], seed, stream, entities[e], path, step
                )


def poissons(
    seed: int,
    entities: Words,
    means: Floats,
    n_paths: int,
    n_steps: int,
    stream: Stream = Stream.COUNT_DRAWS,
) -> Floats:
    """Poisson draws for each entity, path and step.

    Parameters
    ----------
    seed : in [0, 2**32)
    entities : (n_entities,) uint64, stable identities (not positions)
    means : (n_entities,) float64, in [0, 1e8]
    n_paths, n_steps : paths and steps of each entity, below 2**32
    stream : what the numbers are for

    Returns
    -------
    (n_entities, n_paths, n_steps) float64, whole; element [e, p, s] depends on
    (seed, stream, entities[e], means[e], p, s) alone.

    Raises
    ------
    ValueError
        Where the seed or a mean is out of range.
    """
    require_draws(seed, "mean", means, 0.0, LARGEST_MEAN)
    out = np.empty((len(entities), n_paths, n_steps))
    _fill_poissons(seed, int(stream), np.ascontiguousarray(entities, np.uint64), means, out)
    return out


def negative_binomials(
    seed: int,
    entities: Words,
    means: Floats,
    sizes: Floats,
    n_paths: int,
    n_steps: int,
    stream: Stream = Stream.COUNT_DRAWS,
) -> Floats:
    """Negative binomial draws for each entity, path and step.

    Parameters
    ----------
    seed, entities, n_paths, n_steps, stream : as of `poissons`
    means : (n_entities,) float64; means * (1 + 100 / sizes) are in [0, 1e8]
    sizes : (n_entities,) float64, in [0.06, 1e12]; variances are means + means**2 / sizes

    Raises
    ------
    ValueError
        Where the seed, a mean or a size is out of range.
    """
    require_draws(seed, "size", sizes, SMALLEST_SHAPE, LARGEST_SHAPE)
    # About the largest gamma mean that a uniform of 53 bits leads to.
    require_draws(seed, "mean * (1 + 100 / size)", means * (1.0 + 100.0 / sizes), 0.0, LARGEST_MEAN)
    out = np.empty((len(entities), n_paths, n_steps))
    words = np.ascontiguousarray(entities, np.uint64)
    _fill_negative_binomials(seed, int(stream), words, means, sizes, out)
    return out
