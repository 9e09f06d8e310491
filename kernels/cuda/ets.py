"""Exponential smoothing chosen and fitted on a GPU, a thread a series and a launch a model.

The recursion, its derivatives and the step of the search are those of the processor's lanes, over
tables of one column (`kernels.lanes`); the rules by which a model is open, begun, judged and kept
are `kernels.ets`'s own.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numba import cuda, float64

from kernels.arrays import Flags, Floats, Integers
from kernels.cuda.grids import blocks_for
from kernels.cuda.series import rows_of
from kernels.cuda.streams import Launch, Piece, stream_rows
from kernels.cuda.views import view
from kernels.ets import (
    NO_MODEL,
    EtsFits,
    begin_series,
    candidate_bounds,
    candidates_of,
    fill_short_lines,
    fill_start,
    information,
    is_open,
    no_fits,
    settle_fit,
    size_of,
    start_again,
)
from kernels.ets_lanes import (
    Layout,
    Shape,
    count_parameters,
    count_smoothing,
    lay_out,
    shape_of,
)
from kernels.ets_refit import fill_near_start
from kernels.ets_search import MOST_POINTS, Bench, search_series
from kernels.ets_step import DAMPED, RATIO

# A thread's own memory grows with the square of the season: 71 kB here, which a device sets aside
# for as many threads as it can hold.
LONGEST_SEASON = 52
# Up to such a season loops over parameters are written out. Beyond it, those of the curvature are
# thousands of lines, on which the compiler for sm_100 is busy for minutes.
_LONGEST_WRITTEN_OUT = 12
THREADS = 64
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
    lines : (n_series, 2) float64, of `kernels.ets.fill_short_lines`
    begun : (1 or 3, n_series, 3 + m) float64, as `kernels.ets.begin_series` fills a row
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
    above : (n_series,) float64, filled with what `kernels.ets.start_again` returns
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
    near_model, near_start : of the `kernels.ets.EtsFits` of before
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
    others : as in `kernels.ets.EtsFits`; model, criterion and points are there, the rest is filled
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


def scratch_of_fits(rows: int, longest: int, *, n_models: int, length: int) -> list[Piece]:
    """Return the arrays that `fit_chunk` has beside inputs and outputs.

    Parameters
    ----------
    rows, longest : series, and observations of the longest
    n_models : candidates
    length : periods of the season
    """
    widest = widest_start(length)
    return [
        *floats((longest, rows), (longest, rows), (rows,), (rows,)),
        *floats((3 if length > 1 else 1, rows, 3 + length), (rows, length), (rows, widest)),
        *floats((n_models, rows, widest), (n_models, rows), (n_models, rows)),
        ((n_models, rows), np.int64),
        ((rows,), np.bool_),
    ]


def fit_chunk(
    stream: Any,  # noqa: ANN401 - numba's own
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    *beside: Any,  # noqa: ANN401 - of the device
    told: Any,  # noqa: ANN401 - of the device
    candidates: Integers,
    length: int,
) -> None:
    """Launch the kernels of a chunk that lies on the device.

    Parameters
    ----------
    stream : of numba
    inputs : (n_series, longest) and (n_series,), values and lengths; (n_series, 2), lines of
        `kernels.ets.fill_short_lines`
    outputs : the fields of `kernels.ets.EtsFits`, filled
    beside : of `scratch_of_fits`
    candidates, told : of `kernels.ets.candidates_of`, here and on the device
    length : periods of the season
    """
    series, lengths, lines = inputs
    model, criterion, points = outputs[0], outputs[6], outputs[7]
    scaled, adjusted, unit, lowest, begun, ring, best, trials, found, above, tried, asked = beside
    grid = (blocks_for(len(series), THREADS), THREADS, stream)
    scale_ets_series[grid](series, lengths, scaled, unit, lowest, model, criterion, points)
    begin_ets_series[grid](scaled, lengths, unit, lowest, lines, begun, adjusted, ring)
    models: list[tuple[int, int, int]] = [tuple(row) for row in candidates.tolist()]

    def search(c: int) -> None:
        relative, trend, season = models[c]
        shape = Shape(relative == 1, trend, season, length if season > 0 else 1)
        search_kernel(shape)[grid](
            *(scaled, lengths, unit, asked, length),
            *(MOST_POINTS, trials[c], found[c], tried[c]),
        )

    def keep() -> None:
        keep_ets_models[grid](
            *(told, length, trials, found, tried, above, model, criterion, points, best)
        )

    for c, (relative, trend, season) in enumerate(models):
        start_ets_model[grid](
            *(relative == 1, trend, season, length, lengths, unit, lowest),
            *(begun[season], above[c], asked, trials[c]),
        )
        search(c)
    keep()
    # From the last down: a model starts from where simpler ones ended, which come before it.
    for c, (relative, trend, season) in reversed(list(enumerate(models))):
        plain, line = (relative, 0, season), (relative, DAMPED - 1, season)
        start_ets_model_again[grid](
            *(relative == 1, trend, season, length, c),
            models.index(plain) if trend > 0 and plain in models else -1,
            models.index(line) if trend == DAMPED and line in models else -1,
            *(scaled, lengths, unit, lowest, begun[season], ring, criterion),
            *(found, above[c], asked, trials),
        )
        search(c)
    keep()
    settle_ets_series[grid](scaled, lengths, unit, best, ring, *outputs)


def scratch_of_refits(rows: int, longest: int, *, length: int) -> list[Piece]:
    """Return the arrays that `refit_chunk` has beside inputs and outputs, as `scratch_of_fits`."""
    return [
        *floats((longest, rows), (rows,), (rows,), (rows,)),
        *floats((rows, length), (rows, widest_start(length))),
        ((rows,), np.int64),
        ((rows,), np.bool_),
    ]


def refit_chunk(
    stream: Any,  # noqa: ANN401 - numba's own
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    *beside: Any,  # noqa: ANN401 - of the device
    codes: Sequence[int],
    length: int,
) -> None:
    """Launch the kernels that fit a chunk's models again.

    Parameters
    ----------
    stream : of numba
    inputs : (n_series, longest) and (n_series,), values and lengths; (n_series,) and
        (n_series, widest), the models of before and their parameters
    outputs : the fields of `kernels.ets.EtsFits`, filled
    beside : of `scratch_of_refits`
    codes : of the models that any series has
    length : periods of the season
    """
    series, lengths, near_model, near_start = inputs
    model, criterion, points = outputs[0], outputs[6], outputs[7]
    scaled, unit, lowest, found, ring, best, tried, asked = beside
    grid = (blocks_for(len(series), THREADS), THREADS, stream)
    scale_ets_series[grid](series, lengths, scaled, unit, lowest, model, criterion, points)
    for code in codes:
        shape = shape_of(code, length)
        start_ets_model_near[grid](
            *(code, length, lengths, unit, lowest, near_model, near_start, asked, best)
        )
        search_kernel(shape)[grid](
            *(scaled, lengths, unit, asked, length, MOST_POINTS, best, found, tried)
        )
        keep_ets_refits[grid](code, asked, found, tried, model, criterion, points)
    settle_ets_series[grid](scaled, lengths, unit, best, ring, *outputs)


def floats(*shapes: tuple[int, ...]) -> list[Piece]:
    """Return what asks for float64 arrays of these shapes."""
    return [(shape, np.float64) for shape in shapes]


def widest_start(length: int) -> int:
    """Return how many parameters `kernels.ets.EtsFits` has room for, with so long a season."""
    return int(no_fits(1, length).start.shape[1])


def fit_ets(
    values: Floats,
    offsets: Integers,
    season_length: int,
    models: tuple[str, ...] = (),
    *,
    at_once: int | None = None,
) -> EtsFits:
    """Choose and fit a model for each series; `kernels.ets.fit_ets` on a GPU.

    A search ends where a step gains less than a thousandth of twice the log-likelihood, so what a
    GPU rounds otherwise moves parameters by little, and a model by another only where the two are
    as good as each other.

    Parameters
    ----------
    season_length : periods, `LONGEST_SEASON` at most
    at_once : series on the device at a time; None is as many as fit
    others : as in `kernels.ets.fit_ets`

    Raises
    ------
    ValueError
        Where the season is longer, or a model's name is unknown.
    """
    refuse_season(season_length)
    values, offsets = np.ascontiguousarray(values, np.float64), np.asarray(offsets, np.int64)
    lines = np.zeros((len(offsets) - 1, 2))
    if season_length > 1:
        fill_short_lines(values, offsets, season_length, lines)
    candidates = candidates_of(models, season_length)
    told = cuda.to_device(candidates)
    launch = partial(fit_chunk, told=told, candidates=candidates, length=season_length)
    beside = partial(scratch_of_fits, n_models=len(candidates), length=season_length)
    return fit_rows(values, offsets, [lines], season_length, (launch, beside), at_once)


def refit_ets(
    near: EtsFits, values: Floats, offsets: Integers, *, at_once: int | None = None
) -> EtsFits:
    """Fit each series' model again; `kernels.ets_refit.refit_ets` on a GPU.

    Parameters
    ----------
    near : fits of the same series, with a season of `LONGEST_SEASON` periods at most
    at_once : series on the device at a time; None is as many as fit
    others : as in `kernels.ets_refit.refit_ets`

    Raises
    ------
    ValueError
        Where the season is longer.
    """
    length = near.seasons.shape[1]
    refuse_season(length)
    values, offsets = np.ascontiguousarray(values, np.float64), np.asarray(offsets, np.int64)
    codes = np.unique(near.model[near.model != NO_MODEL]).tolist()
    work = (
        partial(refit_chunk, codes=codes, length=length),
        partial(scratch_of_refits, length=length),
    )
    fits = fit_rows(values, offsets, [near.model, near.start], length, work, at_once)
    fits.level[fits.model == NO_MODEL] = np.nan
    return fits


def fit_rows(
    values: Floats,
    offsets: Integers,
    beside: Sequence[np.ndarray],
    length: int,
    work: tuple[Launch, Callable[[int, int], list[Piece]]],
    at_once: int | None,
) -> EtsFits:
    """Take series, and what lies beside each, through the device, and return their fits.

    Parameters
    ----------
    values, offsets : as in `kernels.ets.fit_ets`
    beside : arrays whose first axis is the series
    length : periods of the season
    work : called with a chunk's values, lengths and what lies beside them, the fields of
        `kernels.ets.EtsFits` to fill, and its scratch; and what returns that, for rows and
        observations of the longest
    at_once : series on the device at a time; None is as many as fit
    """
    padded, lengths = rows_of(values, offsets)
    # Neighbours in a warp wait for one another: they are of like length.
    order = np.argsort(lengths, kind="stable")
    fits = no_fits(len(lengths), length)
    launch, scratch = work
    inputs = [part[order] for part in (padded, lengths, *beside)]
    told = partial(_for_rows, scratch, padded.shape[1])
    stream_rows(inputs, fits, launch, at_once, scratch=told, fits=True)
    back = np.argsort(order)
    fits = EtsFits._make(part[back] for part in fits)
    fits.criterion[fits.model == NO_MODEL] = np.nan
    return fits


def _for_rows(scratch: Callable[[int, int], list[Piece]], longest: int, rows: int) -> list[Piece]:
    return scratch(rows, longest)


def refuse_season(length: int) -> None:
    """Raise where a thread has no room for a season of so many periods."""
    if not 1 <= length <= LONGEST_SEASON:
        raise ValueError(f"season_length must be in [1, {LONGEST_SEASON}]; got {length}")
