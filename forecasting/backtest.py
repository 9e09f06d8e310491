"""Rolling-origin backtests: the same origins for every model of a line-up."""

from dataclasses import dataclass

import numpy as np

from forecasting.errors import Failure, NotFiniteError
from forecasting.labels import Names
from forecasting.models import (
    BatchForecast,
    Forecaster,
    History,
    RollingForecaster,
)
from forecasting.panel import Batch
from forecasting.plan import ForecastPlan
from kernels.arrays import Flags, Floats, Integers


@dataclass(frozen=True)
class Origins:
    """Where a backtest stands, and what came after.

    Parameters
    ----------
    counts : (n_series,) int64, origins of each series, `plan.windows` at most
    actuals : (n_series, windows, horizon) float64; NaN where there is no such origin, or where
        stock ran out, which is not scored
    """

    counts: Integers
    actuals: Floats

    def of(self, chosen: Integers) -> "Origins":
        """Return the origins of some series."""
        return Origins(self.counts[chosen], self.actuals[chosen])

    def scored(self) -> Integers:
        """Return how many origins of each series have an actual that is scored, (n_series,)."""
        return np.asarray(np.isfinite(self.actuals).any(axis=2).sum(axis=1))


def place_origins(batch: Batch, censored: Flags, plan: ForecastPlan) -> Origins:
    """Return the origins of every series, the last one first.

    An origin needs `plan.minimum_history` periods before it and the horizon after it.

    Parameters
    ----------
    batch : demand as observed
    censored : (n_observations,) bool
    plan : windows, step and horizon
    """
    room = batch.lengths - plan.minimum_history - plan.horizon
    counts = np.clip(room // plan.step + 1, 0, plan.windows)
    counts[room < 0] = 0
    actuals = np.full((len(batch), plan.windows, plan.horizon), np.nan)
    scored = np.where(censored, np.nan, batch.values)
    for window in range(plan.windows):
        chosen = np.flatnonzero(counts > window)
        stops = batch.offsets[chosen + 1] - window * plan.step
        places = stops[:, None] - plan.horizon + np.arange(plan.horizon)
        actuals[chosen, window] = scored[places]
    return Origins(counts, actuals)


@dataclass(frozen=True)
class ModelRun:
    """One model over all origins and from the end.

    Parameters
    ----------
    model : its name
    past : (n_series, windows, horizon) float64, means from each origin; NaN where there is none
    future : (n_series, horizon) float64, means from the end; NaN where the model failed, or has
        no answer to so short a history
    failures : series on which it raised an error
    """

    model: str
    past: Floats
    future: Floats
    failures: tuple[Failure, ...]


def run_model(
    name: str, batch: Batch, origins: Origins, entities: Names, plan: ForecastPlan
) -> ModelRun:
    """Forecast every series from each of its origins and from its end.

    A mean below zero becomes zero: the models know no bounds, demand does. A model that fails on
    a series from one origin is out of that series' contest.

    Parameters
    ----------
    name : of a registered model
    batch : demand, censored periods raised
    origins : of the same series
    entities : names of the series
    plan : settings
    """
    past = np.full(origins.actuals.shape, np.nan)
    failed: dict[int, Exception] = {}
    keep = plan.history_of(name)
    histories = _histories(batch, origins, plan, keep)
    answers = _forecast(plan.find(name), histories, plan, rolling=keep is None)
    for window in range(plan.windows):
        history, found = histories[-2 - window], answers[-2 - window]
        past[history.series, window] = np.maximum(found.means, 0.0)
        failed |= found.errors_at(history.series)
    future = np.maximum(answers[-1].means, 0.0)
    failed |= dict(answers[-1].errors)
    broken = np.array(sorted(failed), dtype=np.int64)
    past[broken], future[broken] = np.nan, np.nan
    failures = tuple(
        Failure(entities[n], f"backtest {name}", type(failed[n]).__name__, str(failed[n]))
        for n in sorted(failed)
    )
    return ModelRun(name, past, future, failures)


def forecast_ahead(name: str, batch: Batch, plan: ForecastPlan) -> Floats:
    """Forecast every series from its end alone, as `run_model` does.

    Returns
    -------
    (n_series, horizon) float64; NaN where the model failed, or has no answer.
    """
    last = batch.cut(np.arange(len(batch)), np.zeros(len(batch), np.int64), plan.history_of(name))
    found = _refuse_infinite(plan.find(name).forecast(last, plan.seasons, plan.horizon))
    means = np.maximum(found.means, 0.0)
    means[sorted(found.errors)] = np.nan
    return means


def _histories(
    batch: Batch, origins: Origins, plan: ForecastPlan, keep: int | None
) -> list[History]:
    """Return what is known at each origin, the earliest first, and at the end."""
    histories = []
    for window in range(plan.windows - 1, -1, -1):
        chosen = np.flatnonzero(origins.counts > window)
        dropped = np.full(len(chosen), plan.horizon + window * plan.step)
        histories.append(History(chosen, batch.cut(chosen, dropped, keep)))
    everything = np.arange(len(batch))
    last = batch.cut(everything, np.zeros(len(batch), np.int64), keep)
    return [*histories, History(everything, last)]


def _forecast(
    model: Forecaster, histories: list[History], plan: ForecastPlan, *, rolling: bool
) -> list[BatchForecast]:
    """Forecast from each origin; a mean that is infinite, or in part missing, is an error.

    Where histories are cut their first periods move, and nothing is taken from one to the next.
    """
    if rolling and isinstance(model, RollingForecaster):
        found = model.roll(histories, plan.seasons, plan.horizon)
    else:
        found = [
            model.forecast(history.batch, plan.seasons, plan.horizon)
            if len(history.series)
            else BatchForecast(np.empty((0, plan.horizon)))
            for history in histories
        ]
    return [_refuse_infinite(answer) for answer in found]


def _refuse_infinite(found: BatchForecast) -> BatchForecast:
    finite = np.isfinite(found.means)
    silent = np.isnan(found.means).all(axis=1)
    broken = np.flatnonzero(~finite.all(axis=1) & ~silent)
    errors = {int(n): NotFiniteError("the forecast is not finite") for n in broken}
    return BatchForecast(found.means, {**errors, **found.errors})
