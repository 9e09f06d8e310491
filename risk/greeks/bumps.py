"""Central differences of full revaluation: every instrument's slope along one kind of move."""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats, Integers
from risk.market.market import Market
from risk.market.revalue import Shifts, current_values, revalue

# Of a price: the third derivative's part, about step squared, and rounding over step squared
# meet here for gamma; American values, whose error is 1e-5 of the strike but smooth, want it wide.
PRICE_STEP = 0.01
VOLATILITY_STEP = 0.01
RATE_STEP = 1e-4
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


def price_slopes(market: Market, factors: Integers, step: float = PRICE_STEP) -> Slopes:
    """Return differences for a relative change of prices, all at once, by ``step`` up and down.

    Parameters
    ----------
    market : instruments and factors
    factors : numbers of the price factors that move together
    step : fraction of the price
    """
    moves = np.zeros((len(market.factors.levels), 2))
    moves[factors] = np.log1p([step, -step])
    return _slopes(market, Shifts(moves, np.zeros((1, 1)), 0.0))


def volatility_slopes(market: Market, step: float = VOLATILITY_STEP) -> Slopes:
    """Return differences for a relative change of every option's volatility by ``step``.

    Parameters
    ----------
    market : instruments and factors
    step : fraction of the volatility
    """
    moves = np.zeros((len(market.factors.levels), 2))
    shifts = np.tile([step, -step], (len(market.terms), 1))
    return _slopes(market, Shifts(moves, shifts, 0.0))


def rate_slopes(market: Market, factors: Integers, step: float = RATE_STEP) -> Slopes:
    """Return differences for a parallel shift of a curve's zero rates by ``step``.

    Parameters
    ----------
    market : instruments and factors
    factors : numbers of the curve's rate factors
    step : absolute change of the annual rate
    """
    moves = np.zeros((len(market.factors.levels), 2))
    moves[factors] = [step, -step]
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
