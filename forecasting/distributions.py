"""The law of demand around a mean: its kind, its dispersion, and its quantiles.

The dispersion comes from the model's own backtest errors, held together by the series' recent
variance where errors are few.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.panel import Batch
from forecasting.plan import LEVELS, ForecastPlan
from kernels.arrays import Flags, Floats, Integers
from kernels.demand_history import recent_moments
from kernels.demand_laws import Law, fill_quantiles, pinball_and_coverage

# The recent variance counts as much as this many backtest errors.
PRIOR_ERRORS = 8.0
SEASONS_OF_VARIANCE = 8
PERIODS_OF_VARIANCE = 28
SMALLEST_DISPERSION = 1e-4
LARGEST_ZERO_SHARE = 0.99
LAW_NAMES = {Law.COUNT: "negative binomial", Law.LOGNORMAL: "lognormal"}


@dataclass(frozen=True)
class Moments:
    """What the recent history says of each series.

    Parameters
    ----------
    mean, variance : (n_series,) float64, units and units squared per period
    zero_share : (n_series,) float64, fraction of periods without demand
    whole : (n_series,) bool, whether demand comes in whole units
    """

    mean: Floats
    variance: Floats
    zero_share: Floats
    whole: Flags

    def of(self, chosen: Integers) -> "Moments":
        """Return the moments of some series."""
        return Moments(
            self.mean[chosen], self.variance[chosen], self.zero_share[chosen], self.whole[chosen]
        )


def measure_moments(batch: Batch, plan: ForecastPlan) -> Moments:
    """Return the moments of each series' recent history."""
    out = np.empty((len(batch), 4))
    recent = max(SEASONS_OF_VARIANCE * min(plan.season_length, 28), PERIODS_OF_VARIANCE)
    recent_moments(batch.values, batch.offsets, plan.season_length, recent, out)
    return Moments(out[:, 0], out[:, 1], out[:, 2], out[:, 3] == 1.0)


@dataclass(frozen=True)
class Spread:
    """The law of each series.

    Parameters
    ----------
    law : (n_series,) int64 of `Law`
    dispersion : (n_series,) float64, as the law defines it
    zero_share : (n_series,) float64
    """

    law: Integers
    dispersion: Floats
    zero_share: Floats


def estimate_spread(
    law: Integers, past: Floats, actuals: Floats, moments: Moments, leave_out: int | None = None
) -> Spread:
    """Return the dispersion of each series about a model's means.

    Parameters
    ----------
    law : (n_series,) int64 of `Law`
    past, actuals : (n_series, windows, horizon) float64, NaN where unscored
    moments : of the recent history
    leave_out : window that is not looked at, so that it can be scored honestly
    """
    seen = np.isfinite(past) & np.isfinite(actuals)
    if leave_out is not None:
        seen[:, leave_out] = False
    squares = np.where(seen, (actuals - past) ** 2, 0.0).sum(axis=(1, 2))
    levels = np.where(seen, past, 0.0).sum(axis=(1, 2))
    level_squares = np.where(seen, past**2, 0.0).sum(axis=(1, 2))
    squares = squares + PRIOR_ERRORS * moments.variance
    by_mean = squares / np.maximum(levels + PRIOR_ERRORS * moments.mean, 1e-12)
    by_square = squares / np.maximum(level_squares + PRIOR_ERRORS * moments.mean**2, 1e-12)
    dispersion = np.where(law == Law.COUNT, by_mean, by_square)
    zero_share = np.where(
        law == Law.LOGNORMAL, np.minimum(moments.zero_share, LARGEST_ZERO_SHARE), 0.0
    )
    return Spread(law, np.maximum(dispersion, SMALLEST_DISPERSION), zero_share)


def quantiles_of(spread: Spread, means: Floats) -> Floats:
    """Return the percentiles 1-99% of each period.

    Parameters
    ----------
    spread : the law of each series
    means : (n_series, n_periods) float64, units per period; NaN gives NaN

    Returns
    -------
    (n_series, n_periods, 99) float64, ascending, not negative. The law's mean is the mean given;
    the average of the percentiles differs from it by what lies beyond 1% and 99%.
    """
    n_series, n_periods = means.shape
    flat = np.ascontiguousarray(means).reshape(-1)
    known = np.isfinite(flat)
    out = np.full((n_series * n_periods, len(LEVELS)), np.nan)
    spread_out = [
        np.repeat(values, n_periods)[known]
        for values in (spread.law, spread.dispersion, spread.zero_share)
    ]
    found = np.empty((int(known.sum()), len(LEVELS)))
    fill_quantiles(spread_out[0], flat[known], spread_out[1], spread_out[2], LEVELS, found)
    out[known] = found
    return out.reshape(n_series, n_periods, len(LEVELS))


def score_law(
    law: Integers, past: Floats, actuals: Floats, moments: Moments
) -> tuple[Floats, Floats]:
    """Return pinball loss and 80% coverage of each scored period.

    Each window is scored with the dispersion that the other windows give.

    Returns
    -------
    losses, covered : (n_series, windows, horizon) float64, NaN where unscored; losses in units
    """
    losses, covered = np.full(past.shape, np.nan), np.full(past.shape, np.nan)
    for window in range(past.shape[1]):
        spread = estimate_spread(law, past, actuals, moments, leave_out=window)
        quantiles = quantiles_of(spread, past[:, window])
        flat_losses, flat_covered = np.empty(past[:, window].size), np.empty(past[:, window].size)
        pinball_and_coverage(
            np.ascontiguousarray(actuals[:, window]).reshape(-1),
            quantiles.reshape(-1, len(LEVELS)),
            LEVELS,
            flat_losses,
            flat_covered,
        )
        losses[:, window] = flat_losses.reshape(past[:, window].shape)
        covered[:, window] = flat_covered.reshape(past[:, window].shape)
    covered[np.isnan(losses)] = np.nan
    return losses, covered


def error_autocorrelation(past: Floats, actuals: Floats) -> Floats:
    """Return the lag-1 correlation of each series' errors within an origin, shrunk to zero.

    Parameters
    ----------
    past, actuals : (n_series, windows, horizon) float64, NaN where unscored

    Returns
    -------
    (n_series,) float64 within [-0.5, 0.95]; as many pairs as `PRIOR_ERRORS` halve it.
    """
    errors = actuals - past
    first, second = errors[:, :, :-1], errors[:, :, 1:]
    both = np.isfinite(first) & np.isfinite(second)
    products = np.where(both, first * second, 0.0).sum(axis=(1, 2))
    squares = np.where(both, 0.5 * (first**2 + second**2), 0.0).sum(axis=(1, 2))
    pairs = both.sum(axis=(1, 2))
    raw = np.divide(products, squares, out=np.zeros_like(products), where=squares > 0.0)
    return np.clip(raw * pairs / (pairs + PRIOR_ERRORS), -0.5, 0.95)
