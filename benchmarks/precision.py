"""What a control variate gains, and what a first order in log prices costs, on real portfolios.

python -m benchmarks.precision

On the 200 portfolios of `jobs/sp500.toml` under 20,000 Gaussian scenarios. A gain is how many times
as many plain scenarios would have the error that the control leaves. The linear books are the
shares of the long portfolios in the same scenarios, each share's loss its log return times what it
is worth; their figures are compared with those of full revaluation.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.sp500_job import checked_run
from flows.steps.shared_market import read_market, risk_plan
from kernels.arrays import Floats
from kernels.book_losses import book_losses
from risk.books import Book, books_of
from risk.controls import build_controls
from risk.market.market import Market
from risk.market.revalue import current_values
from risk.measures.portfolios import control_of, instrument_losses
from risk.measures.tail import MEASURES, measure_tail, measure_tails
from risk.plan import RiskPlan
from risk.scenarios import factor_moves
from risk.scenarios.control_variates import corrected_tails
from risk.scenarios.quadratic_law import quadratic_tails

RECORD = Path(__file__).parent / "records" / "precision.md"


def main() -> None:
    """Measure, and write the record."""
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        run = checked_run(Path(name))
        plan, market = (
            replace(risk_plan(run), variance_reduction="control_variate"),
            read_market(run),
        )
        positions = pd.read_parquet(run.staging.clean("positions"))
    books, failures = books_of(market, positions)
    if failures:
        raise RuntimeError(f"portfolios failed: {failures}")
    gains, biases = [], []
    for horizon in plan.horizons:
        losses = instrument_losses(market, "gaussian", horizon, plan)
        gains += _gain_rows(market, books, losses, horizon, plan)
        biases += _bias_rows(market, books, losses, horizon, plan)
    text = "\n".join(_record(len(books), plan, gains, biases)) + "\n"
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _record(n_books: int, plan: RiskPlan, gains: Sequence[str], biases: Sequence[str]) -> list[str]:
    return [
        "# Precision of Gaussian figures",
        "",
        f"`python -m benchmarks.precision`: {describe_machine('numba', 'numpy')}.",
        "",
        (
            f"{n_books} portfolios of `jobs/sp500.toml`, {plan.scenarios:,} scenarios, seed "
            f"{plan.seed}."
        ),
        "",
        (
            "How many times as many plain scenarios would have the error that the control variate "
            "leaves, over the portfolios:"
        ),
        "",
        "| days | measure | level | least | median | most |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
        *gains,
        "",
        (
            "Figures of first order in log prices over those of full revaluation, in the same "
            "scenarios, of the shares of the long portfolios; medians, and the difference in "
            "standard errors of the latter:"
        ),
        "",
        "| days | measure | level | portfolios | too high by | standard errors |",
        "| ---: | --- | ---: | ---: | ---: | ---: |",
        *biases,
    ]


def _gain_rows(
    market: Market, books: Sequence[Book], losses: Floats, horizon: int, plan: RiskPlan
) -> list[str]:
    controls = build_controls(market, "gaussian", horizon, plan, plan.scenarios)
    found: dict[tuple[str, float], list[float]] = {}
    for book in books:
        control = control_of(controls, book)
        assert control is not None
        total = book_losses(losses, book.instruments, book.quantities)
        known = quadratic_tails(control.law, plan.levels)
        plain = measure_tails(total, plan.levels)
        corrected = corrected_tails(total, control.losses, plan.levels, known)
        for level, before, after in zip(plan.levels, plain, corrected, strict=True):
            for measure in MEASURES:
                error, left = (getattr(tail, f"{measure}_error") for tail in (before, after))
                found.setdefault((measure, level), []).append((error / left) ** 2)
    return [
        f"| {horizon} | {_words(measure)} | {level:.1%} | {min(own):,.1f} "
        f"| {np.median(own):,.0f} | {max(own):,.0f} |"
        for (measure, level), own in sorted(found.items(), reverse=True)
    ]


def _bias_rows(
    market: Market, books: Sequence[Book], losses: Floats, horizon: int, plan: RiskPlan
) -> list[str]:
    shares = (market.terms["kind"] == "equity").to_numpy()
    moves = factor_moves(market.factors, "gaussian", horizon, plan)
    linear = -current_values(market)[:, None] * moves[market.price_factor]
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for book in books:
        held = shares[book.instruments]
        told = book.instruments[held], book.quantities[held]
        if (told[1] < 0.0).any():
            continue
        full, first = book_losses(losses, *told), book_losses(linear, *told)
        for level in plan.levels:
            true, rough = measure_tail(full, level), measure_tail(first, level)
            for measure in MEASURES:
                value, error = getattr(true, measure), getattr(true, f"{measure}_error")
                gap = getattr(rough, measure) - value
                found.setdefault((measure, level), []).append((gap / value, gap / error))
    return [
        f"| {horizon} | {_words(measure)} | {level:.1%} | {len(own)} "
        + "| {:.1%} | {:.1f} |".format(*np.median(own, axis=0))
        for (measure, level), own in sorted(found.items(), reverse=True)
    ]


def _words(measure: str) -> str:
    return measure.replace("_", " ")


if __name__ == "__main__":
    main()
