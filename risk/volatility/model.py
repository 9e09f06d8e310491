"""Which volatility model to fit."""

from dataclasses import dataclass
from typing import Literal, get_args

from risk.volatility.errors import VolatilityError

Recursion = Literal["garch", "gjr", "ewma"]
RECURSIONS: tuple[Recursion, ...] = get_args(Recursion)
Innovations = Literal["gaussian", "student_t"]
INNOVATIONS: tuple[Innovations, ...] = get_args(Innovations)
# Fewer days tell nothing of how volatility comes and goes.
FEWEST_DAYS = 60


@dataclass(frozen=True)
class VolatilityModel:
    """A law of volatility from day to day.

    Parameters
    ----------
    recursion : "garch": GARCH(1,1) about a mean; "gjr": the same with falls weighing otherwise
        than rises; "ewma": exponentially weighted squares, no mean
    innovations : "gaussian", or "student_t" of variance one with fitted degrees of freedom
    decay : weight of yesterday's variance in "ewma", per day, in (0, 1); None fits it
    fewest_days : a shorter history is not fitted

    Raises
    ------
    VolatilityError
        Where a setting is out of range.
    """

    recursion: Recursion = "garch"
    innovations: Innovations = "gaussian"
    decay: float | None = None
    fewest_days: int = FEWEST_DAYS

    def __post_init__(self) -> None:
        _require_one_of("recursion", self.recursion, RECURSIONS)
        _require_one_of("innovations", self.innovations, INNOVATIONS)
        if self.decay is not None and self.recursion != "ewma":
            raise VolatilityError(
                f"decay is of 'ewma' alone; got {self.decay!r} for {self.recursion!r}"
            )
        if self.decay is not None and not 0.0 < self.decay < 1.0:
            raise VolatilityError(f"decay must be in (0, 1); got {self.decay!r}")
        if self.fewest_days < 10:
            raise VolatilityError(f"fewest_days must be at least 10; got {self.fewest_days!r}")


def _require_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise VolatilityError(f"{name} must be one of {', '.join(allowed)}; got {value!r}")
