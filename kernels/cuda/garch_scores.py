"""Likelihood, score and information of GARCH series at given points on a GPU, a thread a series.

The day is `kernels.garch_likelihood`'s, with one lane of its state in a thread's registers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import cuda, float64

from kernels.arrays import Floats, Integers
from kernels.cuda.grids import blocks_for
from kernels.cuda.streams import stream_rows
from kernels.cuda.views import view
from kernels.garch import DEGREES, N_PARAMETERS
from kernels.garch_likelihood import STATE, lane_moments, pass_alone, read_lane, start_lane

_THREADS = 64


@cuda.jit
def score_garch_series(
    values: Floats,
    lengths: Integers,
    parameters: Floats,
    student: bool,
    scores: Floats,
    fishers: Floats,
    found: Floats,
) -> None:
    """Fill log-likelihood, score and expected information of every series at its own point.

    Parameters
    ----------
    values : (n_series, n_days) float64, from each one's first day on
    lengths : (n_series,) int64, days of each
    parameters : (n_series, 6) float64
    student : whether innovations are Student-t
    scores, fishers : (n_series, 6) and (n_series, 6, 6) float64
    found : (n_series,) float64
    """
    s = cuda.grid(1)
    if s < found.shape[0]:
        state = cuda.local.array(STATE, float64)
        moments = cuda.local.array(2, float64)
        own, point = view(values[s, : lengths[s]]), view(parameters[s])
        lane_moments(own, 0, moments)
        start_lane(state, 0, point, student, moments, lengths[s])
        pass_alone(own, student, 1, state)
        found[s] = read_lane(
            state, 0, point[DEGREES], student, 1, view(scores[s]), view(fishers[s])
        )


def garch_scores(
    values: Floats,
    lengths: Integers,
    parameters: Floats,
    *,
    student: bool,
    at_once: int | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Return log-likelihoods, scores and expected information of many series.

    As `kernels.garch_likelihood.scores_at`, each series at one point of its own.

    Parameters
    ----------
    values : (n_series, n_days) float64, from each one's first day on; finite
    lengths : (n_series,) int64, days of each
    parameters : (n_series, 6) float64
    student : whether innovations are Student-t
    at_once : series on the device at a time; None is as many as fit

    Returns
    -------
    (n_series,), (n_series, 6) and (n_series, 6, 6) float64.
    """
    n = len(values)
    found, scores = np.empty(n), np.empty((n, N_PARAMETERS))
    fishers = np.empty((n, N_PARAMETERS, N_PARAMETERS))

    def launch(stream: Any, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:  # noqa: ANN401 - numba's own
        blocks = blocks_for(len(inputs[0]), _THREADS)
        score_garch_series[blocks, _THREADS, stream](*inputs, student, *outputs)

    given = [np.ascontiguousarray(values), np.ascontiguousarray(lengths, np.int64)]
    given.append(np.ascontiguousarray(parameters))
    stream_rows(given, [scores, fishers, found], launch, at_once, fits=True)
    return found, scores, fishers
