"""Parts of `benchmarks.gpu` on risk: moves of factors, losses of one book, many linear books."""

import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.gpu_rows import SEED, XP, Row, Sizes, measure, transfer_seconds
from kernels import loss_order as processor_order
from kernels import market_normals
from kernels.arrays import Floats, Integers
from kernels.book_losses import book_losses as add_positions
from kernels.changes_without import Figures, changes_without
from kernels.cuda import book_losses, linear_books, loss_order, market_moves
from kernels.cuda.arrays import to_host
from kernels.largest_without import largest_without
from kernels.linear_books import fold_exposures, keep_book_tails, mean_tail_shocks

# Positions of a book.
_HELD = 100


def factor_moves(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Gaussian moves of a night's factors, to the host."""
    n, few = sizes.moves, min(sizes.moves, 1_000)
    loadings = np.random.default_rng(5).normal(0.0, 0.01, (sizes.factors, sizes.factors))
    seconds = measure(lambda: market_moves.gaussian_moves(loadings, SEED, n), 1)
    own = measure(lambda: market_normals.gaussian_moves(loadings, SEED, few), 1) * n / few
    expected = market_normals.gaussian_moves(loadings, SEED, few)
    gap = np.abs(market_moves.gaussian_moves(loadings, SEED, few) - expected).max()
    error = float(gap / np.linalg.norm(loadings, axis=1).max())
    operations = 2.0 * sizes.factors**2 * n
    size = f"{sizes.factors} factors x {n:,}"
    note = f"time of the whole call, the processor {own:.3g} s by {few:,} of them"
    moved = 8.0 * sizes.factors * n
    yield Row(
        "Gaussian moves float64",
        size,
        seconds,
        transfer_seconds(loadings.nbytes, moved),
        moved=2.0 * moved,
        operations=operations,
        error=error,
        note=note,
    )


def books_without_positions(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Losses of one book and its tails without each position, of losses that lie there."""
    n, held = sizes.moves, min(_HELD, sizes.factors)
    rng = np.random.default_rng(8)
    losses = rng.standard_t(5, (sizes.factors, n))
    chosen = rng.permutation(sizes.factors)[:held], rng.normal(0.0, 100.0, held)
    total = add_positions(losses, *chosen)
    kept, level = max(n // 20, 1), 0.975
    shares, whole = np.array([1.0 - level]), np.quantile(total, [level])
    figures = Figures(shares, whole, np.repeat(whole[:, None], held, axis=1))

    def work(where: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - a module, or what is like one
        found = where.book_losses(losses, *chosen)
        where.largest_without(losses, *chosen, found, kept)
        return found, where.changes_without(losses, *chosen, found, figures).deviations

    processor = SimpleNamespace(
        book_losses=add_positions,
        largest_without=largest_without,
        changes_without=changes_without,
    )
    expected = work(processor)
    own = measure(lambda: work(processor), 1)
    with book_losses.keep_losses(losses):
        found = work(book_losses)
        seconds = measure(lambda: work(book_losses), 1)
    gaps = [
        np.abs(ours - theirs).max() / np.abs(theirs).max()
        for ours, theirs in zip(found, expected, strict=True)
    ]
    yield Row(
        "a book without each position",
        f"{held} positions x {n:,}",
        seconds,
        moved=4 * 8.0 * n * held,
        operations=math.nan,
        error=float(max(gaps)),
        note=f"time of the whole calls; the processor {own:.3g} s",
    )


def losses_in_order(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """All losses of one book, and the scenarios of its tail, of losses that lie there."""
    n = sizes.scenarios
    losses = np.random.default_rng(9).standard_t(5, n)

    def work(where: Any) -> tuple[Floats, Integers]:  # noqa: ANN401 - a module
        return where.largest_losses(losses, 0), where.largest_scenarios(losses, n - n // 16)

    expected = work(processor_order)
    own = measure(lambda: work(processor_order), 1)
    with book_losses.keep_losses(losses):
        found = work(loss_order)
        seconds = measure(lambda: work(loss_order))
    yield Row(
        "a book's losses in order",
        f"{n:,} scenarios",
        seconds,
        moved=4 * 8.0 * n,
        operations=math.nan,
        error=float(max(np.abs(a - b).max() for a, b in zip(found, expected, strict=True))),
        note=f"time of the whole calls; the processor {own:.3g} s",
    )


def books_of(n_books: int, n_factors: int, precision: str) -> np.ndarray:
    """Return folded exposures of books."""
    rng = np.random.default_rng(2)
    exposures = rng.normal(2e4, 1e4, (n_books, n_factors))
    loadings = rng.normal(0.0, 0.01 / math.sqrt(n_factors), (n_factors, n_factors))
    return fold_exposures(exposures, loadings, precision)[:n_books]  # type: ignore[arg-type]


def monte_carlo(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Value at risk, expected shortfall and its components of linear books."""
    for precision in ("float32", "float64"):
        few, n_few = (
            books_of(min(sizes.books, 16), sizes.factors, precision),
            min(sizes.scenarios, 20_000),
        )
        kept = max(n_few // 40, 2)
        found = linear_books.keep_book_tails(few, range(n_few), kept, 0.0, SEED, sizes.tile)
        expected = keep_book_tails(few, range(n_few), kept, 0.0, SEED)
        error = float(np.abs(found.losses / expected.losses - 1.0).max())
        chosen, equal = expected.scenarios, np.full(kept, 1.0 / kept)
        shocks = linear_books.mean_tail_shocks(chosen, equal, 0.0, SEED, few, sizes.tile)
        gap = np.abs(shocks - mean_tail_shocks(chosen, equal, 0.0, SEED, few)).max()
        folded, kept = (
            books_of(sizes.books, sizes.factors, precision),
            max(sizes.scenarios // 40, 2),
        )
        weights = np.full(kept, 1.0 / kept)
        told = (folded, range(sizes.scenarios), kept, 0.0, SEED, sizes.tile)
        tails: list[Any] = []

        def figures(told: tuple[Any, ...] = told, tails: list[Any] = tails) -> None:
            tails[:] = linear_books.rank_tails(*told)
            linear_books.book_tail_figures(tails[0], weights)  # noqa: B023 - called at once

        size = f"{sizes.books:,} books x {sizes.factors} factors x {sizes.scenarios:,}"
        operations = 2.0 * sizes.books * sizes.factors * sizes.scenarios
        spent = measure(figures, 1)
        sent, drawn = float(folded.nbytes), f"exposures sent, {sizes.scenarios:,} scenarios drawn"
        yield Row(
            f"VaR and ES {precision}",
            size,
            spent,
            transfer_seconds(sent, 16.0 * sizes.books),
            operations=operations,
            error=error,
            note=drawn,
        )
        numbers = to_host(tails[1])
        spent = measure(
            lambda f=folded, n=numbers, w=weights: linear_books.mean_tail_shocks(  # type: ignore[misc]
                n, w, 0.0, SEED, f, sizes.tile
            ),
            1,
        )
        name, received = f"components {precision}", 8.0 * sizes.books * sizes.factors
        transfer = transfer_seconds(float(numbers.nbytes), received)
        yield Row(name, size, spent, transfer, operations=operations, error=float(gap))


def long_books(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """As large a part of fifteen million books as fits, through to a Parquet file."""
    import pyarrow as pa  # noqa: PLC0415 - the record is written without it
    import pyarrow.parquet as pq  # noqa: PLC0415 - the same

    folded = books_of(min(sizes.many_books, 20_480), sizes.factors, "float32")
    kept, done, started = max(sizes.few_scenarios // 40, 2), 0, time.perf_counter()
    weights = np.full(kept, 1.0 / kept)
    with tempfile.TemporaryDirectory() as folder:
        while done < sizes.many_books:
            part = folded[: sizes.many_books - done]
            told = (part, range(sizes.few_scenarios), kept, 0.0, SEED, sizes.tile)
            losses, _ = linear_books.rank_tails(*told)
            quantiles, shortfalls = map(to_host, linear_books.book_tail_figures(losses, weights))
            table = pa.table(
                {
                    "book": np.arange(done, done + len(part)),
                    "value_at_risk": quantiles,
                    "expected_shortfall": shortfalls,
                }
            )
            pq.write_table(table, Path(folder) / f"{done}.parquet")
            done += len(part)
    spent = time.perf_counter() - started
    size = f"{done:,} books x {sizes.factors} factors x {sizes.few_scenarios:,}"
    operations = 2.0 * done * sizes.factors * sizes.few_scenarios
    note = f"15 million at this pace: {spent * 15e6 / done:,.0f} s; one set of exposures is reused"
    yield Row("books to Parquet", size, spent, operations=operations, note=note)
