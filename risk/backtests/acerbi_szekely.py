"""Tests of expected shortfall: whether losses beyond value at risk are as bad as was said.

References
----------
Acerbi & Székely (2014), "Back-testing expected shortfall", Risk 27(11), tests 1 and 2 (eqs. 4
and 6), and table 1 for critical values.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers
from kernels.backtest_counts import sum_severities
from kernels.backtest_nulls import draw_exceptions
from risk.backtests.errors import BacktestError
from risk.backtests.exceptions import by_book, require_same_days
from risk.backtests.judgement import Judgement, require_fraction
from risk.measures.elliptical import standard_tail


@dataclass(frozen=True)
class Severities:
    """How bad the exceptions of each book were.

    Parameters
    ----------
    n_days : (n_books,) int64, days with a loss, value at risk and expected shortfall
    exceptions : (n_books,) int64, among them
    total : (n_books,) float64, sum of the exceptions' losses as multiples of expected shortfall;
        NaN where one of these is not positive
    """

    n_days: Integers
    exceptions: Integers
    total: Floats


@dataclass(frozen=True)
class TrueFigures:
    """Exceptions as they would be if the figures were true, in many simulated histories.

    Parameters
    ----------
    level : of value at risk and expected shortfall
    n_histories, n_days : simulated histories, and the days of each
    histories, days : (n_exceptions,) int64, where each exception is
    multiples : (n_exceptions,) float64, its loss as a multiple of expected shortfall
    """

    level: float
    n_histories: int
    n_days: int
    histories: Integers
    days: Integers
    multiples: Floats

    @cached_property
    def statistics(self) -> tuple[Floats, Floats]:
        """Those of whole histories, as `true_statistics` gives them."""
        return _statistics(self, self.n_days)


def find_severities(
    losses: Floats, value_at_risk: Floats, expected_shortfall: Floats
) -> Severities:
    """Sum the losses beyond value at risk as multiples of expected shortfall.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive
    value_at_risk, expected_shortfall : (n_days, n_books) float64, money, said on the eve; a day
        with a NaN in any of the three is not judged, and a loss equal to value at risk is none
        beyond it

    Returns
    -------
    Severities, multiples of expected shortfall.

    Raises
    ------
    BacktestError
        Where the shapes differ.

    References
    ----------
    Acerbi & Székely (2014), the sum in eqs. 4 and 6.
    """
    require_same_days(losses, value_at_risk, "value_at_risk")
    require_same_days(losses, expected_shortfall, "expected_shortfall")
    counts = np.empty((losses.shape[1], 2), np.int64)
    total = np.empty(losses.shape[1])
    figures = (by_book(losses), by_book(value_at_risk), by_book(expected_shortfall))
    sum_severities(*figures, counts, total)
    return Severities(counts[:, 0], counts[:, 1], total)


@lru_cache(maxsize=8)
def simulate_true_figures(
    level: float,
    n_days: int,
    degrees: float = np.inf,
    n_histories: int = 40_000,
    seed: int = 0,
) -> TrueFigures:
    """Simulate histories of independent days on which the figures are true.

    Parameters
    ----------
    level : in (0, 1)
    n_days : days of each history, at least 1
    degrees : of the t that losses follow, above 1; infinite for the normal law. The size of the
        losses does not matter, only the shape of their tail
    n_histories : how many, at least 100
    seed : in [0, 2**32)

    Raises
    ------
    BacktestError
        Where the level, the days, the number of histories or the seed are out of range.
    PlanError
        Where the degrees are.

    References
    ----------
    Acerbi & Székely (2014), table 1: p-values by simulation under the null.
    """
    require_fraction("level", level)
    if n_days < 1:
        raise BacktestError(f"n_days must be at least 1; got {n_days}")
    if n_histories < 100:
        raise BacktestError(f"n_histories must be at least 100; got {n_histories}")
    if not 0 <= seed < 2**32:
        raise BacktestError(f"seed must be in [0, 2**32); got {seed}")
    mean = standard_tail(level, degrees).mean_beyond
    histories, days, shares = draw_exceptions(seed, n_histories, n_days, 1.0 - level)
    beyond = special.ndtri(shares) if np.isinf(degrees) else special.stdtrit(degrees, shares)
    return TrueFigures(level, n_histories, n_days, histories, days, np.asarray(-beyond / mean))


def true_statistics(true: TrueFigures, n_days: int) -> tuple[Floats, Floats]:
    """Return the statistics of the simulated histories' first days, each sorted.

    Parameters
    ----------
    true : simulated histories
    n_days : how many of their days, at most ``true.n_days``

    Returns
    -------
    Those of the first test, of histories with an exception alone; and those of the second.

    References
    ----------
    Acerbi & Székely (2014), eqs. 4 and 6.
    """
    return true.statistics if n_days == true.n_days else _statistics(true, n_days)


def _statistics(true: TrueFigures, n_days: int) -> tuple[Floats, Floats]:
    early = true.days < n_days
    of = true.histories[early]
    total = np.bincount(of, weights=true.multiples[early], minlength=true.n_histories)
    exceptions = np.bincount(of, minlength=true.n_histories)
    some = exceptions > 0
    first = 1.0 - total[some] / exceptions[some]
    return np.sort(first), np.sort(1.0 - total / (n_days * (1.0 - true.level)))


def critical_values(true: TrueFigures, n_days: int, significance: float) -> tuple[float, float]:
    """Return the statistics below which the first and the second test reject.

    Parameters
    ----------
    true : simulated histories
    n_days : judged days, at most ``true.n_days``
    significance : probability of rejecting true figures, in (0, 1), one-sided

    Returns
    -------
    Two statistics, negative: quantiles of the simulated ones, interpolated between neighbours.

    Raises
    ------
    BacktestError
        Where the significance is out of range.

    References
    ----------
    Acerbi & Székely (2014), table 1.
    """
    require_fraction("significance", significance)
    first, second = true_statistics(true, n_days)
    return float(np.quantile(first, significance)), float(np.quantile(second, significance))


def severity_tests(severities: Severities, true: TrueFigures) -> tuple[Judgement, Judgement]:
    """Test expected shortfall given exceptions (Z1), and together with their number (Z2).

    Z1 is 1 less the mean multiple of expected shortfall over the exceptions; Z2 is 1 less their
    sum over the number that was to be expected. Both are 0 on average if the figures are true,
    and negative where they were too low. P-values are shares of simulated statistics, one-sided:
    only figures that were too low reject.

    Parameters
    ----------
    severities : of each book; both tests are undefined (NaN) where an expected shortfall is not
        positive on a day of exception or no day was judged, and Z1 where there is no exception
    true : simulated histories of as many days at least

    Returns
    -------
    Judgements of Z1 and of Z2.

    Raises
    ------
    BacktestError
        Where a book has more days than the simulated histories.

    References
    ----------
    Acerbi & Székely (2014), eqs. 4 and 6.
    """
    longest = int(severities.n_days.max(initial=0))
    if longest > true.n_days:
        raise BacktestError(
            f"true figures must be simulated for {longest} days at least; got {true.n_days}"
        )
    days, found = severities.n_days, severities.exceptions
    with np.errstate(divide="ignore", invalid="ignore"):
        first = 1.0 - severities.total / np.where(found > 0, found, np.nan)
        second = 1.0 - severities.total / np.where(days > 0, days * (1.0 - true.level), np.nan)
    p_first, p_second = np.full(len(days), np.nan), np.full(len(days), np.nan)
    for n_days in np.unique(days[days > 0]):
        own = days == n_days
        of_first, of_second = true_statistics(true, int(n_days))
        p_first[own] = _share_below(first[own], of_first)
        p_second[own] = _share_below(second[own], of_second)
    return Judgement(first, p_first), Judgement(second, p_second)


def _share_below(statistics: Floats, ordered: Floats) -> Floats:
    """Return p-values that are never 0: the observed history counts as one of the simulated.

    Davison & Hinkley (1997), "Bootstrap methods and their application", eq. 4.11.
    """
    below = np.searchsorted(ordered, statistics, side="right")
    shares = (below + 1.0) / (len(ordered) + 1.0)
    return np.where(np.isnan(statistics), np.nan, shares)
