"""Intermittent demand on a GPU: rates of Croston's kin, laws of counts, and what lies ahead.

A thread a series, or a series and path: `kernels.intermittent`'s, `kernels.counts_fit`'s and
`kernels.counts_ahead`'s own functions of one.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import cuda, float64

from kernels.arrays import Floats, Integers, Words
from kernels.counts import LANES as COUNT_LANES
from kernels.counts import ROWS
from kernels.counts_ahead import hurdle_quantiles, spread_after, walk_counts, walk_hurdle
from kernels.counts_fit import NEXT, fit_chances, fit_sizes, split_hurdle
from kernels.cuda.grids import blocks_for
from kernels.cuda.series import rows_of
from kernels.cuda.streams import Piece, stream_rows
from kernels.cuda.views import view
from kernels.intermittent import CLASSIC_SMOOTHING, IntermittentModel, intermittent_rate
from kernels.smoothing import LANES

_THREADS = 64
_SECTIONS = (3, LANES)
_LIKELIHOODS = (ROWS, COUNT_LANES)


@cuda.jit
def rate_intermittent_series(
    series: Floats,
    lengths: Integers,
    scratch: Floats,
    model: int,
    of_sizes: float,
    of_chances: float,
    rates: Floats,
) -> None:
    """Fill the forecast of every series.

    Parameters
    ----------
    series : (n_series, longest) float64, from each one's first observation on
    lengths : (n_series,) int64
    scratch : (n_series, 2, longest) float64
    model, of_sizes, of_chances : as in `kernels.intermittent.intermittent_rates`
    rates : (n_series,) float64
    """
    s = cuda.grid(1)
    if s < rates.shape[0]:
        lanes = cuda.local.array(_SECTIONS, float64)
        n = lengths[s]
        rates[s] = intermittent_rate(
            view(series[s, :n]),
            model,
            of_sizes,
            of_chances,
            view(scratch[s, 0, :n]),
            view(scratch[s, 1, :n]),
            lanes,
        )


@cuda.jit
def fit_count_series(series: Floats, lengths: Integers, fits: Floats) -> None:
    """Fit a negative binomial to every series; one without an observation has no mean.

    Parameters
    ----------
    series : (n_series, longest) float64, from each one's first observation on
    lengths : (n_series,) int64
    fits : (n_series, FIT) float64, filled as `kernels.counts_fit.fit_counts` does
    """
    s = cuda.grid(1)
    if s < fits.shape[0]:
        lanes = cuda.local.array(_LIKELIHOODS, float64)
        fit_sizes(view(series[s, : lengths[s]]), lanes, view(fits[s]))


@cuda.jit
def fit_chance_series(
    series: Floats, lengths: Integers, beyond: Floats, demands: Integers, chances: Floats
) -> None:
    """Fit the chance of demand of every series, and lay out its sizes.

    Parameters
    ----------
    series, lengths : as in `fit_count_series`
    beyond : (n_series, longest) float64, filled: units beyond the first of each demand
    demands : (n_series,) int64, filled: how many there are
    chances : (n_series, FIT) float64, filled
    """
    s = cuda.grid(1)
    if s < chances.shape[0]:
        lanes = cuda.local.array(_LIKELIHOODS, float64)
        own = view(series[s, : lengths[s]])
        fit_chances(own, lanes, view(chances[s]))
        demands[s] = split_hurdle(own, view(beyond[s]))


@cuda.jit
def walk_count_series(seed: int, entities: Words, fits: Floats, out: Floats) -> None:
    """Fill sample paths, a thread a path: `kernels.counts_ahead.fill_count_paths`."""
    place = cuda.grid(1)
    s, path = place // out.shape[1], place % out.shape[1]
    if s < out.shape[0]:
        scratch = cuda.local.array((2, 1), float64)
        walk_counts(seed, entities[s], path, view(fits[s]), scratch, view(out[s, path]))


@cuda.jit
def walk_hurdle_series(
    seed: int, entities: Words, chances: Floats, sizes: Floats, out: Floats
) -> None:
    """Fill sample paths, a thread a path: `kernels.counts_ahead.fill_hurdle_paths`."""
    place = cuda.grid(1)
    s, path = place // out.shape[1], place % out.shape[1]
    if s < out.shape[0]:
        scratch = cuda.local.array((2, 1), float64)
        own, size = view(chances[s]), view(sizes[s])
        walk_hurdle(seed, entities[s], path, own, size, scratch, view(out[s, path]))


@cuda.jit
def rank_hurdle_series(chances: Floats, sizes: Floats, levels: Floats, out: Floats) -> None:
    """Fill quantiles, a thread a period: `kernels.counts_ahead.fill_hurdle_quantiles`."""
    place = cuda.grid(1)
    s, step = place // out.shape[1], place % out.shape[1]
    if s < out.shape[0]:
        chance, size = chances[s, NEXT], view(sizes[s])
        spread = spread_after(size, chance * step)
        hurdle_quantiles(chance, size[NEXT], spread, view(levels), view(out[s, step]))


def _launch(
    kernel: Any,  # noqa: ANN401 - numba's own
    inputs: Sequence[np.ndarray],
    outputs: Sequence[np.ndarray],
    at_once: int | None,
    *,
    before: tuple[Any, ...] = (),
    after: tuple[Any, ...] = (),
    scratch: Callable[[int], list[Piece]] | None = None,
    threads_a_row: int | None = None,
) -> None:
    """Stream rows through a kernel.

    Parameters
    ----------
    before, after : what it takes besides, before its inputs, and after them and its scratch
    scratch : as `kernels.cuda.streams.stream_rows` takes it
    threads_a_row : None is one that fits the row
    """

    def launch(
        stream: Any,  # noqa: ANN401 - numba's own
        given: Sequence[Any],
        taken: Sequence[Any],
        *beside: Any,  # noqa: ANN401 - of the device
    ) -> None:
        blocks = blocks_for(len(given[0]) * (threads_a_row or 1), _THREADS)
        kernel[blocks, _THREADS, stream](*before, *given, *beside, *after, *taken)

    fits = threads_a_row is None
    stream_rows(inputs, outputs, launch, at_once, scratch=scratch, fits=fits)


def intermittent_rates(
    values: Floats,
    offsets: Integers,
    model: IntermittentModel,
    of_sizes: float = CLASSIC_SMOOTHING,
    of_chances: float = CLASSIC_SMOOTHING,
    *,
    at_once: int | None = None,
) -> Floats:
    """Forecast each series; `kernels.intermittent.intermittent_rates` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as in `kernels.intermittent.intermittent_rates`
    """
    padded, lengths = rows_of(values, offsets)

    def scratch(rows: int) -> list[Piece]:
        return [((rows, 2, padded.shape[1]), np.float64)]

    rates, told = np.empty(len(lengths)), (int(model), of_sizes, of_chances)
    inputs = [padded, lengths]
    _launch(rate_intermittent_series, inputs, [rates], at_once, after=told, scratch=scratch)
    return rates


def fit_count_batch(
    values: Floats, offsets: Integers, fits: Floats, *, at_once: int | None = None
) -> None:
    """Fit a negative binomial to each series; `kernels.counts_fit.fit_count_batch` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as there
    """
    padded, lengths = rows_of(values, offsets)
    _launch(fit_count_series, [padded, lengths], [fits], at_once)


def fit_hurdle_batch(
    values: Floats,
    offsets: Integers,
    chances: Floats,
    sizes: Floats,
    *,
    at_once: int | None = None,
) -> None:
    """Fit chance and sizes to each series; `kernels.counts_fit.fit_hurdle_batch` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as there
    """
    padded, lengths = rows_of(values, offsets)

    def scratch(rows: int) -> list[Piece]:
        return [((rows, padded.shape[1]), np.float64), ((rows,), np.int64)]

    def launch(
        stream: Any,  # noqa: ANN401 - numba's own
        given: Sequence[Any],
        taken: Sequence[Any],
        *beside: Any,  # noqa: ANN401 - of the device
    ) -> None:
        grid = (blocks_for(len(given[0]), _THREADS), _THREADS, stream)
        fit_chance_series[grid](*given, *beside, taken[0])
        fit_count_series[grid](*beside, taken[1])

    outputs = [chances, sizes]
    stream_rows([padded, lengths], outputs, launch, at_once, scratch=scratch, fits=True)


def fill_count_paths(
    seed: int, entities: Words, fits: Floats, out: Floats, *, at_once: int | None = None
) -> None:
    """Fill sample paths; `kernels.counts_ahead.fill_count_paths` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as there
    """
    inputs = [np.ascontiguousarray(entities, np.uint64), np.ascontiguousarray(fits)]
    n_paths = out.shape[1]
    _launch(walk_count_series, inputs, [out], at_once, before=(seed,), threads_a_row=n_paths)


def fill_hurdle_paths(
    seed: int,
    entities: Words,
    chances: Floats,
    sizes: Floats,
    out: Floats,
    *,
    at_once: int | None = None,
) -> None:
    """Fill sample paths; `kernels.counts_ahead.fill_hurdle_paths` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as there
    """
    inputs = [np.ascontiguousarray(entities, np.uint64)]
    inputs += [np.ascontiguousarray(part) for part in (chances, sizes)]
    n_paths = out.shape[1]
    _launch(walk_hurdle_series, inputs, [out], at_once, before=(seed,), threads_a_row=n_paths)


def fill_hurdle_quantiles(
    chances: Floats, sizes: Floats, levels: Floats, out: Floats, *, at_once: int | None = None
) -> None:
    """Fill quantiles of periods ahead; `kernels.counts_ahead.fill_hurdle_quantiles` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as there
    """
    inputs = [np.ascontiguousarray(part) for part in (chances, sizes)]
    told, periods = (cuda.to_device(np.ascontiguousarray(levels)),), out.shape[1]
    _launch(rank_hurdle_series, inputs, [out], at_once, after=told, threads_a_row=periods)
