"""Which law a series' quantiles come from, and how good they are where they were not fitted."""

import numpy as np

from forecasting.distributions import LEVELS, Spread, estimate_spread, quantiles_of
from forecasting.labels import Labels
from forecasting.moments import Moments
from forecasting.scores import mean_over_origins
from kernels.arrays import Floats, Integers
from kernels.count_law import POISSON_HIGHEST, POISSON_LOWEST
from kernels.demand_laws import Law
from kernels.quantile_scores import fill_scores

# By number in `Law`.
LAW_NAMES = ("negative binomial", "gamma", "lognormal", "empirical")
COUNT_NAMES = ("negative binomial", "Poisson", "binomial")
# Above this level demand in whole units may also be fitted by a continuous law.
LEVEL_OF_CHOICE = 20.0
# Another law must be better by this share: the backtest is short and the choice is of the best.
MARGIN = 0.01
# With more periods without demand than this, a law needs a mass at zero.
RARE_ZEROS = 0.02
# Numbers of 10% and 90% among the percentiles.
LOW_80 = 9
HIGH_80 = 89


def usual_law(moments: Moments) -> Integers:
    """Return the law of each series before its errors are looked at, (n_series,) int64.

    Whole units are counts, other demand is gamma, or a lognormal with a mass at zero where it
    often pauses.
    """
    pauses = moments.zero_share > RARE_ZEROS
    continuous = np.where(pauses, int(Law.LOGNORMAL), int(Law.GAMMA))
    return np.where(moments.whole, int(Law.COUNT), continuous).astype(np.int64)


def score_law(
    law: Integers, past: Floats, actuals: Floats, moments: Moments
) -> tuple[Floats, Floats]:
    """Return pinball loss and 80% coverage of each scored period.

    Each window is scored with the law that the other windows give.

    Parameters
    ----------
    law : (n_series,) int64 of `Law`
    past, actuals : (n_series, windows, horizon) float64, NaN where unscored
    moments : of the history before the first window

    Returns
    -------
    losses, covered : (n_series, windows, horizon) float64, NaN where unscored; losses in units
    """
    losses, covered = np.empty(past.shape), np.empty(past.shape)
    for window in range(past.shape[1]):
        others = actuals.copy()
        others[:, window] = np.nan
        spread = estimate_spread(law, past, others, moments)
        quantiles = quantiles_of(spread, past[:, window])
        flat = np.empty((2, past[:, window].size))
        fill_scores(
            np.ascontiguousarray(actuals[:, window]).reshape(-1),
            quantiles.reshape(-1, len(LEVELS)),
            LEVELS,
            LOW_80,
            HIGH_80,
            flat[0],
            flat[1],
        )
        losses[:, window] = flat[0].reshape(past[:, window].shape)
        covered[:, window] = flat[1].reshape(past[:, window].shape)
    return losses, covered


def choose_law(past: Floats, actuals: Floats, moments: Moments) -> Integers:
    """Return the law of each series: the usual one, or another with clearly less pinball loss.

    Parameters
    ----------
    past, actuals, moments : as in `score_law`
    """
    law = usual_law(moments)
    open_to_choice = (law != Law.COUNT) | (moments.mean >= LEVEL_OF_CHOICE)
    chosen = np.flatnonzero(open_to_choice)
    if not len(chosen):
        return law
    some, past, actuals = moments.of(chosen), past[chosen], actuals[chosen]
    best, least = law[chosen], _mean_loss(law[chosen], past, actuals, some) * (1.0 - MARGIN)
    for kind in (Law.GAMMA, Law.LOGNORMAL, Law.EMPIRICAL):
        loss = _mean_loss(np.full(len(chosen), int(kind)), past, actuals, some)
        better = loss < least
        best, least = np.where(better, int(kind), best), np.where(better, loss, least)
    law[chosen] = best
    return law


def _mean_loss(law: Integers, past: Floats, actuals: Floats, moments: Moments) -> Floats:
    return mean_over_origins(score_law(law, past, actuals, moments)[0])


def name_laws(spread: Spread) -> Labels:
    """Return the name of each series' law; that of a count one period ahead."""
    number, counts = spread.law.copy(), spread.law == Law.COUNT
    number[counts & (spread.dispersion <= POISSON_HIGHEST)] = len(LAW_NAMES)
    number[counts & (spread.dispersion < POISSON_LOWEST)] = len(LAW_NAMES) + 1
    return Labels.coded(number, (*LAW_NAMES, *COUNT_NAMES[1:]))
