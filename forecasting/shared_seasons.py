"""Seasons that series of a kind share: learnt from all of them at once.

References
----------
Dekker, van Donselaar & Ouwehand (2004), "How to use aggregation and combined forecasting to improve
seasonal demand forecasts", Int. J. Production Economics 90(2); Chen & Boylan (2007), "Use of
individual and group seasonal indices in subaggregate demand forecasting", JORS 58(12): a group's
season is known where a series' own is mostly noise. Paule & Mandel (1982), "Consensus values and
weighting factors", J. Research NBS 87(5): the variance between series.
"""

from typing import NamedTuple, Self

import numpy as np

from forecasting.drivers.vintages import origin_ends
from forecasting.known_seasons import (
    KINDS,
    LEVELS,
    NO_GROUP,
    KnownSeasons,
    Profiles,
    SharedSeasons,
)
from forecasting.models import Seasons
from forecasting.panel import Batch, DemandPanel
from forecasting.plan import ForecastPlan
from forecasting.profiles import EVERYTHING, Categories, label_categories
from kernels.arrays import Floats, Integers
from kernels.censored_demand import uncensor
from kernels.harmonic_season import HARMONICS, fill_seasons

# Of a group's profile: a week's step. Shrinkage silences those that it does not need.
GROUP_HARMONICS = 26
# Of fewer series a profile is their own.
FEWEST_SERIES = 3
# Steps of Newton's to a variance, and when one is none.
_ROUNDS, _SAME, _LEAST = 30, 1e-12, 1e-100


def learn_seasons(
    panel: DemandPanel,
    categories: Categories,
    plan: ForecastPlan,
    until: Integers | None = None,
) -> SharedSeasons:
    """Learn what series share of their seasons, by what was known at several dates.

    There are two: the year, where it is longer than the plan's season, and that season. Of each
    series with two of one or more, it is told by harmonics of demand over its trend. Groups of
    `LEVELS` with three such series or more have the mean of what the level before leaves, each
    series weighed by how exactly it tells and how much series differ, less what may be chance; a
    warehouse has a season beside those of its series' kinds, and no year.
    Where the plan's season is half a year or longer, or a year has too few periods, nothing is
    learnt of it.

    Parameters
    ----------
    panel : all series
    categories : item_id -> category; an item that is not in it is of no category
    plan : origins and seasons
    until : (n_vintages,) int64, ascending, number since 1970 of the last period known at each date;
        those of `origin_ends` where left out
    """
    season = plan.season_length
    until = origin_ends(panel, plan) if until is None else until
    told = _tellable(plan.seasons)
    numbers, groups = _group_series(panel, categories)
    if not told[1][2]:
        numbers[:, KINDS:] = NO_GROUP
    numbers, groups = _large_groups(numbers, groups)
    if not groups or not any(harmonics for _, _, harmonics in told):
        until = until[:0]
    found = [
        Profiles.unknown(period, len(until), len(groups), harmonics)
        for period, _, harmonics in told
    ]
    observed = Batch(panel.batch.values, panel.batch.offsets, panel.censored)
    for vintage, period in enumerate(until):
        after = np.maximum(panel.last_periods - period, 0)
        known = np.flatnonzero((panel.last_periods >= period) & (observed.lengths > after))
        some = observed.cut(known, after[known], None)
        assert some.raised is not None
        values = np.empty_like(some.values)
        uncensor(some.values, some.raised, some.offsets, season, values)
        demand = Batch(values, some.offsets)
        for (_, block, harmonics), profiles, levels in zip(
            told, found, (KINDS, len(LEVELS)), strict=True
        ):
            if harmonics:
                _learn_profiles(demand, block, numbers[known, :levels], profiles, vintage)
    return SharedSeasons(until, groups, *found)


def _tellable(seasons: Seasons) -> tuple[tuple[float, int, int], tuple[float, int, int]]:
    """Return periods, periods averaged together, and harmonics of the year and of the season."""
    length, year = seasons
    within = length < year / 2.0
    block = length if within else 1
    harmonics = min(GROUP_HARMONICS, int(year / block / 2.0))
    return (
        (year, block, harmonics if harmonics >= HARMONICS else 0),
        (float(length), 1, (length - 1) // 2 if within else 0),
    )


def _learn_profiles(
    demand: Batch, block: int, numbers: Integers, profiles: Profiles, vintage: int
) -> None:
    """Fill the profiles of one vintage.

    Parameters
    ----------
    demand : what was known by then
    block : periods averaged together
    numbers : (n_series, n_levels) int64, group of each series at each level
    profiles : filled where groups have them
    vintage : its number
    """
    found, variances = np.empty((2, len(demand), profiles.coefficients.shape[2]))
    fill_seasons(demand.values, demand.offsets, profiles.period, block, found, variances)
    told = np.isfinite(found[:, 0])
    own = found[told, 2:], variances[told, 2:], numbers[told]
    filled = profiles.coefficients, profiles.spreads, profiles.variances
    _learn_groups(*own, *(values[vintage] for values in filled))


def know_seasons(panel: DemandPanel, categories: Categories, shared: SharedSeasons) -> DemandPanel:
    """Return a panel whose series know what they share.

    Parameters
    ----------
    panel : some series
    categories : as in `learn_seasons`
    shared : as `learn_seasons` returns it, of these series among others
    """
    numbers, groups = _group_series(panel, categories)
    known = {group: number for number, group in enumerate(shared.groups)}
    places = np.array([known.get(group, NO_GROUP) for group in groups] + [NO_GROUP], np.int64)
    found = _beside_kinds(places[numbers])
    return panel.with_shared(KnownSeasons(shared, panel.last_periods, found))


def _group_series(
    panel: DemandPanel, categories: Categories
) -> tuple[Integers, tuple[tuple[str, str], ...]]:
    """Return the group of each series at each level, (n_series, n_levels), and its name."""
    category = label_categories(panel.item_id, categories)
    numbers = np.empty((len(panel), len(LEVELS)), np.int64)
    groups: list[tuple[str, str]] = []
    for level, labels in enumerate((category, panel.item_id, panel.warehouse_id)):
        numbers[:, level] = labels.codes + len(groups)
        groups += [(LEVELS[level], str(name)) for name in labels.names]
    nameless = np.array([name == EVERYTHING for _, name in groups])
    numbers[nameless[numbers]] = NO_GROUP
    return numbers, tuple(groups)


def _large_groups(
    numbers: Integers, groups: tuple[tuple[str, str], ...]
) -> tuple[Integers, tuple[tuple[str, str], ...]]:
    """Return the groups of `FEWEST_SERIES` or more, numbered anew."""
    counts = np.bincount(numbers[numbers != NO_GROUP], minlength=len(groups))
    large = np.flatnonzero(counts >= FEWEST_SERIES)
    places = np.full(len(groups) + 1, NO_GROUP)
    places[large] = np.arange(len(large))
    return _beside_kinds(places[numbers]), tuple(groups[number] for number in large)


def _beside_kinds(numbers: Integers) -> Integers:
    """Return the groups of each series, (n_series, n_levels): no warehouse without a kind."""
    kindless = (numbers[:, :KINDS] == NO_GROUP).all(axis=1)
    numbers[kindless] = NO_GROUP
    return numbers


def _learn_groups(
    left: Floats,
    variances: Floats,
    numbers: Integers,
    coefficients: Floats,
    spreads: Floats,
    errors: Floats,
) -> None:
    """Fill what groups have at a date, as `Profiles` holds it, where it is known.

    Parameters
    ----------
    left, variances : (n_series, 2 * harmonics) float64, each series' season and how exactly it is
        told; of the first, what no group has is left
    numbers : (n_series, n_levels) int64, group of each series at each level
    coefficients, spreads, errors : a row a group; the last are variances
    """
    kinds = [_Members.of(groups) for groups in numbers.T]
    for kind in kinds:
        told = left[kind.series], variances[kind.series]
        between = np.repeat(_variance_between(*told, kind), 2, axis=1)
        weights = 1.0 / (told[1] + between[kind.places])
        whole = kind.sums(weights)
        centre = kind.sums(weights * told[0]) / whole
        # Before shrinkage: what it silences may be as large.
        errors[kind.groups] = 0.5 * _pairs(1.0 / whole)
        centre *= _shrinkage(centre, 1.0 / whole)
        coefficients[kind.groups, :2] = 1.0, 0.0
        coefficients[kind.groups, 2:] = centre
        left[kind.series] -= centre[kind.places]
    for kind in kinds:
        told = left[kind.series], variances[kind.series]
        spreads[kind.groups] = _variance_between(*told, kind, centred=True)


class _Members(NamedTuple):
    """Groups of a level that have series enough, and their series, group by group.

    Parameters
    ----------
    groups : (n_groups,) int64, numbers of the groups
    series : (n,) int64, numbers of the series
    places : (n,) int64, the place of each one's group
    firsts : (n_groups,) int64, the first of each group's
    """

    groups: Integers
    series: Integers
    places: Integers
    firsts: Integers

    @classmethod
    def of(cls, groups: Integers) -> Self:
        """Return those of a level, from the group of each series."""
        order = np.argsort(groups, kind="stable")
        names, counts = np.unique(groups, return_counts=True)
        large = (counts >= FEWEST_SERIES) & (names != NO_GROUP)
        series = order[np.repeat(large, counts)]
        sizes = counts[large]
        firsts = np.cumsum(sizes) - sizes
        return cls(names[large], series, np.repeat(np.arange(len(sizes)), sizes), firsts)

    def sums(self, values: Floats) -> Floats:
        """Return sums of rows by group, (n_groups, k)."""
        return np.asarray(np.add.reduceat(values, self.firsts, axis=0))


def _shrinkage(terms: Floats, variances: Floats) -> Floats:
    """Return what is left of each coefficient of harmonics, a pair's alike, in [0, 1)."""
    squares = _pairs(terms * terms / variances)
    strength = np.maximum(0.5 * squares, 1e-12)
    return np.repeat(np.maximum(0.0, 1.0 - 1.0 / strength), 2, axis=1)


def _variance_between(
    terms: Floats, variances: Floats, kind: _Members, *, centred: bool = False
) -> Floats:
    """Return the variance between series of a group of each harmonic, (n_groups, n_harmonics).

    Parameters
    ----------
    terms, variances : (n_series, 2 * harmonics) float64, coefficients and their own variances
    kind : of whose groups they are
    centred : whether the mean is known to be zero
    """
    counts = np.bincount(kind.places, minlength=len(kind.groups))
    free = 2.0 * (counts - (0.0 if centred else 1.0))[:, None]
    between = np.zeros((len(counts), terms.shape[1] // 2))
    for _ in range(_ROUNDS):
        weights = 1.0 / (variances + np.repeat(between, 2, axis=1)[kind.places])
        centre = kind.sums(weights * terms) / kind.sums(weights)
        squares = weights * (terms - (0.0 if centred else centre[kind.places])) ** 2
        excess = _pairs(kind.sums(squares)) - free
        slope = _pairs(kind.sums(weights * squares))
        # Where series are the same there is no slope, and nothing between them.
        step = np.divide(excess, slope, out=np.zeros_like(slope), where=slope > _LEAST)
        before, between = between, np.maximum(0.0, between + step)
        if (np.abs(between - before) <= _SAME * between).all():
            break
    return between


def _pairs(values: Floats) -> Floats:
    return np.asarray(values.reshape(len(values), values.shape[1] // 2, 2).sum(axis=2))
