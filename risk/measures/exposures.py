"""How much of the market a position holds, whatever it is worth today.

References
----------
Hull (2015), "Options, futures, and other derivatives", 9th ed., Pearson, sections 3.4 and 5.7: the
value of a futures or forward contract starts at nothing; a hedge counts what is controlled by it.
"""

import numpy as np

from kernels.arrays import Floats
from risk.market.market import NO_FACTOR, Market
from risk.market.revalue import current_values
from risk.market.terms import multiplier

# Contracts that are settled or agreed at the market's price.
_WORTHLESS_AT_FIRST = ("future", "fx_forward")


def unit_exposures(market: Market) -> Floats:
    """Return the exposure of one unit of each instrument.

    It is the instrument's value, and of a future or an FX forward, which cost nothing, the
    notional: what its underlying is worth at today's price.

    Parameters
    ----------
    market : instruments and factors

    Returns
    -------
    (n_instruments,) float64, money, positive; infinite or NaN where a value overflows.

    References
    ----------
    Hull (2015), sections 3.4 and 5.7.
    """
    exposures = current_values(market).copy()
    levels = market.factors.levels
    for number, row in enumerate(market.rows):
        if row["kind"] in _WORTHLESS_AT_FIRST:
            currency = int(market.currency_factor[number])
            rate = 1.0 if currency == NO_FACTOR else float(levels[currency])
            exposures[number] = multiplier(row) * levels[market.price_factor[number]] * rate
    return np.asarray(exposures)
