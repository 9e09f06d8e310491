"""Verdicts: what the tests of backtesting say of each portfolio's figures."""

from collections.abc import Sequence
from itertools import chain

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, as_failed, content_of, read_chunk, run_chunk
from risk.backtests import BacktestPlan, Backtests, backtest
from storage.tables import RISK_BACKTESTS

STAGE = "verdicts"
HORIZON = 1
DAYS = "risk_backtest_days"


def judge_figures(run: Run, blocks: Sequence[str]) -> ChunkRecord:
    """Put the figures of all judged days to every test.

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
    own = list(RISK_BACKTESTS.column_names[2:])
    if not frames:
        return ChunkWork({RISK_BACKTESTS.name: run.stamp(pd.DataFrame(columns=own))})
    days = pd.concat(frames, ignore_index=True)
    plan = BacktestPlan(seed=run.job.seed)
    tested = [_of_method(group, plan) for _, group in days.groupby(["method", "level"], sort=True)]
    results = pd.concat([found.results for found in tested], ignore_index=True)
    failures = as_failed("positions", chain.from_iterable(each.failures for each in tested), STAGE)
    return ChunkWork({RISK_BACKTESTS.name: run.stamp(results[own])}, failures)


def _of_method(days: pd.DataFrame, plan: BacktestPlan) -> Backtests:
    """Test the figures of one method at one level."""
    # pivot_table would average duplicates; there are none here, and an average would be silent.
    table = days.pivot(
        index="ds",
        columns="portfolio_id",
        values=["loss", "value_at_risk", "expected_shortfall"],
    )
    return backtest(
        table["loss"].to_numpy(float),
        table["value_at_risk"].to_numpy(float),
        table["expected_shortfall"].to_numpy(float),
        float(days["level"].iloc[0]),
        portfolio_ids=[str(name) for name in table["loss"].columns],
        method=str(days["method"].iloc[0]),
        horizon=HORIZON,
        plan=plan,
    )
