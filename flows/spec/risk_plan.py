"""What to measure: the risk part of a job."""

from datetime import date

from pydantic import Field, field_validator, model_validator

from flows.spec.lists import Distinct, each_once
from flows.spec.sources import Frozen
from risk import (
    NIGHTLY_METHODS,
    CovarianceMethod,
    Margins,
    Method,
    Recursion,
    Revaluation,
    VarianceReduction,
)


class ReplaySpec(Frozen):
    """Past days whose moves happen to today's books at once."""

    name: str = Field(min_length=1, description="names the scenario")
    first: date
    last: date

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> "ReplaySpec":
        if self.last < self.first:
            msg = f"last must not be before first, {self.first}; got {self.last}"
            raise ValueError(msg)
        return self


class BacktestSpec(Frozen):
    """The backtest: today's books on past days, each figure from the returns of its eve."""

    days: int = Field(250, ge=20, le=2_500, description="judged days, the last ones")
    window: int = Field(250, ge=60, le=2_500, description="returns that a day's figures come from")
    scenarios: int = Field(2_000, ge=500, le=100_000, description="of each Monte Carlo set")


class RiskPlanSpec(Frozen):
    """The risk figures: levels, scenarios and their number, stress and backtest."""

    currency: str = Field("USD", min_length=3, max_length=3)
    levels: Distinct[float] = (0.975, 0.99)
    horizons: Distinct[int] = (1, 10)
    methods: Distinct[Method] = NIGHTLY_METHODS
    scenarios: int = Field(20_000, ge=1_000, le=10_000_000, description="Monte Carlo scenarios")
    target_error: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="largest relative standard error of any figure; scenarios are added to meet it",
    )
    most_scenarios: int = Field(
        200_000, ge=1_000, le=10_000_000, description="of a set, whatever the target"
    )
    variance_reduction: VarianceReduction = Field(
        "none",
        description="control_variate corrects Gaussian figures by each portfolio's delta-gamma "
        "loss, whose law is known",
    )
    history: int = Field(500, ge=60, description="returns in the window, trading days")
    degrees_of_freedom: float | None = Field(
        None, gt=2, description="of the t; null estimates them from the window"
    )
    covariance: CovarianceMethod = Field(
        "sample",
        description="of Gaussian, t and copula methods; pairwise and likelihood take each history "
        "for as long as it is",
    )
    ewma_decay: float = Field(0.94, gt=0, lt=1, description="a day, of covariance and outlook")
    margins: Margins = Field("empirical", description="laws of single factors under a copula")
    volatility_model: Recursion = Field(
        "gjr",
        description="law of volatility of filtered historical scenarios, and ahead of each "
        "instrument",
    )
    common_volatility: bool = Field(
        True,
        description="filtered historical scenarios also go by the volatility of what all factors "
        "have in common",
    )
    block_length: float | None = Field(
        None, ge=1, description="mean days of a bootstrap's block; null lets the window choose"
    )
    revaluation: Revaluation = Field(
        "full", description="delta_gamma takes second-order expansions for full values"
    )
    randomisations: int = Field(16, ge=2, le=100, description="of quasi-random scenarios")
    crises: bool = Field(True, description="replay the known crises that lie in the prices")
    replays: tuple[ReplaySpec, ...] = Field((), description="stretches of days to replay besides")
    benchmark: str | None = Field(
        None, description="instrument that betas are to; null takes the mean of equities and ETFs"
    )
    backtest: BacktestSpec | None = Field(None, description="null judges no past days")

    @field_validator("replays")
    @classmethod
    def _replays_have_names(cls, replays: tuple[ReplaySpec, ...]) -> tuple[ReplaySpec, ...]:
        each_once(tuple(replay.name for replay in replays))
        return replays

    @field_validator("levels")
    @classmethod
    def _levels_are_fractions(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        for level in levels:
            if not 0.5 < level < 1:
                msg = f"level must be in (0.5, 1); got {level}"
                raise ValueError(msg)
        return levels

    @model_validator(mode="after")
    def _window_covers_horizons(self) -> "RiskPlanSpec":
        longest = max(self.horizons, default=1)
        if "historical" in self.methods and self.history < 2 * longest:
            msg = (
                f"history must be at least {2 * longest} returns for historical scenarios over "
                f"{longest} days; got {self.history}"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _controls_are_of_gaussian_figures(self) -> "RiskPlanSpec":
        if self.variance_reduction == "control_variate" and "gaussian" not in self.methods:
            msg = (
                "variance_reduction 'control_variate' needs 'gaussian' among the methods; "
                f"got {', '.join(self.methods)}"
            )
            raise ValueError(msg)
        return self

    @field_validator("horizons")
    @classmethod
    def _horizons_are_days(cls, horizons: tuple[int, ...]) -> tuple[int, ...]:
        for horizon in horizons:
            if not 1 <= horizon <= 250:
                msg = f"horizon must be 1 to 250 trading days; got {horizon}"
                raise ValueError(msg)
        return horizons
