"""Theta models: the batched kernel against statsforecast on M3 monthly and M4 weekly.

python -m benchmarks.theta

One thread each, and ours on two, half of the series on either; the median of five runs of ours
against one pass of statsforecast over a sample of the series, both in this process, after a
warm-up. Forecasts are compared as well as times. Then, on the last and the last but one horizon of
each set of `benchmarks.accuracy`, what AutoTheta's criterion gains over the least error, by which
statsforecast chooses among its four models.
"""

import time
from pathlib import Path

import numpy as np
import pandas as pd
from statsforecast import models

from benchmarks.machine import describe_machine, median_seconds, seconds_in_two
from benchmarks.series import DATA, end_to_end
from benchmarks.sets import CASES, Case, naive_scale
from kernels.arrays import Floats, Integers
from kernels.theta import ThetaFits, ThetaModel, fit_best_thetas, fit_thetas

RECORD = Path(__file__).parent / "records" / "theta.md"
PAIRS = (
    (ThetaModel.STANDARD, "Theta"),
    (ThetaModel.OPTIMISED, "OptimizedTheta"),
    (ThetaModel.DYNAMIC_OPTIMISED, "DynamicOptimizedTheta"),
    (None, "AutoTheta"),
)
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
    for name, season, horizon, sample in (("m3 monthly", 12, 18, 200), ("m4_weekly", 52, 13, 40)):
        train, test = _series(name)
        for kind, label in PAIRS:
            lines.append(_row(name, label, kind, train, test, season, horizon, sample))
            print(lines[-1], flush=True)
    lines += ["", *_choices()]
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
) -> tuple[Floats, float]:
    """Return forecasts, and seconds a series."""
    flat = end_to_end(train)
    seconds = median_seconds(lambda: _fit_flat(kind, flat, season, horizon), RUNS)
    return _fit_flat(kind, flat, season, horizon).means, seconds / len(train)


def _fit_flat(
    kind: ThetaModel | None, flat: tuple[Floats, Integers], season: int, horizon: int
) -> ThetaFits:
    if kind is None:
        return fit_best_thetas(*flat, season, horizon)[0]
    return fit_thetas(*flat, season, horizon, kind)


def _in_two(kind: ThetaModel | None, train: list[Floats], season: int, horizon: int) -> float:
    """Return seconds a series where two threads have half of the series each."""
    halves = [end_to_end(train[part::2]) for part in range(2)]
    spent = seconds_in_two(lambda half: _fit_flat(kind, half, season, horizon), halves, RUNS)
    return spent / len(train)


def _choices() -> list[str]:
    """Compare AutoTheta with the model of least error of the same four, on held-out periods."""
    lines = [
        "| AutoTheta | season | held out | series | MASE by least error | by AIC | more by | ± |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for case in CASES:
        whole = case.read()
        for back, told in ((0, "last"), (1, "before it")):
            known = [y[: len(y) - back * case.horizon] for y in whole]
            known = [y for y in known if len(y) > case.horizon + max(8, case.season + 2)]
            lines.append(_choice_row(case, known, told))
            print(lines[-1], flush=True)
    return lines


def _choice_row(case: Case, known: list[Floats], told: str) -> str:
    horizon, season = case.horizon, case.season
    flat = end_to_end([y[:-horizon] for y in known])
    held_out = np.array([y[-horizon:] for y in known])
    scale = np.array([naive_scale(y[:-horizon], case.scale_season) for y in known])
    four = [fit_thetas(*flat, season, horizon, model) for model in ThetaModel]
    least = np.argmin([fits.error for fits in four], axis=0)
    by_error = np.array([fits.means for fits in four])[least, np.arange(len(known))]
    by_criterion = fit_best_thetas(*flat, season, horizon)[0].means
    errors = [np.abs(means - held_out).mean(axis=1) / scale for means in (by_error, by_criterion)]
    made = np.isfinite(scale)
    first, second = (each[made] for each in errors)
    gap = second - first
    return (
        f"| {case.name} | {season} | {told} | {made.sum():,} | {first.mean():.4f} "
        f"| {second.mean():.4f} | {gap.mean():+.4f} | {gap.std() / np.sqrt(len(gap)):.4f} |"
    )


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
    ours, own = _fit(kind, train, season, horizon)
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
