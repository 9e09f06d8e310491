"""Combinations: each series' best models together, weighted by how good they have been.

References
----------
Bates & Granger (1969), "The combination of forecasts", Operational Research Quarterly 20(4)
(weights by the inverse of past losses); Timmermann (2006), "Forecast combinations", Handbook of
Economic Forecasting 1, section 7 (why few members and weights without correlations do best).
"""

from collections.abc import Sequence

import numpy as np

from forecasting.backtest import ModelRun, Origins
from forecasting.comparison import comparable_means
from kernels.arrays import Floats, Integers

COMBINATION = "Combination"
# Of the sizes and powers tried on VN1, carparts, M5, Walmart, Store-Item and M4 weekly, weights
# from earlier origins judged on the last, these lost the least: 2% less pinball than champions.
MEMBERS = 3
POWER = 4.0
# Least number of origins: with one, no other could tell what the weights are worth.
FEWEST_ORIGINS = 2


def weigh_models(scores: Floats, power: float = POWER) -> Floats:
    """Return the weights of each series' best models, by the inverse power of their scores.

    Parameters
    ----------
    scores : (n_models, n_series) float64, mean losses, not negative, smaller is better; infinite
        where a model did not answer
    power : of the scores

    Returns
    -------
    (n_models, n_series) float64. Weights of a series sum to one, over `MEMBERS` models at most.
    NaN where fewer than two models answered, and where one has no loss at all.
    """
    order = np.argsort(scores, axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(scores))[:, None], axis=0)
    member = (rank < MEMBERS) & np.isfinite(scores)
    least = np.min(scores, axis=0)
    mixed = (member.sum(axis=0) > 1) & (least > 0.0)
    share = np.divide(least, scores, out=np.zeros_like(scores), where=member & mixed)
    raw = share**power
    # Row by row: NumPy adds up a single series of many models in another order than several.
    total: Floats = sum(raw, np.zeros(raw.shape[1]))
    return np.asarray(raw / np.where(mixed, total, np.nan))


def combine_runs(
    runs: Sequence[ModelRun],
    losses: Floats,
    answered: Floats,
    origins: Origins,
    power: float = POWER,
) -> tuple[ModelRun, Floats]:
    """Return the combination as if it were a model, and the weights it goes on with.

    From each origin the weights are those that the other origins give, so that the combination's
    backtest is one it has not seen; from the end they are those of all.

    Parameters
    ----------
    runs : of every model
    losses : (n_models, n_series, windows, horizon) float64, NaN where unscored
    answered : (n_models, n_series) float64, zero where the model may be a member, else infinity
    origins : of the series
    power : of mean losses

    Returns
    -------
    run : NaN for a series of one origin, or one that fewer than two models answer
    weights : (n_models, n_series) float64, sums one or zero
    """
    seen = ~np.isnan(losses)
    sums: Floats = np.sum(np.where(seen, losses, 0.0), axis=3)
    counts: Integers = np.sum(seen, axis=3)
    past = np.full_like(runs[0].past, np.nan)
    for window in range(past.shape[1]):
        others = np.arange(past.shape[1]) != window
        scores = comparable_means(sums[:, :, others], counts[:, :, others])
        weights = weigh_models(scores + answered, power)
        past[:, window] = weigh_means(weights, [run.past[:, window] for run in runs])
    weights = weigh_models(comparable_means(sums, counts) + answered, power)
    weights[:, origins.counts < FEWEST_ORIGINS] = np.nan
    future = weigh_means(weights, [run.future for run in runs])
    past[np.isnan(future).any(axis=1)] = np.nan
    return ModelRun(COMBINATION, past, future, ()), np.nan_to_num(weights)


def weigh_means(weights: Floats, means: Sequence[Floats]) -> Floats:
    """Return the sum of means that have a weight; what has none may be missing.

    A member that is silent leaves its weight to the others; NaN where all are.
    """
    silent = np.array([np.isnan(mean).any(axis=1) for mean in means]) & (weights != 0.0)
    heard = np.where(silent, 0.0, weights)
    some = silent.any(axis=0)
    shares: Floats = sum(heard[:, some], np.zeros(int(some.sum())))
    heard[:, some] /= np.where(shares > 0.0, shares, np.nan)
    total = np.zeros(means[0].shape)
    for weight, mean in zip(heard, means, strict=True):
        total += np.where(weight[:, None] == 0.0, 0.0, weight[:, None] * mean)
    return total
