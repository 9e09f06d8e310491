"""Limits and how much of them is used.

References
----------
Jorion (2007), "Value at risk", 3rd ed., McGraw-Hill, chapter 16 (limits on value at risk).
"""

import pandas as pd

KEY = ["portfolio_id", "measure", "level", "horizon"]
COLUMNS = [*KEY, "method", "limit", "value", "standard_error", "utilisation", "currency"]


def limit_utilisation(risk: pd.DataFrame, limits: pd.DataFrame) -> pd.DataFrame:
    """Return the use of each limit by every method that measures what it limits.

    Parameters
    ----------
    risk : portfolio_id, measure, level, horizon, method, value, standard_error, currency; money,
        a loss is positive
    limits : portfolio_id, measure, level, horizon, limit; money in the currency of the figures,
        positive

    Returns
    -------
    Frame of `COLUMNS`: utilisation is value / limit, a fraction, negative where no loss is
    expected; a limit is breached where it exceeds 1, and NaN where a figure is NaN. A limit on
    what no method measures has no row.

    References
    ----------
    Jorion (2007), chapter 16.
    """
    own, theirs = risk.copy(), limits.copy()
    # Levels are compared as printed: 0.99 from a file and 0.99 from a sum are one level.
    own["level"], theirs["level"] = own["level"].round(6), theirs["level"].round(6)
    joined = own.merge(theirs[[*KEY, "limit"]], on=KEY)
    joined["utilisation"] = joined["value"] / joined["limit"]
    return joined[COLUMNS]
