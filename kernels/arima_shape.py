"""The shape of a seasonal ARMA model, its room, and what its parameters stand for.

What is searched are partial correlations, each between -1 and 1: so autoregressions are stationary
and moving averages invertible at every step.

References
----------
Barndorff-Nielsen & Schou (1973), "On the parametrization of autoregressive models by partial
autocorrelations", Journal of Multivariate Analysis 3(4).
"""

from typing import NamedTuple

from numba import njit

from kernels.arrays import Floats
from kernels.lanes import load_lanes, store_lanes

# First rows of a room: lengths of the series, squared errors, slope.
LENGTHS, SQUARES, SLOPE = 0, 1, 2
# Rows of coefficients.
FIRST_AR, SECOND_AR, SEASON_AR = 0, 1, 2
FIRST_MA, SECOND_MA, SEASON_MA = 3, 4, 5
CENTRE = 6
N_COEFFICIENTS = 7
# A first-order factor of 0.9 is a third of itself after so many periods.
_DECAY = 10
_SEASONS_OF_DECAY = 2


class Shape(NamedTuple):
    """One candidate model.

    Parameters
    ----------
    ar, ma : orders, at most two
    season_ar, season_ma : orders of the season, at most one
    centred : whether it has a mean, of the series as differenced
    length : periods of the season; 1 where there is none
    """

    ar: int
    ma: int
    season_ar: int
    season_ma: int
    centred: bool
    length: int


@njit(cache=True, nogil=True)
def count_parameters(shape: Shape) -> int:
    """Return the number of parameters, the variance not among them."""
    return shape.ar + shape.season_ar + shape.ma + shape.season_ma + int(shape.centred)


@njit(cache=True, nogil=True)
def count_before(shape: Shape) -> int:
    """Return how many periods before the series are expected: further back all is near the mean."""
    own = shape.ma + (_DECAY if shape.ar > 0 else 0)
    return own + shape.length * (shape.season_ma + _SEASONS_OF_DECAY * shape.season_ar)


@njit(cache=True, nogil=True)
def count_rings(shape: Shape) -> int:
    """Return the rows of the scratch of a pass."""
    return 5 * shape.length


@njit(cache=True, nogil=True)
def count_room(shape: Shape) -> int:
    """Return the rows of a room: lengths, squares, slope, lower triangle of the curvature."""
    size = count_parameters(shape)
    return int(SLOPE + (size + size * (size + 1) // 2))


@njit(inline="always")
def _pair(theta, place, order, sign, coefficients, first):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Fill two coefficients from the partial correlations at ``place``."""
    if order == 0:
        return
    one = load_lanes(theta, place)
    if order == 1:
        store_lanes(coefficients, first, sign * one)
        return
    two = load_lanes(theta, place + 1)
    store_lanes(coefficients, first, sign * (one - one * two))
    store_lanes(coefficients, first + 1, sign * two)


@njit(cache=True, nogil=True)
def expand(theta: Floats, shape: Shape, coefficients: Floats) -> None:
    """Fill the coefficients that partial correlations stand for.

    Parameters
    ----------
    theta : (size * LANES,) float64: partial correlations of AR, seasonal AR, MA and seasonal MA,
        those of MA of its inverse, and the mean
    shape : of the model
    coefficients : (7 * LANES,) float64, filled; zero where the model has none
    """
    coefficients[:] = 0.0
    place = 0
    _pair(theta, place, shape.ar, 1.0, coefficients, FIRST_AR)
    place += shape.ar
    if shape.season_ar > 0:
        store_lanes(coefficients, SEASON_AR, load_lanes(theta, place))
        place += 1
    _pair(theta, place, shape.ma, -1.0, coefficients, FIRST_MA)
    place += shape.ma
    if shape.season_ma > 0:
        store_lanes(coefficients, SEASON_MA, -1.0 * load_lanes(theta, place))
        place += 1
    if shape.centred:
        store_lanes(coefficients, CENTRE, load_lanes(theta, place))
