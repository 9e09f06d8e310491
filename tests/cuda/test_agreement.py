"""A tiny night, predicted, decided and measured, has the processor's figures on a device."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.usefixtures("grids")


def _tolerance(name):
    """Return by what share of itself a figure may differ; docs/gpu.md has the reasons."""
    if name.endswith("orders"):
        return 0.0
    # A law of volatility is the end of a search, and scales every filtered scenario.
    if "volatility" in name or "filtered" in name:
        return 1e-4
    return 1e-9 if name.startswith("books") else 1e-6


def _demand():
    """Return four series of ten weeks: a wave, a line, rare demand and counts."""
    draws, days = np.random.default_rng(17), np.arange(70)
    series = {
        "wave": np.round(30.0 + 9.0 * np.sin(days * 2.0 * np.pi / 7.0) + draws.normal(0, 1, 70)),
        "line": np.round(15.0 + 0.4 * days + draws.normal(0.0, 1.0, 70)),
        "rare": draws.poisson(4.0, 70) * (draws.random(70) < 0.3),
        "some": draws.poisson(2.0, 70) * (draws.random(70) < 0.6),
    }
    starts = pd.date_range("2024-01-01", periods=70, unit="us")
    frames = [pd.DataFrame({"item_id": k, "ds": starts, "quantity": v}) for k, v in series.items()]
    return pd.concat(frames, ignore_index=True).assign(
        warehouse_id="W", quantity=lambda frame: frame["quantity"].astype(float), censored=False
    )


def test_a_night_on_a_device_has_the_processors_figures(monkeypatch):
    from benchmarks.gpu_agreement import RISK, compare_demand, compare_portfolios
    from forecasting import ForecastPlan
    from forecasting.classes import CLASSES
    from kernels.cuda import market_moves

    # The simulator makes a thread of Python for each of a grid's.
    monkeypatch.setattr(market_moves, "SCENARIOS", 128)
    line_up = dict.fromkeys(CLASSES, ("TSB", "CompoundCount"))
    line_up |= dict.fromkeys(("smooth", "erratic"), ("AutoETS", "DynamicOptimizedTheta"))
    plan = ForecastPlan("D", 7, 7, windows=2, step=7, line_up=line_up)
    lines = compare_demand("tiny", _demand(), plan, "cuda", n_paths=8)
    lines += compare_portfolios("cuda", replace(RISK, scenarios=120))
    names = [name for name, *_ in lines]
    assert len(names) == len(set(names)) == 6 + 6 + 1
    for name, compared, differ, largest, which in lines:
        assert compared > 0
        assert largest <= _tolerance(name), (name, differ, which)
