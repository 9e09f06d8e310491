"""Gaussian moves of many factors on a GPU: common normals drawn there, and mixed by CuPy's product.

The normals are those of `kernels.market_normals`, counted by row and scenario.
"""

import numpy as np

from kernels.arrays import Floats
from kernels.cuda.arrays import device_arrays, for_grids, land
from kernels.cuda.draws import draw_stream_normals
from kernels.cuda.grids import THREADS, blocks_for
from kernels.cuda.streams import lanes
from kernels.philox import Stream

# Of a product. All have this shape, so that a move depends on nothing that is made beside it.
FACTORS, SCENARIOS = 64, 16_384


def gaussian_moves(
    loadings: Floats, seed: int, n_scenarios: int, stream: Stream = Stream.MARKET_NORMALS
) -> Floats:
    """Return Gaussian moves; `kernels.market_normals.gaussian_moves` on a GPU."""
    xp, (n_factors, n_rows) = device_arrays(), loadings.shape
    padded = np.zeros((-(-n_factors // FACTORS) * FACTORS, n_rows))
    padded[:n_factors] = loadings
    weights, out = xp.asarray(padded), np.empty((n_factors, n_scenarios))
    normals, moves = xp.empty((n_rows, SCENARIOS)), xp.empty((len(padded), SCENARIOS))
    drawn, blocks = for_grids(normals), blocks_for((n_rows + 1) // 2 * SCENARIOS)

    def make(start: int) -> None:
        draw_stream_normals[blocks, THREADS](seed, int(stream), start, drawn)
        for first in range(0, len(padded), FACTORS):
            rows = slice(first, first + FACTORS)
            xp.matmul(weights[rows], normals, out=moves[rows])

    make(0)
    with lanes(1) as (lane,):
        (landed,) = lane.page_locked(((n_factors, SCENARIOS), np.float64))
        for start in range(0, n_scenarios, SCENARIOS):
            land(moves[:n_factors], landed)
            # The next ones are made while these are put where they belong.
            if start + SCENARIOS < n_scenarios:
                make(start + SCENARIOS)
            kept = min(SCENARIOS, n_scenarios - start)
            out[:, start : start + kept] = landed[:, :kept]
    return out
