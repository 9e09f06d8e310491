"""Settings of a risk run."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from kernels.device import Device
from risk.covariance.estimate import COVARIANCE_METHODS, CovarianceMethod
from risk.errors import PlanError
from risk.volatility.model import RECURSIONS, Innovations, Recursion, VolatilityModel

Method = Literal[
    "historical",
    "filtered_historical",
    "gaussian",
    "student_t",
    "gaussian_copula",
    "t_copula",
    "block_bootstrap",
    "quasi_gaussian",
    "quasi_student_t",
]
METHODS: tuple[Method, ...] = get_args(Method)
QUASI_METHODS: tuple[Method, ...] = ("quasi_gaussian", "quasi_student_t")
NIGHTLY_METHODS: tuple[Method, ...] = (
    "historical",
    "filtered_historical",
    "gaussian",
    "student_t",
)
Margins = Literal["empirical", "student_t"]
MARGINS: tuple[Margins, ...] = get_args(Margins)
VarianceReduction = Literal["none", "control_variate"]
VARIANCE_REDUCTIONS: tuple[VarianceReduction, ...] = get_args(VarianceReduction)
Revaluation = Literal["full", "delta_gamma"]
REVALUATIONS: tuple[Revaluation, ...] = get_args(Revaluation)
FEWEST_RETURNS = 30
# Within which degrees of freedom are estimated.
DEGREES_RANGE = (2.5, 50.0)


@dataclass(frozen=True)
class RiskPlan:
    """What to measure, and on which scenarios.

    Parameters
    ----------
    currency : ISO code in which everything is reported
    levels : confidence levels, fractions in (0.5, 1)
    horizons : trading days, 1 to 250
    methods : how scenarios are made
    scenarios : of each Monte Carlo set; of its pilot where there is a target
    target_error : largest relative standard error, fraction, that any book's value at risk or
        expected shortfall may have; scenarios are added until it is met. None asks for none
    most_scenarios : of a set, whatever the target
    history : returns in the window, trading days
    degrees_of_freedom : of the t; None estimates them
    ewma_decay : of the outlook's volatility, and of "ewma" covariance and volatility, per day
    covariance : how that of Gaussian and t scenarios is estimated, and of a copula's scores
    margins : laws of the single factors under a copula
    volatility_model : law of volatility of filtered historical scenarios, and ahead of each
        instrument; "ewma" takes the decay
    common_volatility : whether these also go by the volatility of what all factors have in common
    block_length : mean days in a run of the block bootstrap; None lets the window choose
    randomisations : independent Sobol sequences that quasi-random scenarios are dealt from; their
        share of the scenarios is most even where it is a power of two
    seed : in [0, 2**32)
    revaluation : "full", or "delta_gamma", which replaces every instrument by its second-order
        expansion in its price and first-order one in rates
    variance_reduction : "control_variate" corrects each book's Gaussian figures by its delta-gamma
        loss, whose law is known; other methods' stay as they are
    device : where Gaussian moves are drawn, options, futures, forwards and bonds valued
        under scenarios, and laws of volatility fitted to factors

    Raises
    ------
    PlanError
        Where a setting is out of range.
    """

    currency: str = "USD"
    levels: tuple[float, ...] = (0.975, 0.99)
    horizons: tuple[int, ...] = (1, 10)
    methods: tuple[Method, ...] = NIGHTLY_METHODS
    scenarios: int = 20_000
    history: int = 500
    degrees_of_freedom: float | None = None
    ewma_decay: float = 0.94
    covariance: CovarianceMethod = "sample"
    margins: Margins = "empirical"
    volatility_model: Recursion = "gjr"
    common_volatility: bool = True
    block_length: float | None = None
    randomisations: int = 16
    seed: int = 0
    revaluation: Revaluation = "full"
    target_error: float | None = None
    most_scenarios: int = 200_000
    variance_reduction: VarianceReduction = "none"
    device: Device = "cpu"

    def __post_init__(self) -> None:
        for name in ("levels", "horizons", "methods"):
            if not getattr(self, name):
                raise PlanError(f"{name} must not be empty")
        for level in self.levels:
            _require(0.5 < level < 1.0, "level", "in (0.5, 1)", level)
        for horizon in self.horizons:
            _require(1 <= horizon <= 250, "horizon", "1 to 250 trading days", horizon)
        for method in self.methods:
            _require_one_of("method", method, METHODS)
        _require(self.scenarios >= 100, "scenarios", "at least 100", self.scenarios)
        target = self.target_error
        _require(target is None or 0.0 < target < 1.0, "target_error", "in (0, 1)", target)
        _require(self.most_scenarios >= 100, "most_scenarios", "at least 100", self.most_scenarios)
        _require(self.history >= FEWEST_RETURNS, "history", "at least 30", self.history)
        _require(0.0 < self.ewma_decay < 1.0, "ewma_decay", "in (0, 1)", self.ewma_decay)
        _require(0 <= self.seed < 2**32, "seed", "in [0, 2**32)", self.seed)
        _require_one_of("covariance", self.covariance, COVARIANCE_METHODS)
        _require_one_of("margins", self.margins, MARGINS)
        _require_one_of("volatility_model", self.volatility_model, RECURSIONS)
        _require_one_of("revaluation", self.revaluation, REVALUATIONS)
        _require_one_of("variance_reduction", self.variance_reduction, VARIANCE_REDUCTIONS)
        length, sequences = self.block_length, self.randomisations
        _require(length is None or length >= 1.0, "block_length", "at least 1", length)
        _require(2 <= sequences <= 100, "randomisations", "2 to 100", sequences)
        degrees = self.degrees_of_freedom
        _require(degrees is None or degrees > 2.0, "degrees_of_freedom", "above 2", degrees)

    def volatility_law(self, innovations: Innovations = "gaussian") -> VolatilityModel:
        """Return the law of volatility that the plan names, with these surprises."""
        decay = self.ewma_decay if self.volatility_model == "ewma" else None
        return VolatilityModel(self.volatility_model, innovations, decay)

    def with_scenarios(self, scenarios: int) -> "RiskPlan":
        """Return the plan with another number of scenarios."""
        return replace(self, scenarios=scenarios)


def _require(holds: bool, name: str, allowed: str, value: object) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise PlanError(f"{name} must be {allowed}; got {value!r}")


def _require_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    _require(value in allowed, name, f"one of {', '.join(allowed)}", value)
