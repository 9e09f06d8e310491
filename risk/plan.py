"""Settings of a risk run."""

from dataclasses import dataclass
from typing import Literal

from risk.errors import PlanError

Method = Literal["historical", "gaussian", "student_t"]
METHODS: tuple[Method, ...] = ("historical", "gaussian", "student_t")
FEWEST_RETURNS = 30


@dataclass(frozen=True)
class RiskPlan:
    """What to measure, and on which scenarios.

    Parameters
    ----------
    currency : ISO code in which everything is reported
    levels : confidence levels, fractions in (0.5, 1)
    horizons : trading days, 1 to 250
    methods : how scenarios are made
    scenarios : of each Monte Carlo set
    history : returns in the window, trading days
    degrees_of_freedom : of the t; None estimates them
    ewma_decay : of the outlook's volatility, per day
    seed : in [0, 2**32)

    Raises
    ------
    PlanError
        Where a setting is out of range.
    """

    currency: str = "USD"
    levels: tuple[float, ...] = (0.975, 0.99)
    horizons: tuple[int, ...] = (1, 10)
    methods: tuple[Method, ...] = METHODS
    scenarios: int = 20_000
    history: int = 500
    degrees_of_freedom: float | None = None
    ewma_decay: float = 0.94
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("levels", "horizons", "methods"):
            if not getattr(self, name):
                raise PlanError(f"{name} must not be empty")
        for level in self.levels:
            _require(0.5 < level < 1.0, "level", "in (0.5, 1)", level)
        for horizon in self.horizons:
            _require(1 <= horizon <= 250, "horizon", "1 to 250 trading days", horizon)
        for method in self.methods:
            _require(method in METHODS, "method", f"one of {', '.join(METHODS)}", method)
        _require(self.scenarios >= 100, "scenarios", "at least 100", self.scenarios)
        _require(self.history >= FEWEST_RETURNS, "history", "at least 30", self.history)
        _require(0.0 < self.ewma_decay < 1.0, "ewma_decay", "in (0, 1)", self.ewma_decay)
        _require(0 <= self.seed < 2**32, "seed", "in [0, 2**32)", self.seed)
        degrees = self.degrees_of_freedom
        _require(degrees is None or degrees > 2.0, "degrees_of_freedom", "above 2", degrees)


def _require(holds: bool, name: str, allowed: str, value: object) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise PlanError(f"{name} must be {allowed}; got {value!r}")
