"""A part of `benchmarks.gpu`: whether a device gives the same bits twice.

What is worked out again is launched otherwise: in chunks of another size, or with others beside it.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from benchmarks.gpu_fits import WEEK, daily_demand
from benchmarks.gpu_rows import SEED, XP, Row, Sizes, measure
from kernels.cuda import ets, garch, linear_books, stock
from kernels.garch_free import free_garch
from kernels.linear_books import fold_exposures
from kernels.stock_lead_times import discrete_lead_time
from kernels.stock_terms import Rule, Terms

_DAYS = 400
_KEPT = 50


def repeats(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Fit and walk everything twice, whole and in three chunks, and count the bits that differ."""
    n = sizes.repeated
    demand, _ = daily_demand(n, min(_DAYS, sizes.demands), sizes.data)
    flat, offsets = demand.ravel(), np.arange(n + 1) * demand.shape[1]
    third = -(-n // 3)
    yield _twice(
        f"AutoETS, {n:,} series",
        lambda at_once: ets.fit_ets(flat, offsets, WEEK, at_once=at_once),
        third,
    )
    returns = np.random.default_rng(SEED).standard_t(5, (n, min(_DAYS, sizes.returns)))
    free, told = free_garch(asymmetric=True, student=True), {"student": True, "centred": True}
    yield _twice(
        f"GJR-t, {n:,} series",
        lambda at_once: garch.fit_garch(returns, free, **told, fewest=50, at_once=at_once),
        third,
    )
    yield _twice(*_stock(sizes))
    yield _twice(*_tails(sizes))


def _twice(name: str, work: Callable[[int | None], Sequence[np.ndarray]], at_once: int) -> Row:
    """Return the row of how two runs agree, the second in chunks."""
    first: list[Sequence[np.ndarray]] = []
    seconds = measure(lambda: first.append(work(None)), 1, warm=False)
    again = work(at_once)
    pairs = [(a, np.asarray(b)) for a, b in zip(map(np.asarray, first[0]), again, strict=True)]
    differ = sum(int((_bits(a) != _bits(b)).sum()) for a, b in pairs)
    numbers = sum(a.size for a, _ in pairs)
    note = f"{differ:,} of {numbers:,} numbers have other bits"
    error = 0.0 if differ == 0 else math.inf
    return Row(f"twice: {name}", f"again by {at_once:,}", seconds, error=error, note=note)


def _bits(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def _stock(sizes: Sizes) -> tuple[str, Callable[[int | None], Sequence[np.ndarray]], int]:
    n = -(-sizes.repeated // 10)
    draws = np.random.default_rng(SEED)
    demand = draws.poisson(6.0, (n, sizes.paths, sizes.days)).astype(np.float64)
    law = discrete_lead_time(np.array([0.0, 0.1, 0.3, 0.3, 0.2, 0.1]))
    terms, rule = Terms(1, 1.0, 0.0, math.inf, 1.0, 0, False), Rule(30.0, 60.0, 0.0, math.inf)
    items = stock.stack_items(
        np.arange(n, dtype=np.uint64),
        [law] * n,
        [np.array([40.0])] * n,
        np.zeros((n, sizes.days)),
        [terms] * n,
        np.full((n, 1, 4), rule),
        np.zeros((n, 2), np.int64),
    )

    def work(at_once: int | None) -> Sequence[np.ndarray]:
        return [stock.walk_given_items(SEED, 0, demand, items, at_once=at_once)]

    return f"stock, {n:,} items x {sizes.paths:,} paths", work, -(-n // 3)


def _tails(sizes: Sizes) -> tuple[str, Callable[[int | None], Sequence[np.ndarray]], int]:
    n, draws = min(sizes.repeated, sizes.books), np.random.default_rng(SEED)
    exposures = draws.normal(size=(n, sizes.factors))
    loadings = draws.normal(0.0, 0.01, (sizes.factors, sizes.factors))
    folded = fold_exposures(exposures, loadings, "float32")[:n]
    scenarios = range(min(sizes.scenarios, 2**17))
    kept, half = min(_KEPT, len(scenarios)), -(-n // 2)

    def work(at_once: int | None) -> Sequence[np.ndarray]:
        step = at_once or n
        parts = [
            linear_books.keep_book_tails(
                folded[first : first + step], scenarios, kept, 4.0, SEED, sizes.tile
            )
            for first in range(0, n, step)
        ]
        losses = [part.losses for part in parts]
        return [np.concatenate(losses), np.concatenate([part.scenarios for part in parts])]

    return f"tails, {n:,} books x {len(scenarios):,}", work, half
