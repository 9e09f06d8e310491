"""Delta-gamma: values by expansion about tonight's market, in place of full revaluation.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", 2nd ed., sec. 9.1.2; RiskMetrics
(1996), technical document, sec. 6.3.
"""

import numpy as np

from kernels.arrays import Floats, Integers
from risk.market.market import NO_FACTOR, Market
from risk.market.revalue import Shifts, revalue

PRICE_STEP = 0.01
RATE_STEP = 1e-4


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
    currencies = np.unique(market.currency_factor[market.currency_factor != NO_FACTOR])
    probes = _probes(market, currencies)
    found = revalue(market, Shifts(probes, np.zeros((1, 1)), shifts.elapsed))
    middle, own, converting, rates = found[:, 0], found[:, 1:3], found[:, 3:5], found[:, 5:]
    values = np.empty((len(market.terms), shifts.moves.shape[1]))
    for number, factor in enumerate(market.price_factor):
        values[number] = middle[number]
        if factor != NO_FACTOR:
            up, down = (converting if factor in currencies else own)[number]
            change = np.expm1(shifts.moves[factor])
            values[number] += (up - down) / (2.0 * PRICE_STEP) * change
            curvature = (up + down - 2.0 * middle[number]) / PRICE_STEP**2
            values[number] += 0.5 * curvature * change * change
        for point, (up, down) in enumerate(rates[number].reshape(-1, 2)):
            if up != down:
                slope = (up - down) / (2.0 * RATE_STEP)
                values[number] += slope * shifts.moves[n_prices + point]
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
