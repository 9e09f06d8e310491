"""Outlook: trend and volatility of each instrument."""

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, as_failed, run_chunk
from flows.steps.shared_market import read_market, risk_plan
from flows.steps.trends import price_trends
from risk import Market, market_outlook, volatility_outlook

MARKET = "market"


def outlook_chunk(run: Run) -> ChunkRecord:
    """Measure the market itself: trend and volatility of each instrument."""
    return run_chunk(
        run.staging.chunk(MARKET, 0), run.chunk_key(MARKET, 0, 1), lambda: _outlook(run)
    )


def _outlook(run: Run) -> ChunkWork:
    market = read_market(run)
    instruments = pd.read_parquet(run.staging.clean("instruments"))
    plan = risk_plan(run)
    outlook = market_outlook(market, instruments, decay=plan.ewma_decay)
    prices = _own_prices(market, outlook)
    trends = price_trends(prices)
    # With heavy tails: a jump is no new volatility.
    law = plan.volatility_law("student_t")
    ahead = volatility_outlook(prices, law, trends=trends, device=plan.device)
    tables = {
        "market_outlook": run.stamp(outlook),
        "volatility_outlook": run.stamp(ahead),
        "repairs": market.repairs,
    }
    return ChunkWork(tables, as_failed("instruments", market.failures))


def _own_prices(market: Market, outlook: pd.DataFrame) -> pd.DataFrame:
    """Return the prices of the instruments that have an outlook."""
    return market.prices.loc[market.prices["instrument_id"].isin(outlook["instrument_id"])]
