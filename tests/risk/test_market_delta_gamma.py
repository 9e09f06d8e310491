"""Delta-gamma: exact where values are linear, close where moves are small, and stated."""

from dataclasses import replace

import numpy as np
import pytest

from risk import PlanError, RiskPlan, instrument_losses
from risk.market.delta_gamma import expand_values
from risk.market.revalue import Shifts, revalue
from tests.risk.markets import PLAN, mixed_market

MARKET = mixed_market()
LINEAR = ("AAA", "BBB", "CCC", "NEW", "FUND", "EURUSD", "EEE")


def shifts_of(scale, n=200):
    draws = np.random.default_rng(3).standard_normal((len(MARKET.factors.levels), n))
    size = np.where(np.arange(len(draws)) < len(MARKET.factors.prices), scale, 0.1 * scale)
    return Shifts(draws * size[:, None], np.zeros((1, 1)), 5 / 252)


def test_what_is_linear_in_its_price_is_exact():
    shifts = shifts_of(0.1)
    numbers = [MARKET.numbers()[name] for name in LINEAR]
    full, near = revalue(MARKET, shifts)[numbers], expand_values(MARKET, shifts)[numbers]
    # Second differences of a straight line are rounding over step squared, 1e-16 / 1e-4.
    np.testing.assert_allclose(near, full, rtol=1e-11)


def test_the_error_is_of_third_order_in_prices_and_second_in_rates():
    worst = []
    for scale in (0.02, 0.01):
        shifts = shifts_of(scale)
        full, near = revalue(MARKET, shifts), expand_values(MARKET, shifts)
        worst.append(np.abs(near - full).max(axis=1))
    numbers = MARKET.numbers()
    for name in ("CALL", "PUT", "EECALL", "BOND", "EURBOND"):
        # Half the moves: at least a fourth of the error, near an eighth for options.
        large, small = worst[0][numbers[name]], worst[1][numbers[name]]
        assert small < 0.35 * large


def test_the_plan_says_which():
    approximate = replace(PLAN, revaluation="delta_gamma")
    full = instrument_losses(MARKET, "gaussian", 1, PLAN)
    near = instrument_losses(MARKET, "gaussian", 1, approximate)
    call = MARKET.numbers()["CALL"]
    assert not np.array_equal(full[call], near[call])
    # A day's move is small: the losses of a call agree to a hundredth of their deviation.
    assert np.abs(full[call] - near[call]).mean() < 0.01 * full[call].std()
    with pytest.raises(PlanError, match="revaluation must be one of full, delta_gamma; got 'none'"):
        RiskPlan(revaluation="none")
