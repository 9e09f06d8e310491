"""Choices that stand: series that keep the models, weights and laws of an earlier backtest."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecasting.backtest import forecast_ahead
from forecasting.champions import BENCHMARK, MEASURES
from forecasting.choices import JUDGED, Choices, settings_of
from forecasting.classes import CLASSES
from forecasting.combinations import MOST_MEMBERS, weigh_means
from forecasting.grid import Frequency, period_numbers
from forecasting.histories import go_on, see_histories
from forecasting.labels import LabelColumn, Labels
from forecasting.laws import name_laws
from forecasting.panel import Batch
from forecasting.plan import ForecastPlan
from forecasting.results import Results, stack_rows
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
) -> LabelColumn:
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
    Of (n_series,), no text where it was not asked for: "kept"; and to be chosen for as it is
    "new", "changed" (its history is another), "asked otherwise" (by its class, line-up or plan),
    "drifted", "aged" or "silent" (one of its models has no answer tonight)
    """
    panel, plan = results.panel, results.plan
    outcome = LabelColumn(len(panel))
    outcome.fill(asked, NEW)
    places = before.stored.find(panel.warehouse_id.take(asked), panel.item_id.take(asked))
    series, stored = asked[places >= 0], before.stored.of(places[places >= 0])
    same = np.zeros(len(series), np.bool_)
    for name in CLASSES:
        own = results.demand_class.are(name)[series]
        same |= own & stored.settings.are(settings_of(plan, name))
    age = periods_since(stored.chosen_on, as_of, plan.frequency)
    outcome.fill(series, KEPT)
    outcome.fill(series[age >= before.periods], AGED)
    outcome.fill(series[drifted[series]], DRIFTED)
    outcome.fill(series[~same], ASKED_OTHERWISE)
    outcome.fill(series[~go_on(panel, series, stored.seen)], CHANGED)
    for demand_class in CLASSES:
        kept = outcome.are(KEPT) & results.demand_class.are(demand_class)
        rows = np.flatnonzero(kept[series])
        if len(rows):
            silent = _keep(results, batch, demand_class, series[rows], stored.of(rows))
            outcome.fill(series[rows[silent]], SILENT)
    return outcome


def _keep(
    results: Results, batch: Batch, demand_class: str, series: Integers, stored: Choices
) -> Flags:
    """Fill the results of series of a class that have an answer; return which have none."""
    plan = results.plan
    names = plan.models_for(demand_class)
    part = batch.take(series)
    weights, means = _forecast_members(names, part, stored, plan)
    silent = np.asarray(np.isnan(means).any(axis=1))
    rows = np.flatnonzero(~silent)
    chosen, stored = series[rows], stored.of(rows)
    results.means[chosen] = means[rows]
    results.set_spread(chosen, stored.spread)
    results.autocorrelation[chosen] = stored.autocorrelation
    results.score[chosen] = stored.score
    results.model.fill(chosen, stored.model)
    results.chosen_on[chosen] = stored.chosen_on
    results.origins[chosen] = stored.origins
    results.set_weights(chosen, names, weights[:, rows])
    results.distribution.fill(chosen, name_laws(stored.spread))
    results.reason.fill(chosen, _reasons(stored))
    results.accuracy += _accuracy_frames(chosen, stored)
    results.parts[chosen] = stored.parts
    return silent


def _reasons(stored: Choices) -> Labels:
    nights = stored.chosen_on.astype("datetime64[D]").astype(np.int64)
    found, codes = np.unique([stored.origins, nights], axis=1, return_inverse=True)
    reasons = [
        f"backtest over {count} origins on {np.datetime64(int(night), 'D')}, kept"
        for count, night in found.T
    ]
    return Labels.coded(codes.reshape(-1), reasons)


def _forecast_members(
    names: tuple[str, ...], batch: Batch, stored: Choices, plan: ForecastPlan
) -> tuple[Floats, Floats]:
    """Return the weight of each model in each series, and the weighted means.

    NaN where a model that has a weight is silent.
    """
    weights = np.zeros((len(names), len(batch)))
    means, silent = [], np.zeros(len(batch), np.bool_)
    for row, name in enumerate(names):
        series, places = np.nonzero(np.stack([own.are(name) for own in stored.members], axis=1))
        ahead = np.full((len(batch), plan.horizon), np.nan)
        if len(series):
            weights[row, series] = stored.weights[series, places]
            part = batch.take(series)
            ahead[series] = forecast_ahead(name, part, plan)
            silent[series] |= np.isnan(ahead[series]).any(axis=1)
        means.append(ahead)
    found = weigh_means(weights, means)
    found[silent] = np.nan
    return weights, found


def _accuracy_frames(chosen: Integers, stored: Choices) -> list[pd.DataFrame]:
    """Return the rows of accuracy that were kept, the champion's and the benchmark's."""
    frames = []
    benchmark = Labels.coded(np.zeros(len(stored), np.int64), (BENCHMARK,))
    for place, names in enumerate((stored.model, benchmark)):
        measures = stored.accuracy[:, place]
        again = (place > 0) & stored.model.are(BENCHMARK)
        rows = np.flatnonzero(np.isfinite(measures[:, 0]) & ~again)
        named = {"number": chosen[rows], "model": names.take(rows).categorical()}
        told = {measure: measures[rows, n] for n, measure in enumerate(MEASURES)}
        frames.append(pd.DataFrame({**named, **told}).astype({"windows": np.int64}))
    return frames


def take_choices(results: Results, chosen: Integers) -> Choices:
    """Return what is to be stored of tonight, for some series that have a forecast."""
    panel, plan = results.panel, results.plan
    settings = {name: settings_of(plan, name) for name in CLASSES}
    members, weights = _members(results)
    classes = results.demand_class.of(chosen)
    return Choices(
        panel.warehouse_id.take(chosen),
        panel.item_id.take(chosen),
        classes,
        results.model.of(chosen),
        Labels.coded(classes.codes, [settings[name] for name in classes.names]),
        results.chosen_on[chosen],
        tuple(own.of(chosen) for own in members),
        weights[chosen],
        results.score[chosen],
        results.autocorrelation[chosen],
        results.origins[chosen],
        results.spread.of(chosen),
        _judged(results)[chosen],
        results.parts[chosen],
        see_histories(panel, chosen),
    )


def _members(results: Results) -> tuple[list[LabelColumn], Floats]:
    n = len(results.panel)
    members, weights = [LabelColumn(n) for _ in range(MOST_MEMBERS)], np.zeros((n, MOST_MEMBERS))
    rows = stack_rows(results.weights, {"weight": np.dtype(np.float64)})
    place = pd.Series(rows.number).groupby(rows.number).cumcount().to_numpy()
    weights[rows.number, place] = rows.columns["weight"]
    for number, own in enumerate(members):
        chosen = np.flatnonzero(place == number)
        own.fill(rows.number[chosen], rows.model.take(chosen))
    return members, weights


def _judged(results: Results) -> Floats:
    """Return the measures of each series' champion and of the benchmark."""
    out = np.full((len(results.panel), len(JUDGED), len(MEASURES)), np.nan)
    rows = stack_rows(results.accuracy, dict.fromkeys(MEASURES, np.dtype(np.float64)))
    measures = np.stack([rows.columns[name] for name in MEASURES], axis=1)
    champions = results.model.of(rows.number)
    own = champions.places_in(rows.model.names) == rows.model.codes
    for place, chosen in enumerate((own, rows.model.are(BENCHMARK))):
        out[rows.number[chosen], place] = measures[chosen]
    return out
