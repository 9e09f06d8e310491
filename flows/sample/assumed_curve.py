"""A zero curve assumed where there are prices but no rates."""

import numpy as np
import pandas as pd

from flows.spec import AssumedCurve

TENORS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0)
# Years over which the curve has gone two thirds of the way from short to long.
BEND = 5.0


def assume_curve(days: pd.DatetimeIndex, assumed: AssumedCurve) -> pd.DataFrame:
    """Return a curve on each of the days, at its stated level on the last.

    Parameters
    ----------
    days : trading days, sorted
    assumed : level, slope and volatility

    Returns
    -------
    Frame of the curves table: curve_id, ds, tenor (years), zero_rate (annual fraction).
    """
    draws = np.random.Generator(np.random.PCG64(assumed.seed))
    wander = np.cumsum(draws.normal(0.0, 1.0, len(days))) * assumed.daily_volatility
    tenors = np.array(TENORS)
    rise = assumed.long_rate - assumed.short_rate
    shape = assumed.short_rate + rise * (1.0 - np.exp(-tenors / BEND))
    rates = shape + (wander - wander[-1])[:, None]
    return pd.DataFrame(
        {
            "curve_id": assumed.curve_id,
            "ds": np.repeat(days.to_numpy(), len(tenors)),
            "tenor": np.tile(tenors, len(days)),
            "zero_rate": rates.ravel(),
        }
    )
