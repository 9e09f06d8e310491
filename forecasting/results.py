"""Results of a forecast, series by series, and the frames they become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.anomalies import ANOMALIES
from forecasting.calibration import Calibration
from forecasting.choices import Choices
from forecasting.distributions import LEVELS, Spread, bound_quantiles, quantiles_of
from forecasting.errors import Failure
from forecasting.panel import SERIES, DemandPanel
from forecasting.plan import ForecastPlan
from forecasting.states import SeriesStates
from kernels.arrays import Flags, Floats, Integers
from kernels.demand_laws import Law

QUANTILES = [f"q{round(100 * level):02d}" for level in LEVELS]
ACCURACY = ["model", "demand_class", "windows", "mase", "rmsse", "bias", "pinball", "coverage_80"]
WEIGHTS = [*SERIES, "model", "weight"]
# Columns that are no float64, so that a frame without rows is of its table's types too.
_TYPES = {**dict.fromkeys([*SERIES, "model", "demand_class"], "object"), "windows": "int64"}


@dataclass(frozen=True)
class ForecastResult:
    """What a forecast gives, as frames of the tables' own columns.

    Parameters
    ----------
    forecasts : warehouse_id, item_id, ds, model, mean, q01 ... q99, units per period
    accuracy : a row per series and model that was backtested
    champions : a row per series
    failures : series without a forecast, and models that failed on a series that has one
    weights : warehouse_id, item_id, model, weight; the models in each contested series' forecast,
        a fraction that sums to one
    anomalies : what stood out of the histories, and what was done about it, as
        `forecasting.anomalies.find_anomalies` says
    states, carried : models to store for the next night, by name, and what became of those of the
        night before, as `forecasting.roll_forward` says: warehouse_id, item_id, forecaster (the
        name in the line-up), outcome; None where none were asked for
    choices, stood : what backtests chose, to store for the next night, and what became of the
        choices of the night before, as `forecasting.standing` says; None where none were asked for
    """

    forecasts: pd.DataFrame
    accuracy: pd.DataFrame
    champions: pd.DataFrame
    failures: list[Failure]
    weights: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=WEIGHTS))
    anomalies: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=ANOMALIES))
    states: Mapping[str, SeriesStates[Any]] | None = None
    carried: pd.DataFrame | None = None
    choices: Choices | None = None
    stood: pd.DataFrame | None = None


@dataclass
class Results:
    """Results by series, filled group by group.

    Parameters
    ----------
    panel, plan : what is forecast, and how
    accuracy : frames of what was backtested, with the number of the series
    weights : frames of the models that the forecasts are made of, with that number
    failures : so far
    """

    panel: DemandPanel
    plan: ForecastPlan
    accuracy: list[pd.DataFrame] = field(default_factory=list)
    weights: list[pd.DataFrame] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        n, horizon = len(self.panel), self.plan.horizon
        self.means = np.full((n, horizon), np.nan)
        self.law = np.zeros(n, np.int64)
        self.dispersion = np.ones(n)
        self.growth = np.zeros(n)
        self.zero_share = np.zeros(n)
        self.ratios = np.ones((n, len(LEVELS)))
        self.autocorrelation = np.zeros(n)
        self.score = np.full(n, np.nan)
        self.model = np.full(n, "", dtype=object)
        self.demand_class = np.full(n, "", dtype=object)
        self.reason = np.full(n, "", dtype=object)
        self.distribution = np.full(n, "", dtype=object)
        self.chosen_on = np.full(n, np.datetime64("NaT"), "datetime64[us]")
        self.origins = np.zeros(n, np.int64)

    def set_spread(self, chosen: Integers, spread: Spread) -> None:
        """Keep the laws of some series."""
        self.law[chosen] = spread.law
        self.dispersion[chosen] = spread.dispersion
        self.growth[chosen] = spread.growth
        self.zero_share[chosen] = spread.zero_share
        self.ratios[chosen] = spread.ratios

    def set_weights(self, chosen: Integers, names: Sequence[str], weights: Floats) -> None:
        """Keep of which models the forecasts of some series are made, (n_models, n_series)."""
        series, models = np.nonzero(weights.T)
        self.weights.append(
            pd.DataFrame(
                {
                    "number": chosen[series],
                    "model": np.array(names, dtype=object)[models],
                    "weight": weights[models, series],
                }
            )
        )

    @property
    def spread(self) -> Spread:
        """The law of each series."""
        return Spread(self.law, self.dispersion, self.growth, self.zero_share, self.ratios)


def as_frames(
    results: Results, as_of: date, calibration: Calibration | None = None
) -> ForecastResult:
    """Return the frames of what was forecast; a series without a period left is a failure.

    Parameters
    ----------
    results : of every series
    as_of : the night; periods on or before it are left out
    calibration : of quantiles; None leaves each law its own
    """
    panel = results.panel
    late = panel.future(results.plan.horizon) > np.datetime64(as_of)
    made = np.isfinite(results.means).all(axis=1)
    ended = np.flatnonzero(made & ~late.any(axis=1))
    results.failures += [
        Failure(
            panel.entities[number],
            "forecast",
            "HistoryEndedError",
            f"its history ends on {panel.last_ds[number]}, a horizon or more before {as_of}",
        )
        for number in ended
    ]
    done = np.flatnonzero(made & late.any(axis=1))
    return ForecastResult(
        _forecasts(results, done, late[done], calibration),
        _by_series(results, results.accuracy, [*SERIES, *ACCURACY]),
        _champions(results, done),
        results.failures,
        _by_series(results, results.weights, WEIGHTS),
    )


def name_series(panel: DemandPanel, outcome: NDArray[np.object_]) -> pd.DataFrame:
    """Return warehouse_id, item_id and outcome of the series that have one.

    Parameters
    ----------
    panel : of the series
    outcome : (n_series,) object, empty where there is none
    """
    chosen = outcome != ""
    return pd.DataFrame(
        {
            "warehouse_id": panel.warehouse_id[chosen],
            "item_id": panel.item_id[chosen],
            "outcome": outcome[chosen],
        }
    )


def _forecasts(
    results: Results, done: Integers, late: Flags, calibration: Calibration | None
) -> pd.DataFrame:
    """Return the rows of periods that are late; the quantiles are copied once, into columns."""
    panel, counts = results.panel, late.sum(axis=1)
    quantiles = quantiles_of(results.spread.of(done), results.means[done])
    if calibration is not None:
        calibration.apply(quantiles, results.demand_class[done], results.law[done] == Law.COUNT)
    highest = np.maximum.reduceat(panel.batch.values, panel.batch.offsets[:-1])
    bound_quantiles(quantiles, results.means[done], highest[done], panel.batch.lengths[done])
    columns = np.compress(late.reshape(-1), quantiles.reshape(-1, len(LEVELS)).T, axis=1)
    frame = pd.DataFrame(columns.T, columns=QUANTILES, copy=False)
    head = {
        "warehouse_id": np.repeat(panel.warehouse_id[done], counts),
        "item_id": np.repeat(panel.item_id[done], counts),
        "ds": panel.future(results.plan.horizon)[done][late],
        "model": np.repeat(results.model[done], counts),
        "mean": results.means[done][late],
    }
    for place, (name, column) in enumerate(head.items()):
        frame.insert(place, name, column)
    return frame


def _champions(results: Results, done: Integers) -> pd.DataFrame:
    score = results.score[done]
    return pd.DataFrame(
        {
            "warehouse_id": results.panel.warehouse_id[done],
            "item_id": results.panel.item_id[done],
            "demand_class": results.demand_class[done],
            "model": results.model[done],
            "distribution": results.distribution[done],
            "score_name": results.plan.score,
            "score": np.where(np.isfinite(score), score, np.nan),
            "history_length": results.panel.batch.lengths[done],
            "autocorrelation": results.autocorrelation[done],
            "reason": results.reason[done],
        }
    )


def _by_series(
    results: Results, frames: Sequence[pd.DataFrame], columns: list[str]
) -> pd.DataFrame:
    """Stack frames with the number of the series, each named and in order."""
    if not frames:
        return pd.DataFrame(
            {name: pd.Series(dtype=_TYPES.get(name, "float64")) for name in columns}
        )
    stacked = pd.concat(frames, ignore_index=True)
    numbers = stacked["number"].to_numpy()
    stacked.insert(0, "item_id", results.panel.item_id[numbers])
    stacked.insert(0, "warehouse_id", results.panel.warehouse_id[numbers])
    return stacked[columns].sort_values([*SERIES, "model"], kind="stable", ignore_index=True)
