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

from benchmarks.accuracy import COVERAGES, covered
from benchmarks.machine import describe_machine
from benchmarks.sets import (
    CASES,
    OTHERS,
    WINDOWS,
    Case,
    mean_loss,
    panel_at_night,
    plan_of,
    window_of,
)
from forecasting import category_profiles, forecast_demand
from forecasting.calibration import learn_calibration
from forecasting.labels import Labels
from forecasting.laws import COUNT_NAMES
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "calibration.md"
HEAD = (
    "Windows back from the end, each as long as the horizon; change of pinball loss by "
    "calibration, and coverage less nominal in percentage points, left alone → calibrated."
)


class Coverage(NamedTuple):
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


def measure(case: Case, cut: int) -> Coverage | None:
    """Hold out the horizon that comes before the last ``cut`` ones; None where nothing is left."""
    window = window_of(case, cut)
    if not window.train:
        return None
    train, held, plan = window.train, window.held, plan_of(case)
    panel = panel_at_night(case, train, window.numbers)
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
    scale = window.scales[0, numbers]
    kept = np.isfinite(scale)
    held, both = held[numbers][kept], (alone[kept], moved[kept])
    losses = [np.mean(mean_loss(quantiles, held) / scale[kept]) for quantiles in both]
    hits = np.array([covered(quantiles, held).mean(axis=0) for quantiles in both])
    return Coverage(int(kept.sum()), np.array(losses), 100.0 * hits - np.array(COVERAGES))


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


def _row(name: str, window: str, series: str, of: list[Coverage]) -> str:
    change = np.mean([each.losses[1] / each.losses[0] - 1.0 for each in of])
    before, after = np.mean([each.misses for each in of], axis=0)
    misses = " | ".join(f"{b:+.1f} → {a:+.1f}" for b, a in zip(before, after, strict=True))
    return f"| {name} | {window} | {series} | {100 * change:+.1f}% | {misses} |"


if __name__ == "__main__":
    main()
