"""Gamma, chi-square and Student-t draws: exact, each from its own counter.

The methods reject now and then; a rejected draw goes on to the next attempt of its own counter,
so that a number depends on the seed, the stream, the entity, the path and the step alone.

References
----------
Marsaglia & Tsang (2000), "A simple method for generating gamma variables", ACM Transactions on
Mathematical Software 26(3); section 6 (shapes below one).
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Floats, Words
from kernels.normal import normal_quantile
from kernels.philox import Stream, uniform_pair_of_attempt

# At most one attempt in twenty is rejected: this many in a row have a chance below 1e-80.
MOST_ATTEMPTS = 64
_BOOST = 64
_NORMAL = 65
# The first attempt that no gamma, chi-square or t draw takes.
FREE_ATTEMPT = 66
# Of a smaller shape a draw could be less than the smallest number there is.
SMALLEST_SHAPE, LARGEST_SHAPE = 0.06, 1e12


@njit(cache=True, nogil=True)
def gamma_draw(shape: float, seed: int, stream: int, entity: int, path: int, step: int) -> float:
    """Return a draw of the gamma law of scale one, whose mean and variance are ``shape``.

    Parameters
    ----------
    shape : in [0.06, 1e12]
    seed, stream, entity, path, step : as in `kernels.philox`

    Returns
    -------
    A positive float; NaN where all attempts are rejected, which has a chance below 1e-80.
    """
    whole = shape if shape >= 1.0 else shape + 1.0
    d = whole - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    for attempt in range(MOST_ATTEMPTS):
        place, chance = uniform_pair_of_attempt(seed, stream, entity, path, step, attempt)
        x: float = normal_quantile(place)
        root = 1.0 + c * x
        if root <= 0.0:
            continue
        v = root * root * root
        if math.log(chance) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            if shape >= 1.0:
                return float(d * v)
            power, _ = uniform_pair_of_attempt(seed, stream, entity, path, step, _BOOST)
            return d * v * float(power ** (1.0 / shape))
    return math.nan


@njit(cache=True, nogil=True)
def chi_square_draw(
    degrees: float, seed: int, stream: int, entity: int, path: int, step: int
) -> float:
    """Return a draw of the chi-square law: of mean ``degrees`` and twice that variance.

    Parameters
    ----------
    degrees : degrees of freedom, in [0.12, 2e12], whole or not
    seed, stream, entity, path, step : as in `kernels.philox`
    """
    drawn: float = gamma_draw(0.5 * degrees, seed, stream, entity, path, step)
    return 2.0 * drawn


@njit(cache=True, nogil=True)
def student_t_draw(
    degrees: float, seed: int, stream: int, entity: int, path: int, step: int
) -> float:
    """Return a draw of Student's t of unit scale, whose variance is ``degrees / (degrees - 2)``.

    Parameters
    ----------
    degrees : degrees of freedom, in [0.12, 2e12], whole or not
    seed, stream, entity, path, step : as in `kernels.philox`
    """
    place, _ = uniform_pair_of_attempt(seed, stream, entity, path, step, _NORMAL)
    square: float = chi_square_draw(degrees, seed, stream, entity, path, step)
    return float(normal_quantile(place) * math.sqrt(degrees / square))


@njit(cache=True, nogil=True)
def _fill_gammas(seed: int, stream: int, entities: Words, shapes: Floats, out: Floats) -> None:
    for e in range(out.shape[0]):
        for path in range(out.shape[1]):
            for step in range(out.shape[2]):
                out[e, path, step] = gamma_draw(shapes[e], seed, stream, entities[e], path, step)


@njit(cache=True, nogil=True)
def _fill_ts(seed: int, stream: int, entities: Words, degrees: Floats, out: Floats) -> None:
    for e in range(out.shape[0]):
        for path in range(out.shape[1]):
            for step in range(out.shape[2]):
                out[e, path, step] = student_t_draw(
                    degrees[e], seed, stream, entities[e], path, step
                )


def gammas(
    seed: int,
    entities: Words,
    shapes: Floats,
    n_paths: int,
    n_steps: int,
    stream: Stream = Stream.GAMMA_DRAWS,
) -> Floats:
    """Gamma draws of scale one for each entity, path and step.

    Parameters
    ----------
    seed : in [0, 2**32)
    entities : (n_entities,) uint64, stable identities (not positions)
    shapes : (n_entities,) float64, in [0.06, 1e12]
    n_paths, n_steps : paths and steps of each entity, below 2**32
    stream : what the numbers are for

    Returns
    -------
    (n_entities, n_paths, n_steps) float64; element [e, p, s] depends on
    (seed, stream, entities[e], shapes[e], p, s) alone.

    Raises
    ------
    ValueError
        Where the seed or a shape is out of range.
    """
    require_draws(seed, "shape", shapes, SMALLEST_SHAPE, LARGEST_SHAPE)
    out = np.empty((len(entities), n_paths, n_steps))
    _fill_gammas(seed, int(stream), np.ascontiguousarray(entities, np.uint64), shapes, out)
    return out


def chi_squares(
    seed: int,
    entities: Words,
    degrees: Floats,
    n_paths: int,
    n_steps: int,
    stream: Stream = Stream.GAMMA_DRAWS,
) -> Floats:
    """Chi-square draws, as `gammas`; ``degrees`` is (n_entities,) float64, in [0.12, 2e12]."""
    require_draws(seed, "degrees", degrees, 2.0 * SMALLEST_SHAPE, 2.0 * LARGEST_SHAPE)
    return 2.0 * gammas(seed, entities, 0.5 * degrees, n_paths, n_steps, stream)


def student_ts(
    seed: int,
    entities: Words,
    degrees: Floats,
    n_paths: int,
    n_steps: int,
    stream: Stream = Stream.GAMMA_DRAWS,
) -> Floats:
    """Student-t draws of unit scale, as `gammas`; ``degrees`` is float64, in [0.12, 2e12]."""
    require_draws(seed, "degrees", degrees, 2.0 * SMALLEST_SHAPE, 2.0 * LARGEST_SHAPE)
    out = np.empty((len(entities), n_paths, n_steps))
    _fill_ts(seed, int(stream), np.ascontiguousarray(entities, np.uint64), degrees, out)
    return out


def require_draws(seed: int, name: str, values: Floats, lowest: float, highest: float) -> None:
    """Refuse a seed or a parameter that is out of its range or not a number."""
    if not 0 <= seed < 2**32:
        msg = f"seed must be in [0, 2**32); got {seed}"
        raise ValueError(msg)
    bad = np.flatnonzero(~((values >= lowest) & (values <= highest)))
    if len(bad):
        msg = f"{name} must be in [{lowest:g}, {highest:g}]; got {values[bad[0]]} at {bad[0]}"
        raise ValueError(msg)
