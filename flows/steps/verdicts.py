"""Verdicts: what tests say of each portfolio's figures, and which method tells them best."""

from collections.abc import Sequence
from itertools import chain

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, as_failed, content_of, read_chunk, run_chunk
from risk.backtests import (
    BacktestPlan,
    Backtests,
    Comparison,
    Figures,
    backtest,
    compare_methods,
)
from storage.tables import RISK_BACKTESTS, RISK_RANKING, RISK_SCORES, Table

STAGE = "verdicts"
HORIZON = 1
DAYS = "risk_backtest_days"
TABLES = RISK_BACKTESTS, RISK_SCORES, RISK_RANKING


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
    plan = BacktestPlan(seed=run.job.seed)
    tested = [_of_method(group, plan) for _, group in days.groupby(["method", "level"], sort=True)]
    failures = as_failed("positions", chain.from_iterable(each.failures for each in tested), STAGE)
    results = pd.concat([found.results for found in tested], ignore_index=True)
    by_book, overall = _compare(_judged_throughout(days), run.job.seed)
    found = zip(TABLES, (results, by_book, overall), strict=True)
    return ChunkWork(
        {table.name: run.stamp(own[_own_columns(table)]) for table, own in found}, failures
    )


def _own_columns(table: Table) -> list[str]:
    """Return the columns without those of the run."""
    return list(table.column_names[2:])


def _empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame(columns=_own_columns(table))


def _of_method(days: pd.DataFrame, plan: BacktestPlan) -> Backtests:
    """Test the figures of one method at one level."""
    losses, said = _figures(days)
    return backtest(
        losses.to_numpy(float),
        said.value_at_risk,
        said.expected_shortfall,
        float(days["level"].iloc[0]),
        portfolio_ids=[str(name) for name in losses.columns],
        method=str(days["method"].iloc[0]),
        horizon=HORIZON,
        plan=plan,
    )


def _judged_throughout(days: pd.DataFrame) -> pd.DataFrame:
    """Return the days of the portfolios that every method judged at every level on every day."""
    every = days["method"].nunique() * days["level"].nunique() * days["ds"].nunique()
    judged = days["portfolio_id"].map(days["portfolio_id"].value_counts())
    return days[judged == every]


def _compare(days: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the methods at each level, portfolio by portfolio and over all of them."""
    if days.empty:
        return _empty(RISK_SCORES), _empty(RISK_RANKING)
    found = [_of_level(own, seed) for _, own in days.groupby("level", sort=True)]
    by_book = pd.concat([each.by_book for each in found], ignore_index=True)
    overall = pd.concat([each.overall for each in found], ignore_index=True)
    return by_book.assign(currency=str(days["currency"].iloc[0])), overall


def _of_level(days: pd.DataFrame, seed: int) -> Comparison:
    """Compare the methods at one level."""
    figures = {str(name): _figures(own) for name, own in days.groupby("method", sort=True)}
    losses, _ = next(iter(figures.values()))
    return compare_methods(
        losses.to_numpy(float),
        {name: said for name, (_, said) in figures.items()},
        float(days["level"].iloc[0]),
        portfolio_ids=[str(name) for name in losses.columns],
        horizon=HORIZON,
        seed=seed,
    )


def _figures(days: pd.DataFrame) -> tuple[pd.DataFrame, Figures]:
    """Return one method's losses, and what it had said of them: a row per day, books beside."""
    # pivot_table would average duplicates; there are none here, and an average would be silent.
    table = days.pivot(
        index="ds",
        columns="portfolio_id",
        values=["loss", "value_at_risk", "expected_shortfall"],
    )
    losses = pd.DataFrame(table["loss"])
    said = (table[name].to_numpy(float) for name in ("value_at_risk", "expected_shortfall"))
    return losses, Figures(*said)
