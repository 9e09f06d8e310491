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
        for level in self.levels:
            if not 0.5 < level < 1.0:
                raise PlanError(f"level must be in (0.5, 1); got {level}")
        for horizon in self.horizons:
            if not 1 <= horizon <= 250:
                raise PlanError(f"horizon must be 1 to 250 trading days; got {horizon}")
        for method in self.methods:
            if method not in METHODS:
                raise PlanError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
        if self.scenarios < 100:
            raise PlanError(f"scenarios must be at least 100; got {self.scenarios}")
        if self.history < FEWEST_RETURNS:
            raise PlanError(f"history must be at least {FEWEST_RETURNS}; got {self.history}")
        if self.degrees_of_freedom is not None and self.degrees_of_freedom <= 2.0:
            raise PlanError(f"degrees_of_freedom must exceed 2; got {self.degrees_of_freedom}")
        if not 0.0 < self.ewma_decay < 1.0:
            raise PlanError(f"ewma_decay must be in (0, 1); got {self.ewma_decay}")
