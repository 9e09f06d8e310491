"""Counter-based random numbers: a draw depends on what it is for, and on nothing else.

Philox4x32-10 is keyed by (seed, stream) and counted by (entity, path, step), so no thread,
chunk, order or device can change a number. Words are kept in the low half of 64-bit integers,
which lets the compiler multiply them in vector lanes.

References
----------
Salmon, Moraes, Dror & Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11.
"""

from enum import IntEnum

import numpy as np
from numba import njit, uint64

from kernels.arrays import Floats, Words

_LOW = uint64(0xFFFFFFFF)
_HALF = uint64(32)
# Attempts count in the upper half of the key's word of the stream, which no stream reaches.
_ATTEMPT = uint64(16)
_MULTIPLIER_0 = uint64(0xD2511F53)
_MULTIPLIER_1 = uint64(0xCD9E8D57)
_WEYL_0 = uint64(0x9E3779B9)
_WEYL_1 = uint64(0xBB67AE85)
_UNIT_53 = 1.0 / 9007199254740992.0


class Stream(IntEnum):
    """What a random number is for. Numbers of different streams are independent."""

    DEMAND_PATHS = 1
    LEAD_TIMES = 2
    MARKET_NORMALS = 3
    MARKET_TAILS = 4
    BACKFILL = 5
    BOOTSTRAP = 6
    COPULA_NORMALS = 7
    COPULA_TAILS = 8
    SPECIFIC_NORMALS = 9
    STATIONARY_BLOCKS = 10
    SOBOL_SCRAMBLES = 11
    SOBOL_REST = 12
    STARTING_DIRECTIONS = 13
    BACKTEST_DAYS = 14
    PORTFOLIO_NORMALS = 15
    PORTFOLIO_TAILS = 16
    FILTERED_DAYS = 17
    SMOOTHING_PATHS = 18
    COUNT_PATHS = 21
    SHARED_SCORES = 22


@njit(inline="always")
def philox4x32(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Ten rounds of Philox4x32 on counter words ``c0..c3`` with key words ``k0, k1``.

    Every argument and result is a uint64 that holds a 32-bit word.
    """
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _HALF) ^ c1 ^ k0
        c2 = (product_0 >> _HALF) ^ c3 ^ k1
        c1 = product_1 & _LOW
        c3 = product_0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@njit(inline="always")
def uniform_53(high, low):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Two 32-bit words as a uniform in the open interval (0, 1), 53 bits."""
    bits = (high << uint64(21)) ^ (low >> uint64(11))
    return (np.float64(np.int64(bits)) + 0.5) * _UNIT_53


@njit(inline="always")
def uniform_pair(seed, stream, entity, path, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Two independent uniforms in (0, 1) for one (entity, path, step) of a stream."""
    e = uint64(entity)
    w0, w1, w2, w3 = philox4x32(
        uint64(step) & _LOW,
        uint64(path) & _LOW,
        e & _LOW,
        e >> _HALF,
        uint64(seed) & _LOW,
        uint64(stream) & _LOW,
    )
    return uniform_53(w0, w1), uniform_53(w2, w3)


@njit(inline="always")
def uniform_pair_of_attempt(seed, stream, entity, path, step, attempt):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Two independent uniforms in (0, 1) for one attempt, below 2**16, at an (entity, path, step).

    A draw that may reject takes its next numbers from its own attempts, so that it never moves
    its neighbours. Attempt 0 is `uniform_pair`.
    """
    return uniform_pair(seed, uint64(stream) | (uint64(attempt) << _ATTEMPT), entity, path, step)


@njit(cache=True, nogil=True)
def _fill_uniforms(seed: int, stream: int, entities: Words, out: Floats) -> None:
    n_entities, n_paths, n_steps = out.shape
    for e in range(n_entities):
        for p in range(n_paths):
            for s in range(0, n_steps, 2):
                first, second = uniform_pair(seed, stream, entities[e], p, s // 2)
                out[e, p, s] = first
                if s + 1 < n_steps:
                    out[e, p, s + 1] = second


def uniforms(seed: int, stream: Stream, entities: Words, n_paths: int, n_steps: int) -> Floats:
    """Uniforms in (0, 1) for each entity, path and step.

    Parameters
    ----------
    seed : in [0, 2**32)
    stream : what the numbers are for
    entities : (n_entities,) uint64, stable identities (not positions)
    n_paths, n_steps : paths and steps of each entity, below 2**32

    Returns
    -------
    (n_entities, n_paths, n_steps) float64; element [e, p, s] depends on
    (seed, stream, entities[e], p, s) alone.
    """
    if not 0 <= seed < 2**32:
        msg = f"seed must be in [0, 2**32); got {seed}"
        raise ValueError(msg)
    out = np.empty((len(entities), n_paths, n_steps))
    _fill_uniforms(seed, int(stream), np.ascontiguousarray(entities, np.uint64), out)
    return out
