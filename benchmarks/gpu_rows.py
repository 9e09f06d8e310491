"""What a benchmark of GPU kernels measures and how: sizes, a timer, and a line of the record."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from numba import cuda

from kernels.cuda import linear_books

RUNS, SEED = 3, 7
XP = Any
# How some figures agree: name, compared, different, the largest difference, which and why.
Line = tuple[str, int, int, float, str]
# Figures differ that are further apart than this share of themselves.
DIFFERENT = 1e-6


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    Parameters
    ----------
    copied : bytes; multiplied : rows and columns of a square product
    drawn : normals; options : values; checked : of them, on the processor
    items, paths, days : of stock
    books, factors, scenarios : of the Monte Carlo; many_books, few_scenarios : of the long one
    returns_series, returns : of GARCH; demand_series, demands : of theta
    states : rolled forward; simulated : series whose paths are drawn; horizon : periods ahead
    moves : scenarios of a night's factors, which are a tenth of the Monte Carlo's
    agreed : series of each set of demand, whose figures are compared; 0 compares nothing
    tile : of the products of books and scenarios
    """

    copied: int = 2**32
    multiplied: int = 8192
    drawn: int = 2**30
    options: int = 10**9
    checked: int = 100_000
    items: int = 10_000
    paths: int = 1_000
    days: int = 90
    books: int = 10_000
    factors: int = 500
    scenarios: int = 2**20
    many_books: int = 1_000_000
    few_scenarios: int = 10_000
    returns_series: int = 100_000
    returns: int = 1_000
    demand_series: int = 30_490
    demands: int = 1_941
    states: int = 1_000_000
    simulated: int = 2_000
    horizon: int = 28
    moves: int = 100_000
    agreed: int = 100
    tile: linear_books.Tile = field(default_factory=linear_books.Tile)


TINY = Sizes(
    copied=2**10,
    multiplied=8,
    drawn=64,
    options=50,
    checked=50,
    items=2,
    paths=3,
    days=5,
    books=2,
    factors=6,
    scenarios=16,
    many_books=2,
    few_scenarios=16,
    returns_series=3,
    returns=90,
    demand_series=3,
    demands=20,
    states=5,
    simulated=2,
    horizon=3,
    moves=5,
    agreed=0,
    tile=linear_books.Tile(2, 16, 2),
)


@dataclass(frozen=True)
class Row:
    """One line of the record.

    Parameters
    ----------
    name, size : what was done, to how much
    seconds : of kernels
    transfer : seconds of inputs and results over the bus; 0 where there are none
    moved, operations : bytes of device memory and floating-point operations, at least
    error : largest difference from the processor, in the units of the note
    note : what else is to be known
    """

    name: str
    size: str
    seconds: float
    transfer: float = 0.0
    moved: float = 0.0
    operations: float = 0.0
    error: float = math.nan
    note: str = ""


def measure(work: Callable[[], object], runs: int = RUNS) -> float:
    """Return the median seconds of some work on the device, after one run that warms up."""
    work()
    times = []
    for _ in range(runs):
        cuda.synchronize()
        started = time.perf_counter()
        work()
        cuda.synchronize()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def agreement_table(lines: Sequence[Line]) -> list[str]:
    """Return how figures agree, in Markdown."""
    differ = f"differ by more than {DIFFERENT:.0e}"
    return [
        f"| figures | compared | {differ} | largest, relative | which and why |",
        "| --- | ---: | ---: | ---: | --- |",
        *(f"| {name} | {n:,} | {k:,} | {gap:.1e} | {why} |" for name, n, k, gap, why in lines),
    ]
