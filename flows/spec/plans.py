"""What to predict and decide: the demand and stock parts of a job, and how it runs."""

from typing import Literal

from pydantic import Field

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
    combine: bool = Field(
        True, description="weigh each series' best models together, not its champion alone"
    )
    calibrate: bool = Field(
        True, description="move quantiles to where demand fell below them as often as they say"
    )
    line_up: dict[Literal["smooth", "intermittent", "erratic", "lumpy"], tuple[str, ...]] = Field(
        {}, description="models by demand class; a class left out takes the default"
    )


class StockPlanSpec(Frozen):
    """The orders: how stock is simulated against the forecast's paths."""

    shortage: Literal["lost", "backorder"] = "lost"
    paths: int = Field(200, ge=20, le=100_000, description="demand paths per series")
    candidates: int = Field(16, ge=2, le=500, description="order-up-to levels tried per series")
    currency: str = Field("USD", min_length=3, max_length=3)
    most_cover: float = Field(
        45.0, gt=0, description="periods of cover above which stock is reported as too much"
    )


class Execution(Frozen):
    """How the work is spread. Nothing here changes a number."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    task_runner: Literal["threads", "dask"] = "threads"
    workers: int = Field(2, ge=1, le=256)
    chunk_entities: int = Field(180, ge=1, description="series or books in one task")
    failure_threshold: float = Field(
        0.02, ge=0, le=1, description="share of failed entities above which nothing is published"
    )
