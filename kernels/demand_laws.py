"""Laws of demand in a period: quantiles from a mean and a dispersion, never negative.

References
----------
Aitchison (1955), "On the distribution of a positive random variable having a discrete
probability mass at the origin", JASA 50 (the lognormal with a mass at zero).
"""

import math
from enum import IntEnum

from numba import njit

from kernels.arrays import Floats, Integers
from kernels.count_law import count_quantiles
from kernels.gamma_law import gamma_quantiles
from kernels.normal import normal_quantile


class Law(IntEnum):
    """A law of demand.

    COUNT : variance ``dispersion * mean``: negative binomial, Poisson or binomial
    GAMMA : variance ``dispersion * mean**2``
    LOGNORMAL : variance ``dispersion * mean**2`` in all, and a mass ``zero_share`` at zero
    EMPIRICAL : given ratios to the mean, with ``dispersion`` times their variance
    """

    COUNT = 0
    GAMMA = 1
    LOGNORMAL = 2
    EMPIRICAL = 3


# A count that spreads wider has the quantiles of a gamma law of the same mean and variance, to
# half a unit: the walk over single counts would take too long.
LARGEST_WALK = 250.0


@njit(cache=True, nogil=True)
def wide_count_quantiles(mean: float, dispersion: float, table: Floats, out: Floats) -> None:
    """Fill ``out`` with the quantiles of a count law of a large deviation, in whole units.

    Parameters
    ----------
    mean : units per period
    dispersion : variance / mean
    table : of `gamma_table`
    """
    gamma_quantiles(mean, dispersion / mean, table, out)
    for i in range(out.shape[0]):
        out[i] = math.floor(out[i] + 0.5)


@njit(cache=True, nogil=True)
def lognormal_quantiles(
    mean: float, dispersion: float, zero_share: float, levels: Floats, out: Floats
) -> None:
    """Fill ``out`` with the quantiles of a lognormal with a mass at zero.

    Parameters
    ----------
    mean : units per period, positive, of all demand, zeros included
    dispersion : variance / mean**2 of all demand
    zero_share : probability of no demand, fraction below 1
    levels : (n_levels,) ascending, in (0, 1)
    """
    positive = 1.0 - zero_share
    # E[X^2 | X > 0] / E[X | X > 0]^2; at least 1, or the mass at zero alone exceeds the variance.
    ratio = max((1.0 + dispersion) * positive, 1.0 + 1e-12)
    spread = math.sqrt(math.log(ratio))
    centre = math.log(mean / positive) - 0.5 * spread * spread
    for i in range(levels.shape[0]):
        if levels[i] <= zero_share:
            out[i] = 0.0
        else:
            z = normal_quantile((levels[i] - zero_share) / positive)
            out[i] = math.exp(centre + spread * z)


@njit(cache=True, nogil=True)
def empirical_quantiles(mean: float, dispersion: float, ratios: Floats, out: Floats) -> None:
    """Fill ``out`` with ratios to the mean, spread by the root of ``dispersion``, cut at zero."""
    spread = math.sqrt(dispersion)
    for i in range(ratios.shape[0]):
        out[i] = mean * max(1.0 + spread * (ratios[i] - 1.0), 0.0)


@njit(cache=True, nogil=True)
def law_quantiles(
    law: int,
    mean: float,
    dispersion: float,
    zero_share: float,
    ratios: Floats,
    levels: Floats,
    table: Floats,
    out: Floats,
) -> None:
    """Fill the quantiles of one period; a mean of zero has all of them zero, NaN has NaN.

    Parameters
    ----------
    law : of `Law`, which says what ``dispersion`` is
    ratios, levels, out : (n_levels,) float64; levels ascending, in (0, 1)
    table : of `gamma_table` at ``levels``
    """
    if math.isnan(mean):
        out[:] = math.nan
    elif mean <= 0.0:
        out[:] = 0.0
    elif law == Law.LOGNORMAL:
        lognormal_quantiles(mean, dispersion, zero_share, levels, out)
    elif law == Law.GAMMA:
        gamma_quantiles(mean, dispersion, table, out)
    elif law == Law.EMPIRICAL:
        empirical_quantiles(mean, dispersion, ratios, out)
    elif mean * max(dispersion, 1.0) > LARGEST_WALK * LARGEST_WALK:
        wide_count_quantiles(mean, dispersion, table, out)
    else:
        count_quantiles(mean, dispersion, levels, out)


@njit(cache=True, nogil=True)
def fill_quantiles(
    laws: Integers,
    means: Floats,
    dispersions: Floats,
    zero_shares: Floats,
    ratios: Floats,
    levels: Floats,
    table: Floats,
    out: Floats,
) -> None:
    """Fill the quantiles of many series and periods.

    Parameters
    ----------
    laws : (n_series,) int64 of `Law`
    means, dispersions : (n_series, n_periods) float64, units per period; as the law defines it
    zero_shares : (n_series,) float64
    ratios : (n_series, n_levels) float64
    levels : (n_levels,) ascending, in (0, 1)
    table : of `gamma_table` at ``levels``
    out : (n_series, n_periods, n_levels) float64, overwritten
    """
    for s in range(means.shape[0]):
        for t in range(means.shape[1]):
            law_quantiles(
                laws[s],
                means[s, t],
                dispersions[s, t],
                zero_shares[s],
                ratios[s],
                levels,
                table,
                out[s, t],
            )
