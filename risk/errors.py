"""What can go wrong in a risk figure, as errors and as values."""

from dataclasses import dataclass


class RiskError(Exception):
    """A risk figure cannot be made as asked."""


class PlanError(RiskError, ValueError):
    """A setting is out of range."""


class MarketError(RiskError, ValueError):
    """The market data do not allow any scenario."""


class BookError(RiskError, ValueError):
    """One portfolio cannot be measured."""


@dataclass(frozen=True)
class Failure:
    """One instrument or portfolio that could not be completed.

    Parameters
    ----------
    entity : its id
    stage : where it failed
    error_type, message : what went wrong
    """

    entity: str
    stage: str
    error_type: str
    message: str
