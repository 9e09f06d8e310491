"""Sobol points, scrambled by counters: a coordinate depends on its number and the seed alone.

The direction numbers are Joe and Kuo's, as SciPy ships them. Each randomisation multiplies them
by a random lower triangular matrix of bits and adds a random digital shift, which leaves every
point uniform and the points together a net.

References
----------
Joe & Kuo (2008), "Constructing Sobol sequences with better two-dimensional projections", SIAM
Journal on Scientific Computing 30(5); Matousek (1998), "On the L2-discrepancy for anchored
boxes", Journal of Complexity 14(4), section 4 (linear scrambling); Owen (2003), "Variance with
alternative scramblings of digital nets", ACM TOMACS 13(4) (its variance is that of full nesting).
"""

import numpy as np
from numba import njit, uint64
from scipy.stats import qmc

from kernels.arrays import Floats, Words
from kernels.normal import normal_quantile
from kernels.philox import Stream, philox4x32

BITS = 32
MOST_DIMENSIONS = 21_201
_STREAM = int(Stream.SOBOL_SCRAMBLES)
_SHIFT_STEP = BITS
_UNIT = 1.0 / 2.0**BITS
_ONE = uint64(1)
_LOW = uint64(0xFFFFFFFF)


def direction_numbers(n_dimensions: int, n_points: int) -> Words:
    """Return the direction numbers that ``n_points`` points need.

    Parameters
    ----------
    n_dimensions : 1 to 21,201
    n_points : 1 to 2**30

    Returns
    -------
    (n_dimensions, n_bits) uint64, 32-bit fractions, n_bits the binary digits of n_points - 1.
    """
    if not 1 <= n_dimensions <= MOST_DIMENSIONS:
        raise ValueError(f"n_dimensions must be 1 to {MOST_DIMENSIONS}; got {n_dimensions}")
    if not 1 <= n_points <= 2**30:
        raise ValueError(f"n_points must be 1 to 2**30; got {n_points}")
    n_bits = max(1, (n_points - 1).bit_length())
    engine = qmc.Sobol(n_dimensions, scramble=False, bits=BITS)
    numbers = np.zeros((n_dimensions, n_bits), np.uint64)
    place = 0
    for bit in range(n_bits):
        # In Gray-code order point 2**k is direction number k, plus number k - 1.
        engine.fast_forward(2**bit - place)
        point = (engine.random(1)[0] * 2.0**BITS).astype(np.uint64)
        numbers[:, bit] = point ^ numbers[:, bit - 1] if bit else point
        place = 2**bit + 1
    return numbers


@njit(cache=True, nogil=True)
def _scramble_word(seed: int, randomisation: int, dimension: int, step: int) -> int:
    word, _, _, _ = philox4x32(
        uint64(step),
        uint64(randomisation),
        uint64(dimension),
        uint64(0),
        uint64(seed) & _LOW,
        uint64(_STREAM),
    )
    return word  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def scramble_directions(directions: Words, seed: int, randomisation: int, out: Words) -> None:
    """Fill ``out`` with direction numbers times a random matrix of bits, and a digital shift.

    Parameters
    ----------
    directions : (n_dimensions, n_bits) uint64
    seed : in [0, 2**32)
    randomisation : its number
    out : (n_dimensions, n_bits + 1) uint64, overwritten; the shift in the last column
    """
    n_dimensions, n_bits = directions.shape
    for d in range(n_dimensions):
        out[d, :] = uint64(0)
        for row in range(BITS):
            # Bit `row` of a result, counted from the top, is a random sum of the bits above it
            # and its own: the low `row` bits of the word choose among those.
            own = _ONE << uint64(BITS - 1 - row)
            above = _LOW ^ (own | (own - _ONE))
            chosen = (_scramble_word(seed, randomisation, d, row) & above) | own
            for bit in range(n_bits):
                parity = directions[d, bit] & chosen
                for width in (16, 8, 4, 2, 1):
                    parity ^= parity >> uint64(width)
                if parity & _ONE:
                    out[d, bit] |= own
        out[d, n_bits] = uint64(_scramble_word(seed, randomisation, d, _SHIFT_STEP))


@njit(cache=True, nogil=True)
def sobol_uniform(directions: Words, dimension: int, point: int) -> float:
    """Coordinate of one scrambled point, in (0, 1).

    Parameters
    ----------
    directions : (n_dimensions, n_bits + 1) uint64, of `scramble_directions`
    dimension : of the coordinate
    point : its number, below 2**n_bits
    """
    n_bits = directions.shape[1] - 1
    word = directions[dimension, n_bits]
    left = uint64(point)
    bit = 0
    while left != uint64(0):
        if left & _ONE:
            word ^= directions[dimension, bit]
        left >>= _ONE
        bit += 1
    return (np.float64(np.int64(word)) + 0.5) * _UNIT


@njit(cache=True, nogil=True)
def _fill_uniforms(directions: Words, first: int, randomisations: int, out: Floats) -> None:
    for d in range(out.shape[0]):
        for s in range(out.shape[1]):
            number = first + s
            out[d, s] = sobol_uniform(
                directions[number % randomisations], d, number // randomisations
            )


@njit(cache=True, nogil=True)
def fill_normal_quantiles(values: Floats) -> None:
    """Replace uniforms by standard normals, in place; (n_rows, n_columns) float64 in (0, 1)."""
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            values[row, column] = normal_quantile(values[row, column])


def sobol_uniforms(n_dimensions: int, n_scenarios: int, randomisations: int, seed: int) -> Floats:
    """Uniforms of independently scrambled Sobol sequences, interleaved.

    Parameters
    ----------
    n_dimensions : coordinates of each scenario
    n_scenarios : how many in all
    randomisations : independent sequences; scenario s is point s // randomisations of sequence
        s % randomisations
    seed : in [0, 2**32)

    Returns
    -------
    (n_dimensions, n_scenarios) float64 in (0, 1); element [d, s] depends on d, s, the seed and
    the number of randomisations alone.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be in [0, 2**32); got {seed}")
    if not 1 <= randomisations <= n_scenarios:
        raise ValueError(f"randomisations must be 1 to {n_scenarios}; got {randomisations}")
    plain = direction_numbers(n_dimensions, -(-n_scenarios // randomisations))
    scrambled = np.empty((randomisations, n_dimensions, plain.shape[1] + 1), np.uint64)
    for number in range(randomisations):
        scramble_directions(plain, seed, number, scrambled[number])
    out = np.empty((n_dimensions, n_scenarios))
    _fill_uniforms(scrambled, 0, randomisations, out)
    return out
