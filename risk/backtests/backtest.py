"""One call that puts the figures of many books to every test.

References
----------
McNeil, Frey & Embrechts (2015), "Quantitative risk management", section 9.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Flags, Floats
from risk.backtests.acerbi_szekely import find_severities, severity_tests, simulate_true_figures
from risk.backtests.christoffersen import conditional_coverage, independence
from risk.backtests.dynamic_quantile import dynamic_quantile
from risk.backtests.errors import BacktestError
from risk.backtests.exceptions import (
    Exceptions,
    find_exceptions,
    require_names,
    require_same_days,
)
from risk.backtests.first_failure import time_to_first_failure
from risk.backtests.judgement import Judgement, require_fraction
from risk.backtests.plan import BacktestPlan
from risk.backtests.proportion_of_failures import proportion_of_failures
from risk.backtests.traffic_light import traffic_light
from risk.errors import Failure

STAGE = "backtest figures"
COLUMNS = [
    "portfolio_id",
    "test",
    "level",
    "horizon",
    "method",
    "n_days",
    "exceptions",
    "expected",
    "statistic",
    "p_value",
    "verdict",
    "zone",
    "plus_factor",
]
TRAFFIC_LIGHT = "traffic_light"


@dataclass(frozen=True)
class Backtests:
    """What the tests say of every book.

    Parameters
    ----------
    results : one row per book and test, with `COLUMNS`
    failures : books that could not be tested
    """

    results: pd.DataFrame
    failures: list[Failure]


@dataclass(frozen=True)
class _Test:
    """One test of every book, and the days it was made on."""

    name: str
    judgement: Judgement
    n_days: np.ndarray
    exceptions: np.ndarray


def backtest(
    losses: Floats,
    value_at_risk: Floats,
    expected_shortfall: Floats | None,
    level: float,
    *,
    portfolio_ids: Sequence[str],
    method: str,
    horizon: int = 1,
    plan: BacktestPlan | None = None,
) -> Backtests:
    """Put the figures of many books to every test, each book by itself.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive. The tests take days to be
        independent if the figures are true: losses over more than a day must not overlap
    value_at_risk : (n_days, n_books) float64, money, said on the eve. A day with a NaN in either is
        not judged, and those beside it are not neighbours
    expected_shortfall : (n_days, n_books) float64, money, said on the eve; None leaves its tests
        out. A NaN keeps a day from its tests alone
    level : of both figures, in (0, 1)
    portfolio_ids : (n_books,) names
    method, horizon : what made the figures, and the trading days they look ahead
    plan : settings; None takes the defaults

    Returns
    -------
    Backtests. Its results have, per book and test: the days it was made on, their exceptions and
    how many were expected, statistic, p_value and verdict ("accepted", "rejected", or "undefined"
    with NaN for both where the test cannot be made of the book's days). Of the traffic light they
    also have zone and plus_factor; red is what rejects. A book with an infinite figure, or without
    a day to judge, is a failure.

    Raises
    ------
    BacktestError
        Where shapes differ or the level is out of range.

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 9.3; each test's own is named where it is defined.
    """
    settings = BacktestPlan() if plan is None else plan
    require_fraction("level", level)
    figures = [losses, value_at_risk]
    figures += [] if expected_shortfall is None else [expected_shortfall]
    for name, figure in zip(("value_at_risk", "expected_shortfall"), figures[1:], strict=False):
        require_same_days(losses, figure, name)
    require_names(portfolio_ids, losses)
    failures, sound = _unfit(figures, portfolio_ids)
    kept = [figure[:, sound] for figure in figures]
    found = find_exceptions(kept[0], kept[1])
    tests = _coverage_tests(found, level, settings)
    tests.append(_dynamic_quantile_test(kept, found, level, settings))
    if expected_shortfall is not None:
        tests += _severity_tests(kept, level, settings)
    names = np.array([str(name) for name in portfolio_ids], dtype=object)[sound]
    results = _frame(names, tests, level, settings)
    results["horizon"], results["method"] = horizon, method
    light = traffic_light(found.n_days, found.exceptions, level, settings.framework)
    ours = (results["test"] == TRAFFIC_LIGHT).to_numpy()
    results.loc[ours, "zone"] = light.zone
    results.loc[ours, "plus_factor"] = light.plus_factor
    results.loc[ours, "verdict"] = np.where(light.zone == "red", "rejected", "accepted")
    return Backtests(results[COLUMNS], failures)


def _unfit(figures: Sequence[Floats], names: Sequence[str]) -> tuple[list[Failure], Flags]:
    """Return the books that cannot be tested, and which can."""
    infinite = np.any([np.isinf(figure).any(axis=0) for figure in figures], axis=0)
    known = ~(np.isnan(figures[0]) | np.isnan(figures[1]))
    empty = ~known.any(axis=0)
    failures = []
    for book in np.flatnonzero(infinite | empty):
        reason = "a loss or figure is infinite" if infinite[book] else "no day has loss and figure"
        failures.append(Failure(str(names[int(book)]), STAGE, BacktestError.__name__, reason))
    return failures, np.asarray(~(infinite | empty))


def _coverage_tests(found: Exceptions, level: float, plan: BacktestPlan) -> list[_Test]:
    n_days, exceptions = found.n_days, found.exceptions
    judgements = {
        "proportion_of_failures": proportion_of_failures(n_days, exceptions, level),
        "time_to_first_failure": time_to_first_failure(n_days, found.first, level),
        "independence": independence(found.transitions),
        "conditional_coverage": conditional_coverage(found.transitions, level),
        TRAFFIC_LIGHT: traffic_light(n_days, exceptions, level, plan.framework).judgement,
    }
    return [_Test(name, judged, n_days, exceptions) for name, judged in judgements.items()]


def _dynamic_quantile_test(
    figures: Sequence[Floats], found: Exceptions, level: float, plan: BacktestPlan
) -> _Test:
    judged = dynamic_quantile(figures[0], figures[1], level, plan.lags)
    return _Test("dynamic_quantile", judged, found.n_days, found.exceptions)


def _severity_tests(figures: Sequence[Floats], level: float, plan: BacktestPlan) -> list[_Test]:
    severities = find_severities(*figures)
    longest = max(int(severities.n_days.max(initial=0)), 1)
    true = simulate_true_figures(level, longest, plan.degrees, plan.histories, plan.seed)
    names = ("acerbi_szekely_1", "acerbi_szekely_2")
    return [
        _Test(name, judged, severities.n_days, severities.exceptions)
        for name, judged in zip(names, severity_tests(severities, true), strict=True)
    ]


def _frame(
    names: np.ndarray, tests: Sequence[_Test], level: float, plan: BacktestPlan
) -> pd.DataFrame:
    """Return one row per book and test, without what the traffic light alone has."""

    def by_book(columns: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(columns, axis=1).ravel()

    n_days = by_book([test.n_days for test in tests])
    return pd.DataFrame(
        {
            "portfolio_id": np.repeat(names, len(tests)),
            "test": np.tile(np.array([test.name for test in tests], dtype=object), len(names)),
            "level": level,
            "n_days": n_days,
            "exceptions": by_book([test.exceptions for test in tests]),
            "expected": n_days * (1.0 - level),
            "statistic": by_book([test.judgement.statistic for test in tests]),
            "p_value": by_book([test.judgement.p_value for test in tests]),
            "verdict": by_book([test.judgement.verdicts(plan.significance) for test in tests]),
            "zone": np.full(len(n_days), None, dtype=object),
            "plus_factor": np.nan,
        }
    )
