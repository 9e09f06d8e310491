"""Champions: the model that wins a series' backtest, and the law around its means."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from forecasting.autocorrelation import error_autocorrelation
from forecasting.backtest import ModelRun, Origins, run_model
from forecasting.combinations import POWER, Weighing, combine_runs, usual_weighing
from forecasting.comparison import comparable_means
from forecasting.distributions import Spread, estimate_spread
from forecasting.errors import Failure
from forecasting.labels import Labels, Names
from forecasting.laws import choose_law, score_law, usual_law
from forecasting.moments import Moments, measure_moments
from forecasting.panel import Batch
from forecasting.plan import ForecastPlan
from forecasting.scores import mean_over_origins, seasonal_scale, squared_scale
from forecasting.weighing import learn_weighing
from kernels.arrays import Flags, Floats, Integers

# What every forecast is compared with, whether it competes or not.
BENCHMARK = "SeasonalNaive"
# Of a model's backtest on a series.
MEASURES = ("windows", "mase", "rmsse", "bias", "pinball", "coverage_80")
_UNJUDGED = pd.DataFrame(columns=["number", "model", *MEASURES])


@dataclass(frozen=True)
class Contest:
    """How a line-up did on a group of series of one class.

    Parameters
    ----------
    names : of the models, and last the combination where the plan asks for it
    champion : (n_series,) int64, number of the winner in names; -1 where every model failed
    weights : (n_models, n_series) float64, of the line-up's models in the winner's forecast
    weighing : that the weights of combinations come from
    score : (n_series,) float64, the winner's score, scaled; NaN where the scale is zero
    means : (n_series, horizon) float64, the winner's forecast
    spread : the law around it
    autocorrelation : (n_series,) float64, of the winner's errors
    accuracy : frame of number (of the series), model (a categorical), windows, mase, rmsse, bias,
        pinball and coverage_80, each model with the series' usual law, and `BENCHMARK` beside them;
        windows are the origins it answered, and mase, rmsse and pinball are made comparable where
        those are not all
    failures : models that failed on a series
    past : (n_series, windows, horizon) float64, the winner's means from each origin
    covered : (n_series, windows, horizon) float64, how much of each actual the middle 80% of the
        usual law around them held
    scale : (n_series,) float64, units per period, of MASE; NaN where a series has none
    benchmark : (n_series, windows, horizon) float64, those of `BENCHMARK`; NaN where it is silent
    """

    names: tuple[str, ...]
    champion: Integers
    weights: Floats
    weighing: Weighing
    score: Floats
    means: Floats
    spread: Spread
    autocorrelation: Floats
    accuracy: pd.DataFrame
    failures: tuple[Failure, ...]
    past: Floats
    covered: Floats
    scale: Floats
    benchmark: Floats


@dataclass(frozen=True)
class _Scored:
    run: ModelRun
    losses: Floats
    errors: Floats
    covered: Floats

    @property
    def windows(self) -> Integers:
        """Origins that each series has an answer at."""
        return np.asarray(np.isfinite(self.run.past).any(axis=2).sum(axis=1))

    def of(self, score: str) -> Floats:
        """Return what the plan's score averages, (n_series, windows, horizon).

        The continuous ranked probability score is twice the integral of pinball loss over levels.
        """
        if score in ("pinball", "crps"):
            return self.losses if score == "pinball" else 2.0 * self.losses
        return np.abs(self.errors) if score == "mase" else self.errors**2


def hold_contest(
    names: Sequence[str],
    batch: Batch,
    origins: Origins,
    entities: Names,
    plan: ForecastPlan,
    threads: int = 1,
    weighing: Weighing | None = None,
    *,
    learning: bool = False,
    judged: bool = True,
) -> Contest:
    """Let the models of a line-up compete on series that all have an origin.

    A model that was silent at some origins is judged at the others, beside those that answered
    everywhere (`comparable_means`).

    The combination of the best wins wherever there is one: on the data it was tried on it beat
    the champion by a share of pinball loss that no single backtest of a series could tell from
    chance, and the choice between the two lost half of it.

    Parameters
    ----------
    names : the line-up; the earlier name wins a tie
    batch : demand, censored periods raised
    origins : of the same series
    entities : names of the series
    plan : settings
    threads : models that run at a time
    weighing : of their scores; None is the usual one
    learning : learn the weighing from these series, many of their class, instead
    judged : whether anyone asks how good the models were; else accuracy has no rows, and
        `BENCHMARK` is silent
    """
    held_out = plan.horizon + (origins.counts - 1) * plan.step
    before = batch.cut(np.arange(len(batch)), held_out, None)
    moments = measure_moments(before, plan.season_length)

    def score(name: str) -> _Scored:
        return _score(run_model(name, batch, origins, entities, plan), origins, moments)

    if threads == 1:
        scored = [score(name) for name in names]
    else:
        with ThreadPoolExecutor(threads) as pool:
            scored = list(pool.map(score, names))
    benchmark = None
    if judged:
        benchmark = scored[names.index(BENCHMARK)] if BENCHMARK in names else score(BENCHMARK)
    weighing = weighing or usual_weighing(_power(plan))
    entrants = _enter(scored, weighing, plan)
    if plan.combine and len(names) > 1:
        if learning:
            entrants = entrants._replace(weighing=_learn(entrants, batch, origins, plan))
        entrants = _combine(entrants, origins, moments, plan)
    scored, criteria, weights, weighing = entrants
    rows = np.arange(len(batch))
    champion = np.argmin(criteria, axis=0)
    beaten = ~np.isfinite(criteria[champion, rows])
    past = np.array([model.run.past for model in scored])[champion, rows]
    law = choose_law(past, origins.actuals, moments)
    scale = seasonal_scale(batch, plan.season_length, held_out)
    squared = squared_scale(batch, held_out)
    now = measure_moments(batch, plan.season_length)
    return Contest(
        names=tuple(model.run.model for model in scored),
        champion=np.where(beaten, -1, champion),
        weights=np.where(beaten, 0.0, weights),
        weighing=weighing,
        score=(
            np.sqrt(criteria[champion, rows] / squared)
            if plan.score == "rmsse"
            else criteria[champion, rows] / scale
        ),
        means=np.array([model.run.future for model in scored])[champion, rows],
        spread=estimate_spread(law, past, origins.actuals, now),
        autocorrelation=error_autocorrelation(past, origins.actuals),
        accuracy=_accuracy(scored, benchmark, origins, scale, squared),
        failures=tuple(failure for model in scored for failure in model.run.failures),
        past=past,
        covered=np.array([model.covered for model in scored])[champion, rows],
        scale=scale,
        benchmark=benchmark.run.past if benchmark else np.full(past.shape, np.nan),
    )


class _Entrants(NamedTuple):
    """Who competes, and what each series would take.

    Parameters
    ----------
    scored : the line-up's models, and last the combination where there is one
    criteria : (len(scored), n_series) float64, the least wins; infinite where one does not compete
    weights, weighing : as `Contest` has them
    """

    scored: list[_Scored]
    criteria: Floats
    weights: Floats
    weighing: Weighing


def _power(plan: ForecastPlan) -> float:
    # Mean squares at half the power weigh as their roots do at the whole.
    return POWER / 2.0 if plan.score == "rmsse" else POWER


def _enter(scored: list[_Scored], weighing: Weighing, plan: ForecastPlan) -> _Entrants:
    """Enter the models of the line-up; each series takes its best."""
    criteria = _criteria(scored, plan)
    best = np.argmin(criteria, axis=0) == np.arange(len(scored))[:, None]
    return _Entrants(scored, criteria, best * 1.0, weighing)


def _combining(entrants: _Entrants, plan: ForecastPlan) -> tuple[list[ModelRun], Floats, Floats]:
    """Return runs, losses, and what says by zero that a model competes, else by infinity."""
    losses = np.array([model.of(plan.score) for model in entrants.scored])
    answers = np.where(np.isfinite(entrants.criteria), 0.0, np.inf)
    return [model.run for model in entrants.scored], losses, answers


def _learn(entrants: _Entrants, batch: Batch, origins: Origins, plan: ForecastPlan) -> Weighing:
    """Return the weighing that is best for these series."""
    none = np.zeros(len(batch), np.int64)
    scales = seasonal_scale(batch, plan.season_length, none), squared_scale(batch, none)
    return learn_weighing(*_combining(entrants, plan), origins, scales, _power(plan))


def _combine(
    entrants: _Entrants, origins: Origins, moments: Moments, plan: ForecastPlan
) -> _Entrants:
    """Enter the combination, which wins wherever there is one."""
    combined, mixed = combine_runs(*_combining(entrants, plan), entrants.weighing)
    scored = [*entrants.scored, _score(combined, origins, moments)]
    last = _criteria(scored, plan)[-1]
    answered = np.isfinite(last)
    criteria = np.vstack([np.where(answered, np.inf, entrants.criteria), last])
    weights = np.where(answered, mixed, entrants.weights)
    return _Entrants(scored, criteria, weights, entrants.weighing)


def _criteria(scored: Sequence[_Scored], plan: ForecastPlan) -> Floats:
    """Return the score of each model and series; infinite where it has no answer, or no score."""
    found = _comparable([model.of(plan.score) for model in scored])
    answers = np.isfinite(np.array([model.run.future for model in scored])).all(axis=2)
    return np.where(answers & np.isfinite(found), found, np.inf)


def _comparable(losses: Sequence[Floats]) -> Floats:
    """Return mean losses (n_models, n_series); NaN where a model has none."""
    stacked = np.array(losses)
    seen = ~np.isnan(stacked)
    sums: Floats = np.sum(np.where(seen, stacked, 0.0), axis=3)
    found = comparable_means(sums, np.sum(seen, axis=3))
    return np.where(np.isfinite(found), found, np.nan)


def _score(run: ModelRun, origins: Origins, moments: Moments) -> _Scored:
    losses, covered = score_law(usual_law(moments), run.past, origins.actuals, moments)
    return _Scored(run, losses, run.past - origins.actuals, covered)


def _accuracy(
    scored: Sequence[_Scored],
    benchmark: _Scored | None,
    origins: Origins,
    scale: Floats,
    squared: Floats,
) -> pd.DataFrame:
    if benchmark is None:
        return _UNJUDGED.copy()
    judged = _measures(scored, origins, scale, squared)
    names = [model.run.model for model in scored]
    if not any(model is benchmark for model in scored):
        # What competes is made comparable among itself.
        beside = _measures([*scored, benchmark], origins, scale, squared).of(len(scored))
        beside.seen[:, ~judged.seen.any(axis=0)] = False
        judged = judged.and_then(beside)
        names.append(BENCHMARK)
    row, number = np.nonzero(judged.seen)
    measures = {name: judged.measured[place][row, number] for place, name in enumerate(MEASURES)}
    measures["windows"] = measures["windows"].astype(np.int64)
    model = Labels.coded(row, names).categorical()
    return pd.DataFrame({"number": number, "model": model, **measures})


class _Judged(NamedTuple):
    """Measures of models on series.

    Parameters
    ----------
    measured : (len(`MEASURES`), n_models, n_series) float64
    seen : (n_models, n_series) bool, whether a model is scored on a series
    """

    measured: Floats
    seen: Flags

    def of(self, model: int) -> "_Judged":
        """Return those of one model."""
        return _Judged(self.measured[:, [model]], self.seen[[model]])

    def and_then(self, other: "_Judged") -> "_Judged":
        """Return those of these models and then of others."""
        measured = np.concatenate([self.measured, other.measured], axis=1)
        return _Judged(measured, np.concatenate([self.seen, other.seen]))


def _measures(
    scored: Sequence[_Scored], origins: Origins, scale: Floats, squared: Floats
) -> _Judged:
    absolute = _comparable([np.abs(model.errors) for model in scored])
    square = _comparable([model.errors**2 for model in scored])
    pinball = _comparable([model.losses for model in scored])
    found = {
        "windows": np.minimum(origins.counts, np.array([model.windows for model in scored])),
        "mase": absolute / scale,
        "rmsse": np.sqrt(square / squared),
        "bias": np.array([mean_over_origins(model.errors) for model in scored]),
        "pinball": pinball / scale,
        "coverage_80": np.array([mean_over_origins(model.covered) for model in scored]),
    }
    measured = np.array([found[name] for name in MEASURES], np.float64)
    return _Judged(measured, np.isfinite(absolute))
