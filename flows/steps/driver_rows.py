"""What a run's inputs say of drivers, on the grid of its demand."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from flows.run import Run
from flows.steps.predict_plan import forecast_plan
from forecasting import DemandPanel, ForecastPlan
from forecasting.drivers import (
    NO_CATEGORY,
    RECORDS,
    DriverPipeline,
    DriverPlan,
    DriverRows,
    KnownDrivers,
    lay_drivers,
    origin_ends,
)
from forecasting.drivers.plan import PRICE, PROMOTION
from kernels.arrays import Floats

# Columns of demand that record a driver beside it.
BESIDE_DEMAND = (PRICE, PROMOTION)


def driver_plan(run: Run) -> DriverPlan:
    """Return which drivers the job names; none where it names none."""
    spec = run.job.demand.drivers if run.job.demand else None
    if spec is None:
        return DriverPlan({}, events=False)
    named = {PRICE: spec.price, PROMOTION: spec.promotion, **spec.others}
    events = spec.events and run.staging.clean("calendar").exists()
    return DriverPlan({name: known for name, known in named.items() if known}, events)


def lay_rows(
    run: Run,
    panel: DemandPanel,
    demand: pd.DataFrame,
    later: pd.DataFrame | None = None,
    horizon: int | None = None,
) -> DriverRows:
    """Lay the run's drivers on the grid of some series.

    Parameters
    ----------
    run : whose inputs are checked
    panel : the series
    demand : the frame that it was made from
    later : demand of the same series after the panel's end, where that lies in the past: what it
        records of drivers that are known ahead was their plan; None where it is tonight
    horizon : periods ahead; None is the night's
    """
    history: Mapping[str, Floats] = {
        name: np.asarray(demand[name].astype("float64"), np.float64)
        for name in BESIDE_DEMAND
        if name in demand
    }
    records = _read_clean(run, "drivers", RECORDS)
    if later is not None:
        planned = [_as_planned(later, name) for name in _known_beside(run) if name in later]
        records = pd.concat([*planned, records], ignore_index=True)
    calendar = _read_clean(run, "calendar", ["ds", "event"])
    horizon = forecast_plan(run).horizon if horizon is None else horizon
    return lay_drivers(panel, driver_plan(run), horizon, history, records, calendar)


def _known_beside(run: Run) -> list[str]:
    known = driver_plan(run).drivers
    return [name for name in BESIDE_DEMAND if known.get(name) == "known"]


def _as_planned(later: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return records of a driver, from what stands beside demand."""
    values = later[name].astype("float64")
    told = later.loc[values.notna(), ["warehouse_id", "item_id", "ds"]].astype(
        {"warehouse_id": "object", "item_id": "object"}
    )
    return told.assign(driver=name, value=values[values.notna()])[RECORDS]


def fit_pipeline(
    run: Run, panel: DemandPanel, rows: DriverRows, plan: ForecastPlan
) -> DriverPipeline:
    """Fit the pipeline of the run's drivers on what was known at a backtest's first origin."""
    first = int(origin_ends(panel, plan)[0])
    return DriverPipeline.fit(rows, driver_plan(run), first)


def know_drivers(
    run: Run,
    panel: DemandPanel,
    rows: DriverRows,
    pipeline: DriverPipeline,
    groups: tuple[str, ...],
) -> KnownDrivers:
    """Return what is known of drivers; a series of an unknown group is of the first, of all."""
    numbers = pd.Index(groups).get_indexer(pd.Index(category_of(run, panel)))
    known = np.maximum(numbers, 0).astype(np.int64)
    return KnownDrivers(pipeline.transform(rows), rows.ends, panel.last_periods, known)


def category_of(run: Run, panel: DemandPanel) -> pd.Series:
    """Return the category of each series, `NO_CATEGORY` for those without."""
    items = _read_clean(run, "items", ["item_id", "category"]).set_index("item_id")["category"]
    return pd.Series(panel.item_id.texts(), dtype=object).map(items).fillna(NO_CATEGORY)


def _read_clean(run: Run, table: str, columns: list[str]) -> pd.DataFrame:
    path = run.staging.clean(table)
    if path.exists():
        return pd.read_parquet(path, columns=columns)
    empty = pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    return empty.astype({name: "datetime64[us]" for name in columns if name == "ds"})
