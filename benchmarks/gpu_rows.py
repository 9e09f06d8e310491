"""What a benchmark of GPU kernels measures and how: sizes, timers, and a line of the record."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numba import cuda

from kernels.cuda import linear_books
from kernels.cuda.streams import Piece

RUNS, SEED = 3, 7
XP = Any
# How some figures agree: name, compared, different, the largest difference, which and why.
Line = tuple[str, int, int, float, str]
# Figures differ that are further apart than this share of themselves.
DIFFERENT = 1e-6
ROOT = Path(__file__).parents[1]
# Of page-locked memory that transfers are measured with.
_SLAB = 2**26


def data_folder() -> Path:
    """Return where real data lies: in the checkout's own `shared/data`, or in that beside it."""
    own = ROOT / "shared" / "data"
    return own if own.is_dir() else ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Sizes:
    """How much of everything.

    Parameters
    ----------
    copied : bytes; multiplied : rows and columns of a square product
    drawn : normals; options : values; american : values; checked : of them, on the processor
    items, paths, days : of stock
    books, factors, scenarios : of the Monte Carlo; many_books, few_scenarios : of the long one
    returns_series, returns : of GARCH; demand_series, demands : of theta
    states : rolled forward; simulated : series whose paths are drawn; horizon : periods ahead
    moves : scenarios of a night's factors, which are a tenth of the Monte Carlo's
    agreed : series of each set of demand, whose figures are compared; 0 compares nothing
    repeated : series, and a tenth as many items, that are worked out twice
    tile : of the products of books and scenarios
    data : folder of the real data; what is not in it is made up, or left out
    """

    copied: int = 2**32
    multiplied: int = 8192
    drawn: int = 2**30
    options: int = 10**9
    american: int = 10**7
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
    repeated: int = 5_000
    tile: linear_books.Tile = field(default_factory=linear_books.Tile)
    data: Path = field(default_factory=data_folder)


TINY = Sizes(
    copied=2**10,
    multiplied=8,
    drawn=64,
    options=50,
    american=20,
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
    repeated=3,
    tile=linear_books.Tile(2, 16, 2),
)


@dataclass(frozen=True)
class Row:
    """One line of the record.

    Parameters
    ----------
    name, size : what was done, to how much
    seconds : of kernels, or of what the note says
    transfer : seconds of inputs and results over the bus; 0 where there are none
    moved : bytes of device memory, at least
    operations : floating-point ones; NaN where they depend on the data, and are not counted
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


def measure(work: Callable[[], object], runs: int = RUNS, *, warm: bool = True) -> float:
    """Return the median seconds of some work on the device.

    Parameters
    ----------
    work : what to measure
    runs : how often it counts
    warm : whether one run goes before; what was compiled by smaller work needs none
    """
    if warm:
        work()
    times = []
    for _ in range(runs):
        cuda.synchronize()
        started = time.perf_counter()
        work()
        cuda.synchronize()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def transfer_seconds(sent: float, received: float) -> float:
    """Return the seconds that bytes take over the bus, from and to page-locked memory.

    Parameters
    ----------
    sent, received : bytes, to the device and from it, in pieces of `_SLAB` at most
    """
    near, far = cuda.pinned_array(_SLAB, np.uint8), cuda.device_array(_SLAB, np.uint8)

    def both() -> None:
        for start in range(0, int(sent), _SLAB):
            piece = slice(0, min(_SLAB, int(sent) - start))
            far[piece].copy_to_device(near[piece])
        for start in range(0, int(received), _SLAB):
            piece = slice(0, min(_SLAB, int(received) - start))
            far[piece].copy_to_host(near[piece])

    return measure(both, 1)


class Rows:
    """What one call launches, with its rows on the device all at once.

    Parameters
    ----------
    module : of `kernels.cuda`, that streams its rows
    call : of that module, streams once
    """

    def __init__(self, module: Any, call: Callable[[], object]) -> None:  # noqa: ANN401 - a module
        streams = module.stream_rows
        module.stream_rows = self._lay
        try:
            call()
        finally:
            module.stream_rows = streams

    def _lay(
        self,
        inputs: Sequence[np.ndarray],
        outputs: Sequence[np.ndarray],
        launch: Callable[..., None],
        *_: object,
        scratch: Callable[[int], Sequence[Piece]] | None = None,
        **__: object,
    ) -> None:
        self._launch, self._stream = launch, cuda.stream()
        beside = scratch(len(outputs[0])) if scratch is not None else ()
        self._beside = [cuda.device_array(*piece) for piece in beside]
        self._given = [cuda.to_device(np.ascontiguousarray(array)) for array in inputs]
        self.taken = [cuda.device_array(array.shape, array.dtype) for array in outputs]
        self._bytes = [float(sum(array.nbytes for array in part)) for part in (inputs, outputs)]

    @property
    def moved(self) -> float:
        """Bytes of inputs and outputs, each once."""
        return sum(self._bytes)

    def seconds(self) -> float:
        """Return what the kernels take, once: what they compile is compiled by smaller work."""
        return measure(
            lambda: self._launch(self._stream, self._given, self.taken, *self._beside),
            1,
            warm=False,
        )

    def transfer(self) -> float:
        """Return what inputs and outputs take over the bus."""
        return transfer_seconds(*self._bytes)


def agreement_table(lines: Sequence[Line]) -> list[str]:
    """Return how figures agree, in Markdown."""
    differ = f"differ by more than {DIFFERENT:.0e}"
    return [
        f"| figures | compared | {differ} | largest, relative | which and why |",
        "| --- | ---: | ---: | ---: | --- |",
        *(f"| {name} | {n:,} | {k:,} | {gap:.1e} | {why} |" for name, n, k, gap, why in lines),
    ]
