"""Whole distributions and sample paths of exponential smoothing models, by simulation."""

from dataclasses import dataclass

import numpy as np

from forecasting.draws import check_draw, check_entities
from forecasting.errors import PlanError
from forecasting.models.ets_model import BatchedEts
from forecasting.models.protocol import Seasons
from forecasting.panel import Batch
from kernels.arrays import Flags, Floats, Words
from kernels.device import Device
from kernels.ets_fits import EtsFits
from kernels.on_device import ets_quantiles_on, forecast_ets_on, simulate_ets_on


@dataclass(frozen=True)
class EtsLaws:
    """Exponential smoothing models of some series, that say what they think of the future.

    Errors are normal, and relative to the mean where the model says so; demand may be negative.

    Parameters
    ----------
    fits : one a series
    device : where they are simulated
    """

    fits: EtsFits
    device: Device = "cpu"

    @property
    def answered(self) -> Flags:
        """Whether a series has a model or is a constant, (n_series,); NaN is said of the others."""
        return np.isfinite(self.fits.level)

    def means(self, horizon: int) -> Floats:
        """Return the point forecasts, (n_series, horizon), units per period."""
        return forecast_ets_on(self.device)(self.fits, horizon)

    def quantiles(
        self, entities: Words, levels: Floats, n_paths: int, horizon: int, seed: int
    ) -> Floats:
        """Return quantiles of the paths that `paths` draws, never all of them in memory.

        Parameters
        ----------
        entities : (n_series,) uint64, stable identities
        levels : (n_levels,) float64 in [0, 1]; a quantile lies between the two nearest paths
        n_paths : of each series, two or more
        horizon : periods ahead
        seed : in [0, 2**32)

        Returns
        -------
        (n_series, horizon, n_levels) float64, units per period

        Raises
        ------
        PlanError
            Where a level, the seed, or the number of paths or of entities, is out of range.
        """
        asked = np.asarray(levels, np.float64)
        if not ((asked >= 0.0) & (asked <= 1.0)).all():
            raise PlanError(f"levels must be in [0, 1]; got {asked.tolist()}")
        named = self._named(entities, n_paths, seed)
        if n_paths < 2:
            raise PlanError(f"n_paths must be at least 2 for quantiles; got {n_paths}")
        return ets_quantiles_on(self.device)(self.fits, named, asked, n_paths, horizon, seed)

    def paths(self, entities: Words, n_paths: int, horizon: int, seed: int) -> Floats:
        """Draw paths of demand; one depends on the seed, its entity and its own number alone.

        Parameters
        ----------
        entities, n_paths, horizon, seed : as for `quantiles`; one path will do

        Returns
        -------
        (n_series, n_paths, horizon) float64, units per period

        Raises
        ------
        PlanError
            Where the seed, or the number of paths or of entities, is out of range.
        """
        named = self._named(entities, n_paths, seed)
        return simulate_ets_on(self.device)(self.fits, named, n_paths, horizon, seed)

    def _named(self, entities: Words, n_paths: int, seed: int) -> Words:
        check_draw(n_paths, seed)
        check_entities(len(self.fits.model), entities)
        return np.ascontiguousarray(entities, np.uint64)


def fit_ets_laws(
    batch: Batch, season_length: int, models: tuple[str, ...] = (), device: Device = "cpu"
) -> EtsLaws:
    """Choose and fit an exponential smoothing model for each series, as AutoETS does.

    Parameters
    ----------
    batch : demand, units per period
    season_length : periods, 1 for none; none is taken of a season longer than a year of weeks
    models : names of those to choose from, "AAdN" for example; none is all
    device : where they are fitted and simulated
    """
    fits = BatchedEts(models, device).fit(batch, Seasons(season_length, float(season_length)))
    return EtsLaws(fits, device)
