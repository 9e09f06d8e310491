"""Smoothing and Croston's kin: the batched kernels against statsforecast's direct calls.

python -m benchmarks.intermittent

One thread each, in this process, after a warm-up, and ours on two, half of the series on either:
the median of five runs of ours over all series of a set, and the median of three passes of
statsforecast's models over a sample, one direct call a series on a ready array. Forecasts are
compared as well as times. Compilation is shown apart: the first call of this process, with whatever
the cache held.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from statsforecast import models

from benchmarks.machine import describe_machine, seconds_in_two
from benchmarks.series import end_to_end, read_series
from forecasting.models import Seasons, find_model
from forecasting.panel import Batch

RECORD = Path(__file__).parent / "records" / "intermittent.md"
RUNS, PASSES, SAMPLE = 5, 3, 400
TSB: dict[str, float] = {"alpha_d": 0.2, "alpha_p": 0.2}
# Ours, theirs, its settings, and the ratio that is asked for.
PAIRS: tuple[tuple[str, str, dict[str, float], int], ...] = (
    ("CrostonClassic", "CrostonClassic", {}, 5),
    ("CrostonSBA", "CrostonSBA", {}, 5),
    ("TSB", "TSB", TSB, 5),
    ("CrostonOptimized", "CrostonOptimized", {}, 3),
    ("ADIDA", "ADIDA", {}, 3),
    ("IMAPA", "IMAPA", {}, 3),
    ("SimpleExponentialSmoothing", "SimpleExponentialSmoothingOptimized", {}, 3),
    ("Naive", "Naive", {}, 1),
    ("WindowAverage", "WindowAverage", {"window_size": 8}, 1),
)
# File, identity of a series, value, season.
SETS = (
    ("carparts_monthly", 12),
    ("m5_item_store_56d", 7),
    ("m5_items_fullhistory_sample", 7),
)


def main() -> None:
    """Measure every set, and write the record."""
    lines = [
        "# Smoothing and intermittent demand",
        "",
        f"`python -m benchmarks.intermittent`: {describe_machine('statsforecast', 'numba')}.",
        "",
        "One thread each, and ours on two, half of the series on either. Ours: the median of five",
        f"runs over all series; statsforecast: the median of three passes over {SAMPLE} series, a",
        "direct `forecast` call each. Differences of forecasts are relative; series of two demands",
        "are left out of CrostonOptimized's, where every parameter scores the same and theirs is",
        "rounding's choice.",
        "",
        (
            "| data | series | model | ours, µs a series | two threads | statsforecast | ratio "
            "| asked | median difference | 99% | first call, s |"
        ),
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, season in SETS:
        series = read_series(name)
        for ours, theirs, settings, asked in PAIRS:
            lines.append(_row(name, series, season, ours, theirs, settings, asked))
            print(lines[-1], flush=True)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _batch(series: list[np.ndarray]) -> Batch:
    return Batch(*end_to_end(series))


def _seconds(action: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _row(
    name: str,
    series: list[np.ndarray],
    season: int,
    ours: str,
    theirs: str,
    settings: dict[str, float],
    asked: int,
) -> str:
    batch, seasons = _batch(series), Seasons(season, 365.25)
    model = find_model(ours)
    first = _seconds(lambda: model.forecast(batch, seasons, 1), 1)
    own = _seconds(lambda: model.forecast(batch, seasons, 1), RUNS) / len(series)
    halves = [_batch(series[part::2]) for part in range(2)]
    spent = seconds_in_two(lambda half: model.forecast(half, seasons, 1), halves, RUNS)
    both = spent / len(series)
    chosen = np.unique(np.linspace(0, len(series) - 1, SAMPLE).astype(int))
    peer = getattr(models, theirs)(**settings)
    sample = [series[n] for n in chosen]
    peer.forecast(y=sample[0], h=1)
    their = _seconds(lambda: [peer.forecast(y=y, h=1) for y in sample], PASSES) / len(sample)
    found = model.forecast(batch, seasons, 1).means[chosen, 0]
    expected = np.array([peer.forecast(y=y, h=1)["mean"][0] for y in sample])
    compared = expected > 0.0
    if ours == "CrostonOptimized":
        compared &= np.array([np.count_nonzero(y) != 2 for y in sample])
    distance = np.abs(found - expected)[compared] / expected[compared]
    middle, far = np.quantile(distance, [0.5, 0.99])
    return (
        f"| {name} | {len(series):,} | {ours} | {own * 1e6:.3f} | {both * 1e6:.3f} "
        f"| {their * 1e6:.1f} | {their / own:,.0f} | {asked} | {middle:.0e} | {far:.0e} "
        f"| {first:.2f} |"
    )


if __name__ == "__main__":
    main()
