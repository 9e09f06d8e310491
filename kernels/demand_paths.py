"""Sample paths whose marginals are given quantiles, dependent over time.

References
----------
Biller & Nelson (2003), "Modeling and generating multivariate time-series input processes using a
vector autoregressive technique", ACM TOMACS 13(3): a Gaussian autoregression carries the
dependence, quantile functions the marginals.
"""

import math

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats, Integers, Words
from kernels.normal import normal_cdf, normal_quantile
from kernels.philox import Stream, uniform_pair

_STREAM = int(Stream.DEMAND_PATHS)
_SHARED = int(Stream.SHARED_SCORES)
N_QUANTILES = 99
_LOG_TEN = math.log(10.0)


@njit(cache=True, nogil=True)
def quantile_at(quantiles: Floats, u: float, whole: bool) -> float:
    """Value of the quantile function at probability ``u``.

    Between the 99 percentiles a continuous law is interpolated linearly and a count law takes the
    nearer percentile; beyond 99% the tail is exponential, as steep as from 90% to 99%, rounded to a
    whole number for a count law. So is that of a continuous law below 1%, as steep as from 1% to
    10%, but for what would be less than nothing; a count law stays at its least percentile.
    """
    place = u * (N_QUANTILES + 1)
    last = N_QUANTILES - 1
    value: float = 0.0
    if place > N_QUANTILES:
        slope = (quantiles[last] - quantiles[last - 9]) / _LOG_TEN
        value = quantiles[last] + slope * math.log(0.01 / (1.0 - u))
        if whole:
            value = math.floor(value + 0.5)
    elif whole:
        value = quantiles[max(int(place + 0.5) - 1, 0)]
    elif place < 1.0:
        slope = (quantiles[9] - quantiles[0]) / _LOG_TEN
        value = max(quantiles[0] - slope * math.log(0.01 / u), 0.0)
    else:
        below = int(place)
        low, high = quantiles[below - 1], quantiles[min(below, last)]
        value = low + (place - below) * (high - low)
    return value


@njit(cache=True, nogil=True)
def _fill_uniforms(seed: int, stream: int, entity: int, path: int, out: Floats) -> None:
    """Fill the uniform draws of a path, two of a pair after one another."""
    spare = 0.0
    for step in range(len(out)):
        if step % 2 == 0:
            out[step], spare = uniform_pair(seed, stream, entity, path, step // 2)
        else:
            out[step] = spare


@njit(cache=True, nogil=True)
def _fill_scores(
    seed: int, stream: int, entity: int, path: int, autocorrelation: float, out: Floats
) -> None:
    """Fill the normal scores of a path: a Gaussian autoregression of order one.

    Parameters
    ----------
    seed, stream, entity, path : of the draws
    autocorrelation : in (-1, 1)
    out : (horizon,) float64, overwritten
    """
    _fill_uniforms(seed, stream, entity, path, out)
    fresh = math.sqrt(1.0 - autocorrelation * autocorrelation)
    score = 0.0
    for step in range(len(out)):
        draw = normal_quantile(out[step])
        score = draw if step == 0 else autocorrelation * score + fresh * draw
        out[step] = score


@njit(cache=True, nogil=True)
def _fill_path(quantiles: Floats, levels: Floats, whole: bool, out: Floats) -> None:
    """Fill a path's demand from the probabilities at which it lies, (horizon,) each."""
    for step in range(len(out)):
        u = min(max(levels[step], 1e-12), 1.0 - 1e-12)
        out[step] = quantile_at(quantiles[step], u, whole)


@njit(cache=True, nogil=True)
def fill_paths(
    seed: int,
    entities: Words,
    quantiles: Floats,
    autocorrelations: Floats,
    whole: Flags,
    out: Floats,
) -> None:
    """Fill paths of demand.

    Parameters
    ----------
    seed : in [0, 2**32)
    entities : (n_series,) uint64, stable identities
    quantiles : (n_series, horizon, 99) float64, ascending along the last axis
    autocorrelations : (n_series,) lag-1 correlation of the normal scores, in (-1, 1)
    whole : (n_series,) whether demand comes in whole units
    out : (n_series, n_paths, horizon) float64, overwritten
    """
    n_series, n_paths, horizon = out.shape
    levels = np.empty(horizon)
    for s in range(n_series):
        rho = autocorrelations[s]
        for path in range(n_paths):
            if rho == 0.0:
                _fill_uniforms(seed, _STREAM, entities[s], path, levels)
            else:
                _fill_scores(seed, _STREAM, entities[s], path, rho, levels)
                for step in range(horizon):
                    levels[step] = normal_cdf(levels[step])
            _fill_path(quantiles[s], levels, whole[s], out[s, path])


@njit(cache=True, nogil=True)
def fill_shared_scores(seed: int, nodes: Words, autocorrelation: float, out: Floats) -> None:
    """Fill the scores that series of a node have in common.

    Parameters
    ----------
    seed : in [0, 2**32)
    nodes : (n_nodes,) uint64, stable identities
    autocorrelation : in (-1, 1)
    out : (n_nodes, n_paths, horizon) float64, overwritten
    """
    for node in range(out.shape[0]):
        for path in range(out.shape[1]):
            _fill_scores(seed, _SHARED, nodes[node], path, autocorrelation, out[node, path])


@njit(cache=True, nogil=True)
def fill_shared_paths(
    seed: int,
    entities: Words,
    quantiles: Floats,
    autocorrelations: Floats,
    whole: Flags,
    scores: Floats,
    nodes: Integers,
    shares: Floats,
    starts: Integers,
    out: Floats,
) -> None:
    """Fill paths of demand of series whose errors go together.

    The marginals are those of `fill_paths`; a series that is in no node has its paths, to rounding.

    Parameters
    ----------
    seed, entities, quantiles, autocorrelations, whole, out : of `fill_paths`
    scores : (n_nodes, n_paths, n_periods) float64, standard normal, of `fill_shared_scores`
    nodes : (n_series, n_levels) int64, the series' node at each level; -1 where it is in none
    shares : (n_levels,) of the variance of a series' scores, which add up to less than 1
    starts : (n_series,) int64, the period of ``scores`` that the series' first one is
    """
    n_series, n_paths, horizon = out.shape
    loadings = np.sqrt(shares)
    levels = np.empty(horizon)
    for s in range(n_series):
        rest = 1.0
        for level in range(len(shares)):
            if nodes[s, level] >= 0:
                rest -= shares[level]
        loading = math.sqrt(rest)
        for path in range(n_paths):
            _fill_scores(seed, _STREAM, entities[s], path, autocorrelations[s], levels)
            for step in range(horizon):
                score = loading * levels[step]
                for level in range(len(shares)):
                    node = nodes[s, level]
                    if node >= 0:
                        score += loadings[level] * scores[node, path, starts[s] + step]
                levels[step] = normal_cdf(score)
            _fill_path(quantiles[s], levels, whole[s], out[s, path])
