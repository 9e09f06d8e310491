"""What to predict and decide: the demand and stock parts of a job, and how it runs."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from flows.spec.extras import need_extra
from flows.spec.lists import Distinct
from flows.spec.sources import Frozen
from storage.checks.plan import PERIODS, Frequency

NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Knowledge = Literal["known", "lagged"]
# Whose fits can be stored: `forecasting.LASTING`, which takes seconds to import.
Lasting = Literal[
    "SimpleExponentialSmoothing",
    "SeasonalExponentialSmoothing",
    "Holt",
    "DampedHolt",
    "HoltWinters",
    "Theta",
    "OptimizedTheta",
    "DynamicTheta",
    "DynamicOptimizedTheta",
    "AutoTheta",
    "AutoETS",
    "CrostonClassic",
    "CrostonOptimized",
    "CrostonSBA",
    "TSB",
]

# As far ahead as one usually plans in periods of a length.
HORIZONS: Mapping[Frequency, int] = {"h": 48, "D": 28, "W": 13, "MS": 6, "QS": 4}
# What a backtest needs before its first origin. Of real series cut to ten to sixty periods, beside
# others with all of theirs, what models tell loses less pinball than the profile of them all: of
# M3's months and quarters 50-71% less, of Walmart's weeks 39-58%, of VN1's 20-41%, of hospital's
# months 15-26%, of Store-Item's days from the 42nd on 29-38%; of car parts and M5's items within 5%
# of it.
SHORTEST_HISTORIES: Mapping[Frequency, int] = {"h": 48, "D": 14, "W": 12, "MS": 12, "QS": 8}
# About a month and a half; of longer periods, what a lead time and a review take of them already.
LONGEST_COVERS: Mapping[Frequency, int] = {"h": 1_080, "D": 45, "W": 7, "MS": 3, "QS": 2}


def _by_frequency(periods: Mapping[Frequency, int]) -> str:
    return ", ".join(f"{count} {PERIODS[name]}" for name, count in periods.items())


class Checks(Frozen):
    """How dirty input is treated; every refusal and repair is recorded."""

    gaps: Literal["zero", "carry", "reject"] = Field(
        "zero", description="a missing period: no sale, the value a season earlier, or a refusal"
    )
    minimum_price_history: int = Field(250, ge=30, description="closing prices")
    maximum_price_gap: int = Field(5, ge=0, description="trading days carried forward")
    reject_threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="share of an input's rows, or of its series, books and the like, above which "
        "rejects refuse the run; null refuses none that has anything left",
    )


class DriversSpec(Frozen):
    """What moves demand: which drivers there are, and when each is known."""

    price: Knowledge | None = Field(
        None, description="known: planned over the horizon in [inputs.drivers]; lagged: afterwards"
    )
    promotion: Knowledge | None = Field(None, description="as for the price")
    events: bool = Field(True, description="take the calendar's events, where there is a calendar")
    others: dict[str, Knowledge] = Field(
        {}, description="drivers by the name that [inputs.drivers] gives them"
    )


class GlobalModelSpec(Frozen):
    """One model of all series, taught by `almanac train` and scored every night."""

    folder: str = Field("models/global", description="of its versions and their champion")
    rounds: int = Field(300, ge=1, le=10_000, description="trees")
    leaves: int = Field(48, ge=2, le=1_024, description="of a tree")
    most_rows: int = Field(
        500_000, ge=1_000, description="taught, over all series, origins and periods ahead"
    )

    @model_validator(mode="after")
    def _has_its_library(self) -> "GlobalModelSpec":
        need_extra("lightgbm", "global")
        return self


class RegistrySpec(Frozen):
    """Fitted models that last: each night rolls those of the night before forward."""

    folder: str = Field("models/states", description="of the job's versions and their champion")
    models: Distinct[Lasting] = Field(("AutoETS",), description="of the line-up, that last")
    drift: float = Field(
        2.814,
        gt=0,
        description="deviations of the average one-step error beyond which a model is fitted again",
    )
    periods: int = Field(28, ge=1, description="since its fit after which a model is fitted again")
    absent: int = Field(
        7, ge=0, description="nights for which the model of a series that a night lacks is kept"
    )
    keep: int = Field(30, ge=1, description="versions, of the newest nights, whose models are kept")
    champions_for: int | None = Field(
        None,
        ge=1,
        description="periods for which a series keeps the models, weights and calibration of its "
        "backtest; null chooses every night",
    )


class DemandPlan(Frozen):
    """The forecast: how far, by which models, and how the champion is chosen."""

    frequency: Frequency = "D"
    season_length: int | None = Field(None, ge=1, description="periods; null is the usual one")
    horizon: int = Field(
        default_factory=lambda known: HORIZONS[known["frequency"]],
        ge=1,
        le=366,
        description=f"periods ahead; by default {_by_frequency(HORIZONS)}",
    )
    windows: int = Field(6, ge=1, le=52, description="forecast origins of the backtest")
    step: int | None = Field(None, ge=1, description="periods between origins; null is horizon")
    history: int | None = Field(
        None, ge=8, description="last observations handed to a model; null is all"
    )
    minimum_history: int = Field(
        default_factory=lambda known: SHORTEST_HISTORIES[known["frequency"]],
        ge=2,
        description="periods before the first origin of a backtest: a series with less than these "
        "and a horizon takes its category's profile; by default "
        f"{_by_frequency(SHORTEST_HISTORIES)}",
    )
    score: Literal["pinball", "crps", "mase", "rmsse"] = Field(
        "pinball", description="what a champion wins on: of distributions, or of means"
    )
    combine: bool = Field(
        True, description="weigh each series' best models together, not its champion alone"
    )
    outliers: Literal["cap", "keep"] = Field(
        "cap", description="demand that stands out: brought nearer to what was expected, or kept"
    )
    calibrate: bool = Field(
        True,
        description="learn from all series where quantiles are to be, so that demand falls below "
        "them as often as they say, and how models weigh",
    )
    drivers: DriversSpec | None = Field(
        None, description="what moves demand; null forecasts from demand's own past"
    )
    global_model: GlobalModelSpec | None = Field(
        None, description="one model of all series; it competes with each series' own"
    )
    registry: RegistrySpec | None = Field(
        None, description="fitted models that last; null fits all of them every night"
    )
    regions: dict[str, str] = Field(
        {}, description="warehouse_id -> region, whose forecasts are published too"
    )
    aggregate_paths: int = Field(
        400, ge=100, le=10_000, description="sample paths that quantiles of sums are taken from"
    )
    line_up: dict[Literal["smooth", "intermittent", "erratic", "lumpy"], Distinct[str]] = Field(
        {}, description="models by demand class; a class left out takes the default"
    )

    @model_validator(mode="after")
    def _registry_has_what_it_keeps(self) -> "DemandPlan":
        if self.registry is None:
            return self
        for name in self.registry.models:
            if not any(name in models for models in self.line_up.values()):
                msg = f"registry keeps fitted {name} models, and no class of line_up names {name}"
                raise ValueError(msg)
        if self.history is not None:
            msg = "registry needs whole histories: leave out history, or registry"
            raise ValueError(msg)
        return self


class DecisionBacktestSpec(Frozen):
    """The decision backtest: past periods replayed by the plan and by simpler planners."""

    periods: int = Field(52, ge=4, le=1_000, description="replayed, the last ones of the demand")
    series: int | None = Field(
        None, ge=1, description="most warehouse-items replayed, chosen by their ids; null is all"
    )
    refresh: int = Field(4, ge=1, le=60, description="periods between forecasts of the past")
    windows: int = Field(2, ge=1, le=52, description="forecast origins that choose a champion")
    paths: int = Field(100, ge=20, le=10_000, description="demand paths per series")
    window: int = Field(8, ge=1, description="periods of the naive planner's moving average")
    cover: float = Field(
        1.5, gt=0, description="multiple of lead time and review that the naive planner covers"
    )
    held: int = Field(4, ge=1, description="reviews for which the previous plan's level is kept")


class StockPlanSpec(Frozen):
    """The orders: how stock is simulated against the forecast's paths."""

    shortage: Literal["lost", "backorder"] | Annotated[float, Field(ge=0, le=1)] = Field(
        "lost", description="what unmet demand is; a number is the share of it that is lost"
    )
    target: Literal["fill rate", "cycle service", "cost"] = Field(
        "fill rate", description="what service targets are asked of; cost alone asks for nothing"
    )
    policy: Literal[
        "newsvendor",
        "base-stock",
        "(s, S)",
        "(s, nQ)",
        "(r, Q)",
        "capped base-stock",
        "forecast-driven order-up-to",
    ] = Field(
        "(s, S)",
        description="how items are ordered; levels, lots and caps are chosen item by item",
    )
    levels: Literal["moving", "fixed"] = Field(
        "moving",
        description="of later reviews: tonight's and as much more as is forecast then, as nights "
        "to come will have them; or tonight's",
    )
    paths: int = Field(
        200,
        ge=20,
        le=100_000,
        description="demand paths per series that policies are chosen on; as many others tell what "
        "they cost",
    )
    candidates: int = Field(
        16, ge=2, le=500, description="levels tried per series with each lot or cap"
    )
    refinements: int = Field(
        0,
        ge=0,
        le=20,
        description="rounds of a search around the best policy tried; it saves most with (r, Q)",
    )
    currency: str = Field("USD", min_length=3, max_length=3)
    most_cover: float | None = Field(
        None,
        gt=0,
        description="periods of cover above which stock is reported as too much; null is "
        f"{_by_frequency(LONGEST_COVERS)}",
    )
    most_risk: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="chance of a shortage before an order can arrive that is reported where it "
        "is above this by two standard errors",
    )
    backtest: DecisionBacktestSpec | None = Field(None, description="null replays no past periods")
    budgets: dict[str, NonNegative] = Field(
        {}, description="money for tonight's orders by warehouse; one left out has no limit"
    )
    capacities: dict[str, Positive] = Field(
        {},
        description="space that stock and orders may take by warehouse, in the unit of items' "
        "volume; one left out has no limit",
    )

    @property
    def shares(self) -> bool:
        """Whether items of a warehouse share a limit."""
        return bool(self.budgets or self.capacities)


class Execution(Frozen):
    """How the work is spread. Nothing here changes a number by more than a device rounds."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where kernels run; auto is a GPU where there is one, cuda demands one"
    )
    task_runner: Literal["threads", "dask"] = "threads"
    workers: int = Field(2, ge=1, le=256)
    chunk_entities: int | None = Field(
        None, ge=1, description="series or books in one task; null is as many as keep it busy"
    )
    failure_threshold: float = Field(
        0.02, ge=0, le=1, description="share of failed entities above which nothing is published"
    )
