"""One model of all series: gradient boosted trees on what is known at each origin."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from forecasting.drivers.calendar import calendar_fields
from forecasting.errors import DriverError, PlanError
from forecasting.grid import Frequency, newest_before
from forecasting.models.protocol import BatchForecast, Seasons
from forecasting.panel import Batch
from kernels.arrays import Floats, Integers
from kernels.global_features import N_FEATURES, fill_features

SHORT_SEASON = 0.5


class Booster(Protocol):
    """Trees that predict."""

    def predict(self, data: Floats, **settings: Any) -> Any:  # noqa: ANN401 - the library's
        """Return a prediction for each row."""


@dataclass(frozen=True)
class FeatureRecipe:
    """How features are made; stored with the trees.

    Parameters
    ----------
    frequency, season_length, year, horizon : of the grid, and how far ahead trees were taught
    columns : names of the driver columns
    groups : names of the groups of series, the first of all together
    """

    frequency: Frequency
    season_length: int
    year: float
    horizon: int
    columns: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def season(self) -> int:
        """Periods of the season that lags are taken by: one where it is the year's own."""
        return self.season_length if self.season_length < SHORT_SEASON * self.year else 1

    def fields(self) -> dict[str, Any]:
        """Return the recipe as plain values."""
        return asdict(self)

    @classmethod
    def of(cls, fields: dict[str, Any]) -> "FeatureRecipe":
        """Return the recipe of values that `fields` gave."""
        lists = {name: tuple(fields[name]) for name in ("columns", "groups")}
        return cls(**{**fields, **lists})


@dataclass(frozen=True)
class GlobalModel:
    """Trees that learnt from all series, asked of each.

    They predict a multiple of the series' recent level, so that large and small series teach each
    other. From an origin the newest trees answer that had seen nothing after it; from one before
    all of them there is no answer, nor is there to a series without demand of late.

    Parameters
    ----------
    recipe : of the features
    until : (n_vintages,) int64, ascending, number since 1970 of the last period each has seen
    boosters : one for each
    codes : (n_groups,) int64, the recipe's number of each group of the panel; 0, all, where unknown
    """

    recipe: FeatureRecipe
    until: Integers
    boosters: Sequence[Booster]
    codes: Integers = field(default_factory=lambda: np.empty(0, np.int64))

    def forecast(self, batch: Batch, seasons: Seasons, horizon: int) -> BatchForecast:
        """Forecast each series.

        Raises
        ------
        PlanError
            Where the grid is another than the trees were taught, or the horizon a longer one.
        """
        if seasons.length != self.recipe.season_length or horizon > self.recipe.horizon:
            raise PlanError(
                f"the global model was taught {self.recipe.horizon} periods ahead with a season "
                f"of {self.recipe.season_length}; got {horizon} with {seasons.length}"
            )
        means = np.full((len(batch), horizon), np.nan)
        if batch.drivers is None:
            return BatchForecast(means)
        vintages = newest_before(self.until, batch.drivers.periods)
        answered = np.flatnonzero((vintages >= 0) & (batch.lengths > 0))
        some = batch.take(answered)
        features, scales = make_features(self.recipe, some, self.codes, horizon)
        errors = self._unplanned(features)
        for vintage, booster in enumerate(self.boosters):
            chosen = (vintages[answered] == vintage) & (scales > 0.0)
            chosen[list(errors)] = False
            own = np.flatnonzero(chosen)
            if len(own):
                rows = features[own].reshape(len(own) * horizon, -1)
                ratios = np.asarray(booster.predict(rows, num_threads=1), dtype=np.float64)
                means[answered[own]] = ratios.reshape(-1, horizon) * scales[own, None]
        return BatchForecast(means, {int(answered[n]): error for n, error in errors.items()})

    def _unplanned(self, features: Floats) -> dict[int, Exception]:
        own = features[:, :, features.shape[2] - len(self.recipe.columns) :]
        unknown = np.isnan(own).sum(axis=1)
        series = np.flatnonzero(unknown.any(axis=1)) if unknown.shape[1] else np.empty(0, int)
        return {
            int(n): DriverError(
                f"{self.recipe.columns[int(unknown[n].argmax())]} is not known in "
                f"{unknown[n].max()} of the {features.shape[1]} periods ahead"
            )
            for n in series
        }


def make_features(
    recipe: FeatureRecipe, batch: Batch, codes: Integers, horizon: int
) -> tuple[Floats, Floats]:
    """Return what trees are told of each series and step ahead.

    Parameters
    ----------
    recipe : of the features
    batch : histories, with their drivers
    codes : (n_groups,) int64, the recipe's number of each of the panel's groups
    horizon : steps ahead

    Returns
    -------
    features : (n_series, horizon, n_features) float64: `kernels.global_features`, then the place
        in the week and year, the group, the level's logarithm, and the drivers' columns. NaN
        where unknown
    scales : (n_series,) float64, units; zero where there was no demand of late
    """
    drivers = batch.drivers
    assert drivers is not None
    n, k = len(batch), len(recipe.columns)
    if drivers.columns.shape[1] != k:
        raise PlanError(
            f"the global model was taught {k} columns of drivers; got {drivers.columns.shape[1]}"
        )
    out = np.empty((n, horizon, N_FEATURES + 5 + k))
    scales, own = np.empty(n), np.empty((n, horizon, N_FEATURES))
    fill_features(
        batch.values, batch.offsets[:-1], batch.offsets[1:], recipe.season, recipe.year,
        horizon, own, scales,
    )  # fmt: skip
    out[:, :, :N_FEATURES] = own
    periods = drivers.periods[:, None] + np.arange(1, horizon + 1)
    fields = calendar_fields(periods.reshape(-1), recipe.frequency)
    out[:, :, N_FEATURES : N_FEATURES + 3] = fields.reshape(n, horizon, 3)
    out[:, :, N_FEATURES + 3] = codes[drivers.groups][:, None]
    out[:, :, N_FEATURES + 4] = np.log(np.where(scales > 0.0, scales, 1.0))[:, None]
    out[:, :, N_FEATURES + 5 :] = drivers.columns[drivers.ahead(horizon)]
    return out, scales


def read_booster(text: str) -> Booster:
    """Return the trees of a text.

    Raises
    ------
    PlanError
        Where the extra that reads them is not installed, or the text holds no trees.
    """
    library = find_library()
    try:
        booster: Booster = library.Booster(model_str=text)
    except library.basic.LightGBMError as error:
        raise PlanError(f"the global model's text is no trees: {error}") from error
    return booster


def find_library() -> Any:  # noqa: ANN401 - a module
    """Return the library of boosted trees.

    Raises
    ------
    PlanError
        Where it is not installed.
    """
    try:
        return import_module("lightgbm")
    except ImportError as error:
        raise PlanError(
            'the global model needs the extra `global`: pip install "almanac[global]"'
        ) from error
