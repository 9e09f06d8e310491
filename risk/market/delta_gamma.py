"""Delta-gamma: values by expansion about tonight's market, in place of full revaluation.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", 2nd ed., sec. 9.1.2; RiskMetrics
(1996), technical document, sec. 6.3.
"""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats, Integers
from risk.market.market import NO_FACTOR, Market
from risk.market.revalue import Shifts, revalue

# Of a price: the third derivative's part, about step squared, and rounding over step squared
# meet here for gamma; American values, whose error is 1e-5 of the strike but smooth, want it wide.
PRICE_STEP = 0.01
RATE_STEP = 1e-4


@dataclass(frozen=True)
class Expansion:
    """Values of one unit of each instrument about tonight's market, some time later.

    Parameters
    ----------
    middle : (n_instruments,) float64, reporting currency, where nothing moves
    slope, curvature : (n_instruments,) float64, first and second derivative by the relative
        change of the instrument's own or underlying price; zero without one
    rates : (n_instruments, n_points) float64, first derivative by each zero rate
    """

    middle: Floats
    slope: Floats
    curvature: Floats
    rates: Floats


def expand_market(market: Market, elapsed: float) -> Expansion:
    """Return the expansion of every instrument, by central differences.

    Parameters
    ----------
    market : instruments and factors
    elapsed : years gone by

    References
    ----------
    McNeil, Frey & Embrechts (2015), sec. 9.1.2.
    """
    currencies = np.unique(market.currency_factor[market.currency_factor != NO_FACTOR])
    found = revalue(market, Shifts(_probes(market, currencies), np.zeros((1, 1)), elapsed))
    middle, own, converting = found[:, 0], found[:, 1:3], found[:, 3:5]
    up, down = np.where(np.isin(market.price_factor, currencies)[:, None], converting, own).T
    priced = market.price_factor != NO_FACTOR
    slope = (up - down) / (2.0 * PRICE_STEP)
    curvature = (up + down - 2.0 * middle) / PRICE_STEP**2
    rates = (found[:, 5::2] - found[:, 6::2]) / (2.0 * RATE_STEP)
    return Expansion(
        middle.copy(), np.where(priced, slope, 0.0), np.where(priced, curvature, 0.0), rates
    )


def expand_values(market: Market, shifts: Shifts) -> Floats:
    """Return the approximate value of one unit of each instrument under each scenario.

    Second order in the relative change of an instrument's own or underlying price, first order in
    every rate, no cross terms; the slopes are central differences (1% of the price, one basis
    point) at the end of the time gone by. The exchange rate then converts exactly. Shifts of
    volatility are not part of the expansion.

    Parameters
    ----------
    market : instruments and factors
    shifts : scenarios, without shifts of volatility

    Returns
    -------
    (n_instruments, n_scenarios) float64, reporting currency.

    References
    ----------
    McNeil, Frey & Embrechts (2015), sec. 9.1.2.
    """
    n_prices = len(market.factors.prices)
    expansion = expand_market(market, shifts.elapsed)
    values = np.empty((len(market.terms), shifts.moves.shape[1]))
    for number, factor in enumerate(market.price_factor):
        values[number] = expansion.middle[number]
        if factor != NO_FACTOR:
            change = np.expm1(shifts.moves[factor])
            values[number] += expansion.slope[number] * change
            values[number] += 0.5 * expansion.curvature[number] * change * change
        for point in np.flatnonzero(expansion.rates[number]):
            values[number] += expansion.rates[number, point] * shifts.moves[n_prices + point]
        currency = market.currency_factor[number]
        if currency != NO_FACTOR:
            values[number] *= np.exp(shifts.moves[currency])
    return values


def _probes(market: Market, currencies: Integers) -> Floats:
    """Return moves: none; other prices, exchange rates and each rate in turn, up and down."""
    n_prices, n_points = len(market.factors.prices), len(market.factors.points)
    probes = np.zeros((n_prices + n_points, 5 + 2 * n_points))
    both = np.log1p([PRICE_STEP, -PRICE_STEP])
    probes[np.setdiff1d(np.arange(n_prices), currencies), 1:3] = both
    probes[currencies, 3:5] = both
    for point in range(n_points):
        probes[n_prices + point, 5 + 2 * point : 7 + 2 * point] = (RATE_STEP, -RATE_STEP)
    return probes
