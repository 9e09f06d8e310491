"""Choices that stand: series that keep the models, weights and laws of an earlier backtest."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.backtest import forecast_ahead
from forecasting.champions import BENCHMARK
from forecasting.choices import JUDGED, MEASURES, Choices, settings_of
from forecasting.classes import CLASSES
from forecasting.combinations import MEMBERS, weigh_means
from forecasting.grid import Frequency, period_numbers
from forecasting.histories import go_on, see_histories
from forecasting.laws import name_laws
from forecasting.panel import Batch
from forecasting.plan import ForecastPlan
from forecasting.results import Results
from kernels.arrays import Dates, Flags, Floats, Integers

KEPT, NEW, CHANGED, AGED = "kept", "new", "changed", "aged"
DRIFTED, ASKED_OTHERWISE, SILENT = "drifted", "asked otherwise", "silent"


@dataclass(frozen=True)
class Standing:
    """What a night takes of earlier choices.

    Parameters
    ----------
    stored : choices of the night before; none chooses for every series
    periods : for which a choice stands
    """

    stored: Choices
    periods: int


def periods_since(nights: Dates, as_of: date, frequency: Frequency) -> Integers:
    """Return the periods from each night to another."""
    tonight = np.array([as_of], "datetime64[us]")
    return period_numbers(tonight, frequency) - period_numbers(nights, frequency)


def forecast_standing(
    results: Results,
    batch: Batch,
    asked: Integers,
    drifted: Flags,
    before: Standing,
    as_of: date,
) -> NDArray[np.object_]:
    """Forecast the series whose choices stand, and return what became of every one.

    A choice stands where the history is the one it was made on, and more
    (`forecasting.histories.go_on`), the series is of the same class, its line-up and the plan are
    the same, and it is younger than it may be.

    Parameters
    ----------
    results : filled for the series that are kept
    batch : what models learn from
    asked : (n,) int64, ascending numbers of the series that would be backtested
    drifted : (n_series,) bool, whether a stored model of the series no longer fits
    before : earlier choices
    as_of : the night

    Returns
    -------
    (n_series,) object, empty where it was not asked for: "kept"; and to be chosen for as it is
    "new", "changed" (its history is another), "asked otherwise" (by its class, line-up or plan),
    "drifted", "aged" or "silent" (one of its models has no answer tonight)
    """
    panel, plan = results.panel, results.plan
    outcome = np.full(len(panel), "", dtype=object)
    outcome[asked] = NEW
    places = before.stored.find(panel.warehouse_id[asked], panel.item_id[asked])
    series, stored = asked[places >= 0], before.stored.of(places[places >= 0])
    settings = {name: settings_of(plan, name) for name in CLASSES}
    own = np.array([settings[name] for name in results.demand_class[series]], dtype=object)
    age = periods_since(stored.chosen_on, as_of, plan.frequency)
    outcome[series] = KEPT
    outcome[series[age >= before.periods]] = AGED
    outcome[series[drifted[series]]] = DRIFTED
    outcome[series[own != stored.settings]] = ASKED_OTHERWISE
    outcome[series[~go_on(panel, series, stored.seen)]] = CHANGED
    for demand_class in CLASSES:
        members = outcome[series] == KEPT
        rows = np.flatnonzero(members & (results.demand_class[series] == demand_class))
        if len(rows):
            silent = _keep(results, batch, demand_class, series[rows], stored.of(rows))
            outcome[series[rows[silent]]] = SILENT
    return outcome


def _keep(
    results: Results, batch: Batch, demand_class: str, series: Integers, stored: Choices
) -> Flags:
    """Fill the results of series of a class that have an answer; return which have none."""
    plan = results.plan
    names = plan.models_for(demand_class)
    part = batch.cut(series, np.zeros(len(series), np.int64), None)
    weights, means = _forecast_members(names, part, stored, plan)
    silent = np.asarray(np.isnan(means).any(axis=1))
    rows = np.flatnonzero(~silent)
    chosen, stored = series[rows], stored.of(rows)
    results.means[chosen] = means[rows]
    results.set_spread(chosen, stored.spread)
    results.autocorrelation[chosen] = stored.autocorrelation
    results.score[chosen] = stored.score
    results.model[chosen] = stored.model
    results.chosen_on[chosen] = stored.chosen_on
    results.origins[chosen] = stored.origins
    results.set_weights(chosen, names, weights[:, rows])
    results.distribution[chosen] = name_laws(stored.spread)
    nights = stored.chosen_on.astype("datetime64[D]").astype(str)
    results.reason[chosen] = np.array(
        [
            f"backtest over {count} origins on {night}, kept"
            for count, night in zip(stored.origins, nights, strict=True)
        ],
        dtype=object,
    )
    results.accuracy += _accuracy_frames(chosen, demand_class, stored)
    return silent


def _forecast_members(
    names: tuple[str, ...], batch: Batch, stored: Choices, plan: ForecastPlan
) -> tuple[Floats, Floats]:
    """Return the weight of each model in each series, and the weighted means.

    NaN where a model that has a weight is silent.
    """
    weights = np.zeros((len(names), len(batch)))
    means, silent = [], np.zeros(len(batch), np.bool_)
    for row, name in enumerate(names):
        series, places = np.nonzero(stored.members == name)
        ahead = np.full((len(batch), plan.horizon), np.nan)
        if len(series):
            weights[row, series] = stored.weights[series, places]
            part = batch.cut(series, np.zeros(len(series), np.int64), None)
            ahead[series] = forecast_ahead(name, part, plan)
            silent[series] |= np.isnan(ahead[series]).any(axis=1)
        means.append(ahead)
    found = weigh_means(weights, means)
    found[silent] = np.nan
    return weights, found


def _accuracy_frames(chosen: Integers, demand_class: str, stored: Choices) -> list[pd.DataFrame]:
    """Return the rows of accuracy that were kept, the champion's and the benchmark's."""
    frames = []
    for place, names in enumerate((stored.model, np.full(len(stored), BENCHMARK, dtype=object))):
        measures = stored.accuracy[:, place]
        again = place > 0 and stored.model == BENCHMARK
        rows = np.flatnonzero(np.isfinite(measures[:, 0]) & ~np.asarray(again))
        frame = pd.DataFrame(measures[rows], columns=list(MEASURES)).astype({"windows": np.int64})
        named = {"number": chosen[rows], "model": names[rows]}
        frames.append(pd.DataFrame(named).join(frame).assign(demand_class=demand_class))
    return frames


def take_choices(results: Results, chosen: Integers) -> Choices:
    """Return what is to be stored of tonight, for some series that have a forecast."""
    panel, plan = results.panel, results.plan
    settings = {name: settings_of(plan, name) for name in CLASSES}
    members, weights = _members(results)
    classes = results.demand_class[chosen]
    return Choices(
        panel.warehouse_id[chosen],
        panel.item_id[chosen],
        classes,
        results.model[chosen],
        np.array([settings[name] for name in classes], dtype=object),
        results.chosen_on[chosen],
        members[chosen],
        weights[chosen],
        results.score[chosen],
        results.autocorrelation[chosen],
        results.origins[chosen],
        results.spread.of(chosen),
        _judged(results)[chosen],
        see_histories(panel, chosen),
    )


def _members(results: Results) -> tuple[NDArray[np.object_], Floats]:
    n = len(results.panel)
    members, weights = np.full((n, MEMBERS), "", dtype=object), np.zeros((n, MEMBERS))
    if results.weights:
        rows = pd.concat(results.weights, ignore_index=True)
        number, place = rows["number"].to_numpy(), rows.groupby("number").cumcount().to_numpy()
        members[number, place] = rows["model"].to_numpy(dtype=object)
        weights[number, place] = rows["weight"].to_numpy()
    return members, weights


def _judged(results: Results) -> Floats:
    """Return the measures of each series' champion and of the benchmark."""
    out = np.full((len(results.panel), len(JUDGED), len(MEASURES)), np.nan)
    for frame in results.accuracy:
        number, model = frame["number"].to_numpy(), frame["model"].to_numpy(dtype=object)
        measures = frame[list(MEASURES)].to_numpy(np.float64)
        for place, own in enumerate((model == results.model[number], model == BENCHMARK)):
            out[number[own], place] = measures[own]
    return out
