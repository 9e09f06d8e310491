"""Backtest: today's books on past days, block by block of days."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flows.errors import JobRefusedError
from flows.run import (
    ChunkRecord,
    ChunkWork,
    Failed,
    Independent,
    Only,
    Run,
    among,
    as_failed,
    run_entities,
)
from flows.spec import BacktestSpec
from flows.steps.failing import guarded
from flows.steps.risk import BOOK
from flows.steps.shared_market import read_market, risk_plan
from risk import (
    REFRESH_DAYS,
    BookError,
    Market,
    Method,
    PlanError,
    RiskPlan,
    RollingFigures,
    books_of,
    judged_days,
    rolling_figures,
)

STAGE = "backtest"
# Days in a block of Monte Carlo figures: some seconds of work, and whole sets of scenarios.
BLOCK_DAYS = 12 * REFRESH_DAYS


@dataclass(frozen=True)
class Block:
    """Judged days of one method that are done together."""

    method: Method
    days: range


def prepare(run: Run) -> list[int]:
    """Return the numbers of the blocks to judge; none where the job asks for no backtest.

    Raises
    ------
    JobRefusedError
        Where the prices reach back no further than one window.
    """
    if run.job.risk is None or run.job.risk.backtest is None:
        return []
    return list(range(len(_blocks(run, read_market(run, backtest_plan(run))))))


def judge_block(run: Run, number: int) -> ChunkRecord:
    """Judge every book on one block of days by one method."""
    market = read_market(run, backtest_plan(run))
    blocks = _blocks(run, market)
    positions = pd.read_parquet(run.staging.clean("positions"))

    def judge(only: Only) -> ChunkWork:
        held = among(positions, BOOK, only)
        members = sorted(set(held["portfolio_id"]))
        block = blocks[number]
        return guarded(
            "positions", STAGE, lambda: members, lambda: _judge(run, market, held, block)
        )

    return run_entities(
        run.staging.chunk(STAGE, number),
        run.chunk_key(STAGE, number, len(blocks)),
        Independent(BOOK),
        judge,
    )


def _spec(run: Run) -> BacktestSpec:
    assert run.job.risk is not None
    assert run.job.risk.backtest is not None
    return run.job.risk.backtest


def backtest_plan(run: Run) -> RiskPlan:
    """Return the run's risk settings, with the days and scenarios of its backtest."""
    spec = _spec(run)
    history, scenarios = spec.window + spec.days, spec.scenarios
    return replace(risk_plan(run), history=history, scenarios=scenarios)


def _blocks(run: Run, market: Market) -> list[Block]:
    try:
        days = judged_days(market, _spec(run).window)
    except PlanError as error:
        raise JobRefusedError(f"risk.backtest: {error}") from error
    blocks = []
    for method in backtest_plan(run).methods:
        size = days if method == "historical" else BLOCK_DAYS
        starts = range(0, days, size)
        blocks += [Block(method, range(start, min(start + size, days))) for start in starts]
    return blocks


def _judge(run: Run, market: Market, positions: pd.DataFrame, block: Block) -> ChunkWork:
    plan = backtest_plan(run)
    books, failures = books_of(market, positions)
    figures = rolling_figures(market, books, block.method, plan, _spec(run).window, block.days)
    sound = figures.finite()
    reason = BookError.__name__, "a figure of a past day overflows"
    failed = [
        *as_failed("positions", failures, STAGE),
        *(
            Failed("positions", book.portfolio_id, STAGE, *reason)
            for book, whole in zip(books, sound, strict=True)
            if not whole
        ),
    ]
    names = [book.portfolio_id for book, whole in zip(books, sound, strict=True) if whole]
    frame = _frame(figures.of_books(sound), names, block.method, plan)
    return ChunkWork({"risk_backtest_days": run.stamp(frame)}, failed)


def _frame(
    figures: RollingFigures, names: list[str], method: Method, plan: RiskPlan
) -> pd.DataFrame:
    """Return one row per level, day and book."""
    n_levels, n_days, n_books = figures.value_at_risk.shape
    return pd.DataFrame(
        {
            "portfolio_id": np.tile(np.array(names, dtype=object), n_levels * n_days),
            "method": method,
            "level": np.repeat(plan.levels, n_days * n_books),
            "ds": np.tile(np.repeat(figures.dates, n_books), n_levels),
            "loss": np.tile(figures.losses.ravel(), n_levels),
            "value_at_risk": figures.value_at_risk.ravel(),
            "value_at_risk_standard_error": figures.value_at_risk_error.ravel(),
            "expected_shortfall": figures.expected_shortfall.ravel(),
            "expected_shortfall_standard_error": figures.expected_shortfall_error.ravel(),
            "currency": plan.currency,
        }
    )
