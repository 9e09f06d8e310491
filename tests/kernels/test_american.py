"""American options: published values, a lattice, laws, and scenarios."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.american import american_value, fill_american_values, make_workspace
from kernels.black_scholes import option_value
from tests.oracles.american import lattice_value, smooth_value

CALL, PUT = 1.0, -1.0
# What the kernel promises, as a share of the strike.
PROMISED, PROMISED_AT_NEGATIVE_RATES = 1e-4, 4e-4
prices = st.floats(50.0, 200.0)
rates = st.floats(-0.05, 0.15)
signs = st.sampled_from([CALL, PUT])
yields = st.floats(-0.05, 0.15)
volatilities = st.floats(0.05, 1.0)
terms = st.floats(0.02, 5.0)

# Longstaff & Schwartz (2001), Table 1: strike 40, rate 6%, 50 exercises a
# year; volatility, years, value by spot.
SPOTS = (36.0, 38.0, 40.0, 42.0, 44.0)
LONGSTAFF_SCHWARTZ = [
    (0.2, 1.0, (4.478, 3.250, 2.314, 1.617, 1.110)),
    (0.4, 2.0, (8.507, 7.668, 6.917, 6.245, 5.642)),
]
# Andersen, Lake & Offengenden (2016), as in QuantLib's test-suite/americanoption.cpp: premium of a
# put over the European one; spot and strike 100, yield 5%, volatility 25%, one year.
PREMIA = [(0.05, 0.106952702747), (0.075, 0.36711123)]
# Ju (1999), "An approximate formula for pricing American options", exhibit 3 (Geske & Johnson's
# cases): strike, years, volatility, true value to three decimals at spot 40 and rate 4.88%; and
# the value of QuantLib 1.44's QdFpAmericanEngine at its high-precision scheme, which agrees with a
# Black-Scholes-smoothed binomial of 2,000 and 4,000 steps, extrapolated, to 2e-5.
JU = [
    (35.0, 0.0833, 0.2, 0.006, 0.006191),
    (35.0, 0.3333, 0.2, 0.200, 0.200361),
    (35.0, 0.5833, 0.2, 0.433, 0.432798),
    (40.0, 0.0833, 0.3, 1.310, 1.309930),
    (40.0, 0.3333, 0.3, 2.483, 2.482565),
    (40.0, 0.5833, 0.3, 3.170, 3.169651),
    (45.0, 0.0833, 0.4, 5.287, 5.286805),
    (45.0, 0.3333, 0.4, 6.510, 6.509800),
    (45.0, 0.5833, 0.4, 7.383, 7.382967),
]


def american(spot, strike, rate, carry, volatility, years, sign):
    return american_value(spot, strike, rate, carry, volatility, years, sign, make_workspace())


@pytest.mark.parametrize(("rate", "premium"), PREMIA)
def test_premium_is_the_published_one(rate, premium):
    carry = rate - 0.05
    ours = american(100.0, 100.0, rate, carry, 0.25, 1.0, PUT)
    european = option_value(100.0, 100.0, rate, carry, 0.25, 1.0, PUT)
    # Seven points and a loose fixed point are worth this much here; 1e-6 of the strike.
    assert ours - european == pytest.approx(premium, abs=1e-4)


@pytest.mark.parametrize(("strike", "years", "volatility", "published", "independent"), JU)
def test_short_puts_are_jus_true_values(strike, years, volatility, published, independent):
    ours = american(40.0, strike, 0.0488, 0.0488, volatility, years, PUT)
    assert abs(independent - published) <= 0.5e-3
    # Seven collocation points miss by 3e-5 here.
    assert ours == pytest.approx(independent, abs=1e-4)


@pytest.mark.parametrize(("volatility", "years", "published"), LONGSTAFF_SCHWARTZ)
def test_values_exceed_longstaff_and_schwartzs_table_by_what_more_exercise_is_worth(
    volatility, years, published
):
    for spot, value in zip(SPOTS, published, strict=True):
        case = (spot, 40.0, 0.06, 0.06, volatility, years, PUT)
        weekly = smooth_value(*case, steps=round(2000 * years), every=40)
        daily = smooth_value(*case, steps=round(2000 * years))
        # The digits that the table has, of 50 exercises a year; the kernel, which exercises at any
        # time, is as near to the lattice that may exercise at every step.
        assert weekly == pytest.approx(value, abs=0.5e-3)
        assert american(*case) == pytest.approx(daily, abs=0.5e-3)
        assert american(*case) > weekly


@settings(max_examples=40)
@given(
    prices, rates, yields, st.floats(0.1, 0.8), st.floats(0.1, 3.0), st.sampled_from([CALL, PUT])
)
def test_value_is_a_lattices(spot, rate, dividend, volatility, years, sign):
    case = (spot, 100.0, rate, rate - dividend, volatility, years, sign)
    # A lattice of 600 steps is good to about 5e-4 of the strike's deviation over the term.
    slack = PROMISED * max(spot, 100.0) + 1e-3 * 100.0 * volatility * math.sqrt(years) * 0.5
    assert american(*case) == pytest.approx(smooth_value(*case, steps=600), abs=slack)


@given(prices, rates, yields, volatilities, terms, signs)
def test_it_is_worth_no_less_than_the_european_and_than_exercise(
    spot, rate, dividend, volatility, years, sign
):
    case = (spot, 100.0, rate, rate - dividend, volatility, years, sign)
    # With two boundaries it comes from a lattice, whose error may take it below the European.
    slack = 5e-3 * 100.0 * volatility if min(rate, dividend) < 0.0 else 1e-12
    value = american(*case)
    assert value >= option_value(*case) - slack
    assert value >= sign * (spot - 100.0) - 1e-12


@given(prices, st.floats(0.0, 0.15), volatilities, terms)
def test_a_call_without_dividends_is_european(spot, rate, volatility, years):
    case = (spot, 100.0, rate, rate, volatility, years, CALL)
    assert american(*case) == pytest.approx(option_value(*case), abs=1e-10)


@given(prices, st.floats(-0.05, 0.0), volatilities, terms)
def test_a_put_without_a_positive_rate_is_european(spot, rate, volatility, years):
    case = (spot, 100.0, rate, rate, volatility, years, PUT)
    assert american(*case) == option_value(*case)


@given(prices, prices, st.floats(0.0, 0.15), yields, volatilities, terms)
def test_a_call_is_the_put_with_everything_exchanged(
    spot, strike, rate, dividend, volatility, years
):
    call = american(spot, strike, rate, rate - dividend, volatility, years, CALL)
    put = american(strike, spot, dividend, dividend - rate, volatility, years, PUT)
    assert call == pytest.approx(put, abs=1e-9 * (spot + strike))


@given(prices, prices, st.floats(0.0, 0.15), st.floats(0.0, 0.15), volatilities, terms)
def test_call_less_put_lies_within_its_bounds(spot, strike, rate, dividend, volatility, years):
    carry = rate - dividend
    call = american(spot, strike, rate, carry, volatility, years, CALL)
    put = american(spot, strike, rate, carry, volatility, years, PUT)
    # Hull, "Options, futures, and other derivatives", ch. 17: parity as two inequalities.
    slack = 2.0 * PROMISED * (spot + strike)
    assert call - put >= spot * math.exp(-dividend * years) - strike - slack
    assert call - put <= spot - strike * math.exp(-rate * years) + slack


@given(prices, st.floats(0.0, 0.15), yields, volatilities, terms)
def test_more_time_is_worth_no_less(spot, rate, dividend, volatility, years):
    case = (spot, 100.0, rate, rate - dividend, volatility)
    assert american(*case, 1.2 * years, PUT) >= american(*case, years, PUT) - PROMISED * 100.0


# Calls on a share without dividends, spot, rate, volatility and days; value by QuantLib 1.44's
# QdFpAmericanEngine at its high-precision scheme, with which its Leisen-Reimer tree of 3,001 steps
# agrees to 1e-5 of the strike.
@pytest.mark.parametrize(
    ("spot", "rate", "volatility", "n_days", "expected"),
    [
        (141.21646, -0.02508, 0.94663, 180, 55.33628),
        (104.50627, -0.01503, 0.67654, 365, 28.85353),
        (119.17550, -0.00972, 0.62972, 3650, 82.70765),
    ],
)
def test_a_call_at_negative_rates_is_good_to_less(spot, rate, volatility, n_days, expected):
    value = american(spot, 100.0, rate, rate, volatility, n_days / 365.0, CALL)
    assert value == pytest.approx(expected, abs=PROMISED_AT_NEGATIVE_RATES * 100.0)


def test_two_boundaries_come_from_the_lattice():
    # A rate of -1% and a yield of -4%: exercise pays within a band only.
    case = (100.0, 100.0, -0.01, 0.03, 0.2, 5.0, PUT)
    value = american(*case)
    assert value == pytest.approx(lattice_value(*case, 3000), abs=2e-2)
    assert value > option_value(*case) + 1e-2


@pytest.mark.parametrize(("sign", "expected"), [(CALL, 0.0), (PUT, 10.0)])
def test_at_expiry_only_exercise_is_left(sign, expected):
    assert american(90.0, 100.0, 0.03, 0.03, 0.2, 0.0, sign) == expected


@pytest.mark.parametrize("sign", [CALL, PUT])
@pytest.mark.parametrize("years", [0.4, 0.0])
def test_scenarios_are_the_scalar_and_know_nothing_of_each_other(sign, years):
    draws = np.random.default_rng(7)
    n = 300
    spots, rate = draws.uniform(50, 150, n), draws.normal(0.02, 0.02, n)
    carries, volatility = rate - 0.02, draws.uniform(0.1, 0.6, n)
    today = np.array([0.02, 0.0, 0.3])

    def filled(part):
        out = np.empty(len(spots[part]))
        fill_american_values(
            spots[part],
            rate[part],
            carries[part],
            volatility[part],
            100.0,
            years,
            sign,
            today,
            make_workspace(),
            out,
        )
        return out

    values = filled(slice(None))
    scalar = [
        american(*case, years, sign)
        for case in zip(spots, np.full(n, 100.0), rate, carries, volatility, strict=True)
    ]
    # The fixed point is reached from two sides, each to the kernel's tolerance.
    np.testing.assert_allclose(values, scalar, rtol=0, atol=PROMISED * 100.0)
    assert filled(slice(100, 200)).tolist() == values[100:200].tolist()
