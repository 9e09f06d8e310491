"""How good forecasts have been: by class, part of the horizon and warehouse, and by both last."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports.figures.evaluation import value_added_ahead
from reports.sections.section import SERIES, Listing, Picture, Tables, has
from reports.tables import PageColumn, PageTable, page_table
from reports.wording import count, number, percent, plural, steps

BENCHMARK = "SeasonalNaive"
BAND = 80
BY_HORIZON = "accuracy_by_horizon"
WAREHOUSE = PageColumn("warehouse_id", "warehouse")
USUAL_LAW = (
    "Coverage is that of a usual law around the forecast; the bands that are published are of the "
    "law that does best in backtests, calibrated."
)
# Of both, the first by id are listed, and those that forecasts gain least for are drawn.
MOST_LISTED, MOST_DRAWN = 50, 40


def evaluation_listings(tables: Tables, scored: pd.DataFrame) -> list[Listing]:
    """Return accuracy, bias, coverage and value added of the chosen forecasts, four ways.

    Parameters
    ----------
    tables : of the night
    scored : the champions' rows of forecast_accuracy
    """
    if not len(scored):
        return []
    beside = _beside_benchmark(tables["forecast_accuracy"], scored)
    note = (
        "Means over the chosen models' series, in backtests. Value added is the share of seasonal "
        f"naive's MASE that is saved, on the series it could forecast. {USUAL_LAW}"
    )
    listings = [
        Listing("Accuracy by class", _grouped(beside, [PageColumn("demand_class", "class")]), note),
        Listing(
            "Accuracy by warehouse",
            _grouped(beside, [WAREHOUSE]),
            note,
            _spread(beside, "warehouse_id"),
        ),
    ]
    if has(tables, "forecast_horizons"):
        listings.insert(1, _by_horizon(tables))
    if has(tables, BY_HORIZON):
        listings.append(_by_warehouse_and_horizon(tables))
    return listings


def evaluation_pictures(tables: Tables) -> list[Picture]:
    """Return the value added by warehouse and part of the horizon; none where none is known."""
    if not has(tables, BY_HORIZON):
        return []
    rows = _means(_matched(tables), ["warehouse_id", "first_step", "last_step"])
    rows = rows.dropna(subset="value_added")
    if rows.empty:
        return []
    least = rows.groupby("warehouse_id")["value_added"].mean().sort_values(kind="stable")
    chosen = least.index[:MOST_DRAWN]
    whose = "the least first"
    if len(chosen) < len(least):
        whose = f"the {len(chosen)} of {len(least)} warehouses where it is least"
    note = (
        "Share of seasonal naive's error that forecasts save, by periods ahead; "
        f"{whose}. Classes apart are in {BY_HORIZON}."
    )
    title = "Value added by warehouse and horizon"
    drawn = value_added_ahead(rows[rows["warehouse_id"].isin(chosen)], list(chosen))
    gist = (
        f"{percent(rows['value_added'].min(), 0)} to {percent(rows['value_added'].max(), 0)} of "
        f"seasonal naive's error is saved; least for {least.index[0]}"
    )
    return [Picture("value-added-ahead", title, drawn, note, True, 480, gist)]


def _by_warehouse_and_horizon(tables: Tables) -> Listing:
    keys = [
        WAREHOUSE,
        PageColumn("first_step", "from period ahead", count),
        PageColumn("last_step", "to", count),
    ]
    matched = _matched(tables)
    parts = matched["band"].nunique()
    table = _grouped(matched, keys, source=BY_HORIZON, most=MOST_LISTED * parts)
    note = (
        "Means over the chosen forecasts' series, over all origins. Value added is on the periods "
        f"that seasonal naive answered too. {USUAL_LAW}"
    )
    gist = (
        f"{plural(matched['warehouse_id'].nunique(), 'warehouse')}, "
        f"{plural(parts, 'part')} of the horizon"
    )
    return Listing("Accuracy by warehouse and horizon", table, note, gist)


def _matched(tables: Tables) -> pd.DataFrame:
    columns = {"matched_mase": "against", "naive_mase": "naive"}
    return tables[BY_HORIZON].rename(columns=columns)


def _beside_benchmark(accuracy: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Return the champions' rows with the benchmark's MASE, and theirs where it has one."""
    naive = accuracy.loc[accuracy["model"] == BENCHMARK, [*SERIES, "mase"]]
    beside = scored.merge(naive.rename(columns={"mase": "naive"}), on=SERIES, how="left")
    return beside.assign(against=beside["mase"].where(beside["naive"].notna()))


def _means(beside: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    groups = beside.groupby(keys)
    means = groups[["mase", "bias", "coverage_80"]].mean()
    sums = groups[["naive", "against"]].sum()
    saved = 1.0 - sums["against"] / sums["naive"].where(sums["naive"] > 0.0, np.nan)
    return means.assign(series=groups.size(), value_added=saved).reset_index()


def _grouped(
    beside: pd.DataFrame,
    keys: Sequence[PageColumn],
    *,
    source: str = "forecast_accuracy",
    most: int = MOST_LISTED,
) -> PageTable:
    return page_table(
        _means(beside, [key.name for key in keys]),
        [
            *keys,
            PageColumn("series", "series", count),
            PageColumn("mase", "MASE", number),
            PageColumn("bias", "bias, units per period", number),
            PageColumn("coverage_80", "80% coverage, usual law", percent),
            PageColumn("value_added", "value added", percent),
        ],
        source=source,
        most=most,
    )


def _spread(beside: pd.DataFrame, key: str) -> str:
    """Return who gains least and most on the benchmark, told while the table is folded."""
    gains = _means(beside, [key]).dropna(subset="value_added").sort_values("value_added")
    if gains.empty:
        return f"{plural(beside[key].nunique(), 'row')}"
    worst, best = gains.iloc[0], gains.iloc[-1]
    return (
        f"{percent(worst['value_added'], 0)} of seasonal naive's error saved in {worst[key]} to "
        f"{percent(best['value_added'], 0)} in {best[key]}"
    )


def _by_horizon(tables: Tables) -> Listing:
    rows = tables["forecast_horizons"]
    if has(tables, "forecast_coverage"):
        told = tables["forecast_coverage"]
        told = told.loc[told["nominal"] == BAND, ["demand_class", "band", "after"]]
        rows = rows.merge(told, on=["demand_class", "band"], how="left")
    else:
        rows = rows.assign(after=np.nan)
    ahead = [steps(*ends) for ends in zip(rows["first_step"], rows["last_step"], strict=True)]
    table = page_table(
        rows.assign(ahead=ahead),
        [
            PageColumn("demand_class", "class"),
            PageColumn("ahead", "periods ahead"),
            PageColumn("series", "series", count),
            PageColumn("mase", "MASE", number),
            PageColumn("bias", "bias, scaled as MASE", number),
            PageColumn("after", "80% coverage, calibrated", percent),
            PageColumn("value_added", "value added", percent),
        ],
        source="forecast_horizons",
    )
    note = (
        "Of the series that calibration looked at, 500 a class at most, over all origins; coverage "
        "on the last one. Value added is the share of seasonal naive's error that is saved."
    )
    saved = rows["value_added"]
    gist = (
        f"{plural(rows['band'].nunique(), 'part')} of the horizon; {percent(saved.min(), 0)} to "
        f"{percent(saved.max(), 0)} of seasonal naive's error saved"
    )
    return Listing("Accuracy by horizon", table, note, gist)
