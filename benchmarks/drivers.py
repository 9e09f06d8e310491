"""What drivers and a model of all series add to a line-up, on demand held out.

python -m benchmarks.drivers [set ...]

Each night the demand after it is held out: models are chosen, calibrated and taught on what was
before, with the drivers' plans of the horizon where they are known in advance.
"""

import sys
import time
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.driver_sets import SERIES, SETS, DriverSet, no_records
from benchmarks.machine import describe_machine
from forecasting import (
    DemandPanel,
    ForecastPlan,
    category_profiles,
    forecast_demand,
    learn_calibration,
)
from forecasting.distributions import LEVELS, QUANTILES
from forecasting.drivers import (
    DriverPipeline,
    KnownDrivers,
    enter_model,
    enter_regression,
    group_series,
    lay_drivers,
    learn_effects,
    origin_ends,
)
from forecasting.training import TrainingPlan, train_global_model

RECORD = Path(__file__).parent / "records" / "drivers.md"
DAYS = {"D": 1, "W": 7}
PEERS = ("numba", "numpy", *(["lightgbm"] if find_spec("lightgbm") else []))
WITHOUT = "without drivers"
HEAD = (
    "| set, held out from | line-up | pinball / mean | MAE / mean | pinball, scaled | "
    "change | 80% coverage | weight of new models | s |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)
DECIDED = (
    (
        "Decided by it: a job that names drivers has its exponential smoothing and theta models on "
        "what the drivers leave (RegressionSmoothing, RegressionTheta, RegressionYearlyTheta) in "
        "place of the plain ones. "
        "Put beside them instead, they gained about a point more on orange juice and lost nearly "
        "all of Walmart's Christmas, which no origin of that backtest had seen. Prices and "
        "promotions are worth naming wherever they are planned; events alone are worth it around "
        "the events, and cost half a percent elsewhere. The model of all series is worth its "
        "teaching on years of days; neither is on unless a job asks for it."
    ),
)


@dataclass(frozen=True)
class Night:
    """One night of a set: what was known, and what came."""

    name: str
    history: pd.DataFrame
    truth: pd.DataFrame
    panel: DemandPanel
    plan: ForecastPlan


def main() -> None:
    """Measure, and write the record."""
    chosen = sys.argv[1:] or list(SETS)
    lines = []
    for name in chosen:
        found = SETS[name]()
        for number in range(found.nights):
            lines += _night(found, number)
            print("\n".join(lines[-4:]), flush=True)
    text = [
        "# Drivers and the model of all series",
        "",
        f"`python -m benchmarks.drivers`: {describe_machine(*PEERS)}.",
        "",
        (
            "Each row is one night; the horizon after it was held out. Pinball loss is twice its "
            "mean over 1-99%, which is near the CRPS. Losses over volume, and "
            "scaled by each series' mean absolute change and averaged over series; change is that "
            "of the last against the line-up without drivers, with its standard error over series."
        ),
        "",
        HEAD,
        *lines,
        "",
        *DECIDED,
    ]
    RECORD.write_text("\n".join(text) + "\n", encoding="utf-8")


def _night(found: DriverSet, number: int) -> list[str]:
    night = _cut(found, number)
    contests = {WITHOUT: lambda: (night.panel, night.plan)}
    driven = bool(found.plan.drivers) or len(found.calendar) > 0
    if driven:
        contests["+ drivers"] = lambda: _driven(found, night, regression=True, trees=False)
    if find_spec("lightgbm") is not None:
        if driven:
            contests["+ drivers, trees"] = lambda: _driven(
                found, night, regression=True, trees=True
            )
        else:
            contests["+ trees"] = lambda: _driven(found, night, regression=False, trees=True)
    lines, base = [], None
    for label, make in contests.items():
        started = time.perf_counter()
        panel, plan = make()
        profiles = category_profiles(panel, {}, plan)
        result = forecast_demand(
            panel, plan, _night_of(panel), profiles, {}, learn_calibration(panel, plan)
        )
        seconds = time.perf_counter() - started
        scored = _score(night, result.forecasts)
        base = scored if base is None else base
        weights = result.weights
        new = weights["model"].isin([*plan.trained]).to_numpy()
        share = weights.loc[new, "weight"].sum() / max(weights["weight"].sum(), 1.0)
        lines.append(_line(night.name, label, scored, base, share, seconds))
    return lines


def _night_of(panel: DemandPanel) -> date:
    return pd.Timestamp(panel.last_ds.max()).date()


def _cut(found: DriverSet, number: int) -> Night:
    period = pd.Timedelta(days=DAYS[found.frequency])
    last = found.demand["ds"].max()
    night = last - period * (found.horizon + number * found.step)
    known = found.demand["ds"] <= night
    history = found.demand[known]
    lengths = history.groupby(SERIES)["ds"].transform("size")
    history = history[lengths >= 2 * found.horizon].reset_index(drop=True)
    ahead = found.demand["ds"] <= night + period * found.horizon
    plan = ForecastPlan(
        found.frequency,
        found.season_length,
        found.horizon,
        windows=found.windows,
        step=found.step,
    )
    return Night(
        f"{found.name}, {night:%Y-%m-%d}",
        history,
        found.demand[~known & ahead],
        DemandPanel.from_frame(history, found.frequency),
        plan,
    )


def _driven(
    found: DriverSet, night: Night, *, regression: bool, trees: bool
) -> tuple[DemandPanel, ForecastPlan]:
    panel, plan = night.panel, night.plan
    beside = {name: night.history[name].to_numpy(np.float64) for name in found.plan.names}
    planned = [
        night.truth[[*SERIES, "ds"]].assign(driver=name, value=night.truth[name].astype(float))
        for name in found.plan.names
    ]
    records = pd.concat(planned).dropna(subset="value") if planned else no_records()
    rows = lay_drivers(panel, found.plan, plan.horizon, beside, records, found.calendar)
    pipeline = DriverPipeline.fit(rows, found.plan, int(origin_ends(panel, plan)[0]))
    categories = night.history.drop_duplicates(SERIES)["category"].reset_index(drop=True)
    numbers, groups = group_series(categories)
    known = KnownDrivers(pipeline.transform(rows), rows.ends, panel.last_periods, numbers)
    panel = panel.with_drivers(known)
    if regression:
        plan = enter_regression(plan, learn_effects(panel, pipeline.names, groups, plan))
    if trees:
        taught = train_global_model(panel, pipeline.names, groups, night.plan, TrainingPlan())
        plan = enter_model(plan, "GlobalTrees", taught.model(groups))
    return panel, plan


def _score(night: Night, forecasts: pd.DataFrame) -> pd.DataFrame:
    """Return loss and error of each held-out period that stock allowed to see."""
    truth = night.truth[[*SERIES, "ds", "quantity", "censored"]]
    both = forecasts.merge(truth, on=[*SERIES, "ds"])
    both = both[~both["censored"].astype(bool)]
    scale = night.history.groupby(SERIES)["quantity"].apply(lambda v: v.diff().abs().mean())
    both["scale"] = scale.reindex(pd.MultiIndex.from_frame(both[SERIES])).to_numpy()
    both = both[both["scale"] > 0.0]
    actual, quantiles = both["quantity"].to_numpy(), both[QUANTILES].to_numpy()
    over = actual[:, None] - quantiles
    # Twice the mean over percentiles is the CRPS.
    both["loss"] = 2.0 * np.maximum(LEVELS * over, (LEVELS - 1.0) * over).mean(axis=1)
    both["error"] = (both["quantity"] - both["mean"]).abs()
    both["within"] = (both["q10"] <= actual) & (actual <= both["q90"])
    return both[[*SERIES, "quantity", "scale", "loss", "error", "within"]]


def _line(
    night: str, label: str, scored: pd.DataFrame, base: pd.DataFrame, share: float, seconds: float
) -> str:
    own, other = (
        each.assign(scaled=each["loss"] / each["scale"]).groupby(SERIES)["scaled"].mean()
        for each in (scored, base)
    )
    apart = (own - other).dropna() / other.mean()
    volume = scored["quantity"].sum()
    change = f"{100 * apart.mean():+.1f}% \u00b1 {100 * apart.std() / np.sqrt(len(apart)):.1f}"
    return (
        f"| {night} | {label} | {scored['loss'].sum() / volume:.4f} | "
        f"{scored['error'].sum() / volume:.4f} | {own.mean():.4f} | "
        f"{'' if scored is base else change} | {scored['within'].mean():.3f} | {share:.2f} | "
        f"{seconds:.0f} |"
    )


if __name__ == "__main__":
    main()
