"""What capping outliers does to forecasts of series that have some, and how fast they are found.

python -m benchmarks.outliers

From one origin a series, a horizon before its end, models learn from demand as it was and with
outliers brought to three spreads of what was expected; both are scored on what was observed. Only
series with an outlier in their history are counted: in the others nothing changes.
"""

import time
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.series import end_to_end, read_series
from forecasting.models import Seasons, find_model
from forecasting.panel import Batch
from kernels.arrays import Floats, Integers
from kernels.level_shifts import find_shifts
from kernels.outliers import find_outliers

RECORD = Path(__file__).parent / "records" / "outliers.md"
MOST_SERIES = 2_500
RARE = ("TSB", "SimpleExponentialSmoothing", "NegativeBinomial")
LEVEL = ("SimpleExponentialSmoothing", "SeasonalExponentialSmoothing", "DynamicOptimizedTheta")
# File, value, horizon, season and year in periods, models.
SETS = (
    ("walmart_store_dept_weekly", 8, Seasons(52, 365.25 / 7.0), LEVEL),
    ("online_retail_daily", 14, Seasons(7, 365.25), LEVEL),
    ("favorita_store_transactions_daily", 14, Seasons(7, 365.25), LEVEL),
    ("store_item_daily", 28, Seasons(7, 365.25), LEVEL),
    ("m5_item_store_56d", 14, Seasons(7, 365.25), RARE),
    ("vn1_weekly_26w", 6, Seasons(4, 365.25 / 7.0), RARE),
    ("carparts_monthly", 12, Seasons(12, 12.0), RARE),
)


def main() -> None:
    """Measure every set, and write the record."""
    lines = [
        "# Outliers",
        "",
        f"`python -m benchmarks.outliers`: {describe_machine('numba')}.",
        "",
        "Errors in mean absolute differences from period to period of each series' history; the",
        "change's standard error is over series.",
        "",
        (
            "| data | series | with outliers | shifts a series | ns an observation, both | model "
            "| as it was | capped | change | ± |"
        ),
        "| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    for name, horizon, seasons, models in SETS:
        for row in _rows(_series(name, horizon), horizon, seasons, models):
            lines.append(f"| {name} | {row}")
            print(lines[-1], flush=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _series(name: str, horizon: int) -> list[Floats]:
    series = [np.maximum(own, 0.0) for own in read_series(name)]
    return [y for y in series if len(y) > 3 * horizon and y[:-horizon].any()][:MOST_SERIES]


def _find(values: Floats, offsets: Integers, seasons: Seasons) -> tuple[Floats, Floats, int]:
    expected, capped = np.empty_like(values), np.empty_like(values)
    before, after = np.empty_like(values), np.empty_like(values)
    find_outliers(values, offsets, seasons.length, seasons.year, expected, capped)
    find_shifts(values, offsets, seasons.length, round(seasons.year), before, after)
    return expected, capped, int(np.isfinite(before).sum())


def _rows(
    series: list[Floats], horizon: int, seasons: Seasons, models: tuple[str, ...]
) -> list[str]:
    train = [y[:-horizon] for y in series]
    held = np.array([y[-horizon:] for y in series])
    values, offsets = end_to_end(train)
    _find(values, offsets, seasons)
    started = time.perf_counter()
    expected, capped, shifts = _find(values, offsets, seasons)
    seconds = (time.perf_counter() - started) / len(values)
    hit = np.add.reduceat(np.isfinite(expected), offsets[:-1]) > 0
    scale = np.array([np.abs(np.diff(y)).mean() for y in train])
    head = f"{len(series):,} | {hit.mean():.1%} | {shifts / len(series):.3f} | {seconds * 1e9:.0f}"
    rows = []
    for name in models if hit.any() else ():
        means = [
            find_model(name).forecast(Batch(each, offsets), seasons, horizon).means
            for each in (values, capped)
        ]
        chosen = hit & np.isfinite(means[0]).all(axis=1) & (scale > 0.0)
        kept, less = (
            np.abs(held - np.maximum(mean, 0.0)).mean(axis=1)[chosen] / scale[chosen]
            for mean in means
        )
        change = less - kept
        error = change.std() / np.sqrt(max(len(change), 1))
        rows.append(
            f"{head} | {name} | {kept.mean():.4f} | {less.mean():.4f} "
            f"| {change.mean():+.4f} | {error:.4f} |"
        )
    return rows or [f"{head} | | | | | |"]


if __name__ == "__main__":
    main()
