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
# Scenarios whose rates are looked at together.
_TOGETHER = 512


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
def _value(spot, forward, discounted_strike, log_grown, wide, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return an option's value.

    ``log_grown`` is the logarithm of undiscounted forward over spot and strike, ``wide`` the
    deviation with the option's sign.
    """
    log_moneyness, over_wide = log_and_inverse(spot, log_grown, wide)
    d1 = multiply_add(log_moneyness, over_wide, 0.5 * wide)
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


@njit(inline="always")
def _with_carry(spot, rate, carry, volatility, strike, log_strike, left, root, sign, small):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    discounted_strike = strike * _growth(-rate * left, small)
    forward = spot * _growth((carry - rate) * left, small)
    wide = _deviation(volatility, root, sign)
    return _value(spot, forward, discounted_strike, carry * left - log_strike, wide, sign)


@njit(inline="always")
def _without_dividends(spot, rate, volatility, strike, log_strike, left, root, sign, small):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    grown, wide = rate * left, _deviation(volatility, root, sign)
    return _value(spot, spot, strike * _growth(-grown, small), grown - log_strike, wide, sign)


@njit(inline="always", error_model="numpy")
def value_with_carry(spot, rate, carry, volatility, strike, log_strike, left, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the value of an option with ``left`` years to go, their root and strike's log given.

    Within 1e-14 of spot and strike of `kernels.black_scholes.option_value`; calls no library.
    """
    return _with_carry(
        spot, rate, carry, volatility, strike, log_strike, left, root, sign, small=False
    )


@njit(inline="always", error_model="numpy")
def value_without_dividends(spot, rate, volatility, strike, log_strike, left, root, sign):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return `value_with_carry` where the carry is the rate: the discounted forward is the spot."""
    return _without_dividends(
        spot, rate, volatility, strike, log_strike, left, root, sign, small=False
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _carry_at_small_rates(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    left: float,
    sign: float,
    out: Floats,
) -> bool:
    """Fill values; False, and they are none, where one of the rates is not small."""
    root, log_strike, large = math.sqrt(left), math.log(strike), 0
    for s in range(spots.shape[0]):
        rate, paid = rates[s], carries[s] - rates[s]
        large += 1 if not max(abs(rate), abs(paid)) * left < NEAR_ZERO else 0
        out[s] = _with_carry(
            spots[s], rate, carries[s], volatilities[s], strike, log_strike, left, root, sign, True
        )
    return large == 0


@njit(cache=True, nogil=True, error_model="numpy")
def _carry_at_any_rates(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    left: float,
    sign: float,
    out: Floats,
) -> None:
    root, log_strike = math.sqrt(left), math.log(strike)
    for s in range(spots.shape[0]):
        out[s] = value_with_carry(
            spots[s], rates[s], carries[s], volatilities[s], strike, log_strike, left, root, sign
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _plain_at_small_rates(
    spots: Floats,
    rates: Floats,
    volatilities: Floats,
    strike: float,
    left: float,
    sign: float,
    out: Floats,
) -> bool:
    """Fill values; False, and they are none, where one of the rates is not small."""
    root, log_strike, large = math.sqrt(left), math.log(strike), 0
    for s in range(spots.shape[0]):
        large += 1 if not abs(rates[s]) * left < NEAR_ZERO else 0
        out[s] = _without_dividends(
            spots[s], rates[s], volatilities[s], strike, log_strike, left, root, sign, True
        )
    return large == 0


@njit(cache=True, nogil=True, error_model="numpy")
def _plain_at_any_rates(
    spots: Floats,
    rates: Floats,
    volatilities: Floats,
    strike: float,
    left: float,
    sign: float,
    out: Floats,
) -> None:
    root, log_strike = math.sqrt(left), math.log(strike)
    for s in range(spots.shape[0]):
        out[s] = value_without_dividends(
            spots[s], rates[s], volatilities[s], strike, log_strike, left, root, sign
        )


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_blocks(
    spots: Floats,
    rates: Floats,
    carries: Floats,
    volatilities: Floats,
    strike: float,
    left: float,
    sign: float,
    plain: bool,
    out: Floats,
) -> None:
    """Fill block by block, as for small rates until a block has one that is not.

    To see whether they are costs nothing beside the values.
    """
    small = True
    for first in range(0, spots.shape[0], _TOGETHER):
        last = min(first + _TOGETHER, spots.shape[0])
        spot, rate, volatility = spots[first:last], rates[first:last], volatilities[first:last]
        carry, own = carries[first:last], out[first:last]
        small = small and abs(rate[0]) * left < NEAR_ZERO
        if plain:
            small = small and _plain_at_small_rates(spot, rate, volatility, strike, left, sign, own)
            if not small:
                _plain_at_any_rates(spot, rate, volatility, strike, left, sign, own)
        else:
            small = small and _carry_at_small_rates(
                spot, rate, carry, volatility, strike, left, sign, own
            )
            if not small:
                _carry_at_any_rates(spot, rate, carry, volatility, strike, left, sign, own)


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
    plain = carries is rates
    _fill_blocks(spots, rates, carries, volatilities, strike, left, sign, plain, out)
