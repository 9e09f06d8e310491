"""Whole distributions and sample paths of demand that comes in units and mostly pauses."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from forecasting.distributions import LEVELS, Spread, quantiles_of
from forecasting.draws import check_draw, check_entities
from forecasting.panel import Batch
from kernels.arrays import Flags, Floats, Words
from kernels.counts_ahead import (
    fill_count_paths,
    fill_hurdle_paths,
    fill_hurdle_quantiles,
    fill_spreads,
)
from kernels.counts_fit import (
    EVIDENCE,
    FIT,
    NEXT,
    SPREAD,
)
from kernels.demand_laws import Law
from kernels.device import Device
from kernels.on_device import fit_counts_on, fit_hurdles_on


class CountKind(Enum):
    """What a count is made of.

    NEGATIVE_BINOMIAL : one law of all periods
    COMPOUND : a chance of demand, and sizes of one unit and more that are one and a negative
        binomial
    """

    NEGATIVE_BINOMIAL = "negative binomial"
    COMPOUND = "compound"


@dataclass(frozen=True)
class CountLaws:
    """Laws of demand fitted by likelihood, one a series.

    Parameters
    ----------
    kind : of all of them
    answered : (n_series,) bool, whether the series is of whole units; NaN is said of the others
    chances : (n_series, FIT) float64, of demand in a period; of a negative binomial not looked at
    sizes : (n_series, FIT) float64, of units in a period, or beyond the first where there is demand
    """

    kind: CountKind
    answered: Flags
    chances: Floats
    sizes: Floats

    @property
    def mean(self) -> Floats:
        """Units per period, (n_series,), the same for every period ahead."""
        sizes = self.sizes[:, NEXT]
        if self.kind is CountKind.COMPOUND:
            sizes = self.chances[:, NEXT] * (1.0 + sizes)
        return np.where(self.answered, sizes, np.nan)

    @property
    def evidence(self) -> Floats:
        """Logarithm of each series' likelihood, averaged over smoothing parameters.

        Of one history the two kinds can be compared by it.
        """
        evidence = self.sizes[:, EVIDENCE]
        if self.kind is CountKind.COMPOUND:
            evidence = evidence + self.chances[:, EVIDENCE]
        return np.where(self.answered, evidence, np.nan)

    def quantiles(self, horizon: int) -> Floats:
        """Return the percentiles 1-99% of each period ahead, (n_series, horizon, 99), in units.

        They widen with the horizon by what the periods before will teach.
        """
        if self.kind is CountKind.COMPOUND:
            out = np.empty((len(self.mean), horizon, len(LEVELS)))
            fill_hurdle_quantiles(self.chances, self.sizes, LEVELS, out)
            out[~self.answered] = np.nan
            return out
        return self._binomial_quantiles(horizon)

    def _binomial_quantiles(self, horizon: int) -> Floats:
        n_series = len(self.mean)
        ahead = np.empty((n_series, max(horizon, 1)))
        fill_spreads(self.sizes, ahead)
        # The last step's share above the first is how a law's spread is said to grow.
        spread = Spread(
            np.full(n_series, int(Law.COUNT)),
            self.sizes[:, SPREAD],
            ahead[:, -1] / ahead[:, 0] - 1.0,
            np.zeros(n_series),
            np.ones((n_series, len(LEVELS))),
        )
        return quantiles_of(spread, np.repeat(self.mean[:, None], horizon, axis=1))

    def paths(self, entities: Words, n_paths: int, horizon: int, seed: int) -> Floats:
        """Draw paths of demand, the law moving along each of them with what is drawn.

        Parameters
        ----------
        entities : (n_series,) uint64, stable identities: a path depends on the seed and its
            entity alone
        n_paths, horizon : of each series
        seed : in [0, 2**32)

        Returns
        -------
        (n_series, n_paths, horizon) float64, whole units per period

        Raises
        ------
        PlanError
            Where the seed, or the number of paths or of entities, is out of range.
        """
        check_draw(n_paths, seed)
        check_entities(len(self.mean), entities)
        out = np.empty((len(self.mean), n_paths, horizon))
        named = np.ascontiguousarray(entities, np.uint64)
        if self.kind is CountKind.COMPOUND:
            fill_hurdle_paths(seed, named, self.chances, self.sizes, out)
        else:
            fill_count_paths(seed, named, self.sizes, out)
        out[~self.answered] = np.nan
        return out


def fit_count_laws(batch: Batch, kind: CountKind, device: Device = "cpu") -> CountLaws:
    """Fit a law of counts to each series by likelihood.

    The mean of a negative binomial, or the chance of demand and the mean size, is exponentially
    smoothed; the smoothing parameter is averaged over by its likelihood (`kernels.counts_fit`).

    Parameters
    ----------
    batch : demand, units per period; periods whose demand was raised are left out, for what is
        expected of them is no count
    kind : of the law
    device : where it is fitted
    """
    seen = batch.observed()
    whole = np.ones(len(batch), dtype=bool)
    if len(batch):
        of_value = (seen.values == np.floor(seen.values)) & (seen.values >= 0.0)
        whole = np.logical_and.reduceat(of_value, seen.offsets[:-1])
    chances, sizes = np.zeros((len(batch), FIT)), np.zeros((len(batch), FIT))
    sizes[:, SPREAD] = 1.0
    chosen = np.flatnonzero(whole)
    some = seen.take(chosen)
    of_chance, of_size = np.empty((len(chosen), FIT)), np.empty((len(chosen), FIT))
    if kind is CountKind.COMPOUND:
        fit_hurdles_on(device)(some.values, some.offsets, of_chance, of_size)
        chances[chosen] = of_chance
    else:
        fit_counts_on(device)(some.values, some.offsets, of_size)
    sizes[chosen] = of_size
    return CountLaws(kind, whole, chances, sizes)
