"""How a class weighs its models: learnt from what its series would have lost.

A series has few origins, and its scores say little of which model is better; those of all series
of its class say more, and less of the series. How far either is to be trusted, how sharply, and
with how many members differs from data to data, so that each way is tried on every origin, weighed
by the others, and the one that loses least is taken.

Where series have one origin there is none to try a way on, and the class's scores count for
`LONE_PRIOR` origins beside a series' own, with the most members and the least power. Over four to
eight dates of each of nine sets whose histories were cut so short, each series' best model alone
loses 0.2-9.4% more, and its own scores up to 3.6% (`benchmarks.short_histories`). One origin is
enough for a class: from one to another its scores move by 1-56% of the variance between models, and
to draw them half the way towards alike lost more on six of the nine. Where series have two
origins, the same weighing takes 0.3-1.0% off the loss of VN1, M3 and hospital and adds 1.0% to
Store-Item's, so that these have what the origins say.

Tried on windows before the last, two to four of each, of M3, M4 weekly and hourly, Walmart,
Store-Item, hospital, M5 and spare parts, against the series' own scores alone: MASE is 1.1%
less on average, 1.7% on Walmart, 1.6% on M3 monthly, 0.03% on Store-Item, and nowhere more by two
standard errors. To ask that a gain exceed its error over origins, which are few, forgoes a quarter
of it and most where histories are short.

References
----------
Diebold & Pauly (1990), "The use of prior information in forecast combination", International
Journal of Forecasting 6(4) (shrinkage of weights).
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from forecasting.backtest import ModelRun, Origins
from forecasting.combinations import (
    MEMBERS,
    MOST_MEMBERS,
    POWER,
    Weighing,
    blend_scores,
    score_origins,
    usual_weighing,
    weigh_means,
    weigh_models,
)
from forecasting.scores import ratio_or
from kernels.arrays import Flags, Floats

MEMBERS_TRIED = (MEMBERS, MOST_MEMBERS)
POWERS_TRIED = (4.0, 8.0, 12.0)
PRIORS_TRIED = (1.0, 2.0, 4.0, 8.0)
# Of fewer series a class says nothing.
FEWEST_SERIES = 20
# Least number of origins of a series that ways of weighing are tried on.
FEWEST_ORIGINS = 2
# Of series of one origin.
LONE_PRIOR = 4.0


def learn_weighing(
    runs: Sequence[ModelRun],
    losses: Floats,
    answered: Floats,
    origins: Origins,
    scales: tuple[Floats, Floats],
    power: float = POWER,
) -> Weighing:
    """Return the weighing that loses least, each origin weighed by the others.

    What is lost are absolute errors and root mean squares of the weighted means, as scaled by
    `scaled_loss`. Where fewer than `FEWEST_SERIES` have several origins, no way is tried.

    Parameters
    ----------
    runs : of every model
    losses, answered : as in `combinations.combine_runs`
    origins : of the series
    scales : (n_series,) float64 each, of absolute and of squared errors; of whole histories, as
        those before the first origin may be short
    power : the usual one; those that are tried are in proportion

    Returns
    -------
    The usual weighing for fewer than `FEWEST_SERIES` series.
    """
    usual = usual_weighing(power)
    if len(origins.counts) < FEWEST_SERIES:
        return usual
    several = np.flatnonzero(origins.scored() >= FEWEST_ORIGINS)
    if len(several) < FEWEST_SERIES:
        found = score_origins(losses, answered)
        typical = np.array([typical_scores(scores) for scores, _ in found])
        return Weighing(MOST_MEMBERS, power * min(POWERS_TRIED) / POWER, LONE_PRIOR, typical)
    actuals = origins.actuals[several]
    pasts = [run.past[several] for run in runs]
    found = score_origins(losses[:, several], answered[:, several])
    typical = np.array([typical_scores(scores) for scores, _ in found])

    def lost(weighing: Weighing) -> float:
        means = np.full_like(pasts[0], np.nan)
        for window, scored in enumerate(found[:-1]):
            weights = weigh_models(blend_scores(*scored, weighing, window), weighing)
            means[:, window] = weigh_means(weights, [past[:, window] for past in pasts])
        return scaled_loss(means - actuals, scales[0][several], scales[1][several])

    tried = [usual._replace(typical=typical)] + [
        Weighing(members, power * share / POWER, prior, typical)
        for members, share, prior in product(MEMBERS_TRIED, POWERS_TRIED, PRIORS_TRIED)
    ]
    return tried[int(np.argmin([lost(weighing) for weighing in tried]))]


def scaled_loss(errors: Floats, absolute: Floats, squared: Floats) -> float:
    """Return mean MASE and mean RMSSE of horizons, added; infinite where there is none.

    Parameters
    ----------
    errors : (n_series, windows, horizon) float64, NaN where unscored
    absolute, squared : (n_series,) float64, scales of absolute and of squared errors; NaN or zero
        leaves a series out
    """
    seen = np.isfinite(errors)
    known = np.where(seen, errors, 0.0)
    by_window = _mean(np.abs(known), seen, 2) / absolute[:, None]
    by_window += np.sqrt(_mean(known * known, seen, 2) / squared[:, None])
    counted = seen.any(axis=2) & np.isfinite(by_window)
    by_series = _mean(np.where(counted, by_window, 0.0), counted, 1)
    some = counted.any(axis=1)
    return float(by_series[some].mean()) if some.any() else np.inf


def typical_scores(scores: Floats) -> Floats:
    """Return each model's score relative to the others', the geometric mean over series.

    Parameters
    ----------
    scores : (n_models, n_series) float64, not negative; infinite where a model did not answer.
        A series where a score is zero is left out

    Returns
    -------
    (n_models,) float64, about one; one for a model that no series has.
    """
    seen = np.isfinite(scores) & np.all(scores > 0.0, axis=0)
    logs = np.log(np.where(seen, scores, 1.0))
    centred = np.where(seen, logs - _mean(logs, seen, 0), 0.0)
    return np.asarray(np.exp(_mean(centred, seen, 1)))


def _mean(values: Floats, seen: Flags, axis: int) -> Floats:
    """Return the mean along an axis of what is seen, zero elsewhere; zero where nothing is."""
    return ratio_or(values.sum(axis=axis), seen.sum(axis=axis), 0.0)
