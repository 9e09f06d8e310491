"""Panels whose demand is moved by drivers of known effect."""

from dataclasses import replace

import numpy as np
import pandas as pd

from forecasting import DemandPanel, ForecastPlan
from forecasting.drivers import (
    RECORDS,
    DriverPipeline,
    DriverPlan,
    DriverRows,
    EventDays,
    KnownDrivers,
    group_series,
    lay_drivers,
)

HORIZON = 14
EVENTS = ("Fair", "Harvest")
NO_RECORDS = pd.DataFrame({name: pd.Series(dtype="object") for name in RECORDS}).astype(
    {"ds": "datetime64[us]", "value": "float64"}
)
PLAN = DriverPlan({"promotion": "known", "price": "known", "heat": "lagged"})


def panel_of(demand: np.ndarray, last: str = "2024-06-30") -> DemandPanel:
    """Return daily series, a row each, that end on ``last``."""
    n, periods = demand.shape
    days = pd.date_range(end=last, periods=periods, freq="D")
    frame = pd.DataFrame(
        {
            "warehouse_id": "W",
            "item_id": np.repeat([f"i{number:03d}" for number in range(n)], periods),
            "ds": np.tile(days.to_numpy(), n),
            "quantity": demand.reshape(-1),
            "censored": False,
        }
    )
    return DemandPanel.from_frame(frame, "D")


def calendar_of(panel: DemandPanel) -> pd.DataFrame:
    """Return a fair each 1st and a harvest each 15th of a month, beyond the panel's end too."""
    last = pd.Timestamp(panel.last_ds[0])
    days = pd.date_range(last - pd.Timedelta(days=1500), last + pd.Timedelta(days=60), freq="D")
    fairs, harvests = days[days.day == 1], days[days.day == 15]
    return pd.DataFrame(
        {
            "ds": fairs.append(harvests),
            "event": [EVENTS[0]] * len(fairs) + [EVENTS[1]] * len(harvests),
        }
    )


def planned(panel: DemandPanel, driver: str, values: np.ndarray) -> pd.DataFrame:
    """Return records of the horizon after a panel's end, (n_series, horizon)."""
    days = panel.future(values.shape[1])
    return pd.DataFrame(
        {
            "warehouse_id": np.repeat(panel.warehouse_id.texts(), values.shape[1]),
            "item_id": np.repeat(panel.item_id.texts(), values.shape[1]),
            "ds": days.reshape(-1),
            "driver": driver,
            "value": values.reshape(-1),
        }
    )


def rows_of(
    panel: DemandPanel, promotion: np.ndarray, price: np.ndarray, heat: np.ndarray
) -> DriverRows:
    """Lay drivers of (n_series, periods + horizon) on a panel; heat is known of the past alone."""
    periods = promotion.shape[1] - HORIZON
    records = pd.concat(
        [
            planned(panel, "promotion", promotion[:, periods:]),
            planned(panel, "price", price[:, periods:]),
        ],
        ignore_index=True,
    )
    history = {
        "promotion": promotion[:, :periods].reshape(-1),
        "price": price[:, :periods].reshape(-1),
        "heat": heat[:, :periods].reshape(-1),
    }
    return lay_drivers(panel, PLAN, HORIZON, history, records, calendar_of(panel))


def laid_panel(n: int, periods: int) -> tuple[DemandPanel, DriverRows]:
    """Return series of one unit a day, and drivers that all move."""
    shape = (n, periods + HORIZON)
    draws = np.random.default_rng(0)
    panel = panel_of(np.ones((n, periods)))
    drivers = (draws.integers(0, 2, shape) * 1.0, draws.uniform(5, 6, shape), draws.random(shape))
    return panel, rows_of(panel, *drivers)


def demand_plan(windows: int = 3, **settings) -> ForecastPlan:
    """Return settings of a forecast of those panels, origins a horizon apart."""
    return ForecastPlan("D", 7, HORIZON, windows=windows, step=HORIZON, **settings)


def promoted_panel(
    n: int,
    periods: int,
    seed: int,
    *,
    lifts: tuple[float, ...] = (float(np.log(1.7)),),
    unit: float = 1.0,
    rewritten: int = 0,
    fairs: int | None = None,
    still: int = 0,
) -> tuple[DemandPanel, tuple[str, ...], tuple[str, ...]]:
    """Return series lifted by promotions and lowered by prices, with their drivers.

    Demand is gamma-Poisson about a level, a week and ``exp(lift * promotion - 2 * log price)``,
    prices against their usual; heat does nothing. Prices jump by themselves, and not with
    promotions.

    Parameters
    ----------
    n, periods, seed : series, days each, of the draws
    lifts : of promotions, by group, on the logarithm
    unit : of demand
    rewritten : last days whose demand is drawn anew
    still : last series whose demand is the same each day
    fairs : last of the calendar's fairs that are kept; None keeps all
    """
    draws = np.random.default_rng(seed)
    shape = (n, periods + HORIZON)
    promotion = (draws.random(shape) < 0.15) * 1.0
    price = 10.0 * np.where(draws.random(shape) < 0.2, 0.8, 1.0)
    heat = draws.normal(20.0, 5.0, shape)
    group = np.arange(n) % len(lifts)
    level = draws.lognormal(1.5, 0.8, (n, 1))
    week = 1.0 + 0.4 * np.sin(2.0 * np.pi * np.arange(shape[1]) / 7.0)
    lift = np.array(lifts)[group][:, None]
    mean = level * week * np.exp(lift * promotion - 2.0 * np.log(price / 10.0))
    demand = draws.poisson(mean * draws.gamma(5.0, 0.2, shape)).astype(float)[:, :periods] * unit
    if rewritten:
        demand[:, -rewritten:] = np.random.default_rng(seed + 1).poisson(9.0, (n, rewritten))
    demand[n - still :] = 7.0
    panel = panel_of(demand)
    rows = rows_of(panel, promotion, price, heat)
    if fairs is not None:
        calendar = calendar_of(panel)
        calendar = calendar[calendar["event"] == "Fair"]
        known = calendar[calendar["ds"] <= pd.Timestamp(panel.last_ds[0])].tail(fairs)
        rows = replace(rows, events=EventDays.from_frame(known, panel))
    groups, names = group_series(pd.Series(group.astype(str)))
    pipeline = DriverPipeline.fit(rows, PLAN, int(rows.periods.max()))
    known = KnownDrivers(pipeline.transform(rows), rows.ends, panel.last_periods, groups)
    return panel.with_drivers(known), pipeline.names, names
