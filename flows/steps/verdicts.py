"""Verdicts: what tests say of each portfolio's figures, and which method tells them best."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, as_failed, content_of, read_chunk, run_chunk
from risk.backtests import (
    BacktestPlan,
    Backtests,
    Figures,
    backtest,
    compare_methods,
)
from storage.tables import RISK_BACKTESTS, RISK_RANKING, RISK_SCORES, Table

STAGE = "verdicts"
HORIZON = 1
DAYS = "risk_backtest_days"
TABLES = RISK_BACKTESTS, RISK_SCORES, RISK_RANKING


class _Judged(NamedTuple):
    """What one method said at one level, and what came: a row per day, portfolios beside."""

    loss: pd.DataFrame
    value_at_risk: pd.DataFrame
    expected_shortfall: pd.DataFrame


def judge_figures(run: Run, blocks: Sequence[str]) -> ChunkRecord:
    """Put the figures of all judged days to every test, and compare the methods by scores.

    Parameters
    ----------
    run : whose figures they are
    blocks : URIs of the chunks of judged days; what they hold is part of this chunk's key
    """
    records = [read_chunk(uri) for uri in blocks]
    held = [record.checksums[DAYS] for record in records if DAYS in record.shards]
    return run_chunk(
        run.staging.chunk(STAGE, 0),
        f"{run.chunk_key(STAGE, 0, 1)}-{content_of(held)}",
        lambda: _verdicts(run, records),
    )


def _verdicts(run: Run, records: Sequence[ChunkRecord]) -> ChunkWork:
    frames = [pd.read_parquet(record.shard(DAYS)) for record in records if DAYS in record.shards]
    # A block has no rows where every book of it failed.
    if not any(map(len, frames)):
        return ChunkWork({table.name: run.stamp(_empty(table)) for table in TABLES})
    days = pd.concat(frames, ignore_index=True)
    judged = {
        (str(method), float(str(level))): _judged(own)
        for (method, level), own in days.groupby(["method", "level"], sort=True)
    }
    plan = BacktestPlan(seed=run.job.seed)
    tested = [_test(own, method, level, plan) for (method, level), own in judged.items()]
    failures = as_failed("positions", chain.from_iterable(each.failures for each in tested), STAGE)
    results = pd.concat([found.results for found in tested], ignore_index=True)
    by_book, overall = _compare(judged, _judged_throughout(days), run.job.seed)
    by_book = by_book.assign(currency=str(days["currency"].iloc[0]))
    found = zip(TABLES, (results, by_book, overall), strict=True)
    return ChunkWork(
        {table.name: run.stamp(own[_own_columns(table)]) for table, own in found}, failures
    )


def _own_columns(table: Table) -> list[str]:
    """Return the columns without those of the run."""
    return list(table.column_names[2:])


def _empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame(columns=_own_columns(table))


def _judged(days: pd.DataFrame) -> _Judged:
    """Return the days of one method at one level as tables."""
    # pivot_table would average duplicates; there are none here, and an average would be silent.
    table = days.pivot(index="ds", columns="portfolio_id", values=list(_Judged._fields))
    return _Judged(*(pd.DataFrame(table[name]) for name in _Judged._fields))


def _test(judged: _Judged, method: str, level: float, plan: BacktestPlan) -> Backtests:
    """Test the figures of one method at one level."""
    losses, value_at_risk, expected_shortfall = (table.to_numpy(float) for table in judged)
    return backtest(
        losses,
        value_at_risk,
        expected_shortfall,
        level,
        portfolio_ids=[str(name) for name in judged.loss.columns],
        method=method,
        horizon=HORIZON,
        plan=plan,
    )


def _judged_throughout(days: pd.DataFrame) -> list[str]:
    """Return the portfolios that every method judged at every level on every day, in order."""
    every = days["method"].nunique() * days["level"].nunique() * days["ds"].nunique()
    judged = days["portfolio_id"].value_counts()
    return sorted(judged.index[judged == every])


def _compare(
    judged: Mapping[tuple[str, float], _Judged], books: Sequence[str], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the methods at each level, portfolio by portfolio and over all of them."""
    if not books:
        return _empty(RISK_SCORES), _empty(RISK_RANKING)
    found = []
    for level in sorted({level for _, level in judged}):
        own = {
            method: [table[books].to_numpy(float) for table in tables]
            for (method, each), tables in judged.items()
            if each == level
        }
        losses = next(iter(own.values()))[0]
        figures = {method: Figures(*said) for method, (_, *said) in own.items()}
        found.append(
            compare_methods(losses, figures, level, portfolio_ids=books, horizon=HORIZON, seed=seed)
        )
    by_book = pd.concat([each.by_book for each in found], ignore_index=True)
    overall = pd.concat([each.overall for each in found], ignore_index=True)
    return by_book, overall
