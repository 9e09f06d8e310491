"""Stored models rolled forward over what is new, and fitted again where they no longer fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

import numpy as np

from forecasting.errors import PlanError
from forecasting.fits import F, copy_fits, join_fits, put_fits, take_fits
from forecasting.histories import HistoryHashes, Seen, first_periods, go_on, see_histories
from forecasting.labels import LabelColumn
from forecasting.models import LastingForecaster, Seasons
from forecasting.panel import Batch, DemandPanel
from forecasting.states import SeriesStates
from kernels.arrays import Flags, Floats, Integers
from kernels.drift import LIMIT, has_drifted

ROLLED, RERUN = "rolled", "run again"
NEW, CHANGED, AGED, DRIFTED, NO_ANSWER = "new", "changed", "aged", "drifted", "no model"


@dataclass(frozen=True)
class RefitRules:
    """When a stored model is fitted again.

    Parameters
    ----------
    drift : deviations of the average one-step error beyond which it is; above zero
    periods : since its fit from which on it is; one or more

    Raises
    ------
    PlanError
        Where one is out of range.
    """

    drift: float = LIMIT
    periods: int = 28

    def __post_init__(self) -> None:
        if not self.drift > 0.0:
            raise PlanError(f"drift must be above 0; got {self.drift}")
        if self.periods < 1:
            raise PlanError(f"periods must be at least 1; got {self.periods}")


@dataclass(frozen=True)
class RollForward:
    """What a night takes from the one before.

    Parameters
    ----------
    stored : name of a model -> its states of that night; a model whose states are none is fitted to
        every series, and one that is left out is fitted as ever, and nothing of it stored
    rules : when they are fitted again
    """

    stored: Mapping[str, SeriesStates[Any]]
    rules: RefitRules = field(default_factory=RefitRules)


@dataclass(frozen=True)
class Carried(Generic[F]):
    """Fits of a model to a panel's series tonight.

    Parameters
    ----------
    fits : to every series of the panel; of no use where it was not asked for
    states : of those that have a model, to store
    outcome : of (n_series,), no text where it was not asked for: "rolled"; "run again", at its
        parameters through the whole history, as what models learn from is not what was
        observed; and fitted as it is "new", "changed" (its history is another than the model was
        fitted to), "aged" or "drifted". "no model": constant, or too short
    """

    fits: F
    states: SeriesStates[F]
    outcome: LabelColumn


@dataclass(frozen=True)
class _Kept(Generic[F]):
    """Stored fits of some series, carried to tonight."""

    series: Integers
    fits: F
    signal: Floats
    stored: SeriesStates[F]


class Night:
    """Demand as it is known tonight, for all models that are rolled.

    Parameters
    ----------
    panel : demand as observed
    batch : what models learn from: censored periods raised, outliers capped
    """

    def __init__(self, panel: DemandPanel, batch: Batch) -> None:
        self.panel, self.batch = panel, batch
        other = batch.values != panel.batch.values
        # Whether models learn anything of a series but what was observed.
        self.treated = np.logical_or.reduceat(other, batch.offsets[:-1])
        self.before, self.now = HistoryHashes(panel), HistoryHashes(panel)


def roll_forward(
    night: Night,
    asked: Integers,
    model: LastingForecaster[F],
    seasons: Seasons,
    stored: SeriesStates[F],
    rules: RefitRules,
) -> Carried[F]:
    """Roll the stored fits of a model to some series forward, and fit it to the others.

    A fit is rolled where the history is the one that it was made of, and more
    (`forecasting.histories.go_on`). Its state is then that of its parameters run through all of
    what models learn from tonight. A model that is fitted is the one that a night without stored
    models has.

    Parameters
    ----------
    night : demand tonight
    asked : (n,) int64, ascending numbers of the series
    model : of the line-up
    seasons : how demand repeats itself
    stored : what the night before left of the model
    rules : when it is fitted again

    Raises
    ------
    PlanError
        Where the stored fits have a season of another length.
    """
    m, own = stored.fits.season_length, model.none(seasons).season_length
    if m != own:
        raise PlanError(f"stored models have a season of {m} periods, tonight's {own}")
    panel, batch = night.panel, night.batch
    outcome = LabelColumn(len(panel))
    outcome.fill(asked, NEW)
    kept = _keep(night, asked, model, stored, rules, outcome)
    fresh = np.setdiff1d(asked, kept.series)
    refitted = model.fit(batch.take(fresh), seasons)
    fits = join_fits(len(panel), [(kept.series, kept.fits), (fresh, refitted)])
    outcome.fill(fresh[~model.known(refitted)], NO_ANSWER)
    return Carried(fits, _states(night, model, fits, kept, asked), outcome)


def _keep(
    night: Night,
    asked: Integers,
    model: LastingForecaster[F],
    before: SeriesStates[F],
    rules: RefitRules,
    outcome: LabelColumn,
) -> _Kept[F]:
    """Carry what is still to be used; note what became of every series that was stored."""
    panel, batch = night.panel, night.batch
    places = before.find(panel.warehouse_id.take(asked), panel.item_id.take(asked))
    series, stored = asked[places >= 0], before.of(places[places >= 0])
    agrees, again = _compare(night, series, stored)
    outcome.fill(series[~agrees], CHANGED)
    series, stored, again = series[agrees], stored.of(np.flatnonzero(agrees)), again[agrees]
    news = panel.last_periods[series] - stored.last
    base = _rerun(batch, series, model, stored, news, again)
    fits, signal = model.track(base, stored.signal, _newest(batch, series, news))
    drifted = has_drifted(signal, rules.drift) | ~model.known(fits)
    aged = panel.last_periods[series] - stored.fitted >= rules.periods
    outcome.fill(series, ROLLED)
    outcome.fill(series[again], RERUN)
    outcome.fill(series[aged], AGED)
    outcome.fill(series[drifted], DRIFTED)
    rest = np.flatnonzero(~drifted & ~aged)
    return _Kept(series[rest], take_fits(fits, rest), signal[rest], stored.of(rest))


def _compare(night: Night, series: Integers, stored: SeriesStates[F]) -> tuple[Flags, Flags]:
    """Return whether histories are those of the stored models, and are to be run through again."""
    seen = Seen(stored.first, stored.last, stored.data, stored.recent)
    again = stored.treated | night.treated[series]
    possible = ~again | (stored.start == first_periods(night.panel)[series])
    return go_on(night.panel, series, seen, night.before) & possible, again


def _rerun(
    batch: Batch,
    series: Integers,
    model: LastingForecaster[F],
    stored: SeriesStates[F],
    news: Integers,
    again: Flags,
) -> F:
    """Return the stored fits, some of them run through their histories up to the news anew."""
    chosen = np.flatnonzero(again)
    if not len(chosen):
        return stored.fits
    part = batch.cut(series[chosen], news[chosen], None)
    base = copy_fits(stored.fits)
    put_fits(base, chosen, model.run(stored.of(chosen).fits, part))
    return base


def _newest(batch: Batch, series: Integers, news: Integers) -> Batch:
    """Return the last periods of some series, as many of each as are new."""
    stops = batch.offsets[series + 1]
    offsets = np.concatenate([[0], np.cumsum(news)]).astype(np.int64)
    places = np.arange(offsets[-1]) + np.repeat(stops - news - offsets[:-1], news)
    return Batch(batch.values[places], offsets)


def _states(
    night: Night, model: LastingForecaster[F], fits: F, kept: _Kept[F], asked: Integers
) -> SeriesStates[F]:
    """Return what is stored of tonight: every series that has a model."""
    panel = night.panel
    signal, start, fitted = np.zeros(len(panel)), first_periods(panel), panel.last_periods.copy()
    signal[kept.series] = kept.signal
    start[kept.series], fitted[kept.series] = kept.stored.start, kept.stored.fitted
    chosen = asked[model.known(take_fits(fits, asked))]
    return SeriesStates(
        panel.warehouse_id.take(chosen),
        panel.item_id.take(chosen),
        take_fits(fits, chosen),
        signal[chosen],
        start=start[chosen],
        fitted=fitted[chosen],
        treated=night.treated[chosen],
        **see_histories(panel, chosen, night.now)._asdict(),
    )
