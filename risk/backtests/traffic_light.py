"""The traffic light: how a supervisor reads the number of exceptions.

References
----------
Basel Committee (1996), "Supervisory framework for the use of backtesting in conjunction with the
internal models approach to market risk capital requirements", table 2; Basel Committee (2019),
MAR32.9, table 1, and MAR99.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from kernels.arrays import Floats, Integers
from risk.backtests.judgement import Judgement, require_fraction

Zone = Literal["green", "yellow", "red"]
Framework = Literal["1996", "2019"]
YELLOW_FROM, RED_FROM = 0.95, 0.9999
# Added to the multiplier at 5, 6, 7, 8, 9 and at least 10 exceptions in 250 days at 99%.
PLUS_FACTORS: dict[Framework, tuple[float, ...]] = {
    "1996": (0.40, 0.50, 0.65, 0.75, 0.85, 1.00),
    "2019": (0.20, 0.26, 0.33, 0.38, 0.42, 0.50),
}
_PUBLISHED_DAYS, _PUBLISHED_LEVEL, _FIRST_YELLOW = 250, 0.99, 5


@dataclass(frozen=True)
class TrafficLight:
    """The zone of many books.

    Parameters
    ----------
    judgement : statistic: probability of at most so many exceptions; p-value: of at least so many
    zone : (n_books,) str: green where the statistic is below 95%, red from 99.99%, yellow
        between; "undefined" where no day was judged
    plus_factor : (n_books,) float64, added to the multiplier of capital: 0 in the green zone, the
        highest in the red; NaN in the yellow one unless 250 days were judged at 99%, for which
        alone it is published
    """

    judgement: Judgement
    zone: np.ndarray
    plus_factor: Floats


def traffic_light(
    n_days: Integers, exceptions: Integers, level: float, framework: Framework = "2019"
) -> TrafficLight:
    """Return the zone of each book by the binomial law of its exceptions.

    Parameters
    ----------
    n_days : (n_books,) int64, judged days
    exceptions : (n_books,) int64, among them
    level : of value at risk, in (0, 1)
    framework : whose plus factors: of 1996, on a multiplier of 3; or of 2019, on 1.5

    Returns
    -------
    TrafficLight, one-sided: too few exceptions are green. Without a judged day the statistic is
    NaN.

    Raises
    ------
    BacktestError
        Where the level is out of range.

    References
    ----------
    Basel Committee (1996), table 2; Basel Committee (2019), MAR32.9, table 1.
    """
    require_fraction("level", level)
    days, found = np.asarray(n_days), np.asarray(exceptions)
    share = 1.0 - level
    judged = days > 0
    cumulative = np.where(judged, stats.binom.cdf(found, days, share), np.nan)
    at_least = np.where(judged, stats.binom.sf(found - 1, days, share), np.nan)
    number = (cumulative >= YELLOW_FROM).astype(int) + (cumulative >= RED_FROM)
    zone = np.array(["green", "yellow", "red"], dtype=object)[number]
    zone[~judged] = "undefined"
    plus = _plus_factors(days, found, zone, level, PLUS_FACTORS[framework])
    return TrafficLight(Judgement(cumulative, at_least), zone, plus)


def _plus_factors(
    days: Integers, found: Integers, zone: np.ndarray, level: float, factors: tuple[float, ...]
) -> Floats:
    published = (days == _PUBLISHED_DAYS) & np.isclose(level, _PUBLISHED_LEVEL)
    place = np.clip(found - _FIRST_YELLOW, 0, len(factors) - 1)
    yellow = np.where(published, np.array(factors)[place], np.nan)
    known = np.select([zone == "green", zone == "red"], [0.0, factors[-1]], yellow)
    return np.asarray(np.where(zone == "undefined", np.nan, known), float)
