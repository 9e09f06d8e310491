"""Laws of counts against point models with empirical quantiles, on held-out spare parts and sales.

python -m benchmarks.counts

From one origin a series, a horizon before its end. A point model's quantiles are its mean times
those of the history's ratios to its own mean, and besides those of a negative binomial of the
recent variance, which is how the nightly forecast starts. CRPS is twice the mean
pinball loss over 1-99%.
"""

import time
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.series import end_to_end, read_series
from forecasting.counts import CountKind, fit_count_laws
from forecasting.distributions import LEVELS, Spread, quantiles_of
from forecasting.models import Seasons, find_model
from forecasting.moments import measure_moments
from forecasting.panel import Batch
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "counts.md"
POINTS = ("CrostonClassic", "CrostonOptimized", "CrostonSBA", "TSB", "ADIDA", "IMAPA")
# File, horizon, season; of a large file every so manieth series.
SETS = (
    ("carparts_monthly", 12, 12, 1),
    ("spare_braf_monthly", 12, 12, 1),
    ("m5_item_store_56d", 14, 7, 4),
    ("vn1_weekly_26w", 6, 52, 2),
)


def main() -> None:
    """Measure every set, and write the record."""
    lines = [
        "# Laws of counts",
        "",
        f"`python -m benchmarks.counts`: {describe_machine('numba')}.",
        "",
        "CRPS in units; scaled: each series' by its mean absolute difference from period to",
        "period; 80% and 95%: shares of held-out periods within the inner 80% and below 95%.",
        "",
        "| data | series | model | quantiles | CRPS | scaled | 80% | 95% | µs a series |",
        "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, horizon, season, every in SETS:
        series = _series(name, horizon, every)
        for row in _rows(series, horizon, season):
            lines.append(f"| {name} | {len(series):,} | {row}")
            print(lines[-1], flush=True)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _series(name: str, horizon: int, every: int) -> list[Floats]:
    series = read_series(name)[::every]
    return [y for y in series if len(y) > 2 * horizon and y.min() >= 0 and y[:-horizon].any()]


def _rows(series: list[Floats], horizon: int, season: int) -> list[str]:
    train = [y[:-horizon] for y in series]
    held = np.array([y[-horizon:] for y in series])
    batch = Batch(*end_to_end(train))
    scale = np.array([np.abs(np.diff(y)).mean() for y in train])
    moments = measure_moments(batch, season)
    spread = Spread(
        np.zeros(len(train), np.int64),
        np.maximum(moments.variance / np.maximum(moments.mean, 1e-9), 1e-4),
        np.zeros(len(train)),
        moments.zero_share,
        np.ones((len(train), len(LEVELS))),
    )
    rows = []
    for name in POINTS:
        means = find_model(name).forecast(batch, Seasons(season, 12.0), horizon).means
        ratios = np.array([np.quantile(y / y.mean(), LEVELS) for y in train])
        empirical = means[..., None] * ratios[:, None]
        rows.append(f"{name} | empirical | {_scores(empirical, held, scale)} | |")
        usual = quantiles_of(spread, means)
        rows.append(f"{name} | recent variance | {_scores(usual, held, scale)} | |")
    for kind in CountKind:
        fit_count_laws(batch, kind)
        started = time.perf_counter()
        laws = fit_count_laws(batch, kind)
        seconds = (time.perf_counter() - started) / len(train)
        found = _scores(laws.quantiles(horizon), held, scale)
        rows.append(f"{kind.value} | its own | {found} | {seconds * 1e6:.1f} |")
    return rows


def _scores(quantiles: Floats, held: Floats, scale: Floats) -> str:
    error = held[..., None] - quantiles
    losses = 2.0 * np.maximum(LEVELS * error, (LEVELS - 1.0) * error).mean(axis=(1, 2))
    moving = scale > 0.0
    within = (held >= quantiles[..., 9]) & (held <= quantiles[..., 89])
    return (
        f"{losses.mean():.4f} | {(losses[moving] / scale[moving]).mean():.4f} "
        f"| {within.mean():.1%} | {(held <= quantiles[..., 94]).mean():.1%}"
    )


if __name__ == "__main__":
    main()
