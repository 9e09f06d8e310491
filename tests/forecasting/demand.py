"""Demand for tests: panels with every kind of series, seeded."""

import numpy as np
import pandas as pd

from forecasting import DemandPanel, ForecastPlan

START = "2023-01-02"


def frame_of(series, censored=None, frequency="D", start=START):
    """Return a frame of demand; ``series`` by (warehouse, item)."""
    parts = []
    for key, values in series.items():
        flags = (censored or {}).get(key, np.zeros(len(values), dtype=bool))
        step = {"D": "D", "W": "7D", "MS": "MS", "QS": "QS", "h": "h"}[frequency]
        parts.append(
            pd.DataFrame(
                {
                    "warehouse_id": key[0],
                    "item_id": key[1],
                    "ds": pd.date_range(start, periods=len(values), freq=step),
                    "quantity": np.asarray(values, dtype=float),
                    "censored": flags,
                    "repaired": False,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def panel_of(series, frequency="D", **given):
    """Return a panel of ``series`` by (warehouse, item)."""
    return DemandPanel.from_frame(frame_of(series, frequency=frequency, **given), frequency)


def week(t):
    """Return the level of each day of a week."""
    return np.array([0.6, 0.8, 0.9, 1.0, 1.2, 1.7, 0.8])[t % 7]


def mixed_series(seed=0, days=220):
    """Return one series of each kind, all of whole units but one."""
    draws, t = np.random.default_rng(seed), np.arange(days)
    return {
        ("W1", "constant"): np.full(days, 4.0),
        ("W1", "fractional"): draws.gamma(9.0, 0.5 * week(t)),
        ("W1", "intermittent"): draws.poisson(0.3, days),
        ("W1", "lumpy"): draws.poisson(0.2, days) * draws.geometric(0.2, days),
        ("W1", "smooth"): draws.poisson(12.0 * week(t)),
        ("W1", "wild"): draws.negative_binomial(0.8, 0.1, days),
        ("W1", "zero"): np.zeros(days),
        ("W2", "high"): draws.poisson(400.0 * week(t)),
        ("W2", "late"): draws.poisson(5.0 * week(np.arange(20))),
        ("W2", "trend"): draws.poisson(5.0 + 0.2 * t),
    }


def daily_plan(**settings):
    """Return a small daily plan."""
    given = {"horizon": 14, "windows": 2, "step": 14, "minimum_history": 42, **settings}
    return ForecastPlan(frequency="D", season_length=7, **given)
