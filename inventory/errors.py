"""What can go wrong in a stock decision, as errors and as values."""

import math
from dataclasses import dataclass


class InventoryError(Exception):
    """A stock decision cannot be made as asked."""


class PlanError(InventoryError, ValueError):
    """A setting is out of range."""


class StockError(InventoryError, ValueError):
    """One warehouse-item cannot be planned with the data given."""


@dataclass(frozen=True)
class Failure:
    """One warehouse-item that could not be planned.

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


def refuse_negative(**numbers: float) -> None:
    """Refuse a number that is missing, infinite or below zero.

    Raises
    ------
    StockError
        Which names it.
    """
    for name, value in numbers.items():
        if not (math.isfinite(value) and value >= 0.0):
            raise StockError(f"{name} must be finite and not negative; got {value}")
