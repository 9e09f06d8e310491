"""Champions: the model that wins a series' backtest, and the law around its means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.backtest import ModelRun, Origins, run_model
from forecasting.distributions import (
    LAW_NAMES,
    Moments,
    Spread,
    error_autocorrelation,
    estimate_spread,
    score_law,
)
from forecasting.errors import Failure
from forecasting.panel import Batch
from forecasting.plan import ForecastPlan
from forecasting.scores import mean_over_origins, seasonal_scale, squared_scale
from kernels.arrays import Flags, Floats, Integers
from kernels.demand_laws import Law

# Above this level demand in whole units may also be fitted by a continuous law.
LEVEL_OF_CHOICE = 20.0


@dataclass(frozen=True)
class Contest:
    """How a line-up did on a group of series of one class.

    Parameters
    ----------
    champion : (n_series,) int64, number of the winner in the line-up; -1 where every model failed
    score : (n_series,) float64, the winner's score, scaled; NaN where the scale is zero
    means : (n_series, horizon) float64, the winner's forecast
    spread : the law around it
    autocorrelation : (n_series,) float64, of the winner's errors
    accuracy : frame of model, windows, mase, rmsse, bias, pinball, coverage_80 and `number`
    failures : models that failed on a series
    """

    champion: Integers
    score: Floats
    means: Floats
    spread: Spread
    autocorrelation: Floats
    accuracy: pd.DataFrame
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class _Scored:
    run: ModelRun
    pinball: Floats
    absolute: Floats
    squared: Floats
    bias: Floats
    coverage: Floats

    def criterion(self, plan: ForecastPlan) -> Floats:
        chosen = self.pinball if plan.score == "pinball" else self.absolute
        failed = ~np.isfinite(self.run.future).all(axis=1)
        return np.where(np.isfinite(chosen) & ~failed, chosen, np.inf)


def hold_contest(
    names: Sequence[str],
    batch: Batch,
    origins: Origins,
    moments: Moments,
    entities: Sequence[str],
    plan: ForecastPlan,
) -> Contest:
    """Let the models of a line-up compete on series that all have an origin.

    Parameters
    ----------
    names : the line-up; the earlier name wins a tie
    batch : demand, censored periods raised
    origins, moments : of the same series
    entities : names of the series
    plan : settings
    """
    law = np.where(moments.whole, int(Law.COUNT), int(Law.LOGNORMAL)).astype(np.int64)
    scored = [
        _score(run_model(name, batch, origins, entities, plan), origins, law, moments)
        for name in names
    ]
    criteria = np.array([model.criterion(plan) for model in scored])
    champion = np.argmin(criteria, axis=0)
    rows = np.arange(len(batch))
    beaten = ~np.isfinite(criteria[champion, rows])
    past = np.array([model.run.past for model in scored])[champion, rows]
    law = _better_law(law, past, origins, moments)
    held_out = plan.horizon + (origins.counts - 1) * plan.step
    scale = seasonal_scale(batch, plan.season_length, held_out)
    squared = squared_scale(batch, held_out)
    return Contest(
        champion=np.where(beaten, -1, champion),
        score=criteria[champion, rows] / scale,
        means=np.array([model.run.future for model in scored])[champion, rows],
        spread=estimate_spread(law, past, origins.actuals, moments),
        autocorrelation=error_autocorrelation(past, origins.actuals),
        accuracy=pd.concat(
            [_accuracy(model, origins, scale, squared) for model in scored], ignore_index=True
        ),
        failures=tuple(failure for model in scored for failure in model.run.failures),
    )


def _score(run: ModelRun, origins: Origins, law: Integers, moments: Moments) -> _Scored:
    losses, covered = score_law(law, run.past, origins.actuals, moments)
    errors = run.past - origins.actuals
    return _Scored(
        run,
        pinball=mean_over_origins(losses),
        absolute=mean_over_origins(np.abs(errors)),
        squared=mean_over_origins(errors**2),
        bias=mean_over_origins(errors),
        coverage=mean_over_origins(covered),
    )


def _better_law(
    law: Integers, past: Floats, origins: Origins, moments: Moments
) -> NDArray[np.int64]:
    """Return the lognormal law where demand is high enough and it scores better."""
    open_to_choice: Flags = (law == Law.COUNT) & (moments.mean >= LEVEL_OF_CHOICE)
    chosen = np.flatnonzero(open_to_choice)
    if not len(chosen):
        return law
    some = moments.of(chosen)
    actuals = origins.actuals[chosen]
    scores = [
        mean_over_origins(
            score_law(np.full(len(chosen), int(kind)), past[chosen], actuals, some)[0]
        )
        for kind in (Law.COUNT, Law.LOGNORMAL)
    ]
    better = law.copy()
    better[chosen[scores[1] < scores[0]]] = int(Law.LOGNORMAL)
    return better


def _accuracy(model: _Scored, origins: Origins, scale: Floats, squared: Floats) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "number": np.arange(len(scale)),
            "model": model.run.model,
            "windows": origins.counts,
            "mase": model.absolute / scale,
            "rmsse": np.sqrt(model.squared / squared),
            "bias": model.bias,
            "pinball": model.pinball / scale,
            "coverage_80": model.coverage,
        }
    )
    return frame.loc[np.isfinite(model.absolute)]


def law_names(law: Integers) -> NDArray[np.object_]:
    """Return the name of each law."""
    names = np.array([LAW_NAMES[kind] for kind in Law], dtype=object)
    return np.asarray(names[law])
