"""Exponential smoothing chosen and fitted on a GPU, a thread a series and a launch a model."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numba import cuda

from kernels.arrays import Floats, Integers
from kernels.cuda.ets_kernels import (
    LONGEST_SEASON,
    begin_ets_series,
    keep_ets_models,
    keep_ets_refits,
    scale_ets_series,
    search_kernel,
    settle_ets_series,
    start_ets_model,
    start_ets_model_again,
    start_ets_model_near,
)
from kernels.cuda.grids import blocks_for
from kernels.cuda.series import rows_of
from kernels.cuda.streams import Launch, Piece, stream_rows
from kernels.ets_candidates import candidates_of
from kernels.ets_fits import NO_MODEL, EtsFits, no_fits
from kernels.ets_search import MOST_POINTS
from kernels.ets_shape import Shape, shape_of
from kernels.ets_start import fill_short_lines
from kernels.ets_step import DAMPED

THREADS = 64


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
        `kernels.ets_start.fill_short_lines`
    outputs : the fields of `kernels.ets_fits.EtsFits`, filled
    beside : of `scratch_of_fits`
    candidates, told : of `kernels.ets_candidates.candidates_of`, here and on the device
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
    outputs : the fields of `kernels.ets_fits.EtsFits`, filled
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
    """Return how many parameters `kernels.ets_fits.EtsFits` has room for, with so long a season."""
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
        `kernels.ets_fits.EtsFits` to fill, and its scratch; and what returns that, for rows and
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
