"""How well value at risk and expected shortfall of ten days ahead were told, by scores.

python -m benchmarks.ten_days

The generated portfolios of `benchmarks.risk_scores` over decades, every week from the scenarios
that a night would have made of the window before it, over ten days; and for filtered historical
scenarios also those of one day times the root of ten. Weeks' losses over ten days share five days
with the next week's alone, and the bootstrap of `risk.backtests.compare_methods` draws weeks in
runs of ten and more.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.risk_scores import LEVELS, LONG, Case, Said, long_case, score_rows
from kernels.arrays import Floats
from kernels.book_losses import book_losses
from risk import Book, Method, RiskPlan, instrument_losses
from risk.backtests import Figures
from risk.market.revalue import TRADING_DAYS, Shifts, current_values, revalue
from risk.measures.many_tails import measure_many_tails

RECORD = Path(__file__).parent / "records" / "ten_days.md"
HORIZON, WEEK = 10, 5
SCENARIOS = 2_000


def main() -> None:
    """Score every method on every set, and write the record."""
    lines = [
        "# Scores of risk figures ten days ahead",
        "",
        f"`python -m benchmarks.ten_days`: {describe_machine('numba', 'numpy')}.",
        "",
        (
            f"As in `risk_scores.md`, of losses over {HORIZON} days from every {WEEK}th on, "
            f"windows of 500 days and {SCENARIOS:,} drawn scenarios."
        ),
        "",
        "| set | level | method | beyond | pinball loss | joint score | ± | standing |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for kind in LONG:
        case = long_case(kind)
        lines += score_rows(case, *_figures(case), horizon=HORIZON)
        print("\n".join(lines), flush=True)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _figures(case: Case) -> tuple[Floats, Said]:
    """Return losses over ten days from every eve on, and each method's figures of them."""
    plan = replace(case.plan, scenarios=SCENARIOS)
    apart = replace(plan, common_volatility=False)
    eves = range(case.window, len(case.market.factors.moves) - HORIZON + 1, WEEK)
    said = {
        "filtered historical": _said(case, "filtered_historical", HORIZON, plan, eves),
        "... by own volatility": _said(case, "filtered_historical", HORIZON, apart, eves),
        "... of one day, times root ten": _said(case, "filtered_historical", 1, plan, eves),
        "historical": _said(case, "historical", HORIZON, plan, eves),
        "Student t": _said(case, "student_t", HORIZON, plan, eves),
        "Gaussian": _said(case, "gaussian", HORIZON, plan, eves),
    }
    return _came(case, eves), said


def _came(case: Case, eves: Sequence[int]) -> Floats:
    """Return what each book lost over the ten days after each eve, (n_eves, n_books)."""
    market = case.market
    moves = np.array([market.factors.moves[eve : eve + HORIZON].sum(axis=0) for eve in eves])
    shifts = Shifts(np.ascontiguousarray(moves.T), np.zeros((1, 1)), HORIZON / TRADING_DAYS)
    return _of_books(current_values(market)[:, None] - revalue(market, shifts), case.books)


def _said(case: Case, method: Method, horizon: int, plan: RiskPlan, eves: Sequence[int]) -> Figures:
    """Return a night's figures of every eve; of fewer days they are scaled by the root of time."""
    found = []
    for eve in eves:
        known = case.market.factors.between(slice(eve - case.window, eve))
        losses = instrument_losses(replace(case.market, factors=known), method, horizon, plan)
        found.append(measure_many_tails(_of_books(losses, case.books), LEVELS)[:2])
    return Figures(*(np.stack(found, axis=2) * np.sqrt(HORIZON / horizon)))


def _of_books(losses: Floats, books: Sequence[Book]) -> Floats:
    each = [book_losses(losses, book.instruments, book.quantities) for book in books]
    return np.ascontiguousarray(np.stack(each, axis=1))


if __name__ == "__main__":
    main()
