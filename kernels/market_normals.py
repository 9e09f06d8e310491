"""Gaussian moves of many factors: common normals, counted by row and scenario, mixed by loadings.

Every sum runs over the rows in one order, so a factor's move depends on its own loadings, the
seed and the scenario: not on the other factors, the number of scenarios, or any thread.
"""

import numpy as np
from numba import njit

from kernels.arrays import Floats, Words
from kernels.normal import normal_quantile
from kernels.philox import Stream, uniform_pair

# Scenarios in a block: its normals stay in the second-level cache.
_WIDTH = 128
# Rows mixed at once: eight products are added before the sum is stored.
_ROWS = 8


@njit(cache=True, nogil=True)
def fill_stream_normals(seed: int, stream: int, first_scenario: int, out: Floats) -> None:
    """Fill (n_rows, n_scenarios) standard normals; two neighbouring rows share one counter.

    Parameters
    ----------
    seed : in [0, 2**32)
    stream : what the numbers are for
    first_scenario : number of the scenario in the first column
    out : (n_rows, n_scenarios) float64
    """
    n_rows, n_scenarios = out.shape
    for row in range(0, n_rows, 2):
        for s in range(n_scenarios):
            first, second = uniform_pair(seed, stream, row // 2, first_scenario + s, 0)
            out[row, s] = normal_quantile(first)
            if row + 1 < n_rows:
                out[row + 1, s] = normal_quantile(second)


@njit(cache=True, nogil=True)
def add_specific_normals(
    seed: int, stream: int, entities: Words, deviations: Floats, out: Floats
) -> None:
    """Add to each row of ``out`` normals of its own.

    Parameters
    ----------
    seed : in [0, 2**32)
    stream : what the numbers are for
    entities : (n_factors,) uint64, stable identities of the rows
    deviations : (n_factors,) float64; nothing is drawn for one that is zero
    out : (n_factors, n_scenarios) float64, added to
    """
    for f in range(out.shape[0]):
        deviation = deviations[f]
        if deviation == 0.0:
            continue
        for s in range(0, out.shape[1], 2):
            first, second = uniform_pair(seed, stream, entities[f], s // 2, 0)
            out[f, s] += deviation * normal_quantile(first)
            if s + 1 < out.shape[1]:
                out[f, s + 1] += deviation * normal_quantile(second)


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
def _fill_moves(loadings: Floats, seed: int, stream: int, out: Floats) -> None:
    n_factors, n_rows = loadings.shape
    normals = np.empty((n_rows, _WIDTH))
    block = np.empty((n_factors, _WIDTH))
    n_scenarios = out.shape[1]
    for start in range(0, n_scenarios, _WIDTH):
        # The last block is made whole and cut, so that every scenario is summed alike.
        fill_stream_normals(seed, stream, start, normals)
        block[:] = 0.0
        _mix(loadings, normals, block)
        kept = min(_WIDTH, n_scenarios - start)
        out[:, start : start + kept] = block[:, :kept]


@njit(cache=True, nogil=True)
def _mix_given(loadings: Floats, normals: Floats, out: Floats) -> None:
    n_rows, n_scenarios = normals.shape
    given = np.zeros((loadings.shape[1], _WIDTH))
    block = np.empty((loadings.shape[0], _WIDTH))
    for start in range(0, n_scenarios, _WIDTH):
        kept = min(_WIDTH, n_scenarios - start)
        given[:n_rows, :kept] = normals[:, start : start + kept]
        block[:] = 0.0
        _mix(loadings, given, block)
        out[:, start : start + kept] = block[:, :kept]


def gaussian_moves(
    loadings: Floats, seed: int, n_scenarios: int, stream: Stream = Stream.MARKET_NORMALS
) -> Floats:
    """Return Gaussian moves with covariance ``loadings @ loadings.T``.

    Parameters
    ----------
    loadings : (n_factors, n_rows) float64, weight of each common normal in each factor
    seed : in [0, 2**32)
    n_scenarios : how many
    stream : what the common normals are for

    Returns
    -------
    (n_factors, n_scenarios) float64, mean zero.
    """
    out = np.empty((len(loadings), n_scenarios))
    _fill_moves(_padded(loadings), seed, int(stream), out)
    return out


def mixed_moves(loadings: Floats, normals: Floats) -> Floats:
    """Return ``loadings @ normals``, each number summed in one order.

    Parameters
    ----------
    loadings : (n_factors, n_rows) float64
    normals : (n_rows, n_scenarios) float64

    Returns
    -------
    (n_factors, n_scenarios) float64; element [f, s] depends on row f and column s alone.
    """
    out = np.empty((len(loadings), normals.shape[1]))
    _mix_given(_padded(loadings), normals, out)
    return out


def _padded(loadings: Floats) -> Floats:
    n_factors, n_rows = loadings.shape
    padded = np.zeros((n_factors, -(-n_rows // _ROWS) * _ROWS))
    padded[:, :n_rows] = loadings
    return padded
