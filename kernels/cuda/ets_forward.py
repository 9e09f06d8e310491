"""Fitted exponential smoothing models on a GPU, a thread a series: carried on, run again, forecast.

By `kernels.ets_forward`'s and `kernels.ets_step`'s own functions of one series.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import cuda, float64

from kernels.arrays import Floats, Integers
from kernels.cuda.ets import THREADS, fit_rows, floats, refuse_season, widest_start
from kernels.cuda.ets_kernels import LONGEST_SEASON, scale_ets_series, settle_ets_series
from kernels.cuda.grids import blocks_for
from kernels.cuda.series import rows_of
from kernels.cuda.streams import Piece, stream_rows
from kernels.cuda.views import view
from kernels.ets_fits import NO_MODEL, PHI, EtsFits
from kernels.ets_forward import carry_series, may_run
from kernels.ets_refit import fill_start_in_units
from kernels.ets_shape import shape_of
from kernels.ets_step import expect_ahead


class States(NamedTuple):
    """What the periods ahead depend on, by the names and shapes of `kernels.ets_fits.EtsFits`."""

    model: Integers
    smoothing: Floats
    level: Floats
    trend: Floats
    seasons: Floats
    variance: Floats


def states_of(fits: EtsFits) -> States:
    """Return the states of fits: less to send to a device."""
    return States(fits.model, fits.smoothing, fits.level, fits.trend, fits.seasons, fits.variance)


@cuda.jit(device=True)
def seen(states):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return states as scalar functions take them."""
    return States(
        view(states.model),
        view(states.smoothing),
        view(states.level),
        view(states.trend),
        view(states.seasons),
        view(states.variance),
    )


@cuda.jit
def carry_ets_series(
    news: Floats,
    lengths: Integers,
    before: Floats,
    states: States,
    level: Floats,
    trend: Floats,
    seasons: Floats,
    signal: Floats,
) -> None:
    """Carry every state through its series' new observations.

    Parameters
    ----------
    news : (n_series, longest) float64, from each one's first new observation on
    lengths : (n_series,) int64
    before : (n_series,) float64, the average of standardised errors so far
    states : of every series
    level, trend, seasons : as in ``states``, filled with the new ones
    signal : (n_series,) float64, filled with the new average
    """
    s = cuda.grid(1)
    if s < signal.shape[0]:
        ring = cuda.local.array(LONGEST_SEASON, float64)
        own, n, m = seen(states), lengths[s], seasons.shape[1]
        level[s], trend[s], signal[s] = own.level[s], own.trend[s], before[s]
        for j in range(m):
            seasons[s, j] = own.seasons[s, j]
        out = States(
            own.model, own.smoothing, view(level), view(trend), view(seasons), own.variance
        )
        if own.model[s] != NO_MODEL:
            carry_series(s, view(news[s, :n]), own, ring[:m], out, view(signal))
        elif n > 0:
            level[s] = news[s, n - 1]


@cuda.jit
def start_ets_run(
    length: int,
    unit: Floats,
    lowest: Floats,
    near_model: Integers,
    near_start: Floats,
    model: Integers,
    best: Floats,
) -> None:
    """Give every series that its model may be run through that model's parameters.

    Parameters
    ----------
    length : periods of the season
    unit, lowest : as `kernels.cuda.ets_kernels.scale_ets_series` leaves them
    near_model, near_start : of the `kernels.ets_fits.EtsFits` of before
    model : (n_series,) int64, filled where there is one
    best : (n_series, widest) float64, its parameters, filled where there is one
    """
    s = cuda.grid(1)
    if s < model.shape[0] and may_run(near_model[s], lowest[s], unit[s]):
        model[s] = near_model[s]
        shape = shape_of(near_model[s], length)
        fill_start_in_units(shape, view(near_start[s]), unit[s], view(best[s]))


@cuda.jit
def expect_ets_series(states: States, means: Floats) -> None:
    """Fill the path without errors of every series, (n_series, horizon) float64."""
    s = cuda.grid(1)
    if s < means.shape[0]:
        state, own = cuda.local.array(2, float64), seen(states)
        state[0], state[1] = own.level[s], own.trend[s]
        season = max(own.model[s], 0) % 3
        expect_ahead(state, own.seasons[s], 0, own.smoothing[s, PHI], season, view(means[s]))


def track_ets(
    fits: EtsFits,
    signal: Floats,
    values: Floats,
    offsets: Integers,
    *,
    at_once: int | None = None,
) -> tuple[EtsFits, Floats]:
    """Carry states and signals on; `kernels.ets_forward.track_ets` on a GPU.

    Parameters
    ----------
    fits : with a season of `kernels.cuda.ets_kernels.LONGEST_SEASON` periods at most
    at_once : series on the device at a time; None is as many as fit
    others : as there

    Raises
    ------
    ValueError
        Where the season is longer.
    """
    refuse_season(fits.seasons.shape[1])
    news, lengths = rows_of(values, offsets)
    level, trend, seasons, moved = (
        np.empty(part.shape) for part in (fits.level, fits.trend, fits.seasons, signal)
    )

    def launch(stream: Any, given: Sequence[Any], taken: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        grid = (blocks_for(len(given[0]), THREADS), THREADS, stream)
        carry_ets_series[grid](*given[:3], States._make(given[3:]), *taken)

    given = [news, lengths, signal, *states_of(fits)]
    stream_rows(given, [level, trend, seasons, moved], launch, at_once)
    return fits._replace(level=level, trend=trend, seasons=seasons), moved


def scratch_of_runs(rows: int, longest: int, *, length: int) -> list[Piece]:
    """Return the arrays that `run_chunk` has beside inputs and outputs.

    Parameters
    ----------
    rows, longest : series, and observations of the longest
    length : periods of the season
    """
    beside = (rows, length), (rows, widest_start(length))
    return floats((longest, rows), (rows,), (rows,), *beside)


def run_chunk(
    stream: Any,  # noqa: ANN401 - numba's own
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    *beside: Any,  # noqa: ANN401 - of the device
    length: int,
) -> None:
    """Launch the kernels that run a chunk's models through its series again.

    Parameters
    ----------
    stream : of numba
    inputs : (n_series, longest) and (n_series,), values and lengths; (n_series,) and
        (n_series, widest), models and their parameters
    outputs : the fields of `kernels.ets_fits.EtsFits`, filled but for the criterion
    beside : of `scratch_of_runs`
    length : periods of the season
    """
    series, lengths, near_model, near_start = inputs
    model, criterion, points = outputs[0], outputs[6], outputs[7]
    scaled, unit, lowest, ring, best = beside
    grid = (blocks_for(len(series), THREADS), THREADS, stream)
    scale_ets_series[grid](series, lengths, scaled, unit, lowest, model, criterion, points)
    start_ets_run[grid](length, unit, lowest, near_model, near_start, model, best)
    settle_ets_series[grid](scaled, lengths, unit, best, ring, *outputs)


def run_ets(
    fits: EtsFits, values: Floats, offsets: Integers, *, at_once: int | None = None
) -> EtsFits:
    """Carry states through whole histories again; `kernels.ets_forward.run_ets` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as there
    """
    length = fits.seasons.shape[1]
    work = partial(run_chunk, length=length), partial(scratch_of_runs, length=length)
    found = fit_rows(values, offsets, [fits.model, fits.start], length, work, at_once)
    found.level[found.model == NO_MODEL] = np.nan
    return fits._replace(
        model=found.model, level=found.level, trend=found.trend, seasons=found.seasons
    )


def forecast_ets(fits: EtsFits, horizon: int, *, at_once: int | None = None) -> Floats:
    """Return the path without errors of each series; `kernels.ets.forecast_ets` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as there
    """
    means = np.empty((fits.model.shape[0], horizon))

    def launch(stream: Any, given: Sequence[Any], taken: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        grid = (blocks_for(len(given[0]), THREADS), THREADS, stream)
        expect_ets_series[grid](States._make(given), *taken)

    stream_rows(states_of(fits), [means], launch, at_once)
    return means
