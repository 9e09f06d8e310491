"""Sample paths of demand, drawn from a forecast's quantiles."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.distributions import QUANTILES
from forecasting.draws import check_draw
from forecasting.errors import PanelError
from forecasting.labels import Labels
from forecasting.laws import COUNT_NAMES
from forecasting.panel import SERIES
from kernels.arrays import Floats, Integers, Words
from kernels.demand_paths import fill_paths, fill_shared_paths

WHOLE_LAWS = (*COUNT_NAMES, "zero")


@dataclass(frozen=True)
class SharedScores:
    """What the errors of series have in common, on every path.

    Parameters
    ----------
    scores : (n_nodes, n_paths, n_periods) float64, standard normal
    nodes : (n_series, n_levels) int64, the series' node at each level; -1 where it is in none
    shares : (n_levels,) float64 of the variance of a series' scores, which add up to less than 1
    starts : (n_series,) int64, the period of ``scores`` that the series' first one is
    """

    scores: Floats
    nodes: Integers
    shares: Floats
    starts: Integers


def sample_paths(
    forecasts: pd.DataFrame,
    champions: pd.DataFrame,
    entities: Words,
    n_paths: int,
    seed: int,
    shared: SharedScores | None = None,
) -> Floats:
    """Draw paths of demand whose marginals are the forecast's quantiles.

    Dependence over time is a Gaussian autoregression of order one with the champion's error
    correlation. Between 1% and 99% quantiles are interpolated (whole units for count laws);
    beyond, the tail is exponential. A path depends on the seed, its entity and what is shared.

    Parameters
    ----------
    forecasts : sorted by series and ds, the same number of periods for each series
    champions : one row per series, in the same order
    entities : (n_series,) uint64, stable identities in that order
    n_paths : paths per series, one or more
    seed : in [0, 2**32)
    shared : what the series' normal scores have in common; None has each err by itself

    Returns
    -------
    (n_series, n_paths, horizon) float64, units per period, not negative.

    Raises
    ------
    PlanError
        Where the seed or the number of paths is out of range.
    PanelError
        Where the frames disagree on the series, or series on the number of periods.
    """
    check_draw(n_paths, seed)
    n_series = len(champions)
    horizon = len(forecasts) // max(n_series, 1)
    if horizon * n_series != len(forecasts) or len(entities) != n_series:
        raise PanelError(
            f"forecasts must have the same number of periods for each of {n_series} series and "
            f"entities; got {len(forecasts)} rows and {len(entities)} entities"
        )
    if n_series and not _same_series(forecasts, champions, horizon):
        raise PanelError("forecasts and champions must list the same series in the same order")
    quantiles = forecasts[QUANTILES].to_numpy(np.float64).reshape(n_series, horizon, len(QUANTILES))
    out = np.empty((n_series, n_paths, horizon))
    laws = (
        np.ascontiguousarray(entities, np.uint64),
        np.ascontiguousarray(quantiles),
        champions["autocorrelation"].to_numpy(np.float64, copy=True),
        champions["distribution"].isin(WHOLE_LAWS).to_numpy(),
    )
    if shared is None:
        fill_paths(seed, *laws, out)
    else:
        common = shared.scores, shared.nodes, shared.shares, shared.starts
        fill_shared_paths(seed, *laws, *common, out)
    return out


def _same_series(forecasts: pd.DataFrame, champions: pd.DataFrame, horizon: int) -> bool:
    return all(_same_ids(forecasts[name], champions[name], horizon) for name in SERIES)


def _same_ids(ahead: pd.Series, ids: pd.Series, horizon: int) -> bool:
    own, known = Labels.of(ahead), Labels.of(ids)
    return np.array_equal(own.names, known.names) and np.array_equal(
        own.codes, np.repeat(known.codes, horizon)
    )
