"""How good forecasts have been: by class, by part of the horizon and by warehouse."""

import numpy as np
import pandas as pd

from reports.sections.section import Listing, Tables, has
from reports.tables import PageColumn, PageTable, page_table
from reports.wording import count, number, percent

SERIES = ["warehouse_id", "item_id"]
BENCHMARK = "SeasonalNaive"
BAND = 80


def evaluation_listings(tables: Tables, scored: pd.DataFrame) -> list[Listing]:
    """Return accuracy, bias, coverage and value added of the chosen forecasts, three ways.

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
        "naive's MASE that is saved, on the series it could forecast."
    )
    listings = [
        Listing("Accuracy by class", _grouped(beside, "demand_class", "class"), note),
        Listing("Accuracy by warehouse", _grouped(beside, "warehouse_id", "warehouse"), note),
    ]
    if has(tables, "forecast_horizons"):
        listings.insert(1, _by_horizon(tables))
    return listings


def _beside_benchmark(accuracy: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Return the champions' rows with the benchmark's MASE, and theirs where it has one."""
    naive = accuracy.loc[accuracy["model"] == BENCHMARK, [*SERIES, "mase"]]
    beside = scored.merge(naive.rename(columns={"mase": "naive"}), on=SERIES, how="left")
    return beside.assign(against=beside["mase"].where(beside["naive"].notna()))


def _grouped(beside: pd.DataFrame, key: str, title: str) -> PageTable:
    groups = beside.groupby(key)
    means = groups[["mase", "bias", "coverage_80"]].mean()
    sums = groups[["naive", "against"]].sum()
    saved = 1.0 - sums["against"] / sums["naive"].where(sums["naive"] > 0.0, np.nan)
    rows = means.assign(series=groups.size(), value_added=saved).reset_index()
    return page_table(
        rows,
        [
            PageColumn(key, title),
            PageColumn("series", "series", count),
            PageColumn("mase", "MASE", number),
            PageColumn("bias", "bias, units per period", number),
            PageColumn("coverage_80", "80% coverage, as modelled", percent),
            PageColumn("value_added", "value added", percent),
        ],
        source="forecast_accuracy",
    )


def _by_horizon(tables: Tables) -> Listing:
    rows = tables["forecast_horizons"]
    if has(tables, "forecast_coverage"):
        told = tables["forecast_coverage"]
        told = told.loc[told["nominal"] == BAND, ["demand_class", "band", "after"]]
        rows = rows.merge(told, on=["demand_class", "band"], how="left")
    else:
        rows = rows.assign(after=np.nan)
    ahead = rows["first_step"].astype(str) + "-" + rows["last_step"].astype(str)
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
    return Listing("Accuracy by horizon", table, note)
