"""Logarithm, sine and cosine as polynomials that fill vector lanes, 32 bits.

References
----------
Moshier (1989), Cephes, `logf.c` and `sinf.c` (the coefficients; errors of about one unit in the
last place).
"""

import math

from numba import float32, int32, njit

from kernels.bits import bits_32, from_bits_32, multiply_add, rounded_down

_ROOT_HALF = int32(0x3F3504F3)
_QUARTER_TURN = float32(0.5 * math.pi)
_ONE, _HALF = float32(1.0), float32(0.5)
_LOG_2_HIGH, _LOG_2_LOW = float32(0.693359375), float32(-2.12194440e-4)


@njit(inline="always")
def natural_log_32(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the logarithm of a positive, normal float32."""
    bits = bits_32(x)
    exponent = (bits - _ROOT_HALF) >> int32(23)
    f = from_bits_32(int32(bits - (exponent << int32(23)))) - _ONE
    z = f * f
    p = multiply_add(f, float32(7.0376836292e-2), float32(-1.1514610310e-1))
    p = multiply_add(p, f, float32(1.1676998740e-1))
    p = multiply_add(p, f, float32(-1.2420140846e-1))
    p = multiply_add(p, f, float32(1.4249322787e-1))
    p = multiply_add(p, f, float32(-1.6668057665e-1))
    p = multiply_add(p, f, float32(2.0000714765e-1))
    p = multiply_add(p, f, float32(-2.4999993993e-1))
    p = multiply_add(p, f, float32(3.3333331174e-1))
    e = float32(exponent)
    y = multiply_add(e, _LOG_2_LOW, f * z * p)
    y = multiply_add(z, -_HALF, y)
    return f + y + e * _LOG_2_HIGH


@njit(inline="always")
def cosine_sine_32(quarter_turns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return cosine and sine of so many quarter turns, in [0, 4)."""
    quarters = rounded_down(quarter_turns + _HALF)
    x = (quarter_turns - quarters) * _QUARTER_TURN
    z = x * x
    p = multiply_add(float32(-1.9515295891e-4), z, float32(8.3321608736e-3))
    p = multiply_add(p, z, float32(-1.6666654611e-1))
    sine = multiply_add(p, z * x, x)
    p = multiply_add(float32(2.443315711809948e-5), z, float32(-1.388731625493765e-3))
    p = multiply_add(p, z, float32(4.166664568298827e-2))
    cosine = multiply_add(p, z * z, multiply_add(z, -_HALF, _ONE))
    quarter = int32(quarters)
    odd = (quarter & int32(1)) != 0
    c = sine if odd else cosine
    s = cosine if odd else sine
    c = -c if ((quarter + int32(1)) & int32(2)) != 0 else c
    s = -s if (quarter & int32(2)) != 0 else s
    return c, s
