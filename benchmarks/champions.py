"""Champion selection: ten models and six origins over the 30,490 series of M5's last 56 days.

python -m benchmarks.champions

Two threads, chunks of series as the night's tasks have them; what is timed runs from the panel to
the forecasts, laws and champions, after a warm-up on a few series.
"""

import resource
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from forecasting import DemandPanel, ForecastPlan, category_profiles, forecast_demand
from forecasting.classes import CLASSES

RECORD = Path(__file__).parent / "records" / "champions.md"
MODELS = (
    "SeasonalNaive",
    "SeasonalWindowAverage",
    "WindowAverage",
    "SimpleExponentialSmoothing",
    "SeasonalExponentialSmoothing",
    "DynamicOptimizedTheta",
    "AutoETS",
    "CrostonSBA",
    "TSB",
    "IMAPA",
)
ORIGINS = 6
CHUNK = 4_000
THREADS = 2
NIGHT = date(2016, 5, 22)
PLAN = ForecastPlan("D", 7, 7, windows=ORIGINS, step=7, line_up=dict.fromkeys(CLASSES, MODELS))


def main() -> None:
    """Measure, and write the record."""
    frame = _demand()
    series = frame.groupby(["warehouse_id", "item_id"], sort=False).ngroup().to_numpy()
    first = np.searchsorted(series, np.arange(0, series[-1] + 1, CHUNK))
    chunks = [frame.iloc[a:b] for a, b in zip(first, [*first[1:], len(frame)], strict=True)]
    _forecast(chunks[0].iloc[: 56 * 50])
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(_forecast, chunks))
    seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    n_series, failures = series[-1] + 1, sum(failed for _, failed in done)
    machine = describe_machine("numba", "numpy")
    lines = [
        "# Champion selection",
        "",
        f"`python -m benchmarks.champions`: {machine}.",
        "",
        (
            f"{len(MODELS)} models x {ORIGINS} origins and the end, {n_series:,} series x 56 days, "
            f"{THREADS} threads: {seconds:.1f} s, {n_series / seconds:,.0f} series a second, peak "
            f"memory of the process {memory:.2f} GiB, {failures} failures. Each series takes the "
            "weighted combination of its best models, with a law fitted to its backtest errors."
        ),
        "",
        f"Models: {', '.join(MODELS)}.",
        "",
        "| model in the forecast | mean weight |",
        "| --- | ---: |",
    ]
    weights = pd.concat([found for found, _ in done])
    weights = weights.groupby("model", observed=True)["weight"].sum() / n_series
    lines += [f"| {name} | {share:.3f} |" for name, share in weights.items()]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _demand() -> pd.DataFrame:
    frame = pd.read_parquet(DATA / "m5_item_store_56d.parquet")
    frame = frame.rename(columns={"y": "quantity"}).assign(censored=False)
    for name in ("warehouse_id", "item_id"):
        frame[name] = frame[name].astype(str).astype(object)
    return frame.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)


def _forecast(frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    panel = DemandPanel.from_frame(frame.reset_index(drop=True), "D")
    profiles = category_profiles(panel, {}, PLAN)
    result = forecast_demand(panel, PLAN, NIGHT, profiles, {})
    return result.weights, len(result.failures)


if __name__ == "__main__":
    main()
