"""European options over scenarios: the value of `kernels.black_scholes`, in vector lanes.

The two normal tails are rationals times one exponential: the discounted strike times the density
at d2 is the discounted forward times that at d1.

References
----------
Haug (2007), "The complete guide to option pricing formulas", 2nd ed., ch. 1 (generalised with cost
of carry); Cody (1969), "Rational Chebyshev approximations for the error function", Mathematics of
Computation 23(107) (the same scheme, on three intervals).
"""

import math
from collections.abc import Callable

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.bits import multiply_add
from kernels.elementary import (
    NEAR_ZERO,
    exp_near_zero,
    exp_within,
    log_and_inverse,
    natural_exp,
)

# Without any deviation an option is worth what it is certain to be: beyond the furthest of tails,
# whose density is the least that is a normal number. Less volatility, or root of time, than the
# least counts as the least.
_LEAST_FACTOR, _FURTHEST = 1e-75, 37.0
# Near -log(2 pi) / 2: the constant of a rational whose leading coefficients are one.
_LOG_DENSITY = -0.9189390022395063
# Scenarios that go through one loop after the other.
_TOGETHER = 256


@njit(inline="always")
def _tail_over_density(x):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return over and under of the normal tail beyond ``x`` in [0, 40], over its density.

    What `_LOG_DENSITY` says is the density at zero. The rational of its degrees whose largest
    relative error on [0, 6] is the least (1.1e-16, by Remez's exchange in 60 digits); beyond, the
    error grows to 2e-12 at 8 and 5e-8 at 37.
    """
    over = x + 22.60033800965074
    over = multiply_add(over, x, 240.09028858983473)
    over = multiply_add(over, x, 1542.6789308796385)
    over = multiply_add(over, x, 6467.831045953999)
    over = multiply_add(over, x, 17796.731983433445)
    over = multiply_add(over, x, 30190.58857337615)
    over = multiply_add(over, x, 25599.451896944374)
    under = x + 22.600298047656683
    under = multiply_add(under, x, 241.09106102650296)
    under = multiply_add(under, x, 1565.2613781566115)
    under = multiply_add(under, x, 6706.158108136224)
    under = multiply_add(under, x, 19291.62685396872)
    under = multiply_add(under, x, 36210.16083782894)
    under = multiply_add(under, x, 40385.70280130954)
    under = multiply_add(under, x, 20425.397853362214)
    return over, under


@njit(inline="always")
def _first_deviate(spot, log_grown, wide):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return d1.

    ``log_grown`` is the logarithm of undiscounted forward over spot and strike, ``wide`` the
    deviation with the option's sign.
    """
    log_moneyness, over_wide = log_and_inverse(spot, log_grown, wide)
    return multiply_add(log_moneyness, over_wide, 0.5 * wide)


@njit(inline="always")
def _value(forward, discounted_strike, d1, wide, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    d2 = d1 - wide
    far = min(abs(d1), _FURTHEST)
    over_1, under_1 = _tail_over_density(far)
    over_2, under_2 = _tail_over_density(min(abs(d2), _FURTHEST))
    share = forward / (under_1 * under_2) * exp_within(multiply_add(-0.5 * far, far, _LOG_DENSITY))
    tail_1, tail_2 = over_1 * under_2, over_2 * under_1
    certain = (0.0 if d1 < 0.0 else forward) - (0.0 if d2 < 0.0 else discounted_strike)
    received, paid = -tail_1 if d1 < 0.0 else tail_1, -tail_2 if d2 < 0.0 else tail_2
    return sign * (certain - share * (received - paid))


@njit(inline="always")
def _deviation(volatility, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return max(volatility, _LEAST_FACTOR) * (sign * max(root, _LEAST_FACTOR))


@njit(inline="always")
def _growth(logarithm, small):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return exp_near_zero(logarithm) if small else natural_exp(logarithm)


@njit(inline="always", error_model="numpy")
def value_with_carry(spot, rate, carry, volatility, strike, log_strike, left, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the value of an option with ``left`` years to go, their root and strike's log given.

    Within 1e-14 of spot and strike of `kernels.black_scholes.option_value`; calls no library.
    """
    discounted_strike = strike * natural_exp(-rate * left)
    forward = spot * natural_exp((carry - rate) * left)
    wide = _deviation(volatility, root, sign)
    d1 = _first_deviate(spot, carry * left - log_strike, wide)
    return _value(forward, discounted_strike, d1, wide, sign)


@njit(inline="always", error_model="numpy")
def value_without_dividends(spot, rate, volatility, strike, log_strike, left, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return `value_with_carry` where the carry is the rate: the discounted forward is the spot."""
    wide = _deviation(volatility, root, sign)
    d1 = _first_deviate(spot, rate * left - log_strike, wide)
    return _value(spot, strike * natural_exp(-rate * left), d1, wide, sign)


def _make_blocks(with_carry: bool, small: bool) -> Callable[..., int]:
    @njit(cache=True, nogil=True, error_model="numpy")
    def fill_blocks(
        first: int,
        spots: Floats,
        rates: Floats,
        carries: Floats,
        volatilities: Floats,
        strike: float,
        left: float,
        sign: float,
        out: Floats,
    ) -> int:
        """Fill from the first on, and return up to where.

        That is the end, or the block with a rate that is not small. In one loop the constants of a
        value do not fit registers; in two each it takes a tenth less.
        """
        root, log_strike = math.sqrt(left), math.log(strike)
        d1, wide, discounted, forward = np.empty((4, _TOGETHER))
        while first < spots.shape[0]:
            large, n = 0, min(_TOGETHER, spots.shape[0] - first)
            spot, rate, carry = spots[first:], rates[first:], carries[first:]
            volatility, value = volatilities[first:], out[first:]
            for s in range(n):
                grown = (carry[s] if with_carry else rate[s]) * left
                wide[s] = _deviation(volatility[s], root, sign)
                d1[s] = _first_deviate(spot[s], grown - log_strike, wide[s])
                discounted[s] = strike * _growth(-rate[s] * left, small)
                large += 1 if not abs(rate[s]) * left < NEAR_ZERO else 0
                if with_carry:
                    paid = carry[s] - rate[s]
                    forward[s] = spot[s] * _growth(paid * left, small)
                    large += 1 if not abs(paid) * left < NEAR_ZERO else 0
            if small and large > 0:
                break
            for s in range(n):
                value[s] = _value(
                    forward[s] if with_carry else spot[s], discounted[s], d1[s], wide[s], sign
                )
            first += n
        return first

    return fill_blocks  # type: ignore[no-any-return]


# For small rates, and for any, of options whose carry is the rate and of others.
_PLAIN = _make_blocks(with_carry=False, small=True), _make_blocks(with_carry=False, small=False)
_WITH_CARRY = _make_blocks(with_carry=True, small=True), _make_blocks(with_carry=True, small=False)


def fill_option_values(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    years: float,
    sign: float,
    out: Floats,
) -> None:
    """Fill the value of one European option under each scenario.

    Within 1e-14 of spot and strike of `kernels.black_scholes.option_value`, and within 1e-12 of a
    value that is a billionth of the strike or more.
    Where the carry is the rate itself, the same array, the discounted forward is the spot.

    Parameters
    ----------
    spots, rates, carries, volatilities, out : (n_scenarios,) float64
    strike, years, sign : as in `kernels.black_scholes.option_value`
    """
    left = max(years, 0.0)
    terms = spots, rates, carries, volatilities, strike, left, sign, out
    near, anywhere = _PLAIN if carries is rates else _WITH_CARRY
    anywhere(near(0, *terms), *terms)
