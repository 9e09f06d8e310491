"""What a model is: a batch of histories in, a batch of means out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

from forecasting.fits import F
from forecasting.panel import Batch
from kernels.arrays import Flags, Floats, Integers
from kernels.device import Device


class Seasons(NamedTuple):
    """How demand repeats itself.

    Parameters
    ----------
    length : periods of the season
    year : periods of a year, a fraction included; a season of half a year or more is taken to be
        the year's own
    """

    length: int
    year: float


@dataclass(frozen=True)
class BatchForecast:
    """Means of a batch, and the series that a model could not forecast.

    Parameters
    ----------
    means : (n_series, horizon) float64, units per period; NaN where it failed, and where the
        model has no answer to so short a history
    errors : number of the series -> what went wrong; too short a history is no error
    """

    means: Floats
    errors: Mapping[int, Exception] = field(default_factory=dict)

    def errors_at(self, chosen: Integers) -> dict[int, Exception]:
        """Return the errors by the numbers that the series have elsewhere.

        Parameters
        ----------
        chosen : (n_series,) int64, those numbers
        """
        return {int(chosen[number]): error for number, error in self.errors.items()}


class Forecaster(Protocol):
    """A model that forecasts many series at a call.

    Its answer to a series does not depend on the others in the batch. Means may be negative;
    what is made of them knows that demand is not.
    """

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series of ``batch`` for ``horizon`` periods."""


@runtime_checkable
class DeviceForecaster(Protocol):
    """A model of which something runs on a GPU too, itself or the model within."""

    def on(self, device: Device) -> Forecaster:
        """Return the same model, to be fitted on ``device``."""


def place_on(model: Forecaster, device: Device) -> Forecaster:
    """Return ``model`` on ``device``, or as it is where nothing of it runs on one."""
    return model.on(device) if isinstance(model, DeviceForecaster) else model


class History(NamedTuple):
    """What was known of some series at one origin.

    Parameters
    ----------
    series : (n,) int64, ascending numbers that name a series at every origin
    batch : their values
    """

    series: Integers
    batch: Batch


@runtime_checkable
class RollingForecaster(Protocol):
    """A model that takes what it learnt at one origin to the next."""

    def roll(
        self, histories: Sequence[History], seasons: Seasons, horizon: int
    ) -> list[BatchForecast]:
        """Forecast from each of several origins.

        An answer depends on its own history and on those before it alone.

        Parameters
        ----------
        histories : from the shortest on; a series keeps its first period, and is in every later
            one
        seasons, horizon : as for `Forecaster.forecast`
        """


class LastingForecaster(Forecaster, Protocol[F]):
    """A model whose fits can be stored, and carried through new periods without another fit.

    Its forecast of a batch that brings fits of this very model (`Batch.fitted`) is theirs.
    """

    def none(self, seasons: Seasons) -> F:
        """Return the fits of no series."""

    def fit(self, batch: Batch, seasons: Seasons) -> F:
        """Fit each series; the fits stand after the last period of each."""

    def known(self, fits: F) -> Flags:
        """Return which fits are of a model that can be carried; others repeat what was, or fail."""

    def track(self, fits: F, signal: Floats, news: Batch) -> tuple[F, Floats]:
        """Carry fits through new periods, and averages of their errors (`kernels.drift`) too.

        Parameters
        ----------
        fits : after the last period known
        signal : (n_series,) float64, the averages so far; zero after a fit
        news : what came after; a series may have none
        """

    def run(self, fits: F, batch: Batch) -> F:
        """Carry parameters through whole histories again, from the first period that they knew."""
