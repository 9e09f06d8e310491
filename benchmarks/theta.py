"""Theta models: the batched kernel against statsforecast on M3 monthly and M4 weekly.

python -m benchmarks.theta

One thread each, and ours on two, half of the series on either; the median of five runs of ours
against one pass of statsforecast over a sample of the series, both in this process, after a
warm-up. Forecasts are compared as well as times, and
for AutoTheta the choice of a static or a dynamic model.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from statsforecast import models
from statsforecast.theta import auto_theta

from benchmarks.machine import describe_machine, median_seconds
from kernels.arrays import Floats, Integers
from kernels.theta import ThetaFits, ThetaModel, fit_best_thetas, fit_thetas

DATA = Path(__file__).parents[2] / "shared" / "data"
RECORD = Path(__file__).parent / "records" / "theta.md"
PAIRS = (
    (ThetaModel.STANDARD, "Theta"),
    (ThetaModel.OPTIMISED, "OptimizedTheta"),
    (ThetaModel.DYNAMIC_OPTIMISED, "DynamicOptimizedTheta"),
    (None, "AutoTheta"),
)
# Forecasts nearer than this are of one model: at theta = 1 static and dynamic are the same.
NEAR = 1e-4
RUNS = 5


def main() -> None:
    """Measure both sets, and write the record."""
    lines = [
        "# Theta models",
        "",
        f"`python -m benchmarks.theta`: {describe_machine('statsforecast', 'numba')}.",
        "",
        (
            "| data | model | series | ours, ms a series | two threads | statsforecast | ratio "
            "| median relative difference of forecasts | sMAPE ours | sMAPE statsforecast |"
        ),
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    choices: list[str] = []
    for name, season, horizon, sample in (("m3 monthly", 12, 18, 200), ("m4_weekly", 52, 13, 40)):
        train, test = _series(name)
        for kind, label in PAIRS:
            lines.append(_row(name, label, kind, train, test, season, horizon, sample))
            print(lines[-1], flush=True)
        choices.append(f"{name}: {_same_choice(train, season, horizon, sample):.1%}")
    lines += [
        "",
        (
            "Series for which AutoTheta chooses a dynamic or a static model as statsforecast does, "
            f"or forecasts the same within {NEAR}: {'; '.join(choices)}."
        ),
    ]
    text = "\n".join(lines) + "\n"
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _series(name: str) -> tuple[list[Floats], list[Floats]]:
    frame = pd.read_parquet(DATA / f"{name.split(maxsplit=1)[0]}.parquet")
    if name == "m3 monthly":
        frame = frame[frame["period"] == "MONTHLY"]
    parts = []
    for held_out in (False, True):
        groups = frame[frame["is_test"] == held_out].groupby("unique_id", observed=True)
        parts.append([group["y"].to_numpy(float) for _, group in groups])
    return parts[0], parts[1]


def _fit(
    kind: ThetaModel | None, train: list[Floats], season: int, horizon: int
) -> tuple[Floats, Integers | None, float]:
    """Return forecasts, the chosen models where there is a choice, and seconds a series."""
    flat = _flat(train)
    seconds = median_seconds(lambda: _fit_flat(kind, flat, season, horizon), RUNS)
    fits, chosen = _fit_flat(kind, flat, season, horizon)
    return fits.means, chosen, seconds / len(train)


def _flat(series: list[Floats]) -> tuple[Floats, Integers]:
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return np.concatenate(series), offsets


def _fit_flat(
    kind: ThetaModel | None, flat: tuple[Floats, Integers], season: int, horizon: int
) -> tuple[ThetaFits, Integers | None]:
    if kind is None:
        return fit_best_thetas(*flat, season, horizon)
    return fit_thetas(*flat, season, horizon, kind), None


def _in_two(kind: ThetaModel | None, train: list[Floats], season: int, horizon: int) -> float:
    """Return seconds a series where two threads have half of the series each."""
    halves = [_flat(train[part::2]) for part in range(2)]
    with ThreadPoolExecutor(2) as pool:

        def fit() -> None:
            list(pool.map(lambda half: _fit_flat(kind, half, season, horizon), halves))

        return median_seconds(fit, RUNS) / len(train)


def _same_choice(train: list[Floats], season: int, horizon: int, sample: int) -> float:
    some = [train[n] for n in np.linspace(0, len(train) - 1, sample).astype(int)]
    means, chosen, _ = _fit(None, some, season, horizon)
    dynamic = np.array([auto_theta(y, season)["modeltype"].startswith("D") for y in some])
    build = models.AutoTheta(season_length=season)
    theirs = np.array([build.forecast(y=y, h=horizon)["mean"] for y in some])
    near = np.abs(means - theirs).mean(axis=1) < NEAR * np.abs(theirs).mean(axis=1)
    return float((near | (dynamic == (chosen == ThetaModel.DYNAMIC_OPTIMISED))).mean())


def _row(
    name: str,
    label: str,
    kind: ThetaModel | None,
    train: list[Floats],
    test: list[Floats],
    season: int,
    horizon: int,
    sample: int,
) -> str:
    ours, _, own = _fit(kind, train, season, horizon)
    both = _in_two(kind, train, season, horizon)
    chosen = np.linspace(0, len(train) - 1, sample).astype(int)
    build = getattr(models, label)
    build(season_length=season).forecast(y=train[0], h=horizon)
    started = time.perf_counter()
    theirs = np.array(
        [build(season_length=season).forecast(y=train[n], h=horizon)["mean"] for n in chosen]
    )
    peer = (time.perf_counter() - started) / len(chosen)
    distance = np.abs(ours[chosen] - theirs).mean(axis=1) / np.abs(theirs).mean(axis=1)
    held = np.array([test[n] for n in chosen])
    errors = [
        float(np.mean(200.0 * np.abs(f - held) / (np.abs(f) + np.abs(held))))
        for f in (ours[chosen], theirs)
    ]
    return (
        f"| {name} | {label} | {len(train):,} | {own * 1e3:.4f} | {both * 1e3:.4f} "
        f"| {peer * 1e3:.2f} "
        f"| {peer / own:,.0f} | {np.median(distance):.1e} | {errors[0]:.2f} | {errors[1]:.2f} |"
    )


if __name__ == "__main__":
    main()
