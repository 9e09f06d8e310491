"""GARCH series fitted on a GPU, a thread a series.

The day is `kernels.garch_likelihood`'s, with one lane of its state in a thread's registers, and the
search `kernels.garch_fit`'s, with one lane.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import cuda, float32, float64, int64

from kernels.arrays import Floats, Integers
from kernels.cuda.grids import blocks_for
from kernels.cuda.streams import Piece, stream_rows
from kernels.cuda.views import view
from kernels.garch import N_PARAMETERS
from kernels.garch_fit import (
    SCALES,
    GarchFits,
    begin_at_starts,
    load_lane,
    screen_history,
    search_series,
    write_fit,
)
from kernels.garch_free import FreeParameters
from kernels.garch_lanes import Lanes, Points
from kernels.garch_likelihood import STATE
from kernels.garch_search import FINE, ROUGH, Desk, Outcome
from kernels.garch_step import StepScratch

_THREADS = 64
_FITTED = int(Outcome.FITTED)
# Of what is free and of its bounds: all six parameters but one, and eight.
_MOST_FREE, _MOST_BOUNDS = 6, 8


@cuda.jit(device=True)
def _viewed(free):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return what is fitted as scalar functions take it."""
    return FreeParameters(
        view(free.shift),
        view(free.design),
        view(free.rows),
        view(free.limits),
        view(free.starts),
    )


@cuda.jit(device=True)
def _seen(points):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return points as scalar functions take them."""
    return Points(view(points.counts), view(points.free), view(points.heights))


@cuda.jit
def load_garch_series(
    values: Floats,
    fewest: int,
    centred: bool,
    free: FreeParameters,
    beside: Floats,
    scales: Floats,
    begun: Points,
    tops: Points,
    best: Points,
    parameters: Floats,
    log_likelihood: Floats,
    starts: Integers,
    outcomes: Integers,
    passes: Integers,
) -> None:
    """Lay every series that can be fitted beside the others, in units of its own deviation.

    Parameters
    ----------
    values : (n_series, n_days) float64, NaN before a series' first day
    fewest, centred, free : as in `kernels.garch_fit.fit_garch`
    beside : (n_days, n_series) float64, filled: neighbours in memory are neighbours in a warp
    scales : (n_series, 4) float64, filled as by `kernels.garch_fit.screen_history`
    begun : filled: where searches begin
    tops, best : emptied
    others : as in `kernels.garch_fit.GarchFits`, filled: nothing fitted yet
    """
    s = cuda.grid(1)
    if s < outcomes.shape[0]:
        own = view(scales[s])
        starts[s], outcomes[s] = screen_history(view(values[s]), fewest, centred, own)
        passes[s], log_likelihood[s] = 0, np.nan
        tops.counts[s] = best.counts[s] = 0
        for place in range(N_PARAMETERS):
            parameters[s, place] = np.nan
        if outcomes[s] == _FITTED:
            load_lane(view(values[s]), starts[s], own, view(beside), s)
            begin_at_starts(_viewed(free), s, _seen(begun))
        else:
            starts[s] = values.shape[1]


@cuda.jit(device=True)
def _search(  # type: ignore[no-untyped-def]  # noqa: ANN202
    s,  # noqa: ANN001
    beside,  # noqa: ANN001
    scales,  # noqa: ANN001
    free,  # noqa: ANN001
    student,  # noqa: ANN001
    state,  # noqa: ANN001
    precision,  # noqa: ANN001
    begun,  # noqa: ANN001
    ended,  # noqa: ANN001
    fits,  # noqa: ANN001
):
    """Search one series with likelihoods of the precision of ``state``."""
    size, n_days = free.design.shape[1], beside.shape[0]
    whole = cuda.local.array((3, 1), int64)
    full = cuda.local.array((1, N_PARAMETERS), float64)
    points = cuda.local.array((4, 1, _MOST_FREE), float64)
    curvatures = cuda.local.array((1, _MOST_FREE, _MOST_FREE), float64)
    alone = cuda.local.array((3, 1), float64)
    vectors = cuda.local.array((5, _MOST_FREE), float64)
    squares = cuda.local.array((2, _MOST_FREE, _MOST_FREE), float64)
    bounded = cuda.local.array((4, _MOST_BOUNDS), float64)
    rows = cuda.local.array((_MOST_BOUNDS, _MOST_FREE), float64)
    gram = cuda.local.array((_MOST_BOUNDS, _MOST_BOUNDS), float64)
    score = cuda.local.array(N_PARAMETERS, float64)
    binding = cuda.local.array(_MOST_BOUNDS, int64)
    lanes = Lanes(
        whole[0],
        whole[1],
        whole[2],
        points[0, :, :size],
        full,
        points[1, :, :size],
        alone[0],
        points[2, :, :size],
        curvatures[:, :size, :size],
        points[3, :, :size],
        alone[1],
        alone[2],
    )
    # A step is solved for in the memory of the information that it was made from.
    desk = Desk(
        score,
        squares[0],
        vectors[0],
        vectors[1],
        vectors[2],
        gram,
        squares[1],
        bounded[0],
        bounded[1],
        StepScratch(
            squares[0], vectors[3], rows, bounded[2], gram, bounded[3], vectors[4], binding
        ),
    )
    laid = view(beside[: n_days - fits.starts[s], s])
    search_series(
        s,
        laid,
        view(scales[s]),
        free,
        student,
        lanes,
        state,
        precision,
        begun,
        ended,
        desk,
        n_days,
        fits,
    )


@cuda.jit
def search_garch_roughly(
    beside: Floats,
    scales: Floats,
    free: FreeParameters,
    student: bool,
    begun: Points,
    ended: Points,
    parameters: Floats,
    log_likelihood: Floats,
    starts: Integers,
    outcomes: Integers,
    passes: Integers,
) -> None:
    """Search every series that `load_garch_series` has laid, by likelihoods in 32 bits.

    Parameters
    ----------
    beside, scales : as it leaves them
    free, student : as in `kernels.garch_fit.fit_garch`
    begun, ended : points to begin from, and, filled, where searches end
    others : as in `kernels.garch_fit.GarchFits`; outcomes and passes are filled
    """
    s = cuda.grid(1)
    if s < outcomes.shape[0] and starts[s] < beside.shape[0]:
        state = cuda.local.array(STATE, float32)
        own, first, last = _viewed(free), _seen(begun), _seen(ended)
        fits = GarchFits(
            view(parameters), view(log_likelihood), view(starts), view(outcomes), view(passes)
        )
        _search(s, beside, scales, own, student, state, ROUGH, first, last, fits)


@cuda.jit
def fit_garch_series(
    beside: Floats,
    scales: Floats,
    free: FreeParameters,
    student: bool,
    begun: Points,
    ended: Points,
    parameters: Floats,
    log_likelihood: Floats,
    starts: Integers,
    outcomes: Integers,
    passes: Integers,
) -> None:
    """Fit every series by likelihoods in 64 bits, and write down what is found.

    Parameters
    ----------
    beside, scales, free, student : as of `search_garch_roughly`
    begun, ended : where its searches have ended, and, filled, where these do
    others : as in `kernels.garch_fit.GarchFits`, filled
    """
    s = cuda.grid(1)
    if s < outcomes.shape[0] and starts[s] < beside.shape[0]:
        state = cuda.local.array(STATE, float64)
        own, first, last = _viewed(free), _seen(begun), _seen(ended)
        fits = GarchFits(
            view(parameters), view(log_likelihood), view(starts), view(outcomes), view(passes)
        )
        _search(s, beside, scales, own, student, state, FINE, first, last, fits)
        length = beside.shape[0] - starts[s]
        write_fit(s, last, own, student, view(scales[s]), length, fits)


def scratch_of_fits(rows: int, n_days: int, n_starts: int, size: int) -> list[Piece]:
    """Return the arrays that `fit_chunk` has beside inputs and outputs.

    Parameters
    ----------
    rows, n_days : of the series
    n_starts, size : of searches, and parameters of each
    """
    pieces: list[Piece] = [((n_days, rows), np.float64), ((rows, SCALES), np.float64)]
    for most in (n_starts, n_starts, 1):
        pieces += [
            ((rows,), np.int64),
            ((rows, most, size), np.float64),
            ((rows, most), np.float64),
        ]
    return pieces


def fit_chunk(
    stream: Any,  # noqa: ANN401 - numba's own
    values: Any,  # noqa: ANN401 - of the device
    outputs: Sequence[Any],
    pieces: Sequence[Any],
    free: FreeParameters,
    *,
    student: bool,
    centred: bool,
    fewest: int,
) -> None:
    """Launch the kernels of a chunk that lies on the device.

    Parameters
    ----------
    stream : of numba
    values : (n_series, n_days) float64, NaN before a series' first day
    outputs : the fields of `kernels.garch_fit.GarchFits`, filled
    pieces : of `scratch_of_fits`
    free : on the device as well
    others : as in `kernels.garch_fit.fit_garch`
    """
    beside, scales = pieces[:2]
    begun, tops, best = (Points._make(pieces[first : first + 3]) for first in (2, 5, 8))
    grid = (blocks_for(len(values), _THREADS), _THREADS, stream)
    load_garch_series[grid](
        values, fewest, centred, free, beside, scales, begun, tops, best, *outputs
    )
    search_garch_roughly[grid](beside, scales, free, student, begun, tops, *outputs)
    fit_garch_series[grid](beside, scales, free, student, tops, best, *outputs)


def fit_garch(
    values: Floats,
    free: FreeParameters,
    *,
    student: bool,
    centred: bool,
    fewest: int,
    at_once: int | None = None,
) -> GarchFits:
    """Fit every series by maximum likelihood; `kernels.garch_fit.fit_garch` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as in `kernels.garch_fit.fit_garch`
    """
    values = np.ascontiguousarray(values, np.float64)
    n_series = len(values)
    fits = GarchFits(
        np.empty((n_series, N_PARAMETERS)),
        np.empty(n_series),
        *(np.empty(n_series, np.int64) for _ in range(3)),
    )
    told = FreeParameters._make(cuda.to_device(np.ascontiguousarray(part)) for part in free)

    def scratch(rows: int) -> list[Piece]:
        return scratch_of_fits(rows, values.shape[1], *free.starts.shape)

    def launch(
        stream: Any,  # noqa: ANN401 - numba's own
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        *beside: Any,  # noqa: ANN401 - of the device
    ) -> None:
        fit_chunk(
            stream,
            inputs[0],
            outputs,
            beside,
            told,
            student=student,
            centred=centred,
            fewest=fewest,
        )

    stream_rows([values], fits, launch, at_once, scratch=scratch, fits=True)
    return fits
