"""A part of `benchmarks.gpu`: stock walked on drawn demand."""

import math
from collections.abc import Iterator

import numpy as np

from benchmarks.gpu_rows import SEED, XP, Row, Sizes, measure, transfer_seconds
from kernels.arrays import Floats, Integers
from kernels.cuda import stock
from kernels.cuda.arrays import for_grids, to_host
from kernels.cuda.grids import THREADS, blocks_for
from kernels.stock_demand import build_alias
from kernels.stock_lead_times import discrete_lead_time
from kernels.stock_paths import walk_law
from kernels.stock_terms import N_TOTALS, Rule, Terms

# Of stock: how long orders take, what there is to begin with, and that sales are lost without.
_LEAD_TIMES = discrete_lead_time(np.array([0.0, 0.1, 0.3, 0.3, 0.2, 0.1]))
_OPENING, _LOST_SALES = np.array([90.0]), Terms(1, 1.0, 0.0, math.inf, 1.0, 0, False)


def stock_items(n: int, days: int) -> tuple[Floats, Integers, stock.Items]:
    """Return alias tables of items' demand, and items under (s, S) with random lead times."""
    chances = np.random.default_rng(1).dirichlet(np.ones(40), n)
    keep, alias = np.empty((n, 1, 40)), np.empty((n, 1, 40), np.int64)
    for item in range(n):
        build_alias(chances[item], keep[item, 0], alias[item, 0])
    items = stock.stack_items(
        np.arange(n, dtype=np.uint64),
        [_LEAD_TIMES] * n,
        [_OPENING] * n,
        np.zeros((n, days)),
        [_LOST_SALES] * n,
        np.full((n, 1, 4), Rule(80.0, 160.0, 0.0, math.inf)),
        np.zeros((n, 2), np.int64),
    )
    return keep, alias, items


def stock_walks(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """(s, S) with lost sales, random lead times and drawn demand."""
    n = sizes.items
    keep, alias, items = stock_items(n, sizes.days)
    kernel = stock.walk_kernels(8, 1)[1][blocks_for(n * sizes.paths), THREADS]
    far = [for_grids(xp.asarray(array)) for array in (keep, alias, np.ones(n))]
    tables = stock.Items(*(for_grids(xp.asarray(array)) for array in items))
    totals = xp.empty((n, 1, sizes.paths, N_TOTALS))
    filled = for_grids(totals)
    seconds = measure(lambda: kernel(SEED, 0, *far, tables, filled))
    error, expected = 0.0, np.empty((1, sizes.paths, N_TOTALS))
    for item in range(min(n, 5)):
        own = (keep[item], alias[item], 1.0, _LEAD_TIMES, _OPENING, items.receipts[item])
        told = (*own, _LOST_SALES, items.rules[item], 0, 0, expected)
        walk_law(SEED, np.uint64(item), 0, *told)
        error = max(error, float(np.abs(to_host(totals[item]) - expected).max()))
    size = f"{n:,} items x {sizes.paths:,} paths x {sizes.days} days"
    sent = float(sum(array.nbytes for array in (keep, alias, *items)))
    yield Row(
        "stock",
        size,
        seconds,
        transfer_seconds(sent, totals.nbytes),
        moved=sent + float(totals.nbytes),
        operations=math.nan,
        error=error,
        note=f"error in units; {n * sizes.paths * sizes.days / seconds:.3g} days walked a second",
    )
