"""The demand forecast of a panel: champions, means, quantiles, and how good they have been."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from forecasting.anomalies import find_anomalies
from forecasting.autocorrelation import HIGHEST
from forecasting.backtest import Origins, place_origins
from forecasting.calibration import Calibration, bands_of
from forecasting.champions import hold_contest
from forecasting.classes import CLASSES, classify_demand
from forecasting.distributions import SMALLEST_DISPERSION
from forecasting.errors import Failure
from forecasting.evaluation import evaluate_series
from forecasting.labels import LabelColumn, Labels, stack_frames
from forecasting.laws import name_laws
from forecasting.panel import Batch, DemandPanel
from forecasting.plan import ForecastPlan
from forecasting.profiles import (
    EVERYTHING,
    Categories,
    CategoryProfiles,
    forecast_by_profile,
    label_categories,
)
from forecasting.results import ForecastResult, Results, as_frames, name_series
from forecasting.roll_forward import DRIFTED, Carried, Night, RollForward, roll_forward
from forecasting.standing import KEPT as STANDS
from forecasting.standing import Standing, forecast_standing, take_choices
from kernels.arrays import Flags, Integers
from kernels.demand_laws import Law

ZERO_MODEL = "Zero"
PROFILE_MODEL = "CategoryProfile"
NEW = "new"


def forecast_demand(
    panel: DemandPanel,
    plan: ForecastPlan,
    as_of: date,
    profiles: CategoryProfiles,
    categories: Categories,
    calibration: Calibration | None = None,
    before: RollForward | None = None,
    standing: Standing | None = None,
    *,
    judged: bool = True,
) -> ForecastResult:
    """Forecast every series of a panel from the period after its last.

    Each series is treated by itself: its result does not depend on the others in the panel.

    Parameters
    ----------
    panel : histories; a censored period is a lower bound, and is raised to what the series' law
        expects of demand above it (`kernels.censored_demand`); it is not scored
    plan : settings
    as_of : the night; no forecast is for a period on or before it
    profiles : by category, for series too short for a backtest
    categories : item_id -> category
    calibration : of quantiles and weights, learned over all series; None leaves each law its own,
        and each series' weights to its own scores
    before : fits of the night before, which the models that they are of forecast with where they
        still hold; None stores none
    standing : what earlier backtests chose, which series keep where it still holds; None stores
        none
    judged : whether accuracy, weights and anomalies are told; else their frames are empty

    Notes
    -----
    Demand that stands out is brought nearer to what was expected of it before models learn from it
    (`forecasting.anomalies`), and scored as it was; what was found is in the result.

    A series without demand in a history of `plan.minimum_history` periods or more is forecast to
    have none. A series that no model can forecast, or that ended a horizon ago, is a failure.
    """
    batch = panel.uncensored(plan.season_length)
    anomalies = find_anomalies(panel, batch, plan.seasons)
    if plan.cap_outliers:
        batch = anomalies.capped
    origins = place_origins(panel.batch, panel.censored, plan)
    totals = np.add.reduceat(batch.values, batch.offsets[:-1])
    scorable = np.isfinite(origins.actuals).any(axis=(1, 2))
    # A short history without demand says little: the category's profile says more.
    empty = (totals == 0.0) & (batch.lengths >= plan.minimum_history)
    results = Results(panel, plan)
    results.demand_class.fill(slice(None), classify_demand(batch))
    _forecast_zero(results, np.flatnonzero(empty))
    _forecast_new(results, np.flatnonzero(~empty & ~scorable), batch, profiles, categories)
    contested = ~empty & scorable
    rolled = _roll(results, batch, contested, before)
    brought: dict[Any, Any] = {plan.find(name): each.fits for name, each in rolled.items()}
    batch = replace(batch, fitted=brought)
    drifted = np.zeros(len(panel), np.bool_)
    for carried in rolled.values():
        drifted |= carried.outcome.are(DRIFTED)
    stood = LabelColumn(len(panel))
    if standing is not None:
        asked = np.flatnonzero(contested)
        stood = forecast_standing(results, batch, asked, drifted, standing, as_of)
    for demand_class in CLASSES:
        anew = contested & ~stood.are(STANDS)
        chosen = np.flatnonzero(anew & results.demand_class.are(demand_class))
        if len(chosen):
            told = (origins, as_of, calibration)
            _forecast_contested(results, demand_class, chosen, batch, *told, judged=judged)
    found = as_frames(results, as_of, calibration, judged=judged)
    if judged:
        found = replace(found, anomalies=anomalies.frame(capping=plan.cap_outliers))
    if standing is not None:
        made = np.flatnonzero(contested & np.isfinite(results.means).all(axis=1))
        choices = take_choices(results, made)
        found = replace(found, choices=choices, stood=name_series(panel, stood))
    if before is None:
        return found
    states = {name: each.states for name, each in rolled.items()}
    return replace(found, states=states, carried=_tell_carried(panel, rolled))


def _roll(
    results: Results, batch: Batch, contested: Flags, before: RollForward | None
) -> dict[str, Carried[Any]]:
    """Return the fits of each model that is kept to the series whose line-up has it."""
    if before is None:
        return {}
    plan, rolled, night = results.plan, {}, Night(results.panel, batch)
    classes = results.demand_class.of(slice(None))
    for name, stored in before.stored.items():
        asking = [each for each in CLASSES if name in plan.models_for(each)]
        asked = np.flatnonzero(contested & classes.among(asking))
        model = plan.find_lasting(name)
        rolled[name] = roll_forward(night, asked, model, plan.seasons, stored, before.rules)
    return rolled


def _tell_carried(panel: DemandPanel, rolled: Mapping[str, Carried[Any]]) -> pd.DataFrame:
    """Return what became of each series' fits of each model."""
    outcomes = []
    for name, each in rolled.items():
        frame = name_series(panel, each.outcome)
        same = np.zeros(len(frame), np.int64)
        outcomes.append(frame.assign(forecaster=Labels.coded(same, (name,)).categorical()))
    return stack_frames(outcomes)


def _forecast_zero(results: Results, chosen: Integers) -> None:
    results.means[chosen] = 0.0
    results.model.fill(chosen, ZERO_MODEL)
    results.distribution.fill(chosen, "zero")
    results.reason.fill(chosen, "no demand in its history")


def _forecast_new(
    results: Results,
    chosen: Integers,
    batch: Batch,
    profiles: CategoryProfiles,
    categories: Categories,
) -> None:
    plan, panel = results.plan, results.panel
    if not len(chosen):
        return
    own = profiles.find(label_categories(panel.item_id.take(chosen), categories))
    histories = batch.take(chosen)
    places = panel.next_places(plan.season_length)[chosen]
    found = forecast_by_profile(histories, places, own, plan.horizon)
    whole = own.whole > 0.5
    level = np.maximum(found.means.mean(axis=1), 1e-12)
    # Squares as Python has them, whose last digit may be another than NumPy's.
    scale = np.where(whole, level, [each**2 for each in level.tolist()])
    results.means[chosen] = found.means
    results.law[chosen] = np.where(whole, int(Law.COUNT), int(Law.GAMMA))
    results.dispersion[chosen] = np.maximum(found.variance / scale, SMALLEST_DISPERSION)
    results.autocorrelation[chosen] = np.minimum(found.shared, HIGHEST)
    results.reason.fill(chosen, _reasons(histories, own.category, plan))
    results.model.fill(chosen, PROFILE_MODEL)
    results.demand_class.fill(chosen, NEW)
    results.distribution.fill(chosen, name_laws(results.spread.of(chosen)))


def _reasons(histories: Batch, category: Labels, plan: ForecastPlan) -> Labels:
    """Return why new items take a category's profile."""
    needed = plan.minimum_history + plan.horizon
    pairs = np.column_stack([category.codes, histories.lengths])
    distinct, codes = np.unique(pairs, axis=0, return_inverse=True)
    reasons = []
    for code, periods in distinct.tolist():
        known = category.names[code]
        whose = f"category {known!r}" if known != EVERYTHING else "all series"
        reasons.append(
            f"{periods} periods of history, a backtest needs {needed}: profile of {whose}"
        )
    return Labels.coded(codes.reshape(-1), reasons)


def _forecast_contested(
    results: Results,
    demand_class: str,
    chosen: Integers,
    batch: Batch,
    origins: Origins,
    as_of: date,
    calibration: Calibration | None,
    *,
    judged: bool,
) -> None:
    plan = results.plan
    names = plan.models_for(demand_class)
    entities = results.panel.entities.take(chosen)
    group = batch.take(chosen)
    weighing = calibration.weighing_for(demand_class, names) if calibration is not None else None
    told = (names, group, origins.of(chosen), entities, plan)
    contest = hold_contest(*told, weighing=weighing, judged=judged)
    results.means[chosen] = np.where(contest.champion[:, None] < 0, np.nan, contest.means)
    results.set_spread(chosen, contest.spread)
    results.autocorrelation[chosen] = contest.autocorrelation
    results.score[chosen] = contest.score
    results.model.fill(chosen, Labels.coded(contest.champion % len(contest.names), contest.names))
    results.chosen_on[chosen] = np.datetime64(as_of)
    results.origins[chosen] = origins.counts[chosen]
    results.set_weights(chosen, names, contest.weights)
    results.distribution.fill(chosen, name_laws(contest.spread))
    counts, codes = np.unique(origins.counts[chosen], return_inverse=True)
    reasons = [f"backtest over {count} origins" for count in counts]
    results.reason.fill(chosen, Labels.coded(codes, reasons))
    results.failures += contest.failures
    beaten = np.flatnonzero(contest.champion < 0).tolist()
    tried = ", ".join(names)
    results.failures += [
        Failure(entities[n], "forecast", "NoModelError", f"no model could forecast it: {tried}")
        for n in beaten
    ]
    if judged:
        bands = bands_of(plan.horizon)
        parts = evaluate_series(contest, origins.actuals[chosen], bands)
        parts[contest.champion < 0] = np.nan
        results.parts[chosen, : parts.shape[1]] = parts
        results.accuracy.append(contest.accuracy.assign(number=chosen[contest.accuracy["number"]]))
