"""A number that tells whether a history is still the one that was seen.

Every period's value, flag and number are mixed to 64 bits, and the bits of all periods added up
modulo 2**64: so a history that grows adds to its hash, and the order of adding does not matter.

References
----------
Steele, Lea & Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA (the finaliser
is SplitMix64's).
"""

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats, Integers, Words
from kernels.bits import bits_64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_THIRTY, _TWENTY_SEVEN, _THIRTY_ONE = np.uint64(30), np.uint64(27), np.uint64(31)
_ONE = np.uint64(1)


@njit(inline="always")
def _mix(word: np.uint64) -> np.uint64:
    """Return the word with every bit a function of all of its bits."""
    word = (word ^ (word >> _THIRTY)) * _FIRST
    word = (word ^ (word >> _TWENTY_SEVEN)) * _SECOND
    return word ^ (word >> _THIRTY_ONE)


@njit(cache=True, nogil=True)
def _fill_hashes(
    values: Floats, flags: Flags, starts: Integers, stops: Integers, first: Integers, out: Words
) -> None:
    for series in range(starts.shape[0]):
        total, period = np.uint64(0), np.uint64(first[series])
        for place in range(starts[series], stops[series]):
            # Zero has two signs and one value.
            bits = np.uint64(bits_64(values[place] + 0.0))
            where = (period << _ONE) + np.uint64(flags[place])
            total += _mix(bits ^ _mix(where * _GOLDEN))
            period += _ONE
        out[series] = total


def hash_histories(
    values: Floats, flags: Flags, starts: Integers, stops: Integers, first: Integers
) -> Words:
    """Return a hash of each history.

    Two histories that differ have the same one by a chance of 2**-64; it is no protection against
    one who means them to.

    Parameters
    ----------
    values : (n_observations,) float64, no NaN
    flags : (n_observations,) bool, what else is known of each
    starts, stops : (n_series,) int64, the places of each history in them
    first : (n_series,) int64, number of the period at each start

    Returns
    -------
    (n_series,) uint64; the hash of two stretches on end is the sum of theirs, modulo 2**64.
    """
    out = np.empty(starts.shape[0], np.uint64)
    _fill_hashes(values, flags, starts, stops, first, out)
    return out
