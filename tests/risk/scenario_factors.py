"""Factors without a market: moves from a seed, for tests of scenarios alone."""

import numpy as np

from risk.market.factors import Factors


def factors_of(moves, names=None, points=()):
    """Return factors with these moves, (n_returns, n_factors), business days to mid-2024."""
    n_returns, n_factors = moves.shape
    n_prices = n_factors - len(points)
    last = np.datetime64("2024-06-28")
    days = np.busday_offset(last, np.arange(1 - n_returns, 1), roll="backward")
    return Factors(
        prices=tuple(names or (f"S{number}" for number in range(n_prices))),
        points=tuple(points),
        dates=days.astype("datetime64[us]"),
        moves=np.ascontiguousarray(moves, dtype=float),
        levels=np.concatenate([np.full(n_prices, 100.0), np.full(len(points), 0.03)]),
    )


def heavy_moves(n_returns=250, n_factors=6, seed=1, degrees=4.0, correlation=0.5):
    """Return moves of a multivariate t, deviation about 1.4%."""
    draws = np.random.default_rng(seed)
    common = np.sqrt(correlation) * draws.normal(size=(n_returns, 1))
    own = np.sqrt(1.0 - correlation) * draws.normal(size=(n_returns, n_factors))
    mixing = np.sqrt(degrees / draws.chisquare(degrees, size=(n_returns, 1)))
    return 0.01 * mixing * (common + own)
