"""Several seasons by loess around a model that knows none."""

from dataclasses import dataclass, replace

import numpy as np

from forecasting.models.protocol import BatchForecast, Forecaster, Seasons, place_on
from forecasting.panel import Batch
from kernels.arrays import Integers
from kernels.device import Device
from kernels.seasonal_trend import remove_seasons

DAYS_IN_YEAR, DAYS_IN_WEEK = 365.25, 7.0
# Cycles that a place in a season is smoothed over, of the season's own length and of the week
# around it. Of those tried on half the M4 hourly series and a tenth of the Store-Item ones.
CYCLES, CYCLES_OF_WEEK = 7, 15
FEWEST_PERIODS = 2


@dataclass(frozen=True)
class DecomposedModel:
    """A model on demand less its seasons, which are added back as they were last.

    Besides the season's own length there is the week where it holds several of them, as of hours.
    A season of a year is left to a `YearlyModel` around this one.
    A series of less than two of a season is taken to have none of that length, and one of less
    than two of the shortest has no answer.

    Parameters
    ----------
    within : the model of what the seasons leave; it is given none
    cycles : that a place in the season is smoothed over, odd, three or more
    """

    within: Forecaster
    cycles: int = CYCLES

    def on(self, device: Device) -> "DecomposedModel":
        """Return the same model, with the one within on ``device``."""
        return replace(self, within=place_on(self.within, device))

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        means = np.full((len(batch), horizon), np.nan)
        errors: dict[int, Exception] = {}
        lengths = season_lengths(seasons)
        if not len(lengths):
            return self.within.forecast(batch, seasons, horizon)
        known = np.searchsorted(2 * lengths, batch.lengths, side="right")
        for count in range(1, len(lengths) + 1):
            chosen = np.flatnonzero(known == count)
            if len(chosen):
                found = self._forecast(batch, chosen, lengths[:count], seasons, horizon)
                means[chosen] = found.means
                errors |= found.errors_at(chosen)
        return BatchForecast(means, errors)

    def _forecast(
        self, batch: Batch, chosen: Integers, lengths: Integers, seasons: Seasons, horizon: int
    ) -> BatchForecast:
        some = batch.take(chosen)
        windows = np.full(len(lengths), CYCLES_OF_WEEK)
        windows[0] = self.cycles
        adjusted, ahead = np.empty_like(some.values), np.empty((len(chosen), horizon))
        remove_seasons(some.values, some.offsets, lengths, windows, adjusted, ahead)
        rest = Batch(adjusted, some.offsets)
        found = self.within.forecast(rest, Seasons(1, seasons.year), horizon)
        return BatchForecast(found.means + ahead, found.errors)


def season_lengths(seasons: Seasons) -> Integers:
    """Return the season's length and, where it holds several of them, the week's, in periods.

    A season of one period is none.
    """
    if seasons.length < FEWEST_PERIODS:
        return np.empty(0, np.int64)
    week = round(seasons.year * DAYS_IN_WEEK / DAYS_IN_YEAR)
    several = week > seasons.length and week % seasons.length == 0
    return np.array([seasons.length, week] if several else [seasons.length], np.int64)
