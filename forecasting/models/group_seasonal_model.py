"""The season that series of a kind share around a model that then sees none."""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.known_seasons import ExpectedSeasons
from forecasting.models.protocol import BatchForecast, Forecaster, Seasons, place_on
from forecasting.panel import Batch
from kernels.device import Device
from kernels.harmonic_season import divide_by_season


@dataclass(frozen=True)
class GroupSeasonalModel:
    """A model on demand divided by the season of its kind, which is multiplied back.

    The profile is what the categories and items of the series are known to have (`Batch.shared`),
    moved towards its own by how exactly that is told: what sells rarely has its kind's. Where
    nothing is known of a kind, the model within answers by itself.

    Parameters
    ----------
    within : the model of what the profile leaves

    References
    ----------
    Withycombe (1989), "Forecasting with combined seasonal indices", Int. J. Forecasting 5(4); Chen
    & Boylan (2007), "Use of individual and group seasonal indices in subaggregate demand
    forecasting", JORS 58(12).
    """

    within: Forecaster

    def on(self, device: Device) -> "GroupSeasonalModel":
        """Return the same model, with the one within on ``device``."""
        return replace(self, within=place_on(self.within, device))

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        known = batch.shared
        if known is None:
            return self.within.forecast(batch, seasons, horizon)
        expected = known.expected(known.shared.season)
        told = np.isfinite(expected.seasons[:, 0])
        means = np.empty((len(batch), horizon))
        errors: dict[int, Exception] = {}
        for own in (told, ~told):
            chosen = np.flatnonzero(own)
            if not len(chosen):
                continue
            some = batch.take(chosen)
            if own is told:
                found = self._without_season(some, expected.of(chosen), seasons, horizon)
            else:
                found = self.within.forecast(some, seasons, horizon)
            means[chosen] = found.means
            errors |= found.errors_at(chosen)
        return BatchForecast(means, errors)

    def _without_season(
        self, batch: Batch, expected: ExpectedSeasons, seasons: Seasons, horizon: int
    ) -> BatchForecast:
        adjusted = np.empty_like(batch.values)
        ahead = np.empty((len(batch), horizon))
        told = batch.values, batch.offsets, float(seasons.length), 1
        divide_by_season(*told, *expected, 0.0, adjusted, ahead)
        rest = Batch(adjusted, batch.offsets, batch.raised)
        found = self.within.forecast(rest, Seasons(1, seasons.year), horizon)
        return BatchForecast(found.means * ahead, found.errors)
