"""Draws for a block of paths, four periods from one counter, 32 bits each.

Stock needs no finer draws: a law's table resolves probabilities to 2**-32, and forecast paths,
which do, have their own.
"""

import numpy as np
from numba import njit, uint32, uint64

from kernels.arrays import Floats, Words32
from kernels.philox import philox4x32

DRAWS = 4
_LOW = uint64(0xFFFFFFFF)
_HALF = uint64(32)
_UNIT_32 = 1.0 / 4294967296.0


@njit(inline="always")
def four_words(seed, stream, entity, path, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Four words of 32 bits, in uint64, for one (entity, path, step) of a stream."""
    e = uint64(entity)
    return philox4x32(
        uint64(step) & _LOW,
        uint64(path) & _LOW,
        e & _LOW,
        e >> _HALF,
        uint64(seed) & _LOW,
        uint64(stream) & _LOW,
    )


@njit(inline="always")
def uniform_32(word):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return a word of 32 bits as a uniform in the open interval (0, 1), exactly."""
    return (np.float64(np.int64(word)) + 0.5) * _UNIT_32


@njit(inline="always")
def four_draws(seed, stream, entity, path, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Four uniforms in (0, 1), 32 bits each, for one (entity, path, step) of a stream."""
    w0, w1, w2, w3 = four_words(seed, stream, entity, path, step)
    return uniform_32(w0), uniform_32(w1), uniform_32(w2), uniform_32(w3)


@njit(cache=True, nogil=True)
def fill_words(
    seed: int, stream: int, entity: int, first_path: int, step: int, out: Words32
) -> None:
    """Fill words of one step, which covers four periods: draws as `fill_draws` has them, raw.

    Parameters
    ----------
    seed, stream, entity, step : as in `kernels.philox`
    first_path : number of the first path
    out : (4, n_paths) uint32, overwritten
    """
    first, second, third, fourth = out[0], out[1], out[2], out[3]
    for i in range(out.shape[1]):
        w0, w1, w2, w3 = four_words(seed, stream, entity, first_path + i, step)
        first[i], second[i], third[i], fourth[i] = uint32(w0), uint32(w1), uint32(w2), uint32(w3)


@njit(cache=True, nogil=True)
def fill_draws(
    seed: int, stream: int, entity: int, first_path: int, step: int, out: Floats
) -> None:
    """Fill uniforms in (0, 1) of one step, which covers four periods.

    Parameters
    ----------
    seed, stream, entity, step : as in `kernels.philox`
    first_path : number of the first path
    out : (4, n_paths) float64, overwritten
    """
    first, second, third, fourth = out[0], out[1], out[2], out[3]
    for i in range(out.shape[1]):
        first[i], second[i], third[i], fourth[i] = four_draws(
            seed, stream, entity, first_path + i, step
        )
