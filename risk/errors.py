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


def require_level(level: float) -> None:
    """Refuse a ``level`` that is not in (0, 1).

    Raises
    ------
    PlanError
        With the level.
    """
    if not 0.0 < level < 1.0:
        raise PlanError(f"level must be in (0, 1); got {level}")
