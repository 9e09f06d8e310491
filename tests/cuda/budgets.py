"""Every GPU kernel with the types it is launched with, and the registers it may take.

More registers than 65,536 / threads leave a multiprocessor with fewer threads to hide waits with:
64 a thread keep 1,024 threads on it, 128 keep 512. A spill goes through memory: only what is said
beside a kernel may.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import from_dtype, types

from kernels.cuda import (
    draws,
    ets_forward,
    ets_kernels,
    ets_paths,
    garch,
    garch_scores,
    intermittent,
    options,
    scenario_values,
    stock,
    tails,
    thetas,
)
from kernels.ets_shape import Shape
from kernels.garch_free import FreeParameters
from kernels.garch_lanes import Points


@dataclass(frozen=True)
class Compiled:
    """A kernel as it is launched.

    Parameters
    ----------
    kernel : made by `numba.cuda.jit`
    arguments : numba types
    registers : a thread may take at most
    stack : bytes a thread may take at most, of its own arrays
    spills : bytes a thread may at most store or load, of what its registers do not hold
    """

    kernel: Any
    arguments: tuple[Any, ...]
    registers: int
    stack: int = 0
    spills: int = 0

    @property
    def name(self):
        """How a test calls it."""
        return self.kernel.py_func.__name__


def rows(dimensions, form=np.float64):
    """Return the type of a contiguous array."""
    return types.Array(from_dtype(np.dtype(form)), dimensions, "C")


INTEGER, FLOAT, FLAG = types.int64, types.float64, types.boolean
ITEMS = types.NamedTuple(
    (
        rows(1, np.uint64),
        rows(2),
        rows(2, np.int64),
        rows(2, np.int64),
        rows(2),
        rows(2),
        rows(2),
        rows(3),
        rows(2, np.int64),
    ),
    stock.Items,
)
WALK_GIVEN = (INTEGER, INTEGER, rows(3), rows(3), ITEMS, rows(4))
WALK_DRAWN = (
    *(INTEGER, INTEGER, rows(3), rows(3, np.int64), rows(1)),
    *(ITEMS, rows(4)),
)
CONTRACT = (FLOAT,) * 5
FREE = types.NamedTuple((rows(1), rows(2), rows(2), rows(1), rows(2)), FreeParameters)
POINTS = types.NamedTuple((rows(1, np.int64), rows(3), rows(2)), Points)
GARCH_FITS = (rows(2), rows(1), *[rows(1, np.int64)] * 3)
SERIES = (rows(2), rows(1, np.int64))
ETS_SERIES = (rows(2), rows(1, np.int64), rows(1), rows(1))
ETS_TRIALS = (rows(3), rows(2), rows(2, np.int64))
ETS_KEPT = (rows(1, np.int64), rows(1), rows(1, np.int64))
ETS_FITS = (
    *(rows(1, np.int64), rows(2), rows(1), rows(1), rows(2), rows(1), rows(1)),
    *(rows(1, np.int64), rows(2)),
)
ETS_STATES = types.NamedTuple(
    (rows(1, np.int64), rows(2), rows(1), rows(1), rows(2), rows(1)), ets_forward.States
)
ETS_SEARCH = (
    *(rows(2), rows(1, np.int64), rows(1), rows(1, np.bool_), INTEGER, INTEGER),
    *(rows(2), rows(1), rows(1, np.int64)),
)
ETS_START = (FLAG, INTEGER, INTEGER, INTEGER)
BUFFERS = (rows(2), rows(2, np.int32), rows(1, np.int32), rows(1))
BUFFERS_32 = (rows(2, np.float32), *BUFFERS[1:])
KEEP = (INTEGER, INTEGER, rows(2), rows(1), *BUFFERS)
KEEP_32 = (INTEGER, INTEGER, rows(2, np.float32), rows(1, np.float32), *BUFFERS_32)

KERNELS = [
    Compiled(draws.draw_uniforms, (INTEGER, INTEGER, rows(1, np.uint64), rows(3)), 40),
    Compiled(draws.draw_stream_normals, (INTEGER, INTEGER, INTEGER, rows(2)), 40),
    Compiled(draws.draw_shocks, (INTEGER, INTEGER, rows(2)), 40),
    Compiled(draws.draw_shocks_32, (INTEGER, INTEGER, rows(2, np.float32)), 32),
    Compiled(draws.draw_t_scales, (INTEGER, INTEGER, FLOAT, rows(1)), 64),
    Compiled(options.value_options_with_carry, (*[rows(1)] * 4, *CONTRACT, rows(1)), 64),
    Compiled(options.value_options_without_dividends, (*[rows(1)] * 3, *CONTRACT, rows(1)), 64),
    # A boundary of eight points, and whole numbers of loops over it.
    Compiled(
        options.value_american_options,
        (*[rows(1)] * 4, *[FLOAT] * 3, FLAG, rows(1), rows(1)),
        136,
        stack=8 * 8,
    ),
    Compiled(scenario_values.value_futures, (rows(1), FLOAT, rows(1)), 32),
    Compiled(scenario_values.value_forwards, (*[rows(1)] * 3, *[FLOAT] * 3, rows(1)), 40),
    Compiled(
        scenario_values.value_bonds,
        (rows(2), *[rows(1)] * 3, *[rows(1, np.int64)] * 2, *[rows(1)] * 3),
        64,
    ),
    Compiled(tails.keep_losses, KEEP, 40),
    Compiled(tails.keep_losses, KEEP_32, 40),
    Compiled(tails.select_tails, (INTEGER, INTEGER, *BUFFERS), 64),
    Compiled(tails.select_tails, (INTEGER, INTEGER, *BUFFERS_32), 64),
    Compiled(tails.weigh_scenarios, (INTEGER, rows(2, np.int32), rows(1), rows(2)), 40),
    # A walk waits on itself: fewer threads, each with its state in registers, and only the ring
    # of orders on the way and the ages in memory.
    Compiled(stock.walk_kernels(16, 1)[0], WALK_GIVEN, 160, stack=16 * 8),
    Compiled(stock.walk_kernels(16, 1)[1], WALK_DRAWN, 160, stack=16 * 8),
    Compiled(stock.walk_kernels(64, 32)[0], WALK_GIVEN, 160, stack=(64 + 32) * 8),
    Compiled(stock.walk_kernels(64, 32)[1], WALK_DRAWN, 160, stack=(64 + 32) * 8),
    Compiled(
        garch_scores.score_garch_series,
        (rows(2), rows(1, np.int64), rows(2), FLAG, rows(2), rows(3), rows(1)),
        160,
        stack=16,
    ),
    Compiled(
        garch.load_garch_series,
        (rows(2), INTEGER, FLAG, FREE, rows(2), rows(2), *[POINTS] * 3, *GARCH_FITS),
        64,
    ),
    # The step of a search is solved for in a thread's own memory, and is a call of its own.
    Compiled(
        garch.search_garch_roughly,
        (rows(2), rows(2), FREE, FLAG, POINTS, POINTS, *GARCH_FITS),
        232,
        stack=2752,
    ),
    Compiled(
        garch.fit_garch_series,
        (rows(2), rows(2), FREE, FLAG, POINTS, POINTS, *GARCH_FITS),
        232,
        stack=2752,
    ),
    # Twenty-four parameters side by side, as in a processor's lanes.
    Compiled(
        intermittent.rate_intermittent_series,
        (*SERIES, rows(3), INTEGER, FLOAT, FLOAT, rows(1)),
        255,
        stack=3 * 24 * 8,
    ),
    # Spills by a few words more or less with every version of what it calls: 3,872 bytes now.
    Compiled(intermittent.fit_count_series, (*SERIES, rows(2)), 255, stack=2432, spills=4096),
    Compiled(
        intermittent.fit_chance_series,
        (*SERIES, rows(2), rows(1, np.int64), rows(2)),
        255,
        stack=1664,
        spills=320,
    ),
    Compiled(intermittent.walk_count_series, (INTEGER, rows(1, np.uint64), rows(2), rows(3)), 80),
    Compiled(
        intermittent.walk_hurdle_series,
        (INTEGER, rows(1, np.uint64), rows(2), rows(2), rows(3)),
        80,
    ),
    Compiled(intermittent.rank_hurdle_series, (rows(2), rows(2), rows(1), rows(3)), 80),
    Compiled(
        ets_kernels.scale_ets_series,
        (rows(2), rows(1, np.int64), rows(2), *[rows(1)] * 2, *ETS_KEPT),
        64,
    ),
    Compiled(ets_kernels.begin_ets_series, (*ETS_SERIES, rows(2), rows(3), rows(2), rows(2)), 96),
    Compiled(
        ets_kernels.start_ets_model,
        (*ETS_START, *ETS_SERIES[1:], rows(2), rows(1), rows(1, np.bool_), rows(2)),
        64,
        stack=64,
    ),
    Compiled(
        ets_kernels.start_ets_model_again,
        (
            *(*ETS_START, INTEGER, INTEGER, INTEGER, *ETS_SERIES, rows(2), rows(2), rows(1)),
            *(rows(2), rows(1), rows(1, np.bool_), rows(3)),
        ),
        80,
        stack=64,
    ),
    Compiled(
        ets_kernels.start_ets_model_near,
        (INTEGER, INTEGER, *ETS_SERIES[1:], rows(1, np.int64), rows(2), rows(1, np.bool_), rows(2)),
        64,
        stack=64,
    ),
    Compiled(
        ets_kernels.keep_ets_refits,
        (INTEGER, rows(1, np.bool_), rows(1), rows(1, np.int64), *ETS_KEPT),
        32,
    ),
    Compiled(ets_kernels.search_kernel(Shape(False, 0, 0, 1)), ETS_SEARCH, 80, stack=400),
    Compiled(ets_kernels.search_kernel(Shape(True, 2, 0, 1)), ETS_SEARCH, 216, stack=1008),
    # With a season: derivatives by every parameter, the curvature and its factor, which grow with
    # the square of the season. All that is written out is offered to the registers.
    Compiled(
        ets_kernels.search_kernel(Shape(True, 2, 2, 7)), ETS_SEARCH, 255, stack=4160, spills=1728
    ),
    Compiled(
        ets_kernels.search_kernel(Shape(False, 2, 1, 12)), ETS_SEARCH, 255, stack=8000, spills=1536
    ),
    Compiled(ets_kernels.search_kernel(Shape(True, 2, 2, 24)), ETS_SEARCH, 255, stack=19_824),
    Compiled(
        ets_kernels.search_kernel(Shape(False, 2, 1, 52)), ETS_SEARCH, 255, stack=71_680, spills=256
    ),
    Compiled(
        ets_kernels.search_kernel(Shape(True, 2, 2, 52)), ETS_SEARCH, 255, stack=71_680, spills=256
    ),
    Compiled(
        ets_kernels.keep_ets_models,
        (rows(2, np.int64), INTEGER, *ETS_TRIALS, rows(2), *ETS_KEPT, rows(2)),
        64,
    ),
    Compiled(
        ets_kernels.settle_ets_series,
        (rows(2), rows(1, np.int64), rows(1), rows(2), rows(2), *ETS_FITS),
        96,
        stack=16,
    ),
    # A ring of seasons, and of a path its level and trend too.
    Compiled(
        ets_forward.carry_ets_series,
        (*SERIES, rows(1), ETS_STATES, rows(1), rows(1), rows(2), rows(1)),
        80,
        stack=52 * 8,
    ),
    Compiled(
        ets_forward.start_ets_run,
        (INTEGER, rows(1), rows(1), rows(1, np.int64), rows(2), rows(1, np.int64), rows(2)),
        64,
    ),
    Compiled(ets_forward.expect_ets_series, (ETS_STATES, rows(2)), 64),
    Compiled(
        ets_paths.walk_ets_series,
        (INTEGER, rows(1, np.uint64), ETS_STATES, rows(4)),
        64,
        stack=(52 + 2) * 8,
    ),
    Compiled(ets_paths.rank_ets_paths, (rows(4), rows(1), rows(3)), 64),
    # The errors at sixteen smoothing parameters, one after the other.
    Compiled(
        thetas.fit_theta_series,
        (*(rows(2), rows(1, np.int64), rows(3), rows(3), INTEGER, FLAG, FLAG), rows(2), rows(2)),
        160,
        stack=16 * 8,
    ),
]
