"""Standard normal shocks of many factors, by Box and Muller, and the scale that makes them t.

A shock depends on the seed, the factor and the scenario alone. Factors are padded to a multiple
of `GROUP`; factor f and its partners a quarter (of the 32-bit ones) or half of the padded number
further on share a counter.

References
----------
Box & Muller (1958), "A note on the generation of random normal deviates", Annals of Mathematical
Statistics 29(2); Devroye (1986), "Non-uniform random variate generation", ch. IX.3.
"""

import math

import numpy as np
from numba import float32, int32, njit, uint64

from kernels.arrays import Floats
from kernels.elementary import cosine_sine, natural_log
from kernels.elementary_32 import cosine_sine_32, natural_log_32
from kernels.gamma_draws import chi_square_draw
from kernels.philox import Stream, philox4x32, uniform_53

GROUP = 8
_NORMALS = int(Stream.PORTFOLIO_NORMALS)
_TAILS = int(Stream.PORTFOLIO_TAILS)
# Entities of the stream of tails: sums of logarithms, normals, and gamma draws.
_FRACTIONS = uint64(2)
_WORD = uint64(0xFFFFFFFF)
_HALF_WORD = uint64(32)
_UNIT_31, _HALF_UNIT_31 = float32(4.656612873e-10), float32(2.3283064e-10)
_QUARTER_TURNS = float32(4.0 / 16777216.0)
_MINUS_TWO = float32(-2.0)


@njit(inline="always")
def normal_pair(seed, stream, entity, path, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Two independent standard normals, 64 bits, for one (entity, path, step) of a stream."""
    w0, w1, w2, w3 = _words(seed, stream, entity, path, step)
    radius = math.sqrt(-2.0 * natural_log(uniform_53(w0, w1)))
    cosine, sine = cosine_sine(uniform_53(w2, w3))
    return radius * cosine, radius * sine


@njit(inline="always")
def normal_quad_32(seed, stream, entity, path, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Four independent standard normals, 32 bits, for one (entity, path, step) of a stream."""
    w0, w1, w2, w3 = _words(seed, stream, entity, path, step)
    first, second = _normals_32(w0, w1)
    third, fourth = _normals_32(w2, w3)
    return first, second, third, fourth


@njit(inline="always")
def _words(seed, stream, entity, path, step):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    e = uint64(entity)
    return philox4x32(
        uint64(step) & _WORD,
        uint64(path) & _WORD,
        e & _WORD,
        e >> _HALF_WORD,
        uint64(seed) & _WORD,
        uint64(stream) & _WORD,
    )


@njit(inline="always")
def _normals_32(high, low):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    uniform = float32(int32(high >> uint64(1))) * _UNIT_31 + _HALF_UNIT_31
    # Rounding to 24 bits may reach one, whose logarithm is zero: a shock of exactly zero.
    uniform = min(uniform, float32(1.0))
    radius = math.sqrt(max(_MINUS_TWO * natural_log_32(uniform), float32(0.0)))
    cosine, sine = cosine_sine_32(float32(int32(low >> uint64(8))) * _QUARTER_TURNS)
    return radius * cosine, radius * sine


@njit(cache=True, nogil=True, error_model="numpy")
def fill_shocks(seed: int, first: int, out: Floats) -> None:
    """Fill (n_factors, n_scenarios) float64 shocks of the scenarios from ``first`` on."""
    half = out.shape[0] // 2
    for f in range(half):
        near, far = out[f], out[f + half]
        for s in range(out.shape[1]):
            near[s], far[s] = normal_pair(seed, _NORMALS, f, first + s, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_shocks_32(seed: int, first: int, out: np.ndarray) -> None:
    """Fill (n_factors, n_scenarios) float32 shocks of the scenarios from ``first`` on."""
    quarter = out.shape[0] // 4
    for f in range(quarter):
        one, two = out[f], out[f + quarter]
        three, four = out[f + 2 * quarter], out[f + 3 * quarter]
        for s in range(out.shape[1]):
            one[s], two[s], three[s], four[s] = normal_quad_32(seed, _NORMALS, f, first + s, 1)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_scenario(seed: int, scenario: int, out: Floats) -> None:
    """Fill the (n_factors,) float64 shocks of one scenario, the numbers of `fill_shocks`."""
    half = out.shape[0] // 2
    near, far = out[:half], out[half:]
    for f in range(half):
        near[f], far[f] = normal_pair(seed, _NORMALS, f, scenario, 0)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_scenario_32(seed: int, scenario: int, out: np.ndarray) -> None:
    """Fill the (n_factors,) float32 shocks of one scenario, the numbers of `fill_shocks_32`."""
    quarter = out.shape[0] // 4
    one, two = out[:quarter], out[quarter : 2 * quarter]
    three, four = out[2 * quarter : 3 * quarter], out[3 * quarter :]
    for f in range(quarter):
        one[f], two[f], three[f], four[f] = normal_quad_32(seed, _NORMALS, f, scenario, 1)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_t_scales(seed: int, first: int, degrees: float, out: Floats) -> None:
    """Fill the factors that make the shocks of each scenario a multivariate t's, unit scale.

    Parameters
    ----------
    seed : in [0, 2**32)
    first : number of the first scenario
    degrees : degrees of freedom, at least 1; 0 leaves the shocks normal. The chi-square of a
        whole number is a sum of logarithms, of any other a gamma draw
    out : (n_scenarios,) float64, filled with the root of degrees over chi-square
    """
    if degrees == 0.0:
        out[:] = 1.0
    elif degrees != math.floor(degrees):
        for s in range(out.shape[0]):
            square = chi_square_draw(degrees, seed, _TAILS, _FRACTIONS, first + s, 0)
            out[s] = math.sqrt(degrees / square)
    else:
        for s in range(out.shape[0]):
            out[s] = math.sqrt(degrees / _whole_chi_square(int(degrees), seed, first + s))


@njit(cache=True, nogil=True, error_model="numpy")
def _whole_chi_square(degrees: int, seed: int, scenario: int) -> float:
    total = 0.0
    for pair in range(degrees // 2):
        w0, w1, _, _ = _words(seed, _TAILS, 0, scenario, pair)
        total -= 2.0 * natural_log(uniform_53(w0, w1))
    if degrees % 2 == 1:
        normal, _ = normal_pair(seed, _TAILS, 1, scenario, 0)
        total += normal * normal
    return total
