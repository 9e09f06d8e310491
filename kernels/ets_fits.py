"""What a fit of an exponential smoothing model says of a series."""

from typing import NamedTuple

import numpy as np

from kernels.arrays import Floats, Integers
from kernels.ets_shape import count_parameters
from kernels.ets_step import ADDED, DAMPED

# A constant series, or one too short for any model.
NO_MODEL = -1
# Columns of a fit's smoothing parameters.
ALPHA, BETA, GAMMA, PHI = 0, 1, 2, 3


class EtsFits(NamedTuple):
    """The model of each series and its state after the last period.

    Parameters
    ----------
    model : (n_series,) int64, ``9 * relative errors + 3 * trend + season`` by the numbers of
        `Trend` and `Season`; `NO_MODEL` for a constant series and one too short
    smoothing : (n_series, 4) float64, alpha, beta, gamma and phi; zero where the model has none,
        and phi one where the trend is not damped
    level, trend : (n_series,) float64, units and units per period
    seasons : (n_series, m) float64, of the next period first; units or ratios, zero without season
    variance : (n_series,) float64, of one-step errors, in squared units, or of relative ones
    criterion : (n_series,) float64, AICc without the constant that all models share; NaN without
        a model
    points : (n_series,) int64, evaluations of likelihood and slope
    start : (n_series, widest) float64, the model's parameters in the order of
        `kernels.ets_lanes.pass_lanes`, level, trend and added seasons in units
    """

    model: Integers
    smoothing: Floats
    level: Floats
    trend: Floats
    seasons: Floats
    variance: Floats
    criterion: Floats
    points: Integers
    start: Floats

    @property
    def season_length(self) -> int:
        """Periods of the season, 1 for none."""
        return int(self.seasons.shape[1])


def no_fits(n_series: int, season_length: int) -> EtsFits:
    """Return room for the fits of so many series, without a model yet."""
    widest = count_parameters(DAMPED, ADDED if season_length > 1 else 0, season_length)
    return EtsFits(
        np.full(n_series, NO_MODEL, np.int64),
        np.zeros((n_series, 4)),
        np.full(n_series, np.nan),
        np.zeros(n_series),
        np.zeros((n_series, season_length)),
        np.zeros(n_series),
        np.full(n_series, np.inf),
        np.zeros(n_series, np.int64),
        np.zeros((n_series, widest)),
    )
