"""Results of a forecast, series by series, and the frames they become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.anomalies import ANOMALIES
from forecasting.calibration import BANDS, Calibration, bands_of
from forecasting.champions import MEASURES
from forecasting.choices import Choices
from forecasting.distributions import LEVELS, QUANTILES, Spread, bound_quantiles, quantiles_of
from forecasting.errors import Failure
from forecasting.evaluation import PART_MEASURES
from forecasting.labels import LabelColumn, Labels
from forecasting.panel import SERIES, DemandPanel
from forecasting.plan import ForecastPlan
from forecasting.states import SeriesStates
from kernels.arrays import Flags, Floats, Integers
from kernels.demand_laws import Law
from kernels.transposes import transpose

ACCURACY = [*SERIES, "model", "demand_class", *MEASURES]
BY_HORIZON = [*SERIES, "demand_class", "band", "first_step", "last_step", *PART_MEASURES]
WEIGHTS = [*SERIES, "model", "weight"]
# Pandas takes longer for a frame without rows than a forecast does for a series.
_NO_ACCURACY, _NO_HORIZONS, _NO_WEIGHTS, _NO_ANOMALIES = (
    pd.DataFrame(columns=names) for names in (ACCURACY, BY_HORIZON, WEIGHTS, ANOMALIES)
)


@dataclass(frozen=True)
class ForecastResult:
    """What a forecast gives, as frames of the tables' own columns.

    Ids and names are categoricals whose categories are in order.

    Parameters
    ----------
    forecasts : warehouse_id, item_id, ds, model, mean, q01 ... q99, units per period
    champions : a row per series
    failures : series without a forecast, and models that failed on a series that has one
    accuracy : a row per series and model that was backtested
    by_horizon : a row per series that was backtested and part of the horizon, of its champion
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
    champions: pd.DataFrame
    failures: list[Failure]
    accuracy: pd.DataFrame = field(default_factory=_NO_ACCURACY.copy)
    by_horizon: pd.DataFrame = field(default_factory=_NO_HORIZONS.copy)
    weights: pd.DataFrame = field(default_factory=_NO_WEIGHTS.copy)
    anomalies: pd.DataFrame = field(default_factory=_NO_ANOMALIES.copy)
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
        self.parts = np.full((n, BANDS, len(PART_MEASURES)), np.nan)
        self.autocorrelation = np.zeros(n)
        self.score = np.full(n, np.nan)
        self.model = LabelColumn(n)
        self.demand_class = LabelColumn(n)
        self.reason = LabelColumn(n)
        self.distribution = LabelColumn(n)
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
                    "model": Labels.coded(models, names).categorical(),
                    "weight": weights[models, series],
                }
            )
        )

    @property
    def spread(self) -> Spread:
        """The law of each series."""
        return Spread(self.law, self.dispersion, self.growth, self.zero_share, self.ratios)


def as_frames(
    results: Results,
    as_of: date,
    calibration: Calibration | None = None,
    *,
    judged: bool = True,
) -> ForecastResult:
    """Return the frames of what was forecast; a series without a period left is a failure.

    Parameters
    ----------
    results : of every series
    as_of : the night; periods on or before it are left out
    calibration : of quantiles; None leaves each law its own
    judged : whether accuracy and weights are told; else their frames are empty
    """
    panel = results.panel
    late = panel.future(results.plan.horizon) > np.datetime64(as_of)
    made = np.isfinite(results.means).all(axis=1)
    ended = np.flatnonzero(made & ~late.any(axis=1))
    results.failures += [
        Failure(
            panel.entities[int(number)],
            "forecast",
            "HistoryEndedError",
            f"its history ends on {panel.last_ds[number]}, a horizon or more before {as_of}",
        )
        for number in ended
    ]
    done = np.flatnonzero(made & late.any(axis=1))
    found = ForecastResult(
        _forecasts(results, done, late[done], calibration),
        _champions(results, done),
        results.failures,
    )
    if not judged:
        return found
    return replace(
        found,
        accuracy=_accuracy(results),
        by_horizon=_by_horizon(results, done),
        weights=_weights(results),
    )


def name_series(panel: DemandPanel, outcome: LabelColumn) -> pd.DataFrame:
    """Return warehouse_id, item_id and outcome of the series that have one.

    Parameters
    ----------
    panel : of the series
    outcome : of (n_series,), no text where there is none
    """
    chosen = np.flatnonzero(~outcome.are(""))
    return pd.DataFrame({**panel.ids(chosen), "outcome": outcome.of(chosen).categorical()})


class Rows(NamedTuple):
    """What is known of series and models, a row each.

    Parameters
    ----------
    number : (n_rows,) int64, of the series
    model : of (n_rows,)
    columns : by name, (n_rows,)
    """

    number: Integers
    model: Labels
    columns: dict[str, NDArray[np.generic]]


def stack_rows(frames: Sequence[pd.DataFrame], kinds: Mapping[str, np.dtype[Any]]) -> Rows:
    """Return the rows of frames with the number of the series and a model, one after the other.

    Parameters
    ----------
    frames : as `Results` keeps them
    kinds : types of other columns to keep, by name
    """
    lengths = np.array([len(frame) for frame in frames], np.int64)
    stops = np.cumsum(lengths)
    model = LabelColumn(int(lengths.sum()))
    for frame, start, stop in zip(frames, stops - lengths, stops, strict=True):
        model.fill(slice(start, stop), Labels.of(frame["model"]))

    def stacked(name: str, kind: np.dtype[Any]) -> NDArray[np.generic]:
        parts = [frame[name].to_numpy(kind) for frame in frames]
        return np.concatenate([np.empty(0, kind), *parts])

    return Rows(
        np.asarray(stacked("number", np.dtype(np.int64)), np.int64),
        model.of(slice(None)),
        {name: stacked(name, kind) for name, kind in kinds.items()},
    )


def _forecasts(
    results: Results, done: Integers, late: Flags, calibration: Calibration | None
) -> pd.DataFrame:
    """Return the rows of periods that are late; the quantiles are copied once, into columns."""
    panel, rows = results.panel, np.repeat(done, late.sum(axis=1))
    means = results.means[done]
    quantiles = quantiles_of(results.spread.of(done), means)
    if calibration is not None:
        classes = results.demand_class.of(done)
        calibration.apply(quantiles, classes, results.law[done] == Law.COUNT)
    highest = np.maximum.reduceat(panel.batch.values, panel.batch.offsets[:-1])
    bound_quantiles(quantiles, means, highest[done], panel.batch.lengths[done])
    if panel.closed is not None:
        closed = panel.closed[done]
        means[closed], quantiles[closed] = 0.0, 0.0
    flat = quantiles.reshape(-1, len(LEVELS))
    columns = transpose(flat if late.all() else flat[late.reshape(-1)])
    frame = pd.DataFrame(columns.T, columns=QUANTILES, copy=False)
    head: dict[str, Any] = {
        **panel.ids(rows),
        "ds": panel.future(results.plan.horizon)[done][late],
        "model": results.model.of(rows).categorical(),
        "mean": means[late],
    }
    for place, (name, column) in enumerate(head.items()):
        frame.insert(place, name, column)
    return frame


def _champions(results: Results, done: Integers) -> pd.DataFrame:
    score = results.score[done]
    score_name = Labels.coded(np.zeros(len(done), np.int64), (results.plan.score,))
    return pd.DataFrame(
        {
            **results.panel.ids(done),
            "demand_class": results.demand_class.of(done).categorical(),
            "model": results.model.of(done).categorical(),
            "distribution": results.distribution.of(done).categorical(),
            "score_name": score_name.categorical(),
            "score": np.where(np.isfinite(score), score, np.nan),
            "history_length": results.panel.batch.lengths[done],
            "autocorrelation": results.autocorrelation[done],
            "reason": results.reason.of(done).categorical(),
        }
    )


def _accuracy(results: Results) -> pd.DataFrame:
    kinds = {name: np.dtype(np.float64) for name in MEASURES} | {"windows": np.dtype(np.int64)}
    rows = _in_order(stack_rows(results.accuracy, kinds), results.panel)
    demand_class = results.demand_class.of(rows.number).categorical()
    return _by_series(rows, results.panel, {"demand_class": demand_class})


def _by_horizon(results: Results, done: Integers) -> pd.DataFrame:
    """Return rows by series and part of the horizon; a part that nothing was scored in has none."""
    bands = bands_of(results.plan.horizon)
    first = np.flatnonzero(np.diff(bands, prepend=-1))
    last = np.append(first[1:], len(bands))
    scored = ~np.isnan(results.parts[done, :, PART_MEASURES.index("bias")])
    place, band = np.nonzero(scored)
    number = done[place]
    measures = results.parts[number, band]
    return pd.DataFrame(
        {
            **results.panel.ids(number),
            "demand_class": results.demand_class.of(number).categorical(),
            "band": band,
            "first_step": first[band] + 1,
            "last_step": last[band],
            **{name: measures[:, column] for column, name in enumerate(PART_MEASURES)},
        }
    )


def _weights(results: Results) -> pd.DataFrame:
    rows = stack_rows(results.weights, {"weight": np.dtype(np.float64)})
    return _by_series(_in_order(rows, results.panel), results.panel)


def _in_order(rows: Rows, panel: DemandPanel) -> Rows:
    """Return rows by warehouse, item and model."""
    ids = (panel.item_id.codes[rows.number], panel.warehouse_id.codes[rows.number])
    order = np.lexsort((rows.model.codes, *ids))
    columns = {name: own[order] for name, own in rows.columns.items()}
    return Rows(rows.number[order], rows.model.take(order), columns)


def _by_series(
    rows: Rows, panel: DemandPanel, more: Mapping[str, pd.Categorical] | None = None
) -> pd.DataFrame:
    """Return a frame of rows with the ids of their series."""
    ids, model = panel.ids(rows.number), rows.model.categorical()
    return pd.DataFrame({**ids, "model": model, **(more or {}), **rows.columns})
