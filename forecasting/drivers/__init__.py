"""What moves demand: prices, promotions, events and anything else that is recorded."""

from forecasting.drivers.line_up import enter_model, enter_regression
from forecasting.drivers.pipeline import DriverColumn, DriverPipeline
from forecasting.drivers.plan import DriverPlan, Knowledge
from forecasting.drivers.rows import RECORDS, DriverRows, EventDays, lay_drivers
from forecasting.drivers.vintages import (
    NO_CATEGORY,
    DriverEffects,
    group_series,
    learn_effects,
    origin_ends,
)
from forecasting.known_drivers import KnownDrivers

__all__ = [
    "NO_CATEGORY",
    "RECORDS",
    "DriverColumn",
    "DriverEffects",
    "DriverPipeline",
    "DriverPlan",
    "DriverRows",
    "EventDays",
    "Knowledge",
    "KnownDrivers",
    "enter_model",
    "enter_regression",
    "group_series",
    "lay_drivers",
    "learn_effects",
    "origin_ends",
]
