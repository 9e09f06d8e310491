"""Backtests: every test of many portfolios in one call, against a loop over portfolios.

OPENBLAS_NUM_THREADS=1 python -m benchmarks.backtests

The median of five runs of each after a warm-up, by the thread's processor time: losses and figures
are there before the clock starts. The peers judge portfolio by portfolio: NumPy and SciPy as one
writes the tests from their papers, each in arrays over the days; and our own call with one
portfolio at a time. All take the same histories of true figures for the p-values of expected
shortfall, simulated before the clock starts; what simulating them costs is a row of its own. Peak
memory is that of a process of its own, the interpreter and its libraries included; and what of it
came after all of them were imported.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from scipy import special, stats

from benchmarks.machine import describe_machine, median_seconds, peak_memory
from kernels.arrays import Floats
from risk.backtests import BacktestPlan, Backtests, TrueFigures, backtest, simulate_true_figures
from risk.backtests.acerbi_szekely import true_statistics
from storage.tables.backtests import TESTS

RECORD = Path(__file__).parent / "records" / "backtests.md"
BOOKS, DAYS, LEVEL, LAGS, HISTORIES = 200, 1_250, 0.975, 4, 40_000
RUNS = 5
Figures = tuple[Floats, Floats, Floats]


@cache
def example() -> Figures:
    """Return losses, value at risk and expected shortfall, (n_days, n_books), heavy tailed."""
    rng = np.random.default_rng(1)
    deviation = np.exp(rng.normal(0.0, 0.3, (DAYS, BOOKS)))
    losses = deviation * rng.standard_t(5.0, (DAYS, BOOKS)) * np.sqrt(3.0 / 5.0)
    quantile = float(stats.norm.ppf(LEVEL))
    shortfall = float(stats.norm.pdf(quantile)) / (1.0 - LEVEL)
    return losses, deviation * quantile, deviation * shortfall


def in_one_call(figures: Figures | None = None) -> Backtests:
    """Put all portfolios to every test at once."""
    losses, value_at_risk, shortfall = figures or example()
    return backtest(
        losses,
        value_at_risk,
        shortfall,
        LEVEL,
        portfolio_ids=[f"book {number:03d}" for number in range(losses.shape[1])],
        method="historical",
        plan=BacktestPlan(lags=LAGS, histories=HISTORIES),
    )


def one_by_one() -> list[Backtests]:
    """Put every portfolio to every test by a call of its own."""
    figures = example()
    return [
        in_one_call(tuple(figure[:, [book]] for figure in figures))  # type: ignore[arg-type]
        for book in range(BOOKS)
    ]


def true_figures() -> TrueFigures:
    """Return the simulated histories that all p-values of expected shortfall are taken from."""
    return simulate_true_figures(LEVEL, DAYS, np.inf, HISTORIES, 0)


def simulate_anew() -> TrueFigures:
    """Simulate the histories and their statistics as a first call does."""
    simulate_true_figures.cache_clear()
    true_statistics(true_figures(), DAYS)
    return true_figures()


def written_in_numpy(books: range = range(BOOKS)) -> Floats:
    """Return every test's statistic and p-value, (n_books, n_tests, 2), portfolio by portfolio."""
    losses, value_at_risk, shortfall = example()
    first, second = true_statistics(true_figures(), DAYS)
    found = np.empty((len(books), len(TESTS), 2))
    for place, book in enumerate(books):
        own = losses[:, book], value_at_risk[:, book], shortfall[:, book]
        found[place] = [
            *_coverage(own[0] > own[1]),
            _dynamic(*own[:2]),
            *_severity(own, first, second),
        ]
    return found


def _coverage(beyond: np.ndarray) -> list[tuple[float, float]]:
    """Return the tests of one portfolio's exceptions: how many, how soon, one after another."""
    n, x, share = len(beyond), int(beyond.sum()), 1.0 - LEVEL
    covered = _twice(n - x, x, x / n) - _twice(n - x, x, share)
    day = int(np.argmax(beyond)) + 1
    waited = _twice(day - 1, 1, 1.0 / day) - _twice(day - 1, 1, share)
    before, now = beyond[:-1], beyond[1:]
    later = int(now.sum())
    alike = _twice(n - 1 - later, later, later / (n - 1))
    chain = 0.0
    for state in (False, True):
        after = now[before == state]
        chain += _twice(int((~after).sum()), int(after.sum()), float(after.mean()))
    both = chain - _twice(n - 1 - later, later, share)
    light = stats.binom.cdf(x, n, share), stats.binom.sf(x - 1, n, share)
    return [
        (covered, stats.chi2.sf(covered, 1)),
        (waited, stats.chi2.sf(waited, 1)),
        (chain - alike, stats.chi2.sf(chain - alike, 1)),
        (both, stats.chi2.sf(both, 2)),
        light,
    ]


def _twice(calm: int, beyond: int, share: float) -> float:
    return float(2.0 * (special.xlogy(calm, 1.0 - share) + special.xlogy(beyond, share)))


def _dynamic(losses: Floats, value_at_risk: Floats) -> tuple[float, float]:
    """Return Engle and Manganelli's test of one portfolio."""
    hits = (losses > value_at_risk) - (1.0 - LEVEL)
    lagged = [hits[LAGS - lag : len(hits) - lag] for lag in range(1, LAGS + 1)]
    rows = np.column_stack([np.ones(len(hits) - LAGS), *lagged, value_at_risk[LAGS:]])
    slopes, _, rank, _ = np.linalg.lstsq(rows, hits[LAGS:], rcond=None)
    statistic = float(((rows @ slopes) ** 2).sum() / (LEVEL * (1.0 - LEVEL)))
    return statistic, float(stats.chi2.sf(statistic, rank))


def _severity(own: Figures, first: Floats, second: Floats) -> list[tuple[float, float]]:
    """Return Acerbi and Székely's tests of one portfolio."""
    losses, value_at_risk, shortfall = own
    multiples = (losses / shortfall)[losses > value_at_risk]
    found = (
        (1.0 - multiples.mean(), first),
        (1.0 - multiples.sum() / (len(losses) * (1.0 - LEVEL)), second),
    )
    return [
        (float(z), (np.searchsorted(true, z, side="right") + 1.0) / (len(true) + 1.0))
        for z, true in found
    ]


def in_one_call_of(books: range) -> Backtests:
    """Put some portfolios to every test at once."""
    chosen = slice(books.start, books.stop)
    return in_one_call(tuple(figure[:, chosen] for figure in example()))  # type: ignore[arg-type]


CASES: dict[str, Callable[[], object]] = {
    "one call": in_one_call,
    "one call a portfolio": one_by_one,
    "NumPy and SciPy, portfolio by portfolio": written_in_numpy,
    "histories of true figures": simulate_anew,
    "imports": lambda: None,
}


def main() -> None:
    """Measure, and write the record; or one case alone, for its memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--case", choices=CASES, help="run one case once and print its peak memory")
    asked = parser.parse_args()
    if asked.case is not None:
        CASES[asked.case]()
        print(f"{peak_memory():.0f}")
        return
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        sys.exit("set OPENBLAS_NUM_THREADS=1: one thread of ours against one of NumPy's")
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(_record()) + "\n", encoding="utf-8")
    print(RECORD.read_text(encoding="utf-8"))


def _record() -> list[str]:
    true_figures()
    times = {
        name: median_seconds(case, RUNS, time.thread_time)
        for name, case in CASES.items()
        if name != "imports"
    }
    memory = {name: _peak_of(name) for name in CASES}
    lines = [
        "# Backtests of many portfolios",
        "",
        (
            "`OPENBLAS_NUM_THREADS=1 python -m benchmarks.backtests`: "
            f"{describe_machine('numba', 'numpy', 'scipy', 'pandas')}."
        ),
        "",
        (
            f"{BOOKS} portfolios over {DAYS:,} days, one thread: the eight tests of value at risk "
            f"and expected shortfall {LEVEL:.1%}, with statistics, p-values and verdicts. "
            f"P-values of expected shortfall come from {HISTORIES:,} simulated histories, which "
            "calls of one level and number of days share: they are there before the clock starts, "
            "and the last row is what simulating them takes."
        ),
        "",
        (
            f"Imports alone hold {memory['imports']:.0f} MiB; the second figure of memory is what "
            "came after, the histories among it."
        ),
        "",
        (
            "| what | seconds | portfolio-days a second | over one call | peak memory, MiB "
            "| after imports, MiB |"
        ),
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, seconds in times.items():
        after = memory[name] - memory["imports"]
        lines.append(
            f"| {name} | {seconds:.3f} | {BOOKS * DAYS / seconds:,.0f} "
            f"| {seconds / times['one call']:.1f} | {memory[name]:.0f} | {after:.0f} |"
        )
    return [*lines, "", _two_threads(), "", _agreement()]


def _two_threads() -> str:
    """Return the time of two threads each, by the clock, with half of the portfolios."""
    halves = (range(BOOKS // 2), range(BOOKS // 2, BOOKS))
    with ThreadPoolExecutor(2) as pool:
        own, theirs = (
            median_seconds(lambda case=case: list(pool.map(case, halves)), RUNS)  # type: ignore[misc]
            for case in (in_one_call_of, written_in_numpy)
        )
    return (
        f"Two threads each, a half of the portfolios a thread, by the clock: {own:.3f} s by two "
        f"calls, {theirs:.3f} s by NumPy and SciPy one by one, {theirs / own:.1f} times."
    )


def _agreement() -> str:
    """Return how far the peer's statistics and p-values are from ours."""
    ours = in_one_call().results
    columns = ours[["statistic", "p_value"]].to_numpy(float).reshape(BOOKS, len(TESTS), 2)
    assert tuple(ours["test"].iloc[: len(TESTS)]) == TESTS
    gap = np.abs(columns - written_in_numpy()).max(axis=(0, 1))
    return (
        f"NumPy and SciPy's statistics differ from ours by {gap[0]:.0e} at most, and p-values by "
        f"{gap[1]:.0e}."
    )


def _peak_of(name: str) -> float:
    command = [sys.executable, "-m", "benchmarks.backtests", "--case", name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
