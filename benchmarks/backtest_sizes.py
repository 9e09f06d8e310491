"""How often each backtest rejects figures that are true.

python -m benchmarks.backtest_sizes

Losses are independent and normal, at a volatility that swings as markets' does and that value at
risk and expected shortfall follow, so that nothing is wrong with either. A test that keeps its
promise rejects as many as its significance says.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from risk.backtests import BacktestPlan, backtest
from risk.measures.elliptical import standard_tail

RECORD = Path(__file__).parent / "records" / "backtest_sizes.md"
DAYS = (250, 500, 1_000)
LEVELS = (0.975, 0.99)
BOOKS = 20_000
# Of the volatility's logarithm: what a day leaves of it, and its deviation.
PERSISTENCE, SWING = 0.97, 0.4


def main() -> None:
    """Judge true figures, and write the record."""
    found = {(level, days): _shares(level, days) for level in LEVELS for days in DAYS}
    columns = " | ".join(f"{level:.1%}, {days:,} days" for level, days in found)
    tests = next(iter(found.values())).index
    lines = [
        "# Backtests of true figures",
        "",
        f"`python -m benchmarks.backtest_sizes`: {describe_machine('numba', 'numpy', 'scipy')}.",
        "",
        (
            f"Share of {BOOKS:,} histories that each test rejects at "
            f"{BacktestPlan().significance:.0%} though value at risk and expected shortfall are "
            f"true, and in brackets what it cannot judge. Errors are at most "
            f"{0.5 / np.sqrt(BOOKS):.1%}."
        ),
        "",
        f"| test | {columns} |",
        f"| --- |{' ---: |' * len(found)}",
        *(f"| {test} | {' | '.join(own.loc[test] for own in found.values())} |" for test in tests),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _shares(level: float, n_days: int) -> "pd.Series[str]":
    """Return what each test rejects, as the record tells of it."""
    draws = np.random.default_rng(n_days)
    deviations = _deviations(draws, n_days)[:, None]
    losses = deviations * draws.standard_normal((n_days, BOOKS))
    tail, names = standard_tail(level), [str(book) for book in range(BOOKS)]
    quantiles = np.broadcast_to(deviations * tail.quantile, losses.shape)
    shortfalls = np.broadcast_to(deviations * tail.mean_beyond, losses.shape)
    judged = backtest(losses, quantiles, shortfalls, level, portfolio_ids=names, method="true")
    results = judged.results
    verdicts = pd.crosstab(results["test"], results["verdict"], normalize="index")
    shares = verdicts.reindex(columns=["rejected", "undefined"], fill_value=0.0)
    return shares.apply(_told, axis=1)


def _deviations(draws: np.random.Generator, n_days: int) -> np.ndarray:
    """Return the deviation of each day's losses."""
    logarithms = np.empty(n_days)
    own = 0.0
    for day, shock in enumerate(draws.standard_normal(n_days)):
        own = PERSISTENCE * own + np.sqrt(1.0 - PERSISTENCE**2) * SWING * shock
        logarithms[day] = own
    return np.exp(logarithms)


def _told(shares: "pd.Series[float]") -> str:
    unknown = f" ({shares['undefined']:.1%})" if shares["undefined"] > 0.0 else ""
    return f"{shares['rejected']:.1%}{unknown}"


if __name__ == "__main__":
    main()
