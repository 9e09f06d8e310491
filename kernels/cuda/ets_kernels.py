"""Exponential smoothing on a GPU, a thread a series: where searches start, searches, what is kept.

The recursion, its derivatives and the step of the search are those of the processor's lanes, over
tables of one column (`kernels.lanes`); the rules by which a model is open, begun, judged and kept
are the processor's own.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numba import cuda, float64

from kernels.arrays import Flags, Floats, Integers
from kernels.cuda.views import view
from kernels.ets_again import start_again
from kernels.ets_candidates import candidate_bounds, information, is_open
from kernels.ets_fits import NO_MODEL, EtsFits
from kernels.ets_lanes import Layout, lay_out
from kernels.ets_refit import fill_near_start
from kernels.ets_search import Bench, search_series
from kernels.ets_shape import Shape, count_parameters, count_smoothing, shape_of
from kernels.ets_start import begin_series, fill_start
from kernels.ets_step import RATIO
from kernels.ets_units import settle_fit, size_of

# A thread's own memory grows with the square of the season: 71 kB here, which a device sets aside
# for as many threads as it can hold.
LONGEST_SEASON = 52
# Up to such a season loops over parameters are written out. Beyond it, those of the curvature are
# thousands of lines, on which the compiler for sm_100 is busy for minutes.
_LONGEST_WRITTEN_OUT = 12
_MOST_SMOOTHING = 4


@cuda.jit
def scale_ets_series(
    series: Floats,
    lengths: Integers,
    scaled: Floats,
    unit: Floats,
    lowest: Floats,
    model: Integers,
    criterion: Floats,
    points: Integers,
) -> None:
    """Lay every series beside the others, in units of its mean size, and begin its fit.

    Parameters
    ----------
    series : (n_series, longest) float64, from each one's first observation on
    lengths : (n_series,) int64
    scaled : (longest, n_series) float64, filled: neighbours in memory are neighbours in a warp
    unit, lowest : (n_series,) float64, filled; a constant has no unit and is left as it is
    model, criterion, points : (n_series,), filled: none yet
    """
    s = cuda.grid(1)
    if s < lengths.shape[0]:
        n = lengths[s]
        unit[s], lowest[s] = size_of(view(series[s, :n]))
        for t in range(n):
            scaled[t, s] = series[s, t] / unit[s] if unit[s] > 0.0 else series[s, t]
        model[s], criterion[s], points[s] = NO_MODEL, np.inf, 0


@cuda.jit
def begin_ets_series(
    scaled: Floats,
    lengths: Integers,
    unit: Floats,
    lowest: Floats,
    lines: Floats,
    begun: Floats,
    adjusted: Floats,
    counts: Floats,
) -> None:
    """Fill where searches of every series start, for each kind of season.

    Parameters
    ----------
    scaled, lengths, unit, lowest : as `scale_ets_series` leaves them
    lines : (n_series, 2) float64, of `kernels.ets_start.fill_short_lines`
    begun : (1 or 3, n_series, 3 + m) float64, as `kernels.ets_start.begin_series` fills a row
    adjusted : (longest, n_series) float64 scratch
    counts : (n_series, m) float64 scratch
    """
    s = cuda.grid(1)
    if s < lengths.shape[0]:
        n = lengths[s]
        for season in range(begun.shape[0]):
            m = counts.shape[1] if season > 0 else 1
            if is_open(Shape(season == RATIO, 0, season, m), n, lowest[s], unit[s]):
                begin_series(
                    view(scaled[:n, s]),
                    lines[s, 0],
                    lines[s, 1],
                    season,
                    view(begun[season, s, : 3 + m]),
                    view(adjusted[:n, s]),
                    view(counts[s, :m]),
                )


@cuda.jit
def start_ets_model(
    relative: bool,
    trend: int,
    season: int,
    length: int,
    lengths: Integers,
    unit: Floats,
    lowest: Floats,
    begun: Floats,
    above: Floats,
    asked: Flags,
    trials: Floats,
) -> None:
    """Fill where the first search of one model starts, in every series that it is open to.

    Parameters
    ----------
    relative, trend, season : of the model, which is no more known when this is compiled
    length : periods of the season
    lengths, unit, lowest : as the kernels before leave them
    begun : (n_series, 3 + m) float64, of the model's kind of season
    above : (n_series,) float64, filled: a first search is worth it whatever the best is
    asked : (n_series,) bool, filled: whether there is a search
    trials : (n_series, widest) float64, filled
    """
    s = cuda.grid(1)
    if s < lengths.shape[0]:
        shape = Shape(relative, trend, season, length if season > 0 else 1)
        above[s] = -np.inf
        asked[s] = is_open(shape, lengths[s], lowest[s], unit[s])
        if asked[s]:
            lower = cuda.local.array(_MOST_SMOOTHING, float64)
            upper = cuda.local.array(_MOST_SMOOTHING, float64)
            candidate_bounds(relative, trend, season, length, lower, upper)
            fill_start(shape, lower, upper, False, view(begun[s]), view(trials[s]))


@cuda.jit
def start_ets_model_again(
    relative: bool,
    trend: int,
    season: int,
    length: int,
    own: int,
    untrended: int,
    undamped: int,
    scaled: Floats,
    lengths: Integers,
    unit: Floats,
    lowest: Floats,
    begun: Floats,
    means: Floats,
    criterion: Floats,
    found: Floats,
    above: Floats,
    asked: Flags,
    trials: Floats,
) -> None:
    """Fill where the second search of one model starts, in every series where it is worth it.

    Parameters
    ----------
    relative, trend, season, length, lengths, unit, lowest, begun, asked : as for `start_ets_model`
    own, untrended, undamped : the candidate's number, and that of the one without trend and of the
        one without damping; -1 where there is none
    scaled : as `scale_ets_series` leaves it
    means : (n_series, m) float64 scratch
    criterion : (n_series,) float64, the least of first searches
    found : (n_candidates, n_series) float64, of first searches from ``own`` down
    above : (n_series,) float64, filled with what `kernels.ets_again.start_again` returns
    trials : (n_candidates, n_series, widest) float64, where those searches ended; that of ``own``
        is filled
    """
    s = cuda.grid(1)
    if s < lengths.shape[0]:
        shape, n = Shape(relative, trend, season, length if season > 0 else 1), lengths[s]
        above[s] = np.inf
        if is_open(shape, n, lowest[s], unit[s]):
            lower = cuda.local.array(_MOST_SMOOTHING, float64)
            upper = cuda.local.array(_MOST_SMOOTHING, float64)
            smoothing = count_smoothing(trend, season)
            candidate_bounds(relative, trend, season, length, lower, upper)
            above[s] = start_again(
                shape,
                view(scaled[:n, s]),
                unit[s],
                lower[:smoothing],
                upper[:smoothing],
                view(begun[s]),
                found[own, s],
                view(trials[own, s]),
                found[untrended, s] if untrended >= 0 else np.inf,
                view(trials[untrended, s]),
                found[undamped, s] if undamped >= 0 else np.inf,
                view(trials[undamped, s]),
                view(means[s]),
                view(trials[own, s]),
            )
        asked[s] = above[s] < criterion[s]


@cuda.jit
def start_ets_model_near(
    code: int,
    length: int,
    lengths: Integers,
    unit: Floats,
    lowest: Floats,
    near_model: Integers,
    near_start: Floats,
    asked: Flags,
    trials: Floats,
) -> None:
    """Fill where the search of one model starts, in every series that had it before.

    Parameters
    ----------
    code : of the model
    length, lengths, unit, lowest, asked, trials : as for `start_ets_model`
    near_model, near_start : of the `kernels.ets_fits.EtsFits` of before
    """
    s = cuda.grid(1)
    if s < lengths.shape[0]:
        shape = shape_of(code, length)
        asked[s] = near_model[s] == code and is_open(shape, lengths[s], lowest[s], unit[s])
        if asked[s]:
            lower = cuda.local.array(_MOST_SMOOTHING, float64)
            upper = cuda.local.array(_MOST_SMOOTHING, float64)
            candidate_bounds(shape.relative, shape.trend, shape.season, length, lower, upper)
            near = view(near_start[s])
            fill_near_start(shape, lower, upper, near, unit[s], view(trials[s]))


@lru_cache
def search_kernel(shape: Shape) -> Any:  # noqa: ANN401 - numba's own
    """Return the kernel that searches one model.

    The model is known when it is compiled, and so is its season unless it is long: what a thread
    would ask at every period is not asked, loops over parameters are written out, and what they
    work on is in registers, as far as there are. Other arrays are a thread's own memory, in which
    neighbours of a warp lie side by side.
    """
    relative, trend, season, known = shape
    written_out = known <= _LONGEST_WRITTEN_OUT
    layout: Layout = lay_out(shape)
    size, rows, held = (layout.size, 1), (layout.total, 1), (layout.held, 1)
    triangle = (layout.size * (layout.size + 1) // 2, 1)
    smoothing = count_smoothing(trend, season)

    @cuda.jit
    def search_ets_model(
        scaled: Floats,
        lengths: Integers,
        unit: Floats,
        asked: Flags,
        length: int,
        most_points: int,
        trials: Floats,
        found: Floats,
        tried: Integers,
    ) -> None:
        """Search the model in every series that it is asked for.

        Parameters
        ----------
        scaled, lengths, unit, asked : as the kernels before leave them
        length : periods of the season that there is, which bounds smoothing without one too
        most_points : that a search tries
        trials : (n_series, widest) float64, where searches start, overwritten with where they end
        found, tried : (n_series,), filled: criterion, infinite where there was no search; points
            tried
        """
        s = cuda.grid(1)
        if s < lengths.shape[0]:
            n = lengths[s]
            found[s], tried[s] = np.inf, 0
            if asked[s]:
                lower = cuda.local.array(smoothing, float64)
                upper = cuda.local.array(smoothing, float64)
                room = cuda.local.array(rows, float64)
                rings = cuda.local.array(held, float64)
                theta, trial = cuda.local.array(size, float64), cuda.local.array(size, float64)
                slope, free = cuda.local.array(size, float64), cuda.local.array(size, float64)
                step, factor = cuda.local.array(size, float64), cuda.local.array(triangle, float64)
                products = cuda.local.array(triangle, float64)
                damping = cuda.local.array((1, 1), float64)
                singular = cuda.local.array((1, 1), float64)
                taken = cuda.local.array((1, 1), float64)
                own = Shape(relative, trend, season, known if written_out else length)
                candidate_bounds(relative, trend, season, length, lower, upper)
                start = view(trials[s])
                bench = Bench(
                    room,
                    rings,
                    theta,
                    trial,
                    slope,
                    free,
                    step,
                    products,
                    factor,
                    damping,
                    singular,
                    taken,
                )
                values = view(scaled[:, s : s + 1])
                likelihood, count = search_series(
                    values, n, own, lay_out(own), lower, upper, start, most_points, bench
                )
                found[s] = information(likelihood, n, unit[s], layout.size)
                tried[s] = count

    return search_ets_model


@cuda.jit
def keep_ets_models(
    candidates: Integers,
    length: int,
    trials: Floats,
    found: Floats,
    tried: Integers,
    above: Floats,
    model: Integers,
    criterion: Floats,
    points: Integers,
    best: Floats,
) -> None:
    """Keep the best candidate of every series, one after the other as the processor does.

    Parameters
    ----------
    candidates, length, trials, found, tried : as for the search
    above : (n_candidates, n_series) float64, the best criterion above which each search is worth it
    model, criterion, points : (n_series,), of the best so far; points are added
    best : (n_series, widest) float64, its parameters
    """
    s = cuda.grid(1)
    if s < model.shape[0]:
        for c in range(candidates.shape[0]):
            if not above[c, s] < criterion[s]:
                continue
            relative, trend, kind = candidates[c, 0], candidates[c, 1], candidates[c, 2]
            shape = Shape(relative == 1, trend, kind, length if kind > 0 else 1)
            points[s] += tried[c, s]
            if found[c, s] < criterion[s]:
                criterion[s] = found[c, s]
                model[s] = 9 * relative + 3 * trend + kind
                for p in range(count_parameters(trend, kind, shape.length)):
                    best[s, p] = trials[c, s, p]


@cuda.jit
def keep_ets_refits(
    code: int,
    asked: Flags,
    found: Floats,
    tried: Integers,
    model: Integers,
    criterion: Floats,
    points: Integers,
) -> None:
    """Keep what the search of one model found in every series that it was asked for.

    Parameters
    ----------
    code : of the model
    asked, found, tried : (n_series,), of the search
    model, criterion, points : (n_series,), filled where it was
    """
    s = cuda.grid(1)
    if s < model.shape[0] and asked[s] and found[s] < np.inf:
        model[s], criterion[s], points[s] = code, found[s], tried[s]


@cuda.jit
def settle_ets_series(
    scaled: Floats,
    lengths: Integers,
    unit: Floats,
    best: Floats,
    ring: Floats,
    model: Integers,
    smoothing: Floats,
    level: Floats,
    trend: Floats,
    seasons: Floats,
    variance: Floats,
    criterion: Floats,
    points: Integers,
    start: Floats,
) -> None:
    """Carry every chosen model through its series; a constant stays where it is.

    Parameters
    ----------
    scaled, lengths, unit, best : as the kernels before leave them
    ring : (n_series, m) float64 scratch
    others : as in `kernels.ets_fits.EtsFits`; all but model, criterion and points is filled
    """
    s = cuda.grid(1)
    if s < model.shape[0]:
        n = lengths[s]
        smoothing[s, 0] = smoothing[s, 1] = smoothing[s, 2] = smoothing[s, 3] = 0.0
        level[s] = scaled[n - 1, s] if unit[s] == 0.0 else np.nan
        trend[s] = variance[s] = 0.0
        for j in range(seasons.shape[1]):
            seasons[s, j] = 0.0
        for p in range(start.shape[1]):
            start[s, p] = 0.0
        if model[s] >= 0:
            state = cuda.local.array(2, float64)
            fits = EtsFits(
                view(model),
                view(smoothing),
                view(level),
                view(trend),
                view(seasons),
                view(variance),
                view(criterion),
                view(points),
                view(start),
            )
            own = view(best[s])
            settle_fit(s, view(scaled[:n, s]), unit[s], own, state, view(ring[s]), fits)
