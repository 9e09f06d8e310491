"""Combinations: each series' best models together, weighted by how good they have been.

References
----------
Bates & Granger (1969), "The combination of forecasts", Operational Research Quarterly 20(4)
(weights by the inverse of past losses); Timmermann (2006), "Forecast combinations", Handbook of
Economic Forecasting 1, section 7 (why few members and weights without correlations do best).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from forecasting.backtest import ModelRun
from forecasting.comparison import comparable_means
from kernels.arrays import Flags, Floats, Integers

COMBINATION = "Combination"
# Of the sizes and powers tried on VN1, carparts, M5, Walmart, Store-Item and M4 weekly, weights
# from earlier origins judged on the last, these lost the least: 2% less pinball than champions.
MEMBERS = 3
POWER = 4.0
# Of any weighing that may be learnt; what is stored of a series has room for so many.
MOST_MEMBERS = 5


class Weighing(NamedTuple):
    """How the models of a class of series are weighed.

    Parameters
    ----------
    members : models of a series' combination at most
    power : of scores
    prior_origins : origins that `typical` counts for beside those of a series
    typical : (windows + 1, n_models) float64, positive, scores over the class relative to each
        other: without each origin, as its own weights must not know it, and last of all; none
        where nothing was learnt, and `prior_origins` is zero
    """

    members: int
    power: float
    prior_origins: float
    typical: Floats


def usual_weighing(power: float = POWER) -> Weighing:
    """Return the weighing of a class of which nothing was learnt: by a series' own scores."""
    return Weighing(MEMBERS, power, 0.0, np.empty((0, 0)))


USUAL = usual_weighing()


def blend_scores(
    scores: Floats, n_origins: Integers, weighing: Weighing, left_out: int = -1
) -> Floats:
    """Return scores between a series' own and its class's, nearer to its own with more origins.

    A series of n origins takes n / (n + `prior_origins`) of the logarithms of its own. A single
    origin at which some model lost nothing, as a quiet one of what sells rarely, says nothing: on
    seven of eight dates of VN1 and four of M5 such series lose 1-4% less by their class's alone.

    Parameters
    ----------
    scores : (n_models, n_series) float64, mean losses, not negative; infinite where a model did
        not answer, which it stays
    n_origins : (n_series,) int64, that scores are means over
    weighing : of the class
    left_out : window whose origins the scores lack; -1 is none
    """
    if weighing.prior_origins == 0.0:
        return scores
    mute = (n_origins == 1) & np.any(scores == 0.0, axis=0)
    own = np.where(mute, 0.0, n_origins / (n_origins + weighing.prior_origins))
    answered = np.isfinite(scores)
    theirs = weighing.typical[left_out][:, None] ** (1.0 - own)
    return np.where(answered, np.where(answered, scores, 1.0) ** own * theirs, np.inf)


def weigh_models(scores: Floats, weighing: Weighing = USUAL) -> Floats:
    """Return the weights of each series' best models, by the inverse power of their scores.

    Parameters
    ----------
    scores : (n_models, n_series) float64, mean losses, not negative, smaller is better; infinite
        where a model did not answer
    weighing : whose members and power are taken

    Returns
    -------
    (n_models, n_series) float64. Weights of a series sum to one, over its members.
    NaN where fewer than two models answered, and where one has no loss at all.
    """
    order = np.argsort(scores, axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(scores))[:, None], axis=0)
    member = (rank < weighing.members) & np.isfinite(scores)
    least = np.min(scores, axis=0)
    mixed = (member.sum(axis=0) > 1) & (least > 0.0)
    share = np.divide(least, scores, out=np.zeros_like(scores), where=member & mixed)
    raw = share**weighing.power
    # Row by row: NumPy adds up a single series of many models in another order than several.
    total: Floats = sum(raw, np.zeros(raw.shape[1]))
    return np.asarray(raw / np.where(mixed, total, np.nan))


def combine_runs(
    runs: Sequence[ModelRun],
    losses: Floats,
    answered: Floats,
    weighing: Weighing = USUAL,
) -> tuple[ModelRun, Floats]:
    """Return the combination as if it were a model, and the weights it goes on with.

    From each origin the weights are those that the other origins give, so that the combination's
    backtest is one it has not seen; from the end they are those of all. A single origin is weighed
    by itself, as a champion would be chosen by it: on M3, Favorita and VN1 laws around means whose
    weights do not know it, all models alike, lose up to 1% more.

    Parameters
    ----------
    runs : of every model
    losses : (n_models, n_series, windows, horizon) float64, NaN where unscored
    answered : (n_models, n_series) float64, zero where the model may be a member, else infinity
    weighing : of the class

    Returns
    -------
    run : NaN for a series that fewer than two models answer
    weights : (n_models, n_series) float64, sums one or zero
    """
    *others, everywhere = score_origins(losses, answered)
    past = np.full_like(runs[0].past, np.nan)
    for window, scored in enumerate(others):
        weights = weigh_models(blend_scores(*scored, weighing, window), weighing)
        past[:, window] = weigh_means(weights, [run.past[:, window] for run in runs])
    weights = weigh_models(blend_scores(*everywhere, weighing), weighing)
    future = weigh_means(weights, [run.future for run in runs])
    past[np.isnan(future).any(axis=1)] = np.nan
    return ModelRun(COMBINATION, past, future, ()), np.nan_to_num(weights)


def score_origins(losses: Floats, answered: Floats) -> list[tuple[Floats, Integers]]:
    """Return scores (n_models, n_series) and origins that they are means over (n_series,).

    One pair for each window, of all the other origins, and last that of all. A series without
    another origin has that of all for each.

    Parameters
    ----------
    losses, answered : as in `combine_runs`
    """
    seen = ~np.isnan(losses)
    sums: Floats = np.sum(np.where(seen, losses, 0.0), axis=3)
    counts: Integers = np.sum(seen, axis=3)
    windows = np.arange(losses.shape[2])

    def score(kept: Flags) -> tuple[Floats, Integers]:
        scores = comparable_means(sums[:, :, kept], counts[:, :, kept]) + answered
        return scores, np.any(counts[:, :, kept] > 0, axis=0).sum(axis=1)

    everywhere, n_everywhere = score(windows >= 0)
    found = []
    for left_out in windows:
        scores, n_origins = score(windows != left_out)
        alone = n_origins == 0
        own = np.where(alone, everywhere, scores), np.where(alone, n_everywhere, n_origins)
        found.append(own)
    return [*found, (everywhere, n_everywhere)]


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
