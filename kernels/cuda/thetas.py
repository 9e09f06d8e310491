"""Theta models on a GPU, a thread a series: `kernels.theta`'s own fit of one series."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import cuda, float64

from kernels.arrays import Floats, Integers
from kernels.cuda.grids import blocks_for
from kernels.cuda.series import rows_of
from kernels.cuda.streams import Piece, stream_rows
from kernels.cuda.views import view
from kernels.theta import ThetaFits, ThetaModel
from kernels.theta_series import TRIED, fit_scaled_series

_THREADS = 64
_N_PARAMETERS = 4


@cuda.jit
def fit_theta_series(
    series: Floats,
    lengths: Integers,
    scratch: Floats,
    seasons: Floats,
    season_length: int,
    dynamic: bool,
    optimise: bool,
    means: Floats,
    parameters: Floats,
) -> None:
    """Fit every series, and fill its forecast and parameters.

    Parameters
    ----------
    series : (n_series, longest) float64, from each one's first observation on; overwritten
    lengths : (n_series,) int64
    scratch : (n_series, 2, longest) float64
    seasons : (n_series, 2, season_length) float64 scratch
    season_length, dynamic, optimise : as in `kernels.theta.fit_thetas`
    means : (n_series, horizon) float64
    parameters : (n_series, 4) float64
    """
    s = cuda.grid(1)
    if s < series.shape[0]:
        errors = cuda.local.array(TRIED, float64)
        n = lengths[s]
        fit_scaled_series(
            view(series[s, :n]),
            season_length,
            dynamic,
            optimise,
            view(scratch[s]),
            view(seasons[s, 0]),
            view(seasons[s, 1]),
            errors,
            view(means[s]),
            view(parameters[s]),
        )


def fit_thetas(
    values: Floats,
    offsets: Integers,
    season_length: int,
    horizon: int,
    model: ThetaModel,
    *,
    at_once: int | None = None,
) -> ThetaFits:
    """Fit a theta model to each series, and forecast it; `kernels.theta.fit_thetas` on a GPU.

    Parameters
    ----------
    at_once : series on the device at a time; None is as many as fit
    others : as in `kernels.theta.fit_thetas`
    """
    padded, lengths = rows_of(values, offsets)
    n_series, longest = padded.shape
    means, parameters = np.empty((n_series, horizon)), np.empty((n_series, _N_PARAMETERS))
    told = (season_length, model >= ThetaModel.DYNAMIC_STANDARD, model % 2 == 1)

    def scratch(rows: int) -> list[Piece]:
        shapes = (rows, 2, longest), (rows, 2, max(season_length, 1))
        return [(shape, np.float64) for shape in shapes]

    def launch(
        stream: Any,  # noqa: ANN401 - numba's own
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        *beside: Any,  # noqa: ANN401 - of the device
    ) -> None:
        kernel = fit_theta_series[blocks_for(len(inputs[0]), _THREADS), _THREADS, stream]
        kernel(*inputs, *beside, *told, *outputs)

    outputs = [means, parameters]
    stream_rows([padded, lengths], outputs, launch, at_once, scratch=scratch, fits=True)
    return ThetaFits(means, *parameters.T)
