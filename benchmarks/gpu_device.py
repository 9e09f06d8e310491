"""Parts of `benchmarks.gpu` on the device itself: its ceilings, and the numbers that it draws."""

import math
from collections.abc import Iterator

import numpy as np
from numba import cuda

from benchmarks.gpu_rows import SEED, XP, Row, Sizes, measure
from kernels.cuda import draws
from kernels.cuda.arrays import for_grids, to_host
from kernels.cuda.grids import THREADS, blocks_for
from kernels.philox import Stream, uniforms
from kernels.shocks import fill_shocks, fill_shocks_32


def ceilings(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Copy within the device, copies over the bus, and square products."""
    near = cuda.pinned_array(sizes.copied // 8, np.float64)
    near[:] = 1.0
    far, other = xp.ones(sizes.copied // 8), xp.empty(sizes.copied // 8)
    numba_far = cuda.device_array(near.shape, near.dtype)
    copied = f"{sizes.copied / 2**30:.3g} GiB"
    seconds = measure(lambda: xp.copyto(other, far))
    yield Row("copy on the device", copied, seconds, moved=2.0 * sizes.copied)
    yield Row("copy to the device", copied, measure(lambda: numba_far.copy_to_device(near)))
    yield Row("copy from the device", copied, measure(lambda: numba_far.copy_to_host(near)))
    n = sizes.multiplied
    for form in (np.float32, np.float64):
        left, right, out = (xp.empty((n, n), form) for _ in range(3))
        # What is multiplied decides how much power it takes, and so at which clock.
        draw = draws.draw_shocks if form is np.float64 else draws.draw_shocks_32
        for first, drawn in enumerate((left, right)):
            draw[blocks_for(drawn.size), THREADS](SEED, first * n, for_grids(drawn))
        seconds = measure(lambda a=left, b=right, c=out: xp.matmul(a, b, out=c))  # type: ignore[misc]
        yield Row(f"product {np.dtype(form).name}", f"{n}^3", seconds, operations=2.0 * n**3)


def random_numbers(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Uniforms and normals, against the processor's."""
    few = np.arange(3, dtype=np.uint64) + np.uint64(2**40)
    drawn = xp.empty((3, 2, 5))
    grid, told = blocks_for(drawn.size, 8), for_grids(xp.asarray(few))
    draws.draw_uniforms[grid, 8](SEED, 1, told, for_grids(drawn))
    same = (to_host(drawn) == uniforms(SEED, Stream.DEMAND_PATHS, few, 2, 5)).all()
    one, out = for_grids(xp.asarray(few[:1])), for_grids(xp.empty((1, 1, sizes.drawn)))
    grid = blocks_for(sizes.drawn // 2)
    seconds = measure(lambda: draws.draw_uniforms[grid, THREADS](SEED, 1, one, out))
    yield Row(
        "uniforms",
        f"{sizes.drawn:,}",
        seconds,
        moved=8.0 * sizes.drawn,
        operations=math.nan,
        error=0.0 if same else math.inf,
        note="to the bit",
    )
    n = sizes.drawn // 8
    for form, draw, fill in (
        (np.float64, draws.draw_shocks, fill_shocks),
        (np.float32, draws.draw_shocks_32, fill_shocks_32),
    ):
        block = xp.empty((8, n), form)
        counters = block.size // (2 if form is np.float64 else 4)
        grid = blocks_for(counters)
        seen = for_grids(block)
        seconds = measure(lambda d=draw, g=grid, b=seen: d[g, THREADS](SEED, 0, b))  # type: ignore[misc]
        checked = min(n, sizes.checked)
        expected = np.empty((8, checked), form)
        fill(SEED, 0, expected)
        error = float(np.abs(to_host(block[:, :checked]) - expected).max())
        name = f"normals {np.dtype(form).name}"
        size, moved = f"{block.size:,}", float(block.size * block.dtype.itemsize)
        yield Row(name, size, seconds, moved=moved, operations=math.nan, error=error)
