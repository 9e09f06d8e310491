"""Gaussian moves of many factors: common normals, counted by row and scenario, mixed by loadings.

Every sum runs over the rows in one order, so a factor's move depends on its own loadings, the
seed and the scenario: not on the other factors, the number of scenarios, or any thread.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats
from kernels.normal import normal_quantile
from kernels.philox import Stream, uniform_pair

_NORMALS = int(Stream.MARKET_NORMALS)
# Scenarios in a block: its normals stay in the second-level cache.
_WIDTH = 128
# Rows mixed at once: eight products are added before the sum is stored.
_ROWS = 8


@njit(cache=True, nogil=True)
def fill_market_normals(seed: int, first_scenario: int, out: Floats) -> None:
    """Fill (n_rows, n_scenarios) standard normals; two neighbouring rows share one counter.

    Parameters
    ----------
    seed : in [0, 2**32)
    first_scenario : number of the scenario in the first column
    out : (n_rows, n_scenarios) float64
    """
    n_rows, n_scenarios = out.shape
    for row in range(0, n_rows, 2):
        for s in range(n_scenarios):
            first, second = uniform_pair(seed, _NORMALS, row // 2, first_scenario + s, 0)
            out[row, s] = normal_quantile(first)
            if row + 1 < n_rows:
                out[row + 1, s] = normal_quantile(second)


@njit(cache=True, nogil=True)
def _mix(loadings: Floats, normals: Floats, out: Floats) -> None:
    """Add ``loadings @ normals`` to ``out``; the number of rows is a multiple of eight."""
    n_factors, n_rows = loadings.shape
    for f in range(n_factors):
        for r in range(0, n_rows, _ROWS):
            a, b, c, d = loadings[f, r], loadings[f, r + 1], loadings[f, r + 2], loadings[f, r + 3]
            e, g, h, k = (
                loadings[f, r + 4],
                loadings[f, r + 5],
                loadings[f, r + 6],
                loadings[f, r + 7],
            )
            for s in range(out.shape[1]):
                near = (a * normals[r, s] + b * normals[r + 1, s]) + (
                    c * normals[r + 2, s] + d * normals[r + 3, s]
                )
                far = (e * normals[r + 4, s] + g * normals[r + 5, s]) + (
                    h * normals[r + 6, s] + k * normals[r + 7, s]
                )
                out[f, s] += near + far


@njit(cache=True, nogil=True)
def _fill_moves(loadings: Floats, seed: int, out: Floats) -> None:
    n_factors, n_rows = loadings.shape
    normals = np.empty((n_rows, _WIDTH))
    block = np.empty((n_factors, _WIDTH))
    n_scenarios = out.shape[1]
    for start in range(0, n_scenarios, _WIDTH):
        # The last block is made whole and cut, so that every scenario is summed alike.
        fill_market_normals(seed, start, normals)
        block[:] = 0.0
        _mix(loadings, normals, block)
        kept = min(_WIDTH, n_scenarios - start)
        out[:, start : start + kept] = block[:, :kept]


def gaussian_moves(loadings: Floats, seed: int, n_scenarios: int) -> Floats:
    """Return Gaussian moves with covariance ``loadings @ loadings.T``.

    Parameters
    ----------
    loadings : (n_factors, n_rows) float64, weight of each common normal in each factor
    seed : in [0, 2**32)
    n_scenarios : how many

    Returns
    -------
    (n_factors, n_scenarios) float64, mean zero.
    """
    n_factors, n_rows = loadings.shape
    padded = np.zeros((n_factors, -(-n_rows // _ROWS) * _ROWS))
    padded[:, :n_rows] = loadings
    out = np.empty((n_factors, n_scenarios))
    _fill_moves(padded, seed, out)
    return out
