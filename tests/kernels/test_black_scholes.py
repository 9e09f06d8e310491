"""European options: published values, then laws, then the textbook formula."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.black_scholes import option_value
from kernels.elementary import NEAR_ZERO
from kernels.option_values import _TOGETHER, fill_option_values
from tests.oracles import revaluation
from tests.oracles.revaluation import (
    option_delta,
    option_gamma,
    option_rho,
    option_theta,
    option_vega,
)

CALL, PUT = 1.0, -1.0

# Haug (2007), ch. 1, as collected in QuantLib's test-suite/europeanoption.cpp:
# sign, strike, spot, dividend yield, rate, years, volatility, value.
HAUG = [
    (CALL, 65.00, 60.00, 0.00, 0.08, 0.25, 0.30, 2.1334),
    (PUT, 95.00, 100.00, 0.05, 0.10, 0.50, 0.20, 2.4648),
    (PUT, 19.00, 19.00, 0.10, 0.10, 0.75, 0.28, 1.7011),
    (CALL, 19.00, 19.00, 0.10, 0.10, 0.75, 0.28, 1.7011),
    (CALL, 1.60, 1.56, 0.08, 0.06, 0.50, 0.12, 0.0291),
    (PUT, 70.00, 75.00, 0.05, 0.10, 0.50, 0.35, 4.0870),
    (CALL, 100.0, 90.00, 0.10, 0.10, 0.10, 0.15, 0.0205),
    (CALL, 100.0, 100.0, 0.10, 0.10, 0.10, 0.15, 1.8734),
    (CALL, 100.0, 110.0, 0.10, 0.10, 0.10, 0.15, 9.9413),
    (CALL, 100.0, 90.00, 0.10, 0.10, 0.10, 0.25, 0.3150),
    (CALL, 100.0, 100.0, 0.10, 0.10, 0.10, 0.25, 3.1217),
    (CALL, 100.0, 110.0, 0.10, 0.10, 0.10, 0.25, 10.3556),
    (CALL, 100.0, 90.00, 0.10, 0.10, 0.10, 0.35, 0.9474),
    (CALL, 100.0, 100.0, 0.10, 0.10, 0.10, 0.35, 4.3693),
    (CALL, 100.0, 110.0, 0.10, 0.10, 0.10, 0.35, 11.1381),
    (CALL, 100.0, 90.00, 0.10, 0.10, 0.50, 0.15, 0.8069),
    (CALL, 100.0, 100.0, 0.10, 0.10, 0.50, 0.15, 4.0232),
    (CALL, 100.0, 110.0, 0.10, 0.10, 0.50, 0.15, 10.5769),
    (CALL, 100.0, 90.00, 0.10, 0.10, 0.50, 0.25, 2.7026),
    (CALL, 100.0, 100.0, 0.10, 0.10, 0.50, 0.25, 6.6997),
    (CALL, 100.0, 110.0, 0.10, 0.10, 0.50, 0.25, 12.7857),
    (CALL, 100.0, 90.00, 0.10, 0.10, 0.50, 0.35, 4.9329),
    (CALL, 100.0, 100.0, 0.10, 0.10, 0.50, 0.35, 9.3679),
    (CALL, 100.0, 110.0, 0.10, 0.10, 0.50, 0.35, 15.3086),
    (PUT, 100.0, 90.00, 0.10, 0.10, 0.10, 0.15, 9.9210),
    (PUT, 100.0, 100.0, 0.10, 0.10, 0.10, 0.15, 1.8734),
    (PUT, 100.0, 110.0, 0.10, 0.10, 0.10, 0.15, 0.0408),
    (PUT, 100.0, 90.00, 0.10, 0.10, 0.10, 0.25, 10.2155),
    (PUT, 100.0, 100.0, 0.10, 0.10, 0.10, 0.25, 3.1217),
    (PUT, 100.0, 110.0, 0.10, 0.10, 0.10, 0.25, 0.4551),
    (PUT, 100.0, 90.00, 0.10, 0.10, 0.10, 0.35, 10.8479),
    (PUT, 100.0, 100.0, 0.10, 0.10, 0.10, 0.35, 4.3693),
    (PUT, 100.0, 110.0, 0.10, 0.10, 0.10, 0.35, 1.2376),
    (PUT, 100.0, 90.00, 0.10, 0.10, 0.50, 0.15, 10.3192),
    (PUT, 100.0, 100.0, 0.10, 0.10, 0.50, 0.15, 4.0232),
    (PUT, 100.0, 110.0, 0.10, 0.10, 0.50, 0.15, 1.0646),
    (PUT, 100.0, 90.00, 0.10, 0.10, 0.50, 0.25, 12.2149),
    (PUT, 100.0, 100.0, 0.10, 0.10, 0.50, 0.25, 6.6997),
    (PUT, 100.0, 110.0, 0.10, 0.10, 0.50, 0.25, 3.2734),
    (PUT, 100.0, 90.00, 0.10, 0.10, 0.50, 0.35, 14.4452),
    (PUT, 100.0, 100.0, 0.10, 0.10, 0.50, 0.35, 9.3679),
    (PUT, 100.0, 110.0, 0.10, 0.10, 0.50, 0.35, 5.7963),
    (CALL, 40.00, 42.00, 0.08, 0.04, 0.75, 0.35, 5.0975),
]
prices = st.floats(1.0, 500.0)
rates = st.floats(-0.05, 0.15)
volatilities = st.floats(0.05, 1.0)
terms = st.floats(0.02, 5.0)


@pytest.mark.parametrize("published", HAUG)
def test_values_are_haugs(published):
    sign, strike, spot, dividend, rate, years, volatility, value = published
    ours = option_value(spot, strike, rate, rate - dividend, volatility, years, sign)
    # QuantLib's own tolerance: the book's fourth decimal is not always rounded to the nearest.
    assert ours == pytest.approx(value, abs=1e-4)


def test_greeks_are_haugs():
    # Haug (2007), ch. 2; QuantLib europeanoption.cpp, printed to four decimals.
    assert option_delta(105.0, 100.0, 0.10, 0.0, 0.36, 0.5, CALL) == pytest.approx(0.5946, abs=5e-5)
    assert option_delta(105.0, 100.0, 0.10, 0.0, 0.36, 0.5, PUT) == pytest.approx(-0.3566, abs=5e-5)
    assert option_gamma(55.0, 60.0, 0.10, 0.10, 0.30, 0.75) == pytest.approx(0.0278, abs=5e-5)
    assert option_vega(55.0, 60.0, 0.10, 0.10, 0.30, 0.75) == pytest.approx(18.9358, abs=5e-5)
    theta = option_theta(430.0, 405.0, 0.07, 0.02, 0.20, 1.0 / 12.0, PUT)
    assert theta == pytest.approx(-31.1924, abs=5e-5)
    assert option_rho(72.0, 75.0, 0.09, 0.09, 0.19, 1.0, CALL) == pytest.approx(38.7325, abs=5e-5)


@given(prices, prices, rates, rates, volatilities, terms)
def test_call_less_put_is_the_forward(spot, strike, rate, carry, volatility, years):
    call = option_value(spot, strike, rate, carry, volatility, years, CALL)
    put = option_value(spot, strike, rate, carry, volatility, years, PUT)
    forward = spot * math.exp((carry - rate) * years) - strike * math.exp(-rate * years)
    # Rounding of the terms that cancel, of the size of spot and strike.
    assert call - put == pytest.approx(forward, abs=1e-14 * (spot + strike) * 4)


@given(prices, prices, rates, rates, volatilities, terms, st.sampled_from([CALL, PUT]))
def test_value_is_the_textbook_formula(spot, strike, rate, carry, volatility, years, sign):
    ours = option_value(spot, strike, rate, carry, volatility, years, sign)
    theirs = revaluation.option_value(spot, strike, rate, carry, volatility, years, sign)
    assert ours == pytest.approx(theirs, abs=1e-13 * (spot + strike))


@given(prices, prices, rates, rates, st.floats(0.1, 1.0), st.floats(0.1, 5.0))
def test_greeks_are_the_slopes_of_the_value(spot, strike, rate, carry, volatility, years):
    step = 1e-4 * spot

    def value(s, v):
        return option_value(s, strike, rate, carry, v, years, CALL)

    # Central differences: a third derivative times step squared, and cancellation over the step.
    slack = 1e-6 * (1.0 + spot + strike)
    delta = (value(spot + step, volatility) - value(spot - step, volatility)) / (2 * step)
    assert option_delta(spot, strike, rate, carry, volatility, years, CALL) == pytest.approx(
        delta, abs=1e-6
    )
    vega = (value(spot, volatility + 1e-5) - value(spot, volatility - 1e-5)) / 2e-5
    assert option_vega(spot, strike, rate, carry, volatility, years) == pytest.approx(
        vega, abs=slack
    )
    before = option_value(spot, strike, rate, carry, volatility, years + 1e-5, CALL)
    after = option_value(spot, strike, rate, carry, volatility, years - 1e-5, CALL)
    theta = option_theta(spot, strike, rate, carry, volatility, years, CALL)
    assert theta == pytest.approx((after - before) / 2e-5, abs=slack)
    above = option_value(spot, strike, rate + 1e-5, carry + 1e-5, volatility, years, CALL)
    below = option_value(spot, strike, rate - 1e-5, carry - 1e-5, volatility, years, CALL)
    rho = option_rho(spot, strike, rate, carry, volatility, years, CALL)
    assert rho == pytest.approx((above - below) / 2e-5, abs=slack * 100.0)


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.3), (-0.1, 0.3), (0.5, 0.0)])
@pytest.mark.parametrize(("sign", "expected"), [(CALL, 10.0), (PUT, 0.0)])
def test_without_time_or_volatility_only_the_intrinsic_value_is_left(
    years, volatility, sign, expected
):
    assert option_value(110.0, 100.0, 0.0, 0.0, volatility, years, sign) == expected


@pytest.mark.parametrize("sign", [CALL, PUT])
@pytest.mark.parametrize("years", [0.01, 0.4, 5.0])
def test_scenarios_are_the_scalar(years, sign):
    draws = np.random.default_rng(7)
    n = 2_000
    spots, volatilities = draws.uniform(5, 500, n), draws.uniform(0.01, 2.0, n)
    rates, yields = draws.normal(0.02, 0.02, n), draws.uniform(0.0, 0.05, n)
    volatilities[::50] = 0.0
    terms = [spots, rates, rates - yields, volatilities]
    out = np.empty(n)
    fill_option_values(*terms, 100.0, years, sign, out)
    scalar = [
        option_value(spot, 100.0, rate, carry, volatility, years, sign)
        for spot, rate, carry, volatility in zip(*terms, strict=True)
    ]
    assert np.abs(out - scalar).max() <= 1e-14 * 600.0


@pytest.mark.parametrize("sign", [CALL, PUT])
@pytest.mark.parametrize("years", [0.5, 3.0])
def test_far_from_the_strike_values_keep_twelve_digits_of_their_own(years, sign):
    """What an option is worth in the tails is a small difference of two tails, not of ones."""
    moneyness, deviation = np.linspace(-5.5, 5.5, 441), 0.3 * math.sqrt(years)
    spots = 100.0 * np.exp(sign * moneyness * deviation)
    fixed = [np.full(spots.shape, number) for number in (0.02, 0.01, 0.3)]
    out = np.empty(spots.shape)
    fill_option_values(spots, *fixed, 100.0, years, sign, out)
    scalar = [option_value(spot, 100.0, 0.02, 0.01, 0.3, years, sign) for spot in spots]
    np.testing.assert_allclose(out, scalar, rtol=1e-12)


@pytest.mark.parametrize("dividends", [False, True])
def test_rates_that_are_not_small_anywhere_change_no_other_value(dividends):
    """Whether all rates of a block are small decides how it is filled, and nothing else."""
    n, draws = 4 * _TOGETHER + 37, np.random.default_rng(3)
    spots, volatilities = draws.uniform(50, 200, n), draws.uniform(0.1, 0.5, n)
    rates = draws.uniform(-0.9, 0.9, n) * NEAR_ZERO
    carries = rates * draws.uniform(0.95, 1.05, n) if dividends else rates
    small, mixed = np.empty(n), np.empty(n)
    fill_option_values(spots, rates, carries, volatilities, 100.0, 1.0, PUT, small)
    for large in (0, _TOGETHER + 5, n - 1):
        others = np.arange(n) != large
        rates[large], kept = 4.0 * NEAR_ZERO, rates[large]
        fill_option_values(spots, rates, carries, volatilities, 100.0, 1.0, PUT, mixed)
        assert np.array_equal(small[others], mixed[others])
        assert mixed[large] < small[large]
        rates[large] = kept
        if dividends:
            carries[large], kept = -4.0 * NEAR_ZERO, carries[large]
            fill_option_values(spots, rates, carries, volatilities, 100.0, 1.0, PUT, mixed)
            assert np.array_equal(small[others], mixed[others])
            assert mixed[large] > small[large]
            carries[large] = kept


@pytest.mark.parametrize("sign", [CALL, PUT])
def test_a_carry_that_is_the_rate_changes_no_bit(sign):
    draws = np.random.default_rng(9)
    spots, volatilities = draws.uniform(5, 500, 300), draws.uniform(0.0, 2.0, 300)
    rates = draws.normal(0.02, 0.02, 300)
    general, without = np.empty(300), np.empty(300)
    fill_option_values(spots, rates, rates.copy(), volatilities, 100.0, 0.4, sign, general)
    fill_option_values(spots, rates, rates, volatilities, 100.0, 0.4, sign, without)
    assert np.array_equal(general, without)


def test_a_scenario_does_not_depend_on_the_others():
    draws = np.random.default_rng(8)
    terms = [draws.uniform(50, 150, 101), *(draws.uniform(0.01, 0.5, 101) for _ in range(3))]
    together, alone = np.empty(101), np.empty(1)
    fill_option_values(*terms, 100.0, 0.4, PUT, together)
    for number in range(101):
        fill_option_values(*(term[[number]] for term in terms), 100.0, 0.4, PUT, alone)
        assert alone[0] == together[number]


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.3), (-0.1, 0.3), (0.5, 0.0)])
def test_scenarios_without_time_or_volatility_have_the_intrinsic_value(years, volatility):
    spots, zero = np.array([90.0, 110.0]), np.zeros(2)
    out = np.empty(2)
    fill_option_values(spots, zero, zero, np.full(2, volatility), 100.0, years, CALL, out)
    assert out.tolist() == [0.0, 10.0]
