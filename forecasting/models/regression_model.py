"""A model on demand with the effects of its drivers divided out."""

from dataclasses import dataclass

import numpy as np

from forecasting.drivers.vintages import DriverEffects
from forecasting.errors import DriverError
from forecasting.known_drivers import KnownDrivers
from forecasting.models.protocol import BatchForecast, Forecaster, Seasons
from forecasting.panel import Batch
from kernels.arrays import Floats, Integers


@dataclass(frozen=True)
class RegressionModel:
    """A model on demand divided by its drivers' factors, which are multiplied back.

    From each origin the effects are those that had been learnt by then; from an origin before the
    first of them there is no answer, nor is there for a series without drivers. A driver that was
    not known in a period of the past is taken to have done nothing there; one that is not known
    in a period ahead is an error.

    Parameters
    ----------
    within : the model of what the drivers leave
    effects : of the drivers
    """

    within: Forecaster
    effects: DriverEffects

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series."""
        means = np.full((len(batch), horizon), np.nan)
        if batch.drivers is None:
            return BatchForecast(means)
        vintages = self.effects.vintage_of(batch.drivers.periods)
        errors = self._unplanned(batch.drivers, vintages, horizon)
        answered = np.flatnonzero(vintages >= 0)
        answered = answered[~np.isin(answered, list(errors))]
        if not len(answered):
            return BatchForecast(means, errors)
        some = batch.take(answered)
        assert some.drivers is not None
        effects = self.effects.effects[vintages[answered], some.drivers.groups]
        past = _factors(
            some.drivers, some.drivers.past(some.lengths), np.repeat(effects, some.lengths, axis=0)
        )
        rest = Batch(some.values / past, some.offsets, some.raised)
        found = self.within.forecast(rest, seasons, horizon)
        ahead = some.drivers.ahead(horizon)
        factors = _factors(some.drivers, ahead.reshape(-1), np.repeat(effects, horizon, axis=0))
        means[answered] = found.means * factors.reshape(ahead.shape)
        return BatchForecast(means, errors | found.errors_at(answered))

    def _unplanned(
        self, drivers: KnownDrivers, vintages: Integers, horizon: int
    ) -> dict[int, Exception]:
        columns = drivers.columns[drivers.ahead(horizon)]
        unknown = np.isnan(columns).sum(axis=1)
        series = np.flatnonzero(unknown.any(axis=1) & (vintages >= 0))
        return {
            int(number): DriverError(
                f"{self.effects.names[int(column)]} is not known in "
                f"{unknown[number, column]} of the {horizon} periods ahead"
            )
            for number, column in zip(series, unknown[series].argmax(axis=1), strict=True)
        }


def _factors(drivers: KnownDrivers, rows: Integers, effects: Floats) -> Floats:
    """Return what drivers multiply demand by in some rows."""
    columns = np.nan_to_num(drivers.columns[rows])
    return np.asarray(np.exp(np.einsum("ij,ij->i", columns, effects)))
