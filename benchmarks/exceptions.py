"""How often losses go beyond value at risk: 200 portfolios of the S&P 500 over four years.

python -m benchmarks.exceptions

The backtest of `jobs/sp500.toml`, as its night makes it: today's portfolios on each of 1,000 past
days, their figures from the 250 returns before it by each of the job's methods. Kupiec's test is
put to each portfolio at 5%. Days of many portfolios are no independent ones: all of them lose on
the same days.
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.sp500_job import checked_run
from flows.run import Run
from flows.steps.backtest import judge_block, prepare
from risk.backtests import proportion_of_failures

RECORD = Path(__file__).parent / "records" / "exceptions.md"
SIGNIFICANCE = 0.05


def main() -> None:
    """Judge the past days, and write the record."""
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        days = _judged(checked_run(Path(name)))
    n_books, n_days = days["portfolio_id"].nunique(), days["ds"].nunique()
    lines = [
        "# Exceptions of value at risk",
        "",
        f"`python -m benchmarks.exceptions`: {describe_machine('numba', 'numpy')}.",
        "",
        (
            f"{n_books} portfolios of `jobs/sp500.toml` on {n_days:,} days, "
            f"{days['ds'].min():%Y-%m-%d} to {days['ds'].max():%Y-%m-%d}; Kupiec's test of each "
            f"portfolio at {SIGNIFICANCE:.0%}."
        ),
        "",
        (
            "| method | level | beyond value at risk | of portfolios, least | most "
            "| accepted by Kupiec's test | loss beyond over expected shortfall |"
        ),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            _row(str(method), float(str(level)), own)
            for (method, level), own in days.groupby(["method", "level"])
        ),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _judged(run: Run) -> pd.DataFrame:
    """Return a row per method, level, day and portfolio."""
    blocks = [judge_block(run, number) for number in prepare(run)]
    if any(block.failures for block in blocks):
        raise RuntimeError(f"portfolios failed: {[block.failures for block in blocks]}")
    return pd.concat(
        [pd.read_parquet(block.shard("risk_backtest_days")) for block in blocks],
        ignore_index=True,
    )


def _row(method: str, level: float, days: pd.DataFrame) -> str:
    beyond = days["loss"] > days["value_at_risk"]
    by_book = beyond.groupby(days["portfolio_id"]).agg(["sum", "size"])
    shares = by_book["sum"] / by_book["size"]
    judged = proportion_of_failures(
        by_book["size"].to_numpy(np.int64), by_book["sum"].to_numpy(np.int64), level
    )
    accepted = float((judged.p_value >= SIGNIFICANCE).mean())
    worst = days.loc[beyond]
    severity = float((worst["loss"] / worst["expected_shortfall"]).mean())
    return (
        f"| {method} | {level:.1%} | {beyond.mean():.2%} | {shares.min():.1%} | {shares.max():.1%} "
        f"| {accepted:.0%} | {severity:.2f} |"
    )


if __name__ == "__main__":
    main()
