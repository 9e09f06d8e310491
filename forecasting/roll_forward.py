"""Stored models rolled forward over what is new, and fitted again where they no longer fit."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from forecasting.errors import PlanError
from forecasting.histories import Seen, first_periods, go_on, see_histories
from forecasting.labels import LabelColumn
from forecasting.panel import Batch, DemandPanel
from forecasting.states import SeriesStates
from kernels.arrays import Flags, Floats, Integers
from kernels.device import Device
from kernels.ets import NO_MODEL, EtsFits, no_fits
from kernels.ets_forward import LIMIT, has_drifted
from kernels.on_device import fit_ets_on, place_of_ets, run_ets_on, track_ets_on

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
    stored : states of that night; none fits every series
    rules : when they are fitted again
    """

    stored: SeriesStates
    rules: RefitRules = field(default_factory=RefitRules)


class Carried(NamedTuple):
    """Models of a panel's series tonight.

    Parameters
    ----------
    fits : of every series of the panel; none where it was not asked for
    states : of those that have one, to store
    outcome : of (n_series,), no text where it was not asked for: "rolled"; "run again", at its
        parameters through the whole history, as what models learn from is not what was
        observed; and fitted as it is "new", "changed" (its history is another than the model was
        fitted to), "aged" or "drifted". "no model": constant, or too short
    """

    fits: EtsFits
    states: SeriesStates
    outcome: LabelColumn


class _Kept(NamedTuple):
    """Stored models of some series, carried to tonight."""

    series: Integers
    fits: EtsFits
    signal: Floats
    stored: SeriesStates


def roll_forward(
    panel: DemandPanel,
    batch: Batch,
    asked: Integers,
    season_length: int,
    before: RollForward,
    device: Device = "cpu",
) -> Carried:
    """Roll the stored models of some series forward, and fit the others.

    A model is rolled where its history is the one that it was fitted to, and more
    (`forecasting.histories.go_on`). The state is then that of its parameters run through all of
    what models learn from tonight. A model that is fitted is the one that a night without stored
    models has.

    Parameters
    ----------
    panel : demand as observed
    batch : what models learn from: censored periods raised, outliers capped
    asked : (n,) int64, ascending numbers of the series
    season_length : periods of the models' season, 1 for none
    before : what the night before left, and when it is fitted again
    device : where models are rolled, run again and fitted, if it has kernels for the season

    Raises
    ------
    PlanError
        Where the stored models have a season of another length.
    """
    m = before.stored.fits.seasons.shape[1]
    if m != season_length:
        raise PlanError(f"stored models have a season of {m} periods, tonight's {season_length}")
    device = place_of_ets(device, season_length)
    outcome = LabelColumn(len(panel))
    outcome.fill(asked, NEW)
    kept = _keep(panel, batch, asked, before, outcome, device)
    fresh = np.setdiff1d(asked, kept.series)
    part = batch.cut(fresh, np.zeros(len(fresh), np.int64), None)
    refitted = fit_ets_on(device)(part.values, part.offsets, season_length, ())
    fits = no_fits(len(panel), season_length)
    for whole, rolled, fitted in zip(fits, kept.fits, refitted, strict=True):
        whole[kept.series], whole[fresh] = rolled, fitted
    outcome.fill(fresh[refitted.model == NO_MODEL], NO_ANSWER)
    return Carried(fits, _states(panel, batch, fits, kept, asked), outcome)


def _keep(
    panel: DemandPanel,
    batch: Batch,
    asked: Integers,
    before: RollForward,
    outcome: LabelColumn,
    device: Device,
) -> _Kept:
    """Carry what is still to be used; note what became of every series that was stored."""
    places = before.stored.find(panel.warehouse_id.take(asked), panel.item_id.take(asked))
    series, stored = asked[places >= 0], before.stored.of(places[places >= 0])
    agrees, again = _compare(panel, batch, series, stored)
    outcome.fill(series[~agrees], CHANGED)
    series, stored, again = series[agrees], stored.of(np.flatnonzero(agrees)), again[agrees]
    news = panel.last_periods[series] - stored.last
    base = _rerun(batch, series, stored, news, again, device)
    fresh = _newest(batch, series, news)
    track = track_ets_on(device)
    fits, signal = track(base, stored.signal, fresh.values, fresh.offsets)
    drifted = has_drifted(signal, before.rules.drift) | (fits.model == NO_MODEL)
    aged = panel.last_periods[series] - stored.fitted >= before.rules.periods
    outcome.fill(series, ROLLED)
    outcome.fill(series[again], RERUN)
    outcome.fill(series[aged], AGED)
    outcome.fill(series[drifted], DRIFTED)
    rest = np.flatnonzero(~drifted & ~aged)
    kept = EtsFits._make(part[rest] for part in fits)
    return _Kept(series[rest], kept, signal[rest], stored.of(rest))


def _compare(
    panel: DemandPanel, batch: Batch, series: Integers, stored: SeriesStates
) -> tuple[Flags, Flags]:
    """Return whether histories are those of the stored models, and are to be run through again."""
    seen = Seen(stored.first, stored.last, stored.data, stored.recent)
    again = stored.treated | _treated(panel, batch)[series]
    possible = ~again | (stored.start == first_periods(panel)[series])
    return go_on(panel, series, seen) & possible, again


def _rerun(
    batch: Batch,
    series: Integers,
    stored: SeriesStates,
    news: Integers,
    again: Flags,
    device: Device,
) -> EtsFits:
    """Return the stored models, some of them run through their histories up to the news anew."""
    chosen = np.flatnonzero(again)
    if not len(chosen):
        return stored.fits
    part = batch.cut(series[chosen], news[chosen], None)
    found = run_ets_on(device)(stored.of(chosen).fits, part.values, part.offsets)
    base = EtsFits._make(part.copy() for part in stored.fits)
    for whole, some in zip(base, found, strict=True):
        whole[chosen] = some
    return base


def _newest(batch: Batch, series: Integers, news: Integers) -> Batch:
    """Return the last periods of some series, as many of each as are new."""
    stops = batch.offsets[series + 1]
    offsets = np.concatenate([[0], np.cumsum(news)]).astype(np.int64)
    places = np.arange(offsets[-1]) + np.repeat(stops - news - offsets[:-1], news)
    return Batch(batch.values[places], offsets)


def _treated(panel: DemandPanel, batch: Batch) -> Flags:
    """Whether models learn anything of a series but what was observed."""
    other = batch.values != panel.batch.values
    return np.asarray(np.logical_or.reduceat(other, batch.offsets[:-1]))


def _states(
    panel: DemandPanel, batch: Batch, fits: EtsFits, kept: _Kept, asked: Integers
) -> SeriesStates:
    """Return what is stored of tonight: every series that has a model."""
    signal, start, fitted = np.zeros(len(panel)), first_periods(panel), panel.last_periods.copy()
    signal[kept.series] = kept.signal
    start[kept.series], fitted[kept.series] = kept.stored.start, kept.stored.fitted
    chosen = asked[fits.model[asked] != NO_MODEL]
    seen = see_histories(panel, chosen)
    return SeriesStates(
        panel.warehouse_id.take(chosen),
        panel.item_id.take(chosen),
        EtsFits._make(part[chosen] for part in fits),
        signal[chosen],
        start=start[chosen],
        fitted=fitted[chosen],
        treated=_treated(panel, batch)[chosen],
        **seen._asdict(),
    )
