"""Exponential smoothing chosen by its criterion, on the batched kernel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.models.protocol import BatchForecast, History, Seasons
from forecasting.panel import Batch
from kernels.arrays import Flags, Floats, Integers
from kernels.device import Device
from kernels.ets_fits import NO_MODEL, EtsFits, no_fits
from kernels.on_device import fit_ets_on, forecast_ets_on, refit_ets_on, run_ets_on, track_ets_on

# A year of weeks; R's `ets` stops at 24. With it Walmart's weekly series have a MASE of 0.859,
# without a season one of 1.283. A model takes fifty times as long: `YearlyETS` (0.792) does not.
LONGEST_SEASON = 52
# A history that has grown by more than this share since the last origin has its model chosen anew.
LARGEST_GROWTH = 0.1


def ets_season(seasons: Seasons) -> int:
    """Return the periods of the season that the models are given, 1 for none."""
    return seasons.length if seasons.length <= LONGEST_SEASON else 1


@dataclass(frozen=True)
class BatchedEts:
    """The exponential smoothing model with the least corrected AIC, all series in one call.

    A season longer than `LONGEST_SEASON` is left to other models. Where the batch brings fits of
    this model (`forecasting.roll_forward`), it takes those.

    Parameters
    ----------
    models : names of those to choose from, "AAdN" for example; none is all
    device : where models are chosen, fitted again and forecast with
    """

    models: tuple[str, ...] = ()
    device: Device = "cpu"

    def on(self, device: Device) -> "BatchedEts":
        """Return the same model, fitted on ``device``."""
        return replace(self, device=device)

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series; six periods or fewer that differ have no answer."""
        return self._forecast(self._fit(batch, seasons), horizon)

    def roll(
        self, histories: Sequence[History], seasons: Seasons, horizon: int
    ) -> list[BatchForecast]:
        """Forecast from each origin; the model of a long series is chosen at its first one alone.

        It is fitted at each, from where it was. The last history chooses anew: the forecast that
        is used has the best model of today.
        """
        found: list[BatchForecast] = []
        before: tuple[History, EtsFits] | None = None
        for history in histories[:-1]:
            fits = self._fit_again(before, history, seasons)
            found.append(self._forecast(fits, horizon))
            before = history, fits
        return [*found, self.forecast(histories[-1].batch, seasons, horizon)]

    def none(self, seasons: Seasons) -> EtsFits:
        """Return the fits of no series."""
        return no_fits(0, ets_season(seasons))

    def fit(self, batch: Batch, seasons: Seasons) -> EtsFits:
        """Choose and fit a model for each series."""
        fit = fit_ets_on(self.device)
        return fit(batch.values, batch.offsets, ets_season(seasons), self.models)

    def known(self, fits: EtsFits) -> Flags:
        """Return which series have a model."""
        return np.asarray(fits.model != NO_MODEL)

    def track(self, fits: EtsFits, signal: Floats, news: Batch) -> tuple[EtsFits, Floats]:
        """Carry fits through new periods, and averages of their errors too."""
        track = track_ets_on(self.device)
        return track(fits, signal, news.values, news.offsets)

    def run(self, fits: EtsFits, batch: Batch) -> EtsFits:
        """Carry parameters through whole histories again."""
        run = run_ets_on(self.device)
        return run(fits, batch.values, batch.offsets)

    def _forecast(self, fits: EtsFits, horizon: int) -> BatchForecast:
        return BatchForecast(forecast_ets_on(self.device)(fits, horizon))

    def _fit(self, batch: Batch, seasons: Seasons) -> EtsFits:
        brought: EtsFits | None = batch.fitted_by(self)
        return self.fit(batch, seasons) if brought is None else brought

    def _fit_again(
        self, before: tuple[History, EtsFits] | None, history: History, seasons: Seasons
    ) -> EtsFits:
        """Fit what had a model again, and choose one for the others."""
        if before is None:
            return self._fit(history.batch, seasons)
        earlier, fits = before
        places = np.flatnonzero(np.isin(history.series, earlier.series))
        growth = history.batch.lengths[places] / earlier.batch.lengths - 1.0
        little = growth <= LARGEST_GROWTH
        places, fits = places[little], EtsFits._make(part[little] for part in fits)
        again = refit_ets_on(self.device)(fits, *_flat(history.batch, places))
        lost = np.ones(len(history.series), np.bool_)
        lost[places[again.model != NO_MODEL]] = False
        rest = np.flatnonzero(lost)
        fresh = self._fit(_part(history.batch, rest), seasons)
        parts = []
        for kept, new in zip(again, fresh, strict=True):
            whole = np.empty((len(history.series), *kept.shape[1:]), kept.dtype)
            whole[places], whole[rest] = kept, new
            parts.append(whole)
        return EtsFits._make(parts)


def _part(batch: Batch, chosen: Integers) -> Batch:
    return batch.take(chosen)


def _flat(batch: Batch, chosen: Integers) -> tuple[np.ndarray, Integers]:
    part = _part(batch, chosen)
    return part.values, part.offsets
