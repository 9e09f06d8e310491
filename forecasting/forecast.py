"""The demand forecast of a panel: champions, means, quantiles, and how good they have been."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from forecasting.autocorrelation import HIGHEST
from forecasting.backtest import Origins, place_origins
from forecasting.champions import hold_contest
from forecasting.classes import CLASSES, classify_demand
from forecasting.distributions import LEVELS, SMALLEST_DISPERSION, Spread, quantiles_of
from forecasting.errors import Failure
from forecasting.laws import name_laws
from forecasting.panel import SERIES, Batch, DemandPanel
from forecasting.plan import ForecastPlan
from forecasting.profiles import EVERYTHING, Categories, CategoryProfiles, forecast_by_profile
from kernels.arrays import Floats, Integers
from kernels.demand_laws import Law

QUANTILES = [f"q{round(100 * level):02d}" for level in LEVELS]
ZERO_MODEL = "Zero"
PROFILE_MODEL = "CategoryProfile"
NEW = "new"
ACCURACY = ["model", "demand_class", "windows", "mase", "rmsse", "bias", "pinball", "coverage_80"]


@dataclass(frozen=True)
class ForecastResult:
    """What a forecast gives, as frames of the tables' own columns.

    Parameters
    ----------
    forecasts : warehouse_id, item_id, ds, model, mean, q01 ... q99, units per period
    accuracy : a row per series and model that was backtested
    champions : a row per series
    failures : series without a forecast, and models that failed on a series that has one
    """

    forecasts: pd.DataFrame
    accuracy: pd.DataFrame
    champions: pd.DataFrame
    failures: list[Failure]


@dataclass
class _Results:
    """Results by series, filled group by group."""

    panel: DemandPanel
    plan: ForecastPlan
    accuracy: list[pd.DataFrame] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        n, horizon = len(self.panel), self.plan.horizon
        self.means = np.full((n, horizon), np.nan)
        self.law = np.zeros(n, np.int64)
        self.dispersion = np.ones(n)
        self.growth = np.zeros(n)
        self.zero_share = np.zeros(n)
        self.ratios = np.ones((n, len(LEVELS)))
        self.autocorrelation = np.zeros(n)
        self.score = np.full(n, np.nan)
        self.model = np.full(n, "", dtype=object)
        self.demand_class = np.full(n, "", dtype=object)
        self.reason = np.full(n, "", dtype=object)
        self.distribution = np.full(n, "", dtype=object)

    def set_spread(self, chosen: Integers, spread: Spread) -> None:
        """Keep the laws of some series."""
        self.law[chosen] = spread.law
        self.dispersion[chosen] = spread.dispersion
        self.growth[chosen] = spread.growth
        self.zero_share[chosen] = spread.zero_share
        self.ratios[chosen] = spread.ratios

    @property
    def spread(self) -> Spread:
        """The law of each series."""
        return Spread(self.law, self.dispersion, self.growth, self.zero_share, self.ratios)


def forecast_demand(
    panel: DemandPanel,
    plan: ForecastPlan,
    as_of: date,
    profiles: CategoryProfiles,
    categories: Categories,
) -> ForecastResult:
    """Forecast every series of a panel from the period after its last.

    Each series is treated by itself: its result does not depend on the others in the panel.

    Parameters
    ----------
    panel : histories; a censored period is a lower bound, and is raised to the mean of its
        uncensored neighbours at the same place in the season where that is higher
    plan : settings
    as_of : the night; no forecast is for a period on or before it
    profiles : by category, for series too short for a backtest
    categories : item_id -> category

    Notes
    -----
    A series without demand in a history of `plan.minimum_history` periods or more is forecast to
    have none. A series that no model can forecast, or that ended a horizon ago, is a failure.
    """
    batch = panel.uncensored(plan.season_length)
    origins = place_origins(panel.batch, panel.censored, plan)
    totals = np.add.reduceat(batch.values, batch.offsets[:-1])
    scorable = np.isfinite(origins.actuals).any(axis=(1, 2))
    # A short history without demand says little: the category's profile says more.
    empty = (totals == 0.0) & (batch.lengths >= plan.minimum_history)
    results = _Results(panel, plan)
    results.demand_class[:] = classify_demand(batch)
    _forecast_zero(results, np.flatnonzero(empty))
    _forecast_new(results, np.flatnonzero(~empty & ~scorable), batch, profiles, categories)
    contested = ~empty & scorable
    for demand_class in CLASSES:
        chosen = np.flatnonzero(contested & (results.demand_class == demand_class))
        if len(chosen):
            _forecast_contested(results, demand_class, chosen, batch, origins)
    return _as_frames(results, as_of)


def _forecast_zero(results: _Results, chosen: Integers) -> None:
    results.means[chosen] = 0.0
    results.model[chosen] = ZERO_MODEL
    results.distribution[chosen] = "zero"
    results.reason[chosen] = "no demand in its history"


def _forecast_new(
    results: _Results,
    chosen: Integers,
    batch: Batch,
    profiles: CategoryProfiles,
    categories: Categories,
) -> None:
    plan, panel = results.plan, results.panel
    places = panel.next_places(plan.season_length)
    needed = plan.minimum_history + plan.horizon
    for number in chosen.tolist():
        category = str(categories.get(panel.item_id[number], EVERYTHING))
        known, profile = profiles.find(category)
        found = forecast_by_profile(batch.series(number), int(places[number]), profile, plan)
        whole = profile["whole"] > 0.5
        level = max(float(found.means.mean()), 1e-12)
        results.means[number] = found.means
        results.law[number] = int(Law.COUNT if whole else Law.GAMMA)
        dispersion = found.variance / (level if whole else level**2)
        results.dispersion[number] = max(dispersion, SMALLEST_DISPERSION)
        results.autocorrelation[number] = min(found.shared, HIGHEST)
        whose = f"category {known!r}" if known != EVERYTHING else "all series"
        periods = int(batch.lengths[number])
        results.reason[number] = (
            f"{periods} periods of history, a backtest needs {needed}: profile of {whose}"
        )
    results.model[chosen] = PROFILE_MODEL
    results.demand_class[chosen] = NEW
    results.distribution[chosen] = name_laws(results.spread.of(chosen))


def _forecast_contested(
    results: _Results,
    demand_class: str,
    chosen: Integers,
    batch: Batch,
    origins: Origins,
) -> None:
    plan = results.plan
    names = plan.models_for(demand_class)
    entities = _entities(results.panel, chosen)
    group = batch.cut(chosen, np.zeros(len(chosen), np.int64), None)
    contest = hold_contest(names, group, origins.of(chosen), entities, plan)
    results.means[chosen] = np.where(contest.champion[:, None] < 0, np.nan, contest.means)
    results.set_spread(chosen, contest.spread)
    results.autocorrelation[chosen] = contest.autocorrelation
    results.score[chosen] = contest.score
    results.model[chosen] = np.array(names, dtype=object)[contest.champion]
    results.distribution[chosen] = name_laws(contest.spread)
    results.reason[chosen] = np.array(
        [f"backtest over {count} origins" for count in origins.counts[chosen]], dtype=object
    )
    results.failures += contest.failures
    beaten = np.flatnonzero(contest.champion < 0)
    tried = ", ".join(names)
    results.failures += [
        Failure(entities[n], "forecast", "NoModelError", f"no model could forecast it: {tried}")
        for n in beaten
    ]
    results.accuracy.append(
        contest.accuracy.assign(
            number=chosen[contest.accuracy["number"]], demand_class=demand_class
        )
    )


def _entities(panel: DemandPanel, chosen: Integers) -> list[str]:
    return [f"{panel.warehouse_id[n]}/{panel.item_id[n]}" for n in chosen]


def _as_frames(results: _Results, as_of: date) -> ForecastResult:
    panel, plan = results.panel, results.plan
    late = panel.future(plan.horizon) > np.datetime64(as_of)
    made = np.isfinite(results.means).all(axis=1)
    done = np.flatnonzero(made & late.any(axis=1))
    results.failures += [
        Failure(
            panel.entities[n],
            "forecast",
            "HistoryEndedError",
            f"its history ends on {panel.last_ds[n]}, a horizon or more before {as_of}",
        )
        for n in np.flatnonzero(made & ~late.any(axis=1))
    ]
    ids = {"warehouse_id": panel.warehouse_id[done], "item_id": panel.item_id[done]}
    quantiles = quantiles_of(results.spread.of(done), results.means[done])
    head = pd.DataFrame(
        {
            **{name: np.repeat(values, plan.horizon) for name, values in ids.items()},
            "ds": panel.future(plan.horizon)[done].reshape(-1),
            "model": np.repeat(results.model[done], plan.horizon),
            "mean": results.means[done].reshape(-1),
        }
    )
    body = pd.DataFrame(quantiles.reshape(-1, len(LEVELS)), columns=QUANTILES)
    champions = pd.DataFrame(
        {
            **ids,
            "demand_class": results.demand_class[done],
            "model": results.model[done],
            "distribution": results.distribution[done],
            "score_name": plan.score,
            "score": _finite_or_nan(results.score[done]),
            "history_length": panel.batch.lengths[done],
            "autocorrelation": results.autocorrelation[done],
            "reason": results.reason[done],
        }
    )
    forecasts = pd.concat([head, body], axis=1).loc[late[done].reshape(-1)]
    return ForecastResult(
        forecasts.reset_index(drop=True), _accuracy(results), champions, results.failures
    )


def _accuracy(results: _Results) -> pd.DataFrame:
    if not results.accuracy:
        return pd.DataFrame(columns=[*SERIES, *ACCURACY])
    stacked = pd.concat(results.accuracy, ignore_index=True)
    numbers = stacked["number"].to_numpy()
    stacked.insert(0, "item_id", results.panel.item_id[numbers])
    stacked.insert(0, "warehouse_id", results.panel.warehouse_id[numbers])
    return stacked[[*SERIES, *ACCURACY]].sort_values(
        [*SERIES, "model"], kind="stable", ignore_index=True
    )


def _finite_or_nan(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)
