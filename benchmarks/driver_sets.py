"""Real demand with what moved it: retail sets as panels, drivers and calendars."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from benchmarks.series import DATA
from forecasting.drivers import RECORDS, DriverPlan

SERIES = ["warehouse_id", "item_id"]
# The weeks, Friday to Thursday, that Walmart's competition flags, by month.
WALMART_HOLIDAYS = {2: "Super Bowl", 9: "Labor Day", 11: "Thanksgiving", 12: "Christmas"}


@dataclass(frozen=True)
class DriverSet:
    """One set.

    Parameters
    ----------
    name : of the set
    demand : warehouse_id, item_id, ds, quantity, censored, category, and a column for each driver
        that is recorded beside demand; on a grid without gaps
    plan : which drivers
    calendar : ds, event
    frequency : of the grid
    season_length, horizon, windows, step, nights : of the trial; nights are a step apart
    """

    name: str
    demand: pd.DataFrame
    plan: DriverPlan
    calendar: pd.DataFrame
    frequency: Literal["D", "W"]
    season_length: int
    horizon: int
    windows: int
    step: int
    nights: int


def no_records() -> pd.DataFrame:
    """Return a frame of driver records without rows."""
    empty = pd.DataFrame({name: pd.Series(dtype="object") for name in RECORDS})
    return empty.astype({"ds": "datetime64[us]", "value": "float64"})


def orange_juice() -> DriverSet:
    """Return orange juice by store and brand: price, deal and feature; weeks."""
    frame = pd.read_parquet(DATA / "oj_store_brand_weekly.parquet")
    demand = _on_grid(frame.rename(columns={"y": "quantity", "deal": "promotion"}), "7D")
    plan = DriverPlan({"price": "known", "promotion": "known", "feat": "known"}, events=False)
    demand["category"] = demand["item_id"]
    return DriverSet("Orange juice", demand, plan, _no_calendar(), "W", 52, 4, 4, 4, 4)


def walmart(last: str = "2012-10-26", nights: int = 1) -> DriverSet:
    """Return Walmart's sales by store and department: four holidays; weeks.

    Parameters
    ----------
    last : the last week that is looked at
    nights : of the trial
    """
    frame = pd.read_parquet(DATA / "walmart_store_dept_weekly.parquet")
    flagged = pd.read_parquet(DATA / "walmart_store_features_weekly.parquet")
    flagged = flagged[flagged["IsHoliday"]].drop_duplicates("ds")
    calendar = pd.DataFrame(
        {"ds": flagged["ds"], "event": flagged["ds"].dt.month.map(WALMART_HOLIDAYS)}
    )
    frame = frame[frame["ds"] <= last].assign(quantity=frame["y"].clip(lower=0.0))
    demand = _on_grid(frame, "7D")
    demand["category"] = demand["item_id"]
    name = f"Walmart to {last}"
    return DriverSet(name, demand, DriverPlan(), calendar, "W", 52, 8, 3, 8, nights)


def store_item() -> DriverSet:
    """Return Store-Item: five years of days, no drivers."""
    frame = pd.read_parquet(DATA / "store_item_daily.parquet").rename(columns={"y": "quantity"})
    demand = _on_grid(frame, "D").assign(category="all")
    return DriverSet("Store-Item", demand, DriverPlan(), _no_calendar(), "D", 7, 28, 3, 28, 1)


def m5_windows() -> DriverSet:
    """Return every fifth item x store of M5: 56 days, the calendar's events."""
    frame = pd.read_parquet(DATA / "m5_item_store_56d.parquet").rename(columns={"y": "quantity"})
    days = pd.read_parquet(DATA / "m5_calendar.parquet")
    events = days.dropna(subset="event_name_1")
    calendar = pd.DataFrame({"ds": events["ds"], "event": events["event_name_1"]})
    for name in SERIES:
        frame[name] = frame[name].astype(str)
    items = frame["item_id"].drop_duplicates().sort_values().iloc[::5]
    demand = _on_grid(frame[frame["item_id"].isin(items)], "D")
    demand["category"] = demand["item_id"].str.rsplit("_", n=1).str[0]
    return DriverSet("M5 windows", demand, DriverPlan(), calendar, "D", 7, 7, 3, 7, 1)


SETS: Mapping[str, Callable[[], DriverSet]] = {
    "orange juice": orange_juice,
    "walmart": walmart,
    "walmart christmas": lambda: walmart("2012-01-06"),
    "store-item": store_item,
    "m5 windows": m5_windows,
}


def _no_calendar() -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.Series(dtype="datetime64[us]"), "event": pd.Series(dtype=str)})


def _on_grid(frame: pd.DataFrame, step: str) -> pd.DataFrame:
    """Return every period from each series' first to the set's last, what is missing censored."""
    frame = frame.assign(ds=pd.to_datetime(frame["ds"]))
    last = frame["ds"].max()
    firsts = frame.groupby(SERIES, observed=True)["ds"].min()
    grid = pd.concat(
        [
            pd.DataFrame(
                {"warehouse_id": w, "item_id": i, "ds": pd.date_range(first, last, freq=step)}
            )
            for w, i, first in firsts.reset_index().itertuples(index=False)
        ],
        ignore_index=True,
    )
    laid = grid.merge(frame, on=[*SERIES, "ds"], how="left")
    laid["censored"] = laid["quantity"].isna()
    laid["quantity"] = np.nan_to_num(laid["quantity"].to_numpy(np.float64))
    return laid.sort_values([*SERIES, "ds"], ignore_index=True)
