"""What to predict and decide: the demand, stock and risk parts of a job."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from flows.spec.sources import Frozen

Frequency = Literal["h", "D", "W", "MS"]


class Checks(Frozen):
    """How dirty input is treated; every refusal and repair is recorded."""

    gaps: Literal["zero", "carry", "reject"] = Field(
        "zero", description="a missing period: no sale, the value a season earlier, or a refusal"
    )
    minimum_price_history: int = Field(250, ge=30, description="closing prices")
    maximum_price_gap: int = Field(5, ge=0, description="trading days carried forward")


class DemandPlan(Frozen):
    """The forecast: how far, by which models, and how the champion is chosen."""

    frequency: Frequency = "D"
    season_length: int | None = Field(None, ge=1, description="periods; null is the usual one")
    horizon: int = Field(28, ge=1, le=366, description="periods ahead")
    windows: int = Field(6, ge=1, le=52, description="forecast origins of the backtest")
    step: int | None = Field(None, ge=1, description="periods between origins; null is horizon")
    history: int | None = Field(
        None, ge=8, description="last observations handed to a model; null is all"
    )
    minimum_history: int = Field(
        42, ge=2, description="periods below which a series takes its category's profile"
    )
    score: Literal["pinball", "mase"] = "pinball"
    line_up: dict[Literal["smooth", "intermittent", "erratic", "lumpy"], tuple[str, ...]] = Field(
        {}, description="models by demand class; a class left out takes the default"
    )


class StockPlanSpec(Frozen):
    """The orders: how stock is simulated against the forecast's paths."""

    shortage: Literal["lost", "backorder"] = "lost"
    paths: int = Field(200, ge=20, le=100_000, description="demand paths per series")
    candidates: int = Field(16, ge=2, le=500, description="order-up-to levels tried per series")
    currency: str = Field("USD", min_length=3, max_length=3)


class BacktestSpec(Frozen):
    """The backtest: today's books on past days, each figure from the returns of its eve."""

    days: int = Field(250, ge=20, le=2_500, description="judged days, the last ones")
    window: int = Field(250, ge=60, le=2_500, description="returns that a day's figures come from")
    scenarios: int = Field(2_000, ge=500, le=100_000, description="of each Monte Carlo set")


class RiskPlanSpec(Frozen):
    """The risk figures: measures, scenarios and their number."""

    currency: str = Field("USD", min_length=3, max_length=3)
    levels: tuple[float, ...] = (0.975, 0.99)
    horizons: tuple[int, ...] = (1, 10)
    methods: tuple[Literal["historical", "gaussian", "student_t"], ...] = (
        "historical",
        "gaussian",
        "student_t",
    )
    scenarios: int = Field(20_000, ge=1_000, le=10_000_000, description="Monte Carlo scenarios")
    history: int = Field(500, ge=60, description="returns in the window, trading days")
    degrees_of_freedom: float | None = Field(
        None, gt=2, description="of the t; null estimates them from the window"
    )
    backtest: BacktestSpec | None = Field(None, description="null judges no past days")

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

    @field_validator("horizons")
    @classmethod
    def _horizons_are_days(cls, horizons: tuple[int, ...]) -> tuple[int, ...]:
        for horizon in horizons:
            if not 1 <= horizon <= 250:
                msg = f"horizon must be 1 to 250 trading days; got {horizon}"
                raise ValueError(msg)
        return horizons


class Execution(Frozen):
    """How the work is spread. Nothing here changes a number."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    task_runner: Literal["threads", "dask"] = "threads"
    workers: int = Field(2, ge=1, le=256)
    chunk_entities: int = Field(180, ge=1, description="series or books in one task")
    failure_threshold: float = Field(
        0.02, ge=0, le=1, description="share of failed entities above which nothing is published"
    )
