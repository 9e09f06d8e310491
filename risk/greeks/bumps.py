"""Central differences of full revaluation: every instrument's slope along one kind of move."""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats, Integers
from risk.market.delta_gamma import PRICE_STEP, RATE_STEP
from risk.market.market import Market
from risk.market.revalue import Shifts, current_values, revalue

VOLATILITY_STEP = 0.01
DAY = 1.0 / 365.0


@dataclass(frozen=True)
class Slopes:
    """First and second differences of one unit of each instrument along one move.

    Parameters
    ----------
    first : (n_instruments,) half the difference of the values up and down, money per step
    second : (n_instruments,) up plus down less twice the middle, money per step squared
    """

    first: Floats
    second: Floats


def price_slopes(market: Market, factors: Integers) -> Slopes:
    """Return differences for prices that all change by `PRICE_STEP` of themselves, up and down.

    Parameters
    ----------
    market : instruments and factors
    factors : numbers of the price factors that move together
    """
    moves = np.zeros((len(market.factors.levels), 2))
    moves[factors] = np.log1p([PRICE_STEP, -PRICE_STEP])
    return _slopes(market, Shifts(moves, np.zeros((1, 1)), 0.0))


def volatility_slopes(market: Market) -> Slopes:
    """Return differences for a change of every option's volatility by `VOLATILITY_STEP` of itself.

    Parameters
    ----------
    market : instruments and factors
    """
    moves = np.zeros((len(market.factors.levels), 2))
    shifts = np.tile([VOLATILITY_STEP, -VOLATILITY_STEP], (len(market.terms), 1))
    return _slopes(market, Shifts(moves, shifts, 0.0))


def rate_slopes(market: Market, factors: Integers) -> Slopes:
    """Return differences for a parallel shift of a curve's annual zero rates by `RATE_STEP`.

    Parameters
    ----------
    market : instruments and factors
    factors : numbers of the curve's rate factors
    """
    moves = np.zeros((len(market.factors.levels), 2))
    moves[factors] = [RATE_STEP, -RATE_STEP]
    return _slopes(market, Shifts(moves, np.zeros((1, 1)), 0.0))


def day_changes(market: Market) -> Floats:
    """Return the change of value of one unit of each instrument over one calendar day.

    Parameters
    ----------
    market : instruments and factors, none of which moves

    Returns
    -------
    (n_instruments,) float64, money, a gain is positive.
    """
    still = np.zeros((len(market.factors.levels), 1))
    return revalue(market, Shifts(still, np.zeros((1, 1)), DAY))[:, 0] - current_values(market)


def _slopes(market: Market, shifts: Shifts) -> Slopes:
    values, middle = revalue(market, shifts), current_values(market)
    up, down = values[:, 0], values[:, 1]
    return Slopes(0.5 * (up - down), up + down - 2.0 * middle)
