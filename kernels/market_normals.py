"""Standard normals for market scenarios, counted by factor and scenario."""

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.normal import normal_quantile
from kernels.philox import Stream, uniform_pair

_NORMALS = int(Stream.MARKET_NORMALS)


@njit(cache=True, nogil=True)
def _fill_normals(seed: int, first_scenario: int, out: Floats) -> None:
    n_scenarios, n_factors = out.shape
    for s in range(n_scenarios):
        for f in range(0, n_factors, 2):
            first, second = uniform_pair(seed, _NORMALS, f // 2, first_scenario + s, 0)
            out[s, f] = normal_quantile(first)
            if f + 1 < n_factors:
                out[s, f + 1] = normal_quantile(second)


def market_normals(seed: int, first_scenario: int, n_scenarios: int, n_factors: int) -> Floats:
    """Return standard normals for a block of scenarios.

    Parameters
    ----------
    seed : in [0, 2**32)
    first_scenario, n_scenarios : the block
    n_factors : how many numbers for each scenario

    Returns
    -------
    (n_scenarios, n_factors) float64; a number depends on seed, factor and scenario alone.
    """
    out = np.empty((n_scenarios, n_factors))
    _fill_normals(seed, first_scenario, out)
    return out
