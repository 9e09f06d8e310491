"""What drivers do to demand: effects by group, as known at several dates.

References
----------
James & Stein (1961), "Estimation with quadratic loss" (what is taken off effects by chance);
Driscoll & Kraay (1998), "Consistent covariance matrix estimation with spatially dependent panel
data", Review of Economics and Statistics 80(4): errors of series that are moved together are
counted by blocks of time, not one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats, Integers
from kernels.driver_effects import add_group, mark_occasions

EVERYTHING = 0
# Standard deviations, on the logarithm of demand, of effects over all series about none, and of a
# group's about those over all.
SPREAD_OVER_ALL, SPREAD_OF_GROUP = 1.0, 0.25
LAGS = 8
FEW_OCCASIONS = 8
# A step is in shares of demand; no standard error is as small.
MOST_STEPS, LARGEST_STEP, SMALLEST_STEP = 30, 1.0, 1e-5
# Above this ratio of the year a season is the year's own, and a level is that of the last periods.
SHORT_SEASON = 0.5


@dataclass(frozen=True)
class Sample:
    """Series whose effects are learnt together.

    Parameters
    ----------
    values : (n_observations,) float64, demand in units per period; NaN is not looked at
    design : (n_rows, n_columns) float64
    periods : (n_rows,) int64, number since 1970
    starts, stops, rows : (n_series,) int64, the observations of each series, and the row of its
        first
    groups : (n_series,) int64, 1 or more
    """

    values: Floats
    design: Floats
    periods: Integers
    starts: Integers
    stops: Integers
    rows: Integers
    groups: Integers

    def of(self, group: int) -> "Sample":
        """Return the series of one group; all of them for `EVERYTHING`."""
        if group == EVERYTHING:
            return self
        chosen = self.groups == group
        return Sample(
            self.values, self.design, self.periods,
            self.starts[chosen], self.stops[chosen], self.rows[chosen], self.groups[chosen],
        )  # fmt: skip

    def until(self, period: int) -> "Sample":
        """Return what was known at the end of a period."""
        last = self.periods[self.rows] + self.stops - self.starts - 1 if len(self.rows) else 0
        stops = np.maximum(self.stops - np.maximum(last - period, 0), self.starts)
        return Sample(
            self.values, self.design, self.periods, self.starts, stops, self.rows, self.groups
        )


@dataclass(frozen=True)
class GroupEffects:
    """Effects of one group, on the logarithm of demand.

    Parameters
    ----------
    effects, errors : (n_columns,) float64, per unit of the column; errors are standard errors,
        NaN where the driver never moved
    occasions : (n_columns,) int64, blocks of time in which the column moved
    series : that told anything
    prior : (n_columns,) float64, what was expected of the effects before
    """

    effects: Floats
    errors: Floats
    occasions: Integers
    series: int
    prior: Floats

    @property
    def shrunk(self) -> Floats:
        """Effects with what may be chance taken off: what forecasts use.

        Of what sets an effect apart from its prior ``max(0, 1 - 1 / t^2)`` stays.
        """
        apart = self.effects - self.prior
        squares = np.square(apart)
        noise = np.square(np.nan_to_num(self.errors))
        chance = np.divide(noise, squares, out=np.ones_like(squares), where=squares > 0.0)
        return np.asarray(self.prior + apart * np.maximum(1.0 - chance, 0.0))


@dataclass(frozen=True)
class Clock:
    """Which periods a period is held against.

    Parameters
    ----------
    lag : periods between lags: the season, or one period where the season is the year's own
    block : periods whose errors count as one
    """

    lag: int
    block: int

    @classmethod
    def of(cls, season_length: int, year: float) -> "Clock":
        """Return the clock of a season; a block is a short season, or a sixth of the year."""
        short = season_length < SHORT_SEASON * year
        lag = season_length if short else 1
        return cls(lag, max(lag, round(year / 52.18)) if short else max(round(year / 13.0), 1))


def fit_group(
    sample: Sample, clock: Clock, prior: Floats, spread: float, start: Floats | None = None
) -> GroupEffects:
    """Learn the effects of one group of series.

    Parameters
    ----------
    sample : its series
    clock : what a period is held against
    prior : (n_columns,) float64, what is expected of the effects before
    spread : standard deviation of the effects about it
    start : (n_columns,) float64, where the search begins; None is at the prior

    Notes
    -----
    The effects maximise the quasi-likelihood with a normal prior. The covariance is the sandwich
    over blocks of time, each column's error widened by ``n / (n - 1)`` for its n occasions. Where
    these are few it says little, and the error is at least what a block strays by, of n of them.
    """
    k = sample.design.shape[1]
    precision = np.eye(k) / spread**2
    blocks, n_blocks = _blocks(sample, clock.block)
    effects = prior.copy() if start is None else start.copy()
    for _ in range(MOST_STEPS):
        information, scores = np.zeros((k, k)), np.zeros((n_blocks, k))
        common = np.zeros((n_blocks, 2))
        used = _add(sample, clock, blocks, effects, information, scores, common)
        slope = scores.sum(axis=0) - precision @ (effects - prior)
        step = np.linalg.solve(information + precision, slope)
        size = float(np.abs(step).max(initial=0.0))
        effects = effects + step * min(1.0, LARGEST_STEP / max(size, SMALLEST_STEP))
        if size < SMALLEST_STEP:
            break
    inverse = np.linalg.inv(information + precision)
    variances = np.einsum("ij,bj->bi", inverse, scores).T ** 2
    occasions = _occasions(sample, blocks, n_blocks)
    widening = occasions / np.maximum(occasions - 1, 1)
    errors = np.sqrt(variances.sum(axis=1) * widening)
    least = _straying(common) / np.sqrt(np.maximum(occasions, 1))
    errors = np.where(occasions < FEW_OCCASIONS, np.maximum(errors, least), errors)
    errors[occasions == 0] = np.nan
    return GroupEffects(effects, errors, occasions, used, prior)


def fit_groups(
    sample: Sample, clock: Clock, n_groups: int, before: Sequence[GroupEffects] = ()
) -> list[GroupEffects]:
    """Learn the effects over all series, and of each group with those as its prior.

    Parameters
    ----------
    sample : all series
    clock : what a period is held against
    n_groups : the first group is `EVERYTHING`
    before : what an earlier time told of each group, near which the search begins; or nothing

    Returns
    -------
    One for each group. A group that tells nothing has the effects over all.
    """
    nothing = np.zeros(sample.design.shape[1])
    starts: Sequence[Floats | None] = [group.effects for group in before] or [None] * n_groups
    found = [fit_group(sample, clock, nothing, SPREAD_OVER_ALL, starts[0])]
    prior = found[0].shrunk
    return found + [
        fit_group(sample.of(g), clock, prior, SPREAD_OF_GROUP, starts[g])
        for g in range(1, n_groups)
    ]


def _straying(common: Floats) -> float:
    """Return how far blocks of time stray from what is expected of all series together."""
    seen = common[common[:, 1] > 0.0]
    return float(np.sqrt(np.mean((seen[:, 0] / seen[:, 1]) ** 2))) if len(seen) else 0.0


def _blocks(sample: Sample, length: int) -> tuple[Integers, int]:
    if not len(sample.periods):
        return np.empty(0, np.int64), 0
    blocks = sample.periods // length
    blocks = blocks - blocks.min()
    return blocks, int(blocks.max()) + 1


def _add(
    sample: Sample,
    clock: Clock,
    blocks: Integers,
    effects: Floats,
    information: Floats,
    scores: Floats,
    common: Floats,
) -> int:
    return int(
        add_group(
            sample.values,
            sample.design,
            sample.starts,
            sample.stops,
            sample.rows,
            effects,
            clock.lag,
            LAGS,
            blocks,
            information,
            scores,
            common,
        )
    )


def _occasions(sample: Sample, blocks: Integers, n_blocks: int) -> Integers:
    """Return in how many blocks each column is neither zero nor unknown for some series."""
    moved = np.zeros((n_blocks, sample.design.shape[1]), dtype=bool)
    lengths = sample.stops - sample.starts
    mark_occasions(sample.design, sample.rows, lengths, blocks, moved)
    return np.asarray(moved.sum(axis=0), dtype=np.int64)
