"""How often demand falls below each quantile, and quantiles moved to where it should.

References
----------
Dawid (1984), "Statistical theory: the prequential approach", JRSS A 147(2) (the probability
integral transform); Czado, Gneiting & Held (2009), "Predictive model assessment for count data",
Biometrics 65(4), equation 2 (its version without randomisation, for laws with atoms); Kuleshov,
Fenner & Ermon (2018), "Accurate uncertainties for deep learning using calibrated regression",
ICML, section 3 (the map).
"""

import math

from numba import njit

from kernels.arrays import Flags, Floats, Integers
from kernels.demand_paths import N_QUANTILES, quantile_at


@njit(cache=True, nogil=True)
def probability_bounds(actual: float, quantiles: Floats) -> tuple[float, float]:
    """Probability of less than ``actual``, and of no more, as far as 99 percentiles tell.

    Between two percentiles demand lies anywhere within their per cent; an atom that holds several
    of them reaches half a per cent beyond.
    """
    below, upto = 0, 0
    for j in range(N_QUANTILES):
        below += 1 if quantiles[j] < actual else 0
        upto += 1 if quantiles[j] <= actual else 0
    step = 1.0 / (N_QUANTILES + 1)
    if below == upto:
        return below * step, (below + 1) * step
    low = (below + 0.5) * step if below > 0 else 0.0
    high = (upto + 0.5) * step if upto < N_QUANTILES else 1.0
    return low, high


@njit(cache=True, nogil=True)
def add_hits(actuals: Floats, quantiles: Floats, places: Integers, hits: Floats) -> None:
    """Add to ``hits`` how far each percentile lies above each actual, one if wholly.

    Parameters
    ----------
    actuals : (n, horizon) float64, units; NaN is left out
    quantiles : (n, horizon, 99) float64, ascending
    places : (n, horizon) int64, where each is counted
    hits : (n_places, 100) float64, the last column counts the actuals
    """
    step = 1.0 / (N_QUANTILES + 1)
    for i in range(actuals.shape[0]):
        for t in range(actuals.shape[1]):
            if math.isnan(actuals[i, t]) or math.isnan(quantiles[i, t, 0]):
                continue
            low, high = probability_bounds(actuals[i, t], quantiles[i, t])
            for j in range(N_QUANTILES):
                share = ((j + 1) * step - low) / (high - low)
                hits[places[i, t], j] += min(max(share, 0.0), 1.0)
            hits[places[i, t], N_QUANTILES] += 1.0


@njit(cache=True, nogil=True)
def move_quantiles(quantiles: Floats, levels: Floats, whole: Flags) -> None:
    """Overwrite each percentile with the quantile at another level.

    Parameters
    ----------
    quantiles : (n, horizon, 99) float64, ascending; overwritten
    levels : (n, horizon, 99) float64, ascending, in (0, 1)
    whole : (n,) bool, whether demand comes in whole units
    """
    for i in range(quantiles.shape[0]):
        for t in range(quantiles.shape[1]):
            own = quantiles[i, t].copy()
            for j in range(N_QUANTILES):
                quantiles[i, t, j] = quantile_at(own, levels[i, t, j], whole[i])
