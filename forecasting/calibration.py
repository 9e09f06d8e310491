"""What backtests of all series say of each class, carried to the forecast of every one.

How a class weighs its models is in `forecasting.weighing`, how errors of series go together in
`forecasting.hierarchy.dependence`; the rest is calibrated quantiles.

How often demand fell below each percentile is counted over all series of a class, each origin
with the law that earlier origins and the history before it give: that is how a night's own law
comes about. Early origins forecast from shorter histories and err by more, so that a law which knew
the later ones would be too narrow for the first and too wide for the last, and look right on
average; and the later an origin is, the more it counts. A percentile then takes the quantile that
demand fell below as often as the percentile says (`forecasting.levels`), of series of the class
whose laws have demand about as often: quantiles are right for groups that a forecast can tell.

References
----------
Vovk, Gammerman & Shafer (2005), "Algorithmic learning in a random world", section 4.5 (Mondrian
conformal predictors, which are right within each group that is known beforehand).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from forecasting.anomalies import cap_outliers
from forecasting.backtest import Origins, place_origins
from forecasting.champions import Contest, hold_contest
from forecasting.classes import CLASSES, classify_demand
from forecasting.combinations import Weighing
from forecasting.distributions import LEVELS, estimate_spread, quantiles_of
from forecasting.evaluation import EVALUATION, evaluate_horizon
from forecasting.hierarchy import DEPENDENCE, build_hierarchy, learn_dependence
from forecasting.labels import EntityNames, Labels
from forecasting.levels import find_levels, leave_tail, usual_hits
from forecasting.moments import measure_moments
from forecasting.panel import Batch, DemandPanel
from forecasting.plan import ForecastPlan
from forecasting.weighing import FEWEST_ORIGINS, FEWEST_SERIES
from kernels.arrays import Flags, Floats, Integers
from kernels.calibration import add_hits, move_quantiles

# Parts of the horizon that are counted apart.
BANDS = 4
# Series whose laws have such shares of percentiles above zero, on average over the horizon, are
# counted apart, from "up to the first" to "above the last". Forecasts of rare demand are further
# apart than demand is: of car parts whose median was one, 43% of months sold any. On two windows
# each of car parts and of aircraft's spare parts this takes 0.7 to 0.9% off pinball loss, on three
# of M5's items up to 0.1%; orders of a year cost 0.2% less of the first, 0.2% more of the second,
# either within its error.
OCCURRENCES = np.array([0.15, 0.25, 0.35, 0.5])
# So many series count levels twenty-five times as exactly as `levels.PRIOR_SERIES` allow.
LARGEST_SAMPLE = 500
NAMES = [f"u{round(100 * level):02d}" for level in LEVELS]
COVERAGES = (50, 80, 90, 98)
LEVEL_COLUMNS = ["demand_class", "occurrence", "band", "series", *NAMES]
_WEIGHING = ["members", "power", "prior_origins"]
WEIGHINGS = ["demand_class", "model", "left_out", "typical", *_WEIGHING]
# Where demand is rare the weighing that loses least in the past did no better in the future, and
# laws hold what they say: of M5's items and of aircraft's spare parts 52%, 79% and 88% of what came
# in backtests within 50%, 80% and 90%.
FREQUENT = ("smooth", "erratic")
COVERAGE = ["demand_class", "band", "nominal", "before", "after"]


@dataclass(frozen=True)
class Calibration:
    """Levels that percentiles take, weights of models, and how errors of series go together.

    Parameters
    ----------
    levels : demand_class, occurrence (from 0, demand that is the rarest, by `occurrences_of`), band
        (from 0, the nearest), series (of the class, counted), u01 ... u99 (probability at which the
        law's quantile is taken)
    weighings : demand_class, model, left_out (origin, from 0, the last; -1 is none), typical,
        members, power, prior_origins, as in `Weighing`; no rows for a class that weighs as usual
    dependence : level, share, autocorrelation, as `forecasting.hierarchy.learn_dependence` says; no
        rows where series err each by itself
    coverage : demand_class, band, nominal (per cent, central), before, after (fractions of
        actuals); of the last origin, with levels from the earlier ones. An interval that holds
        an atom in part counts that part
    evaluation : by class and part of the horizon, as `forecasting.evaluation` says; of all origins
    """

    levels: pd.DataFrame
    weighings: pd.DataFrame
    dependence: pd.DataFrame
    coverage: pd.DataFrame
    evaluation: pd.DataFrame

    @classmethod
    def nothing(cls) -> Self:
        """Return what leaves each law its own, and each series' weights to its own scores."""
        return cls.from_frames(pd.DataFrame(columns=LEVEL_COLUMNS), pd.DataFrame(columns=WEIGHINGS))

    @classmethod
    def from_frames(
        cls, levels: pd.DataFrame, weighings: pd.DataFrame, dependence: pd.DataFrame | None = None
    ) -> Self:
        """Return the calibration of what was learnt, without what was judged.

        Levels without occurrences, of a version older than these, are those of each.
        """
        if "occurrence" not in levels:
            each = pd.DataFrame({"occurrence": range(len(OCCURRENCES) + 1)})
            levels = levels.merge(each, how="cross")[LEVEL_COLUMNS]
        if dependence is None:
            dependence = pd.DataFrame(columns=DEPENDENCE)
        judged = pd.DataFrame(columns=COVERAGE), pd.DataFrame(columns=EVALUATION)
        return cls(levels, weighings, dependence, *judged)

    def weighing_for(self, demand_class: str, names: Sequence[str]) -> Weighing | None:
        """Return how a class weighs the models of a line-up; None where nothing was learnt."""
        own = self.weighings[self.weighings["demand_class"] == demand_class]
        if own.empty:
            return None
        typical = own.pivot(index="left_out", columns="model", values="typical")
        # The origin that is none comes last.
        last = np.roll(typical.reindex(columns=list(names), fill_value=1.0).to_numpy(), -1, axis=0)
        members, power, prior_origins = own[_WEIGHING].iloc[0]
        return Weighing(int(members), float(power), float(prior_origins), last)

    def levels_for(self, classes: Labels, occurrences: Integers, horizon: int) -> Floats:
        """Return the level of each percentile, (n_series, horizon, 99); its own if unknown."""
        out = np.tile(LEVELS, (len(classes), horizon, 1))
        bands = bands_of(horizon)
        for (demand_class, occurrence), own in self.levels.groupby(["demand_class", "occurrence"]):
            rows = np.flatnonzero(classes.are(str(demand_class)) & (occurrences == occurrence))
            for band, found in zip(own["band"], own[NAMES].to_numpy(np.float64), strict=True):
                out[np.ix_(rows, np.flatnonzero(bands == band))] = found
        return out

    def apply(self, quantiles: Floats, classes: Labels, whole: Flags) -> None:
        """Move the percentiles of each series in place.

        Parameters
        ----------
        quantiles : (n_series, horizon, 99) float64, units, overwritten
        classes : of (n_series,), of `CLASSES`; another keeps its quantiles
        whole : (n_series,) bool, whether demand comes in whole units
        """
        chosen = np.flatnonzero(classes.among(self.levels["demand_class"].unique()))
        moved = quantiles[chosen]
        levels = self.levels_for(classes.take(chosen), occurrences_of(moved), quantiles.shape[1])
        move_quantiles(moved, levels, whole[chosen])
        quantiles[chosen] = moved


def bands_of(horizon: int) -> Integers:
    """Return the band of each step ahead: `BANDS` of them at most, as even as can be."""
    return np.arange(horizon) * min(BANDS, horizon) // horizon


def occurrences_of(quantiles: Floats) -> Integers:
    """Return how often each law has demand, (n_series,) int64, from 0 for the rarest.

    Parameters
    ----------
    quantiles : (n_series, horizon, 99) float64, units, before they are moved
    """
    return np.asarray(np.searchsorted(OCCURRENCES, (quantiles > 0.0).mean(axis=(1, 2))))


def learn_calibration(
    panel: DemandPanel,
    plan: ForecastPlan,
    threads: int = 1,
    categories: pd.Series | None = None,
    regions: pd.Series | None = None,
) -> Calibration:
    """Learn from the backtests of all series, or of evenly many of each class.

    An origin counts for levels with the law that an earlier one gives, so that series of one origin
    tell of none, nor of what errors have in common. Where a class has few others they tell how its
    models weigh.

    Parameters
    ----------
    panel : all series, not one chunk of them, or series in other chunks are forecast otherwise
    plan : settings of the forecast that is to be calibrated
    threads : models that run at a time; what is learnt does not depend on it
    categories : item_id -> category, of the levels at which errors may go together; None has none
    regions : warehouse_id -> region, likewise
    """
    batch = panel.uncensored(plan.season_length)
    if plan.cap_outliers:
        batch = cap_outliers(batch, plan.seasons)
    origins = place_origins(panel.batch, panel.censored, plan)
    demand = np.add.reduceat(batch.values, batch.offsets[:-1]) > 0.0
    scored = origins.scored()
    classes = classify_demand(batch)
    lessons = []
    for demand_class in CLASSES:
        own = demand & classes.are(demand_class)
        members = np.flatnonzero(own & (scored >= FEWEST_ORIGINS))
        if len(members) < FEWEST_SERIES:
            members = np.flatnonzero(own & (scored > 0))
        if len(members):
            told = (batch, origins, panel.entities, plan, threads)
            lessons.append(_learn_class(demand_class, members, *told))
    return Calibration(
        _stack([each.levels for each in lessons], LEVEL_COLUMNS),
        _stack([each.weighings for each in lessons], WEIGHINGS),
        _dependence(panel, lessons, categories, regions),
        _stack([each.coverage for each in lessons], COVERAGE),
        _stack([each.evaluation for each in lessons], EVALUATION),
    )


class _Lessons(NamedTuple):
    """What the backtests of a class say.

    Parameters
    ----------
    levels, weighings, coverage, evaluation : rows of the class, as `Calibration` has them
    series : (n_series,) int64, numbers of the series that were backtested from several origins
    errors : (n_series, windows, horizon) float64, units, actual less forecast
    weights : (n_series,) float64, how many series of the class each stands for
    """

    levels: pd.DataFrame
    weighings: pd.DataFrame
    coverage: pd.DataFrame
    evaluation: pd.DataFrame
    series: Integers
    errors: Floats
    weights: Floats


def _learn_class(
    demand_class: str,
    members: Integers,
    batch: Batch,
    origins: Origins,
    entities: EntityNames,
    plan: ForecastPlan,
    threads: int,
) -> _Lessons:
    """Learn from the series of a class, or from `LARGEST_SAMPLE` of them."""
    places = np.linspace(0, len(members) - 1, min(len(members), LARGEST_SAMPLE))
    chosen = members[np.round(places).astype(np.int64)]
    some = origins.of(chosen)
    group = batch.take(chosen)
    names, frequent = plan.models_for(demand_class), demand_class in FREQUENT
    several = np.flatnonzero(some.scored() >= FEWEST_ORIGINS)
    learning = frequent or len(several) < FEWEST_SERIES
    told = (names, group, some, entities.take(chosen), plan, threads)
    contest = hold_contest(*told, learning=learning)
    hits = count_hits(contest, group, some, plan) * _weights(plan.windows)
    usual = usual_hits(contest.spread) if frequent else None
    return _Lessons(
        _levels(demand_class, hits, len(several), usual),
        _weighing_frame(demand_class, names, contest.weighing),
        _coverage(demand_class, hits, len(several), usual),
        evaluate_horizon(demand_class, contest, some.actuals, bands_of(plan.horizon)),
        chosen[several],
        (some.actuals - contest.past)[several],
        np.full(len(several), len(members) / len(chosen)),
    )


def _dependence(
    panel: DemandPanel,
    lessons: Sequence[_Lessons],
    categories: pd.Series | None,
    regions: pd.Series | None,
) -> pd.DataFrame:
    numbers = np.concatenate([np.zeros(0, np.int64), *(each.series for each in lessons)])
    # Origins are counted from a series' end; of series that ended together they are the same.
    ended = panel.last_ds[numbers] == panel.last_ds.max()
    if not ended.any():
        return pd.DataFrame(columns=DEPENDENCE)
    errors = np.concatenate([each.errors for each in lessons])
    weights = np.concatenate([each.weights for each in lessons])
    series = pd.DataFrame(panel.ids(numbers[ended])).astype(object)
    known = pd.Series(dtype=object) if categories is None else categories
    hierarchy = build_hierarchy(series, known, regions)
    return learn_dependence(hierarchy, errors[ended], weights[ended])


def _weighing_frame(demand_class: str, names: Sequence[str], found: Weighing) -> pd.DataFrame:
    if not len(found.typical):
        return pd.DataFrame(columns=WEIGHINGS)
    windows = len(found.typical) - 1
    left_out, model = np.meshgrid([*range(windows), -1], names, indexing="ij")
    parts = {"demand_class": demand_class, "model": model.ravel(), "left_out": left_out.ravel()}
    scalars = {name: getattr(found, name) for name in _WEIGHING}
    return pd.DataFrame({**parts, "typical": found.typical.ravel(), **scalars})


def _stack(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    told = [frame for frame in frames if len(frame)]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame(columns=columns)


def _weights(windows: int) -> Floats:
    """Return how much each origin counts, (windows, 1, 1, 1): as many times as come before it."""
    return np.arange(windows - 1.0, -1.0, -1.0)[:, None, None, None]


def count_hits(contest: Contest, batch: Batch, origins: Origins, plan: ForecastPlan) -> Floats:
    """Return how often the winners' demand fell below each percentile, by origin and band.

    An origin of a series counts where the series has an earlier one, whose errors make its law.

    Parameters
    ----------
    contest : of a class
    batch, origins : of the same series
    plan : settings

    Returns
    -------
    (windows, occurrences, bands, 100) float64; the last column counts the actuals.
    """
    actuals, everything = origins.actuals, np.arange(len(batch))
    bands = bands_of(plan.horizon)
    n_bands = bands.max() + 1
    hits = np.zeros((plan.windows, len(OCCURRENCES) + 1, n_bands, len(LEVELS) + 1))
    for window in range(plan.windows):
        earlier = actuals.copy()
        earlier[:, : window + 1] = np.nan
        left_out = plan.horizon + np.minimum(window, origins.counts - 1) * plan.step
        moments = measure_moments(batch.cut(everything, left_out, None), plan.season_length)
        spread = estimate_spread(contest.spread.law, contest.past, earlier, moments)
        quantiles = quantiles_of(spread, contest.past[:, window])
        taught = np.asarray(np.isfinite(earlier).any(axis=(1, 2)))
        scored = np.where(taught[:, None], actuals[:, window], np.nan)
        places = occurrences_of(quantiles)[:, None] * n_bands + bands
        add_hits(scored, quantiles, places, hits[window].reshape(-1, len(LEVELS) + 1))
    return hits


def _levels(demand_class: str, hits: Floats, n_series: int, usual: Floats | None) -> pd.DataFrame:
    if not n_series:
        return pd.DataFrame(columns=LEVEL_COLUMNS)
    found = _find_levels(hits, n_series, usual)
    groups, bands = (each.ravel() for each in np.indices(found.shape[:2]))
    head = {"demand_class": demand_class, "occurrence": groups, "band": bands, "series": n_series}
    frame = pd.DataFrame(found.reshape(-1, len(LEVELS)), columns=NAMES)
    return pd.concat([pd.DataFrame(head), frame], axis=1)


def _find_levels(hits: Floats, n_series: int, usual: Floats | None) -> Floats:
    """Return `find_levels`; of rare demand, which has no usual levels, those of the tail stay."""
    if usual is None:
        return leave_tail(find_levels(hits, n_series))
    return find_levels(hits, n_series, usual)


def _coverage(demand_class: str, hits: Floats, n_series: int, usual: Floats | None) -> pd.DataFrame:
    """Judge on the last origin what the earlier ones teach."""
    levels = _find_levels(hits[1:], n_series, usual)
    rows = []
    for band in range(levels.shape[1]):
        counted = hits[0, :, band]
        if counted[:, -1].sum() == 0.0:
            continue
        for nominal in COVERAGES:
            inside = np.array([50 - nominal / 2, 50 + nominal / 2]).astype(int) - 1
            before = _shares_below(np.tile(LEVELS[inside], (len(counted), 1)), counted)
            after = _shares_below(levels[:, band, inside], counted)
            row = (demand_class, band, nominal, before[1] - before[0], after[1] - after[0])
            rows.append(row)
    return pd.DataFrame(rows, columns=COVERAGE)


def _shares_below(levels: Floats, counted: Floats) -> Floats:
    """Return the share of actuals below some levels, (n_levels,).

    Parameters
    ----------
    levels : (groups, n_levels) float64
    counted : (groups, 100) float64, hits; the last column counts the actuals
    """
    ends = np.concatenate([[0.0], LEVELS, [1.0]])
    below = [np.interp(own, ends, [0.0, *hits]) for own, hits in zip(levels, counted, strict=True)]
    return np.asarray(np.sum(below, axis=0) / counted[:, -1].sum())
