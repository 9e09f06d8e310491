"""What can go wrong in a forecast, as errors and as values."""

from dataclasses import dataclass


class ForecastError(Exception):
    """A forecast cannot be made as asked."""


class PlanError(ForecastError, ValueError):
    """A setting of the forecast is out of range."""


class UnknownModelError(PlanError):
    """The line-up names a model that is not registered."""


class PanelError(ForecastError, ValueError):
    """Histories or forecasts are not laid out as they must be."""


class DriverError(ForecastError, ValueError):
    """A driver is not known where a forecast needs it."""


class NotFiniteError(ForecastError, ArithmeticError):
    """A model gave a mean that is not a finite number."""


@dataclass(frozen=True)
class Failure:
    """One entity, or one model on it, that could not be completed.

    Parameters
    ----------
    entity : ids joined with "/"
    stage : where it failed
    error_type, message : what went wrong
    """

    entity: str
    stage: str
    error_type: str
    message: str
