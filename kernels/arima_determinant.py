"""The determinant in the likelihood of a seasonal ARMA model, by its partial correlations.

The value is that of a long series, which is exact for autoregressions; of first-order moving
averages, whose determinant would grow without bound, it is that of a series of its length. Factors
that season and period share are left out: they are near one unless a root is near the circle.

References
----------
Box, Jenkins & Reinsel (2008), "Time Series Analysis", section 7.4 and appendix A7.4; Grenander &
Szego (1958), "Toeplitz Forms and Their Applications", section 5.5 (the limit).
"""

import math

from numba import njit

from kernels.arima_shape import SLOPE, SQUARES, Shape
from kernels.arrays import Floats
from kernels.lanes import add_number, number_at


@njit(inline="always")
def _alone(correlation, times):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return a factor's logarithm, its slope and its curvature."""
    left = 1.0 - correlation * correlation
    slope = 2.0 * correlation / left
    return -times * math.log(left), times * slope, times * (2.0 / left + slope * slope)


@njit(cache=True, nogil=True)
def _short_average(correlation: float, cycles: float, times: int) -> tuple[float, float, float]:
    """Return the logarithm, slope and curvature of so many first-order moving averages."""
    size = abs(correlation)
    power = 2.0 * cycles + 2.0
    last = size**power
    value, slope, bend = _alone(correlation, times)
    value += times * math.log1p(-last)
    if size > 0.0:
        slope -= times * power * last / (1.0 - last) / correlation
    return value, slope, min(bend, times * cycles * cycles)


@njit(cache=True, nogil=True)
def _shared(theta: Floats, shape: Shape, k: int, slope: Floats) -> float:
    """Return what autoregression and moving average of the periods share, a logarithm."""
    ma = shape.ar + shape.season_ar
    r1, s1 = number_at(theta, 0, k), number_at(theta, ma, k)
    r2 = number_at(theta, 1, k) if shape.ar > 1 else 0.0
    s2 = number_at(theta, ma + 1, k) if shape.ma > 1 else 0.0
    a1, a2, b1, b2 = r1 - r1 * r2, r2, s1 - s1 * s2, s2
    root = 1.0 - a1 * b1 - a2 * b1 * b1 - 2.0 * a2 * b2
    root += -a1 * a1 * b2 - a1 * a2 * b1 * b2 + a2 * a2 * b2 * b2
    by_a1 = (-b1 - 2.0 * a1 * b2 - a2 * b1 * b2) / root
    by_a2 = (-b1 * b1 - 2.0 * b2 - a1 * b1 * b2 + 2.0 * a2 * b2 * b2) / root
    by_b1 = (-a1 - 2.0 * b1 * a2 - b2 * a1 * a2) / root
    by_b2 = (-a1 * a1 - 2.0 * a2 - b1 * a1 * a2 + 2.0 * b2 * a2 * a2) / root
    slope[0] += 2.0 * by_a1 * (1.0 - r2)
    if shape.ar > 1:
        slope[1] += 2.0 * (by_a2 - r1 * by_a1)
    slope[ma] += 2.0 * by_b1 * (1.0 - s2)
    if shape.ma > 1:
        slope[ma + 1] += 2.0 * (by_b2 - s1 * by_b1)
    return 2.0 * math.log(root)


@njit(cache=True, nogil=True)
def log_determinant(
    theta: Floats, shape: Shape, n: float, k: int, slope: Floats, bend: Floats
) -> float:
    """Return the logarithm of the determinant of lane ``k``'s covariance, innovations of one.

    Parameters
    ----------
    theta : (size * LANES,) float64, as `kernels.arima_lanes.expand` takes it
    shape : of the model
    n : periods of the series as differenced
    slope, bend : (size,) float64, filled: derivatives, and those of second order where they are
        positive for sure
    """
    slope[:] = 0.0
    bend[:] = 0.0
    total = 0.0
    for i in range(shape.ar):
        value, slope[i], bend[i] = _alone(number_at(theta, i, k), i + 1.0)
        total += value
    place, m = shape.ar, shape.length
    if shape.season_ar > 0:
        value, slope[place], bend[place] = _alone(number_at(theta, place, k), float(m))
        total += value
        place += 1
    if shape.ma == 1:
        value, slope[place], bend[place] = _short_average(number_at(theta, place, k), n, 1)
        total += value
    for i in range(shape.ma if shape.ma > 1 else 0):
        own = place + i
        value, slope[own], bend[own] = _alone(number_at(theta, own, k), i + 1.0)
        total += value
    place += shape.ma
    if shape.season_ma > 0:
        value, slope[place], bend[place] = _short_average(number_at(theta, place, k), n / m, m)
        total += value
    if shape.ar > 0 and shape.ma > 0:
        total += _shared(theta, shape, k, slope)
    if shape.season_ar > 0 and shape.season_ma > 0:
        r, s = number_at(theta, shape.ar, k), number_at(theta, place, k)
        root = 1.0 - r * s
        slope[shape.ar] -= 2.0 * m * s / root
        slope[place] -= 2.0 * m * r / root
        total += 2.0 * m * math.log(root)
    return total


@njit(cache=True, nogil=True)
def add_determinant(
    theta: Floats, shape: Shape, k: int, n: float, room: Floats, slope: Floats, bend: Floats
) -> float:
    """Return lane ``k``'s logarithm, and add it to the slope and curvature of the squares.

    The likelihood is n log(squares) + logarithm; in units of half the squares the second part
    weighs squares / 2n.
    """
    value: float = log_determinant(theta, shape, n, k, slope, bend)
    weight = number_at(room, SQUARES, k) / (2.0 * n)
    size = slope.shape[0]
    last = SLOPE + size
    for i in range(size):
        add_number(room, SLOPE + i, k, weight * slope[i])
        add_number(room, last + i, k, weight * bend[i])
        last += i + 1
    return value
