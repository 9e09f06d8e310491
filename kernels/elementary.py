"""Logarithm, exponential, sine and cosine as polynomials that fill vector lanes, 64 bits.

The compiler calls the library once a number for `math.log`; these stay in registers.

References
----------
Sun Microsystems (1993), fdlibm, `e_log.c`, `k_sin.c` and `k_cos.c` (the coefficients; errors below
one unit in the last place).
"""

import math

import numpy as np
from numba import int64, njit

from kernels.bits import bits_64, from_bits_64, multiply_add, rounded_down

_ROOT_HALF = int64(0x3FE6A09E667F3BCD)
_LOG_2_HIGH, _LOG_2_LOW = 0.6931471803691238, 1.9082149292705877e-10
_LOG_2 = math.log(2.0)
_ONE_OVER_LOG_2 = 1.4426950408889634
_LOG_2_UPPER, _LOG_2_REST = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LARGEST_EXPONENT = 700.0
# What rate and time of most options make; a shorter polynomial does.
NEAR_ZERO = 0.05
_WHOLE = 1.5 * 2.0**52
# The exponential is infinite above, and zero below.
_LARGEST, _SMALLEST = 710.0, -746.0
_ONE = int64(0x3FF0000000000000)
_QUARTER_TURN = 0.5 * math.pi


@njit(inline="always")
def natural_log(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the logarithm of a positive, normal float64."""
    f, exponent = _mantissa_less_one(x)
    return _log_of(f, f / (2.0 + f), exponent)


@njit(inline="always")
def log_and_inverse(x, added, y):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the logarithm of a positive, normal float64 plus another number, and one over a third.

    By one division; the logarithm is off by less than 1e-15 of it and what is added.
    """
    f, exponent = _mantissa_less_one(x)
    both = 1.0 / ((2.0 + f) * y)
    s = f * y * both
    z = s * s
    whole = multiply_add(exponent, _LOG_2, added) + (s + s)
    return multiply_add(s * z, _short_log_series(z), whole), (2.0 + f) * both


@njit(inline="always")
def _mantissa_less_one(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return what a number divided by a power of two near it exceeds one by, and the power."""
    bits = bits_64(x)
    exponent = (bits - _ROOT_HALF) >> int64(52)
    return from_bits_64(bits - (exponent << int64(52))) - 1.0, np.float64(exponent)


@njit(inline="always")
def _log_of(f, s, e):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the logarithm of ``(1 + f) * 2**e``, with ``s = f / (2 + f)``."""
    z = s * s
    half = 0.5 * f * f
    rest = half - multiply_add(s, half + z * _log_series(z), e * _LOG_2_LOW)
    return multiply_add(e, _LOG_2_HIGH, f - rest)


@njit(inline="always")
def _log_series(z):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return what the logarithm of ``(1 + s) / (1 - s)`` exceeds ``2 s`` by, over ``s * z``.

    ``z`` is the square of s.
    """
    p = multiply_add(z, 1.479819860511658591e-01, 1.531383769920937332e-01)
    p = multiply_add(z, p, 1.818357216161805012e-01)
    p = multiply_add(z, p, 2.222219843214978396e-01)
    p = multiply_add(z, p, 2.857142874366239149e-01)
    p = multiply_add(z, p, 3.999999999940941908e-01)
    return multiply_add(z, p, 6.666666666666735130e-01)


@njit(inline="always")
def _short_log_series(z):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return `_log_series` by a polynomial that meets it in the zeros of Chebyshev's.

    The logarithm is off by less than 2.4e-16 for it.
    """
    p = multiply_add(z, 0.16621817152858928, 0.18140193802866)
    p = multiply_add(z, p, 0.22222862280108716)
    p = multiply_add(z, p, 0.28571424138324163)
    p = multiply_add(z, p, 0.4000000001120651)
    return multiply_add(z, p, 0.6666666666666208)


@njit(inline="always")
def natural_exp(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the exponential of a float64; beyond 700 and -700 that of the nearer of these."""
    near, far = exp_near_zero(x), exp_within(min(max(x, -LARGEST_EXPONENT), LARGEST_EXPONENT))
    return near if abs(x) < NEAR_ZERO else far


@njit(inline="always")
def exp_within(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the exponential of a float64 between -700 and 700."""
    # Added to so large a number, whole powers of two are left in its last bits.
    shifted = multiply_add(x, _ONE_OVER_LOG_2, _WHOLE)
    power = shifted - _WHOLE
    y = multiply_add(power, -_LOG_2_UPPER, x)
    y = multiply_add(power, -_LOG_2_REST, y)
    return from_bits_64(bits_64(_exp_of_rest(y)) + (bits_64(shifted) << int64(52)))


@njit(inline="always")
def exp_anywhere(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the exponential of any float64: infinity and zero beyond it, NaN of NaN."""
    # A device's own minimum of NaN and a number is the number.
    x = _LARGEST if x > _LARGEST else x  # noqa: FURB136
    x = _SMALLEST if x < _SMALLEST else x  # noqa: FURB136
    power = multiply_add(x, _ONE_OVER_LOG_2, _WHOLE) - _WHOLE
    y = multiply_add(power, -_LOG_2_UPPER, x)
    y = multiply_add(power, -_LOG_2_REST, y)
    # In two factors, for one may be beyond what an exponent holds.
    half = multiply_add(power, 0.5, _WHOLE)
    rest = power - (half - _WHOLE) + _WHOLE
    return _exp_of_rest(y) * _power_of_two(half) * _power_of_two(rest)


@njit(inline="always")
def _power_of_two(shifted):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return two to the power that is left in a number's last bits."""
    return from_bits_64((bits_64(shifted) << int64(52)) + _ONE)


@njit(inline="always")
def _exp_of_rest(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return the exponential of what is left without whole powers of two, at most 0.3466.

    The polynomial meets the exponential in the zeros of Chebyshev's; off by 2e-17 before rounding.
    """
    p = multiply_add(x, 2.5100375832561234e-08, 2.7620075879983367e-07)
    p = multiply_add(p, x, 2.7557268480310024e-06)
    p = multiply_add(p, x, 2.4801521322368692e-05)
    p = multiply_add(p, x, 1.9841269863040545e-04)
    p = multiply_add(p, x, 1.3888888917196719e-03)
    p = multiply_add(p, x, 8.3333333333300650e-03)
    p = multiply_add(p, x, 4.1666666666624164e-02)
    p = multiply_add(p, x, 1.6666666666666669e-01)
    p = multiply_add(p, x, 5.0000000000000010e-01)
    p = multiply_add(p, x, 1.0)
    return multiply_add(p, x, 1.0)


@njit(inline="always")
def exp_near_zero(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the exponential of a float64 whose size is below `NEAR_ZERO`.

    Met in the zeros of Chebyshev's polynomial, as above; off by 3.17e-17 before rounding.
    """
    p = multiply_add(x, 0.00019842303267163317, 0.0013889818977477618)
    p = multiply_add(p, x, 0.008333333323644896)
    p = multiply_add(p, x, 0.04166666657947009)
    p = multiply_add(p, x, 0.16666666666666802)
    p = multiply_add(p, x, 0.5000000000000121)
    p = multiply_add(p, x, 1.0)
    return multiply_add(p, x, 1.0)


@njit(inline="always")
def cosine_sine(turns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return cosine and sine of ``2 pi turns``, for turns in [0, 1)."""
    quarters = rounded_down(4.0 * turns + 0.5)
    x = (4.0 * turns - quarters) * _QUARTER_TURN
    z = x * x
    p = multiply_add(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08)
    p = multiply_add(z, p, 2.75573137070700676789e-06)
    p = multiply_add(z, p, -1.98412698298579493134e-04)
    p = multiply_add(z, p, 8.33333333332248946124e-03)
    p = multiply_add(z, p, -1.66666666666666324348e-01)
    sine = multiply_add(x * z, p, x)
    p = multiply_add(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09)
    p = multiply_add(z, p, -2.75573143513906633035e-07)
    p = multiply_add(z, p, 2.48015872894767294178e-05)
    p = multiply_add(z, p, -1.38888888888741095749e-03)
    p = multiply_add(z, p, 4.16666666666666019037e-02)
    cosine = multiply_add(z * z, p, multiply_add(z, -0.5, 1.0))
    quarter = int64(quarters)
    odd = (quarter & int64(1)) != 0
    c = sine if odd else cosine
    s = cosine if odd else sine
    c = -c if ((quarter + int64(1)) & int64(2)) != 0 else c
    s = -s if (quarter & int64(2)) != 0 else s
    return c, s
