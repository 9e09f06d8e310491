"""An aggregate's own draws, put in the order of what its leaves add up to."""

import numpy as np

from forecasting.errors import PanelError
from kernels.arrays import Floats


def match_ranks(own: Floats, summed: Floats) -> Floats:
    """Return the draws of ``own`` in the order of ``summed``: its laws, the leaves' dependence.

    A path in which the leaves add up to much is given a high draw of the aggregate, so that the
    difference that reconciliation spreads over the leaves is that of two forecasts of one world.

    Parameters
    ----------
    own : (n_aggregates, n_paths, horizon) draws from the aggregates' own forecasts, units
    summed : the same shape, sums of the leaves' paths; ties keep the order of the paths

    References
    ----------
    Ben Taieb, Taylor & Hyndman (2017), "Coherent probabilistic forecasts for hierarchical time
    series", the reordering by empirical copula (Schaake shuffle).
    """
    if own.shape != summed.shape:
        raise PanelError(f"own and summed must have one shape; got {own.shape}, {summed.shape}")
    order = np.argsort(summed, axis=1, kind="stable")
    matched = np.empty_like(own)
    np.put_along_axis(matched, order, np.sort(own, axis=1), axis=1)
    return matched
