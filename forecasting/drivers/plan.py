"""Which drivers there are, and when each is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from forecasting.errors import PlanError

Knowledge = Literal["known", "lagged"]
PRICE, PROMOTION = "price", "promotion"
KNOWLEDGE = ("known", "lagged")


@dataclass(frozen=True)
class DriverPlan:
    """What moves demand.

    Parameters
    ----------
    drivers : "price", "promotion" or a name of one's own -> "known", its values are planned a
        horizon ahead, or "lagged", it is known when it has happened and moves demand a horizon
        later
    events : whether the calendar's events are drivers

    Raises
    ------
    PlanError
        Where a driver is neither known nor lagged.
    """

    drivers: Mapping[str, Knowledge] = field(default_factory=dict)
    events: bool = True

    def __post_init__(self) -> None:
        for name, knowledge in self.drivers.items():
            if knowledge not in KNOWLEDGE:
                raise PlanError(
                    f"drivers.{name} must be one of {', '.join(KNOWLEDGE)}; got {knowledge!r}"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the drivers, sorted."""
        return tuple(sorted(self.drivers))
