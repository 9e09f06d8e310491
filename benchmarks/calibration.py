"""Calibrated quantiles against those left alone, on several held-out windows of every set.

python -m benchmarks.calibration

One window says little: errors of one period are alike over a set's series, and coverage at 80%
moves by three points from one window to the next. So every set is also cut back by one horizon and
by two, and forecast from there, and the mean over windows stands beside each.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.accuracy import (
    CASES,
    COVERAGES,
    DATA,
    SMOOTH,
    Case,
    covered,
    earlier,
    mean_loss,
    naive_scale,
    panel_of,
    plan_of,
)
from benchmarks.machine import describe_machine
from forecasting import category_profiles, forecast_demand
from forecasting.calibration import learn_calibration
from forecasting.classes import CLASSES
from forecasting.labels import Labels
from forecasting.laws import COUNT_NAMES
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "calibration.md"
WINDOWS = 3
HEAD = (
    "Windows back from the end, each as long as the horizon; change of pinball loss by "
    "calibration, and coverage less nominal in percentage points, left alone → calibrated."
)


class Window(NamedTuple):
    """What a window says of quantiles left alone and calibrated.

    Parameters
    ----------
    series : forecast
    losses : (2,) float64, mean pinball loss in units of MASE
    misses : (2, 4) float64, coverage less nominal, percentage points
    """

    series: int
    losses: Floats
    misses: Floats


def _m3(period: str) -> list[Floats]:
    frame = pd.read_parquet(DATA / "m3.parquet")
    groups = frame[frame["period"] == period].groupby("unique_id", observed=True, sort=True)["y"]
    return [y.to_numpy(float) for _, y in groups]


def _hospital() -> list[Floats]:
    frame = pd.read_parquet(DATA / "hospital_monthly.parquet")
    keys = [name for name in ("warehouse_id", "item_id", "unique_id") if name in frame]
    groups = frame.sort_values("ds").groupby(keys, observed=True, sort=True)["y"]
    return [y.to_numpy(float) for _, y in groups]


_EVERY = dict.fromkeys(CLASSES, SMOOTH)
# Sets of which the benchmark of accuracy says nothing.
OTHERS = (
    Case("M3 yearly", lambda: _m3("YEARLY"), "MS", 1, 6, 0, {}, _EVERY),
    Case("M3 other", lambda: _m3("OTHER"), "MS", 1, 8, 0, {}, _EVERY),
    Case("hospital monthly", _hospital, "MS", 12, 12, 0, {}, {}),
)


def measure(case: Case, cut: int) -> Window | None:
    """Hold out the horizon that comes before the last ``cut`` ones; None where nothing is left."""
    plan = plan_of(case)
    known = earlier(case, cut).read()
    if not known:
        return None
    train = [y[: -case.horizon] for y in known]
    held = np.array([y[-case.horizon :] for y in known])
    panel = panel_of(case, train)
    night = pd.Timestamp(panel.last_ds.max()).date()
    calibration = learn_calibration(panel, plan)
    weighed = replace(calibration, levels=calibration.levels.iloc[:0])
    found = forecast_demand(panel, plan, night, category_profiles(panel, {}, plan), {}, weighed)
    told = found.champions
    numbers = told["item_id"].astype(int).to_numpy()
    columns = [name for name in found.forecasts if str(name)[1:].isdigit()]
    alone = found.forecasts[columns].to_numpy().reshape(len(told), case.horizon, len(columns))
    moved = alone.copy()
    whole = told["distribution"].isin(COUNT_NAMES).to_numpy()
    classes = Labels.of(told["demand_class"])
    calibration.apply(moved, classes, whole)
    scale = np.array([naive_scale(train[number], case.scale_season) for number in numbers])
    kept = np.isfinite(scale)
    held, both = held[numbers][kept], (alone[kept], moved[kept])
    losses = [np.mean(mean_loss(quantiles, held) / scale[kept]) for quantiles in both]
    hits = np.array([covered(quantiles, held).mean(axis=0) for quantiles in both])
    return Window(int(kept.sum()), np.array(losses), 100.0 * hits - np.array(COVERAGES))


def main() -> None:
    """Measure every window of every set and write the record."""
    lines = [
        "# Calibration",
        "",
        f"`python -m benchmarks.calibration`: {describe_machine('numba')}.",
        "",
        HEAD,
        "",
        "| set | window | series | pinball | " + " | ".join(f"{c}%" for c in COVERAGES) + " |",
        "| --- | ---: | ---: | ---: | " + " | ".join("---:" for _ in COVERAGES) + " |",
    ]
    everything = []
    for case in (*CASES, *OTHERS):
        windows = [measure(case, cut) for cut in range(WINDOWS)]
        made = [window for window in windows if window is not None]
        for number, window in enumerate(made):
            lines.append(_row(case.name, str(number + 1), f"{window.series:,}", [window]))
            print(lines[-1], flush=True)
        lines.append(_row(f"**{case.name}**", "mean", "", made))
        everything += made
    change = np.mean([window.losses[1] / window.losses[0] - 1.0 for window in everything])
    before, after = np.mean([np.abs(window.misses).mean(axis=1) for window in everything], axis=0)
    total = (
        f"Over all {len(everything)} windows: pinball {100 * change:+.2f}%; coverage misses "
        f"nominal by {before:.1f} points left alone, by {after:.1f} calibrated, on average over "
        "windows and intervals."
    )
    lines += ["", total]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _row(name: str, window: str, series: str, of: list[Window]) -> str:
    change = np.mean([each.losses[1] / each.losses[0] - 1.0 for each in of])
    before, after = np.mean([each.misses for each in of], axis=0)
    misses = " | ".join(f"{b:+.1f} → {a:+.1f}" for b, a in zip(before, after, strict=True))
    return f"| {name} | {window} | {series} | {100 * change:+.1f}% | {misses} |"


if __name__ == "__main__":
    main()
