"""Demand of all series, warehouses and items over warehouses: sums, forecasts of their own, both.

python -m benchmarks.aggregates

On windows held out of two sets whose series are warehouse by item: how far sums of the series'
forecasts err, forecasts of the sums themselves, and what reconciling the two by the variance of
their errors makes of sums and of series; and how often demand stayed within bands of sums, whose
series err each by itself or together as their backtests say.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from benchmarks.sets import CASES, WINDOWS, Case, naive_scale, plan_of
from forecasting import (
    DemandPanel,
    category_profiles,
    forecast_demand,
    learn_calibration,
    sample_paths,
)
from forecasting.hierarchy import (
    Hierarchy,
    SharedErrors,
    build_hierarchy,
    make_projection,
    make_weights,
    name_nodes,
)
from forecasting.panel import SERIES
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "aggregates.md"
SETS = {"Walmart weekly": "walmart_store_dept_weekly", "Store-Item daily": "store_item_daily"}
PATHS, SEED = 400, 1
BANDS = (50, 80, 98)
# Of a normal law, between its 10% and 90% quantiles.
DECILES = 2.0 * 1.2815515655446004
HEAD = (
    "WAPE is the sum of absolute errors over that of demand, over nodes and periods. Coverage is "
    "the share of demand within central bands, per cent, series by themselves → together."
)


class Told(NamedTuple):
    """What is forecast of some series, a row each in the order of their ids.

    Parameters
    ----------
    champions, forecasts : of `forecast_demand`
    means : (n_series, horizon) units
    variances : (n_series,) of the law of a period, units squared, the mean over periods
    dependence : how far errors went together
    """

    champions: pd.DataFrame
    forecasts: pd.DataFrame
    means: Floats
    variances: Floats
    dependence: pd.DataFrame


class Row(NamedTuple):
    """A level in a window.

    Parameters
    ----------
    errors : (3,) WAPE of sums, of forecasts of their own, of both reconciled, per cent
    covered : (2, 3) per cent within `BANDS`, by themselves and together
    """

    level: str
    nodes: int
    errors: Floats
    covered: Floats


def tell(case: Case, demand: pd.DataFrame) -> Told:
    """Forecast the series of a frame as a night would; items are the categories."""
    plan = plan_of(case)
    panel = DemandPanel.from_frame(demand, case.frequency)
    items = pd.Series({item: item for item in demand["item_id"].unique()}, dtype=object)
    calibration = learn_calibration(panel, plan, 2, items)
    night = pd.Timestamp(panel.last_ds.max()).date()
    found = forecast_demand(panel, plan, night, category_profiles(panel, {}, plan), {}, calibration)
    champions = found.champions.astype(dict.fromkeys(SERIES, object))
    forecasts = found.forecasts.astype(dict.fromkeys(SERIES, object))
    champions = champions.sort_values(SERIES, ignore_index=True)
    forecasts = forecasts.sort_values([*SERIES, "ds"], ignore_index=True)
    shape = len(champions), case.horizon
    width = (forecasts["q90"] - forecasts["q10"]).to_numpy().reshape(shape) / DECILES
    means = forecasts["mean"].to_numpy().reshape(shape)
    variances = (width * width).mean(axis=1)
    return Told(champions, forecasts, means, variances, calibration.dependence)


def demand_of(case: Case) -> pd.DataFrame:
    """Return the demand of all series that are whole, as a panel takes it."""
    frame = pd.read_parquet(DATA / f"{SETS[case.name]}.parquet")
    frame = frame.assign(quantity=frame["y"].clip(lower=0.0).astype(float), censored=False)
    whole = frame.groupby(SERIES, observed=True)["ds"].transform("size") == frame["ds"].nunique()
    frame = frame.loc[whole, [*SERIES, "ds", "quantity", "censored"]]
    typed = frame.astype(dict.fromkeys(SERIES, object))
    return typed.sort_values([*SERIES, "ds"], ignore_index=True)


def measure(case: Case, cut: int) -> tuple[list[Row], tuple[float, float]]:
    """Hold out the horizon before the last ``cut`` ones; return levels, and MASE of series.

    The second is of the series' own forecasts, and of those that reconciliation makes of them.
    """
    demand = demand_of(case)
    periods = np.unique(demand["ds"])
    last = len(periods) - cut * case.horizon
    train = demand[demand["ds"] < periods[last - case.horizon]]
    ahead = periods[last - case.horizon : last]
    told = tell(case, train)
    items = pd.Series({item: item for item in train["item_id"].unique()}, dtype=object)
    hierarchy = build_hierarchy(told.champions, items)
    held = demand[demand["ds"].isin(ahead)]["quantity"].to_numpy().reshape(-1, case.horizon)
    own, variances = _own(case, train, hierarchy)
    weights = make_weights(hierarchy, "variance", np.concatenate([variances, told.variances]))
    projection = make_projection(hierarchy, *weights)
    reconciled, leaves = projection.reconcile(own, told.means, nonnegative=True)
    summed, actuals = hierarchy.sum_up(told.means), hierarchy.sum_up(held)
    together = _paths(case, told, hierarchy, told.dependence)
    alone = _paths(case, told, hierarchy, told.dependence.iloc[:0])
    rows = []
    for level in hierarchy.levels:
        if level == "warehouse_category":
            continue
        of = (hierarchy.aggregates["level"] == level).to_numpy()
        gaps = [np.abs(means[of] - actuals[of]).sum() for means in (summed, own, reconciled)]
        errors = 100.0 * np.array(gaps) / actuals[of].sum()
        covered = np.array([_covered(paths[of], actuals[of]) for paths in (alone, together)])
        rows.append(Row(level, int(of.sum()), errors, covered))
    histories = train["quantity"].to_numpy().reshape(len(held), -1)
    scales = np.array([naive_scale(y, case.season) for y in histories])
    before, after = (
        float(np.nanmean(np.abs(means - held).mean(axis=1) / scales))
        for means in (told.means, leaves)
    )
    return rows, (before, after)


def _own(case: Case, train: pd.DataFrame, hierarchy: Hierarchy) -> tuple[Floats, Floats]:
    """Return means (n_aggregates, horizon) and variances of forecasts of the sums themselves.

    A sum of one series has no forecast of its own: its variance is NaN.
    """
    histories = train["quantity"].to_numpy().reshape(len(hierarchy.leaves), -1)
    several = np.flatnonzero(np.asarray(hierarchy.membership.sum(axis=1)) > 1.5)
    grid = np.unique(train["ds"])
    nodes = hierarchy.aggregates["level"].str.cat(name_nodes(hierarchy), "/").iloc[several]
    parts = {
        "warehouse_id": "sum",
        "item_id": np.repeat(nodes.to_numpy(), len(grid)),
        "ds": np.tile(grid, len(several)),
        "quantity": hierarchy.sum_up(histories)[several].reshape(-1),
        "censored": False,
    }
    frame = pd.DataFrame(parts).astype(dict.fromkeys(SERIES, object))
    told = tell(case, frame.sort_values([*SERIES, "ds"], ignore_index=True))
    places = several[np.argsort(nodes.to_numpy(), kind="stable")]
    means = hierarchy.sum_up(np.zeros((len(hierarchy.leaves), case.horizon)))
    variances = np.full(len(means), np.nan)
    means[places], variances[places] = told.means, told.variances
    return means, variances


def _paths(case: Case, told: Told, hierarchy: Hierarchy, dependence: pd.DataFrame) -> Floats:
    nodes = np.arange(len(hierarchy.aggregates), dtype=np.uint64)
    errors = SharedErrors.draw(hierarchy, dependence, nodes, PATHS, case.horizon, SEED)
    series = np.arange(len(told.champions))
    shared = errors.of(series, np.zeros(len(series), np.int64))
    words = series.astype(np.uint64)
    drawn = sample_paths(told.forecasts, told.champions, words, PATHS, SEED, shared)
    return hierarchy.sum_up(drawn)


def _covered(paths: Floats, actuals: Floats) -> list[float]:
    out = []
    for band in BANDS:
        low, high = np.percentile(paths, [50 - band / 2, 50 + band / 2], axis=1)
        out.append(100.0 * float(((actuals >= low) & (actuals <= high)).mean()))
    return out


def main() -> None:
    """Measure every window of both sets and write the record."""
    levels = [
        "| set | window | level | nodes | WAPE of sums | of their own | reconciled | "
        + " | ".join(f"{band}%" for band in BANDS)
        + " |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | " + "---: | " * len(BANDS),
    ]
    series = [
        "| set | window | MASE of series | reconciled |",
        "| --- | --- | ---: | ---: |",
    ]
    for case in (case for case in CASES if case.name in SETS):
        by_level: dict[str, list[Row]] = {}
        for cut in range(WINDOWS):
            rows, (before, after) = measure(case, cut)
            series.append(f"| {case.name} | {cut + 1} | {before:.4f} | {after:.4f} |")
            for row in rows:
                by_level.setdefault(row.level, []).append(row)
                levels.append(_line(case.name, str(cut + 1), [row]))
                print(levels[-1], flush=True)
        levels += [_line(f"**{case.name}**", "mean", rows) for rows in by_level.values()]
    lines = [
        "# Sums of demand",
        "",
        f"`python -m benchmarks.aggregates`: {describe_machine('numba')}.",
        "",
        HEAD,
        "",
        *levels,
        "",
        *series,
    ]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(name: str, window: str, rows: list[Row]) -> str:
    errors = np.mean([row.errors for row in rows], axis=0)
    alone, together = np.mean([row.covered for row in rows], axis=0)
    told = " | ".join(f"{error:.2f}" for error in errors)
    covered = " | ".join(f"{a:.0f} → {b:.0f}" for a, b in zip(alone, together, strict=True))
    return f"| {name} | {window} | {rows[0].level} | {rows[0].nodes} | {told} | {covered} |"


if __name__ == "__main__":
    main()
