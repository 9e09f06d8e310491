"""Demand drawn inside a walk from a discrete law, by Walker's alias tables.

References
----------
Walker (1977), "An efficient method for generating discrete random variables with general
distributions", ACM TOMS 3(3); Vose (1991), IEEE Trans. Software Eng. 17(9) (building the table).
"""

import math

import numpy as np
from numba import njit, uint32

from kernels.arrays import Floats, Integers, Reals, Words32
from kernels.lane_tables import CAN_PICK, PART, pick_words
from kernels.philox import Stream
from kernels.stock_draws import DRAWS, fill_draws, fill_words
from kernels.unit_lanes import LANES_OF_WORDS, as_numbers, choose, load_units, store_units

_DEMAND = int(Stream.DEMAND_PATHS)
# Lifts any difference of two doubles in [0, 1] above one.
_VAST = 1e300
# Of a packed table's columns: larger ones leave the first-level cache.
_MOST_BITS = 12
# Of a table looked up part by part: with more, one by one is faster.
_MOST_PARTS = 8


@njit(cache=True, nogil=True)
def build_alias(probabilities: Floats, keep: Floats, alias: Integers) -> None:
    """Fill the alias table of one law.

    Parameters
    ----------
    probabilities : (n,) float64, not negative, summing to one
    keep : (n,) float64, overwritten: the chance that a column stands for itself
    alias : (n,) int64, overwritten: what it else stands for
    """
    n = probabilities.shape[0]
    scaled = probabilities * n
    small = np.empty(n, np.int64)
    large = np.empty(n, np.int64)
    n_small = 0
    n_large = 0
    for i in range(n):
        keep[i] = 1.0
        alias[i] = i
        if scaled[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        low = small[n_small]
        high = large[n_large - 1]
        keep[low] = scaled[low]
        alias[low] = high
        scaled[high] -= 1.0 - scaled[low]
        if scaled[high] < 1.0:
            n_large -= 1
            small[n_small] = high
            n_small += 1


@njit(cache=True, nogil=True)
def build_aliases(laws: Floats, keep: Floats, alias: Integers) -> bool:
    """Fill the alias tables of laws, and say whether all are laws.

    Parameters
    ----------
    laws : (n_laws, n) float64, probabilities; a law is finite, not negative, and sums to one
    keep, alias : (n_laws, n or more), overwritten; outcomes beyond ``n`` never come
    """
    padded = np.zeros(keep.shape[1])
    for law in range(laws.shape[0]):
        total = 0.0
        for outcome in range(laws.shape[1]):
            chance = laws[law, outcome]
            if not 0.0 <= chance <= 2.0:
                return False
            total += chance
            padded[outcome] = chance
        if abs(total - 1.0) > 1e-9:
            return False
        build_alias(padded, keep[law], alias[law])
    return True


@njit(cache=True, nogil=True)
def drawn_column(uniform: float, keep: Floats, alias: Integers) -> int:
    """Outcome of a law at a ``uniform`` draw in (0, 1), from its alias table."""
    place = uniform * keep.shape[0]
    column = np.int64(place)
    return int(column if place - column < keep[column] else alias[column])


@njit(cache=True, nogil=True)
def draw_row(keep: Floats, alias: Integers, unit: float, row: Floats) -> None:
    """Turn a row of uniform draws into demand.

    Parameters
    ----------
    keep, alias : (n_outcomes,), the law's alias table
    unit : units of one step of the law
    row : (n_paths,) float64, uniform draws in (0, 1), overwritten with units
    """
    n = keep.shape[0]
    for i in range(row.shape[0]):
        # `drawn_column` as arithmetic: as a branch, half the draws of a law are mispredicted.
        place = row[i] * n
        number = np.int64(place)
        column = np.float64(number)
        other = np.float64(alias[number])
        stays = min(max((keep[number] - (place - column)) * _VAST, 0.0), 1.0)
        row[i] = unit * (other + (column - other) * stays)


@njit(cache=True, nogil=True)
def packed_bits(n_outcomes: int) -> int:
    """Bits of a column where a table can be packed: it has a power of two of them; else 0."""
    bits = 0
    while (1 << bits) < n_outcomes:
        bits += 1
    return bits if (1 << bits) == n_outcomes and bits <= _MOST_BITS else 0


@njit(cache=True, nogil=True)
def pack_alias(keep: Floats, alias: Integers, bits: int, packed: Words32) -> None:
    """Fill a table that one look-up reads: what a column keeps of its draws, and its alias.

    A draw's first ``bits`` are its column, and the others, as a number, are compared with what the
    column keeps; both sides are whole, so that this is `drawn_column` exactly. A column that keeps
    all has itself as its alias.

    Parameters
    ----------
    keep, alias : (2**bits,), the law's alias table
    packed : (2**bits,) uint32, overwritten
    """
    draws = 2.0 ** (32 - bits)
    for n in range(keep.shape[0]):
        kept = max(math.ceil(keep[n] * draws - 0.5), 0.0)
        other = n if kept >= draws else alias[n]
        packed[n] = uint32((np.int64(min(kept, draws - 1.0)) << bits) | other)


@njit(cache=True, nogil=True)
def _look_up_in_lanes(words: Words32, packed: Words32, bits: int, unit: float, row: Reals) -> int:
    """Turn draws into demand many at once, and return how many: none where no instruction helps."""
    n_parts = packed.shape[0] // PART
    if not CAN_PICK or n_parts > _MOST_PARTS or packed.shape[0] < PART:
        return 0
    shift, own_bits = uint32(32 - bits), uint32(bits)
    outcomes, rest = uint32((1 << bits) - 1), uint32((1 << (32 - bits)) - 1)
    whole = row.shape[0] // LANES_OF_WORDS * LANES_OF_WORDS
    for place in range(0, whole, LANES_OF_WORDS):
        word = load_units(words, place)
        column = word >> shift
        entry = pick_words(packed, 0, column)
        for part in range(1, n_parts):
            here = (column >> uint32(5)) == uint32(part)
            entry = choose(here, pick_words(packed, part * PART, column), entry)
        stays = (word & rest) < (entry >> own_bits)
        units = as_numbers(choose(stays, column, entry & outcomes), row)
        store_units(row, place, units * unit)
    return int(whole)


@njit(cache=True, nogil=True, error_model="numpy")
def look_up_row(
    words: Words32, packed: Words32, bits: int, unit: float, entries: Words32, row: Reals
) -> None:
    """Turn a row of draws into demand by a packed table, in lanes.

    Parameters
    ----------
    words : (n_paths,) uint32, draws
    packed : (2**bits,) uint32, of `pack_alias`
    unit : units of one step of the law
    entries : (n_paths,) uint32 scratch
    row : (n_paths,) float64 or float32, overwritten with units
    """
    shift = uint32(32 - bits)
    own_bits = uint32(bits)
    outcomes = uint32((1 << bits) - 1)
    rest = uint32((1 << (32 - bits)) - 1)
    step = row.dtype.type(unit)
    done = _look_up_in_lanes(words, packed, bits, unit, row)
    # Apart, so that only the look-up itself is one by one.
    for i in range(done, row.shape[0]):
        entries[i] = packed[words[i] >> shift]
    for i in range(done, row.shape[0]):
        word = uint32(words[i])
        entry = uint32(entries[i])
        column = np.int32(word >> shift)
        other = np.int32(entry & outcomes)
        stays = uint32(word & rest) < uint32(entry >> own_bits)
        row[i] = step * row.dtype.type(column if stays else other)


@njit(cache=True, nogil=True)
def _fill_by_look_up(
    seed: int,
    entity: int,
    first_path: int,
    keep: Floats,
    alias: Integers,
    unit: float,
    bits: int,
    out: Reals,
) -> None:
    n_laws = keep.shape[0]
    # Whole parts of a table are looked up, whatever lies behind its end.
    packed = np.zeros((n_laws, max(keep.shape[1], PART)), np.uint32)
    for law in range(n_laws):
        pack_alias(keep[law], alias[law], bits, packed[law])
    words = np.empty((DRAWS + 1, out.shape[1]), np.uint32)
    for t in range(0, out.shape[0], DRAWS):
        fill_words(seed, _DEMAND, entity, first_path, t // DRAWS, words[:DRAWS])
        for k in range(DRAWS):
            law = (t + k) % n_laws
            look_up_row(words[k], packed[law], bits, unit, words[DRAWS], out[t + k])


@njit(cache=True, nogil=True)
def _fill_by_comparison(
    seed: int,
    entity: int,
    first_path: int,
    keep: Floats,
    alias: Integers,
    unit: float,
    out: Reals,
) -> None:
    n_laws = keep.shape[0]
    draws = np.empty((DRAWS, out.shape[1]))
    for t in range(0, out.shape[0], DRAWS):
        fill_draws(seed, _DEMAND, entity, first_path, t // DRAWS, draws)
        for k in range(DRAWS):
            law = (t + k) % n_laws
            draw_row(keep[law], alias[law], unit, draws[k])
            for i in range(out.shape[1]):
                out[t + k, i] = draws[k, i]


@njit(cache=True, nogil=True)
def fill_demand(
    seed: int,
    entity: int,
    first_path: int,
    keep: Floats,
    alias: Integers,
    unit: float,
    out: Reals,
) -> None:
    """Fill demand of a block of paths, drawn by (entity, path, period).

    Parameters
    ----------
    keep, alias : (n_laws, n_outcomes), alias tables; period t takes law t modulo n_laws
    unit : units of one step of the law
    out : (horizon rounded up to a multiple of 4, n_paths) float64 or float32, overwritten
    """
    bits = packed_bits(keep.shape[1])
    if bits > 0:
        _fill_by_look_up(seed, entity, first_path, keep, alias, unit, bits, out)
    else:
        _fill_by_comparison(seed, entity, first_path, keep, alias, unit, out)
