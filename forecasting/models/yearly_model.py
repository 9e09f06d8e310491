"""The season of a year around a model that only knows a shorter one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.known_seasons import ExpectedSeasons
from forecasting.models.protocol import (
    BatchForecast,
    Forecaster,
    History,
    RollingForecaster,
    Seasons,
    place_on,
)
from forecasting.panel import Batch
from kernels.arrays import Floats, Integers
from kernels.device import Device
from kernels.harmonic_season import SMALLEST_PROFILE, divide_by_season


@dataclass(frozen=True)
class _WithoutYear:
    """Series that a model within answers, what it may know of seasons, and the year ahead."""

    batch: Batch
    seasons: Seasons
    answered: Integers
    ahead: Floats

    def put_back(self, found: BatchForecast) -> BatchForecast:
        """Multiply the year into what the model within found."""
        means = np.full(self.ahead.shape, np.nan)
        means[self.answered] = found.means * self.ahead[self.answered]
        return BatchForecast(means, found.errors_at(self.answered))


@dataclass(frozen=True)
class YearlyModel:
    """A model on demand divided by the year's profile, which is multiplied back.

    The profile is fitted to each series (`kernels.harmonic_season`) from its history before the
    origin, and is moved towards what series of its kind are known to have (`Batch.shared`); one of
    less than two years has that. Where the season is the year's own, the profile stands for it and
    the model within sees none.

    Parameters
    ----------
    within : the model of what the profile leaves
    answers_short : whether the model within answers for a series of less than two years too, of
        whose kind nothing is known, where the season is not the year's; others have no answer
    """

    within: Forecaster
    answers_short: bool = False

    def on(self, device: Device) -> "YearlyModel":
        """Return the same model, with the one within on ``device``."""
        return replace(self, within=place_on(self.within, device))

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        without = self._take_year_out(batch, seasons, horizon)
        if not len(without.answered):
            return without.put_back(BatchForecast(np.empty((0, horizon))))
        return without.put_back(self.within.forecast(without.batch, without.seasons, horizon))

    def roll(
        self, histories: Sequence[History], seasons: Seasons, horizon: int
    ) -> list[BatchForecast]:
        """Forecast from each origin; what the model within learns goes on where it can."""
        if not isinstance(self.within, RollingForecaster):
            return [self.forecast(history.batch, seasons, horizon) for history in histories]
        parts = [self._take_year_out(history.batch, seasons, horizon) for history in histories]
        within = [
            History(history.series[part.answered], part.batch)
            for history, part in zip(histories, parts, strict=True)
        ]
        found = self.within.roll(within, parts[0].seasons, horizon)
        return [part.put_back(one) for part, one in zip(parts, found, strict=True)]

    def _take_year_out(self, batch: Batch, seasons: Seasons, horizon: int) -> _WithoutYear:
        length = seasons.length if seasons.length < seasons.year / 2.0 else 1
        adjusted = np.empty_like(batch.values)
        ahead = np.empty((len(batch), horizon))
        known = batch.shared
        expected = ExpectedSeasons.nothing(len(batch))
        if known is not None:
            expected = known.expected(known.shared.year)
        told = batch.values, batch.offsets, seasons.year, length
        divide_by_season(*told, *expected, SMALLEST_PROFILE, adjusted, ahead)
        if self.answers_short and length == seasons.length:
            short = np.isnan(ahead).all(axis=1)
            ahead[short] = 1.0
            adjusted = np.where(np.repeat(short, batch.lengths), batch.values, adjusted)
        answered = np.flatnonzero(np.isfinite(ahead).all(axis=1))
        some = Batch(adjusted, batch.offsets).take(answered)
        return _WithoutYear(some, Seasons(length, seasons.year), answered, ahead)
