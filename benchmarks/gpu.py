"""Every GPU kernel: checked against the processor, timed, and set against the device's ceilings.

python -m benchmarks.gpu            on a machine with a device, under eight minutes
python -m benchmarks.gpu --dry      anywhere: tiny sizes in the simulator (NUMBA_ENABLE_CUDASIM=1),
                                    so that it is known to start

What is worth most comes first. A canary is tried before anything else. The record is on disk after
every row, so that a run which is cut off leaves what it had; a part that fails says so and the next
one goes on, in another process where the device was lost to the first, and parts that no time is
left for are named. The processor's kernels, which are checked against, are compiled in processes
beside, but not while the processor is timed. Kernel times are of data that lies on the device, once
smaller work has compiled what they run; the transfer is that of the bytes of inputs and results,
from and to page-locked memory.

The record goes to `benchmarks/records/gpu.md`, or where the variable OUT names a folder into that.
Real data is read from `shared/data` beside the checkout, within it, or where `--data` says; without
it, demand is made up and the comparison says which sets were not here. A machine that is handed a
copy of the checkout alone gets what it needs with

    mkdir -p shared/data
    cp ../shared/data/{m5_item_store_56d,store_item_daily,carparts_monthly}.parquet shared/data
    cp ../shared/data/prices_sp500_2013_2018.parquet shared/data
"""

import argparse
import gc
import math
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import cuda

from benchmarks.gpu_fits import (
    count_laws,
    ets_choices,
    garch_fits,
    intermittent_rates,
    one_launch,
)
from benchmarks.gpu_repeats import repeats
from benchmarks.gpu_report import Report, heading
from benchmarks.gpu_rows import (
    SEED,
    TINY,
    XP,
    Line,
    Row,
    Rows,
    Sizes,
    data_folder,
    measure,
    transfer_seconds,
)
from benchmarks.gpu_runs import LOST, compiling_beside, run_apart, working_environment
from benchmarks.gpu_states import ets_sample_paths, states_rolled
from kernels import loss_order as processor_order
from kernels import market_normals
from kernels.american import fill_american_values, fit_today, make_workspace
from kernels.arrays import Floats, Integers
from kernels.book_losses import book_losses as add_positions
from kernels.changes_without import Figures, changes_without
from kernels.cuda import (
    book_losses,
    draws,
    garch,
    linear_books,
    loss_order,
    market_moves,
    options,
    stock,
    thetas,
)
from kernels.cuda.arrays import device_arrays, for_grids, to_host
from kernels.cuda.grids import THREADS, blocks_for
from kernels.garch_likelihood import scores_at
from kernels.largest_without import largest_without
from kernels.linear_books import fold_exposures, keep_book_tails, mean_tail_shocks
from kernels.option_values import fill_option_values
from kernels.philox import Stream, uniforms
from kernels.shocks import fill_shocks, fill_shocks_32
from kernels.stock_demand import build_alias
from kernels.stock_lead_times import discrete_lead_time
from kernels.stock_paths import walk_law
from kernels.stock_terms import N_TOTALS, Rule, Terms
from kernels.theta import ThetaModel, fit_thetas

# Positions of a book.
_HELD = 100
# Of stock: how long orders take, what there is to begin with, and that sales are lost without.
_LEAD_TIMES = discrete_lead_time(np.array([0.0, 0.1, 0.3, 0.3, 0.2, 0.1]))
_OPENING, _LOST_SALES = np.array([90.0]), Terms(1, 1.0, 0.0, math.inf, 1.0, 0, False)
RECORD = Path(__file__).parent / "records" / "gpu.md"
# No part and no row begins after the first; a process that runs longer still is ended.
MOST_SECONDS, _GRACE = 420.0, 45.0


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


def option_market(n: int) -> tuple[Floats, Floats]:
    """Return spots, money, and rates of scenarios, (n,) each."""
    rng = np.random.default_rng(0)
    return 100.0 * np.exp(rng.normal(0.0, 0.1, n)), rng.normal(0.03, 0.002, n)


def european_options(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Values of one option over scenarios, its own rate and volatility in each."""
    n, checked = sizes.options, min(sizes.options, sizes.checked)
    own = option_market(checked)
    spots, rates = (xp.resize(xp.asarray(array), n) for array in own)
    out = xp.empty(n)
    far = [for_grids(array) for array in (spots, rates, xp.full(n, 0.3))]
    contract = (100.0, math.log(100.0), 0.5, math.sqrt(0.5), -1.0)
    kernel = options.value_options_without_dividends[blocks_for(n), THREADS]
    filled = for_grids(out)
    seconds = measure(lambda: kernel(*far, *contract, filled))
    expected = np.empty(checked)
    flat = np.full(checked, 0.3)
    fill_option_values(own[0], own[1], own[1], flat, 100.0, 0.5, -1.0, expected)
    error = float(np.abs(to_host(out[:checked]) - expected).max() / 100.0)
    host = np.resize(own[0], min(n, 50_000_000)), np.resize(own[1], min(n, 50_000_000))
    flat, result = np.full(len(host[0]), 0.3), np.empty(len(host[0]))
    told = (host[0], host[1], host[1], flat, 100.0, 0.5, -1.0)
    whole = measure(lambda: options.fill_option_values(*told, result), 1)
    through = f"{len(result) / whole:.3g} values a second through the bus"
    yield Row(
        "options",
        f"{n:,}",
        seconds,
        transfer_seconds(24.0 * n, 8.0 * n),
        moved=32.0 * n,
        operations=math.nan,
        error=error,
        note=through,
    )


def american_options(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Values of one American put over scenarios, its own rate and volatility in each."""
    n, checked = sizes.american, min(sizes.american, sizes.checked // 10)
    spots, rates = option_market(n)
    volatilities, today, space = np.full(n, 0.3), np.array([0.03, 0.03, 0.3]), make_workspace()
    contract = (100.0, 0.5, -1.0)
    near = fit_today(today, *contract[1:], space.today)
    given = [for_grids(xp.asarray(array)) for array in (spots, rates, rates, volatilities)]
    boundary, filled = for_grids(xp.asarray(space.today)), for_grids(xp.empty(n))
    kernel = options.value_american_options[blocks_for(n), THREADS]
    seconds = measure(lambda: kernel(*given, *contract, near, boundary, filled))
    out, expected = np.empty(n), np.empty(checked)
    told = (spots, rates, rates, volatilities, *contract, today, space)
    whole = measure(lambda: options.fill_american_values(*told, out), 1)
    few = [array[:checked] for array in told[:4]]
    fill = partial(fill_american_values, *few, *contract, today, space, expected)
    own = measure(fill, 1) * n / checked
    yield Row(
        "American options",
        f"{n:,}",
        seconds,
        transfer_seconds(32.0 * n, 8.0 * n),
        moved=40.0 * n,
        operations=math.nan,
        error=float(np.abs(out[:checked] - expected).max() / 100.0),
        note=f"the whole call {whole:.3g} s; the processor {own:.3g} s by {checked:,} of them",
    )


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


def garch_passes(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """One pass of likelihood, score and information."""
    n, rng = sizes.returns_series, np.random.default_rng(3)
    few = min(n, 1_000)
    values = np.resize(rng.standard_t(5, (few, sizes.returns)), (n, sizes.returns))
    point = np.array([0.0, 0.05, 0.03, 0.1, 0.85, 6.0])
    given = [values, np.full(n, sizes.returns), np.tile(point, (n, 1))]
    far = [for_grids(xp.asarray(array)) for array in given]
    found = xp.empty(n)
    outs = [for_grids(array) for array in (xp.empty((n, 6)), xp.empty((n, 6, 6)), found)]
    kernel = garch.score_garch_series[blocks_for(n, 64), 64]
    seconds = measure(lambda: kernel(*far, True, *outs))
    score, fisher = np.empty((1, 6)), np.empty((1, 6, 6))
    expected = scores_at(values[0], point[None], True, score, fisher)[0]
    error = abs(float(to_host(found)[0]) / expected - 1.0)
    size = f"{n:,} series x {sizes.returns:,} days"
    sent, received = 8.0 * n * (sizes.returns + 7), 8.0 * n * (6 + 36 + 1)
    transfer = transfer_seconds(sent, received)
    yield Row("GARCH pass, Student-t", size, seconds, transfer, sent + received, math.nan, error)


def theta_fits(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Fit the optimised dynamic theta model."""
    n, rng = sizes.demand_series, np.random.default_rng(4)
    few = rng.gamma(2.0, 3.0, (min(n, 200), sizes.demands))
    values = np.resize(few, (n, sizes.demands)).ravel()
    offsets = np.arange(n + 1) * sizes.demands
    told = (values, offsets, 7, 28, ThetaModel.DYNAMIC_OPTIMISED)
    part = slice(0, min(n, 20) * sizes.demands)
    some = (values[part], offsets[: min(n, 20) + 1], *told[2:])
    expected, found = fit_thetas(*some), thetas.fit_thetas(*some)
    error = float(np.abs(found.means / expected.means - 1.0).max())
    size = f"{n:,} series x {sizes.demands:,}"
    rows = Rows(thetas, lambda: thetas.fit_thetas(*told))
    yield from one_launch(rows, "theta fits", size, error, lambda: thetas.fit_thetas(*told))


def night_agreement(_xp: XP, sizes: Sizes) -> Iterator[Line]:
    """Figures of whole nights, the processor's and the device's."""
    if sizes.agreed:
        # It takes more of the package than the kernels: what is missing of it is this part's alone.
        from benchmarks.gpu_agreement import compare_everything  # noqa: PLC0415 - see above

        yield from compare_everything("cuda", sizes.agreed, sizes.data)


# What is worth most comes first, for the last may find no time left.
PARTS: list[Callable[[XP, Sizes], Iterable[Row | Line]]] = [
    ceilings,
    ets_choices,
    monte_carlo,
    garch_fits,
    stock_walks,
    european_options,
    american_options,
    repeats,
    night_agreement,
    factor_moves,
    books_without_positions,
    losses_in_order,
    theta_fits,
    count_laws,
    intermittent_rates,
    random_numbers,
    states_rolled,
    ets_sample_paths,
    garch_passes,
    long_books,
]
_COMPILES_NOTHING = {ceilings.__name__, night_agreement.__name__, repeats.__name__}
_TIMES_THE_PROCESSOR = {
    american_options.__name__,
    books_without_positions.__name__,
    factor_moves.__name__,
    losses_in_order.__name__,
    states_rolled.__name__,
}


def run_parts(xp: XP, sizes: Sizes, report: Report, until: float) -> bool:
    """Fill the report part by part; one part's fault leaves the others, and its own rows so far.

    Parameters
    ----------
    xp : module of the device's arrays
    sizes : how much of everything
    report : filled
    until : by `time.time`; no part and no row begins after it

    Returns
    -------
    Whether the device still answers; where it does not, the parts that are left are not begun.
    """
    for part in PARTS:
        before = time.time()
        report.begin(part.__name__)
        if before > until:
            report.troubles.append(f"{part.__name__}: no time left")
            report.write()
            continue
        try:
            _run_part(part(xp, sizes), part.__name__, report, until)
        except Exception as error:  # noqa: BLE001 - one part's fault leaves the others
            traceback.print_exc()
            report.troubles.append(f"{part.__name__}: {type(error).__name__}: {str(error)[:300]}")
        report.spent.append(f"{part.__name__} {time.time() - before:.1f}")
        report.write()
        if not _answers(xp):
            report.troubles.append(f"{part.__name__}: the device answers no more")
            report.write()
            return False
    return True


def _run_part(found: Iterable[Row | Line], name: str, report: Report, until: float) -> None:
    for row in found:
        report.add(row)
        if time.time() > until:
            report.troubles.append(f"{name}: no time left after {row_name(row)}")
            return


def row_name(found: Row | Line) -> str:
    """Return what a row or a line is called."""
    return found.name if isinstance(found, Row) else found[0]


def _answers(xp: XP) -> bool:
    """Return whether the device does, and give back what a part has left."""
    gc.collect()
    try:
        cuda.synchronize()
        if xp is not np:
            xp.get_default_memory_pool().free_all_blocks()
    except Exception:  # noqa: BLE001 - whatever it says, it is lost to this process
        traceback.print_exc()
        return False
    return True


def compilers(names: Sequence[str]) -> list[list[str]]:
    """Return commands that compile the processor's kernels which parts are checked against."""
    compiled = [name for name in names if name not in _COMPILES_NOTHING]
    dry = [["benchmarks.gpu", "--dry", "--only", name] for name in compiled]
    if night_agreement.__name__ in names:
        dry.insert(0, ["benchmarks.gpu_agreement", "--device", "cpu", "--series", "2"])
    return dry


def measure_parts(names: Sequence[str], asked: argparse.Namespace) -> Report:
    """Return what parts find, each group of them in processes of its own.

    The processor's kernels are compiled beside those parts that do not time the processor.
    """
    until = time.time() + asked.seconds
    environment, told = working_environment()
    report = Report(asked.record.resolve(), troubles=[] if told is None else [told])

    def command(left: Sequence[str], kept: Path) -> list[str]:
        own = ["--kept", str(kept), "--until", str(until), "--data", str(asked.data.resolve())]
        return [sys.executable, "-m", "benchmarks.gpu", *own, "--only", *left]

    alone = [name for name in names if name in _TIMES_THE_PROCESSOR]
    others = [name for name in names if name not in alone]
    with compiling_beside(compilers([*others, *alone])):
        report = run_apart(others, report, command, until + _GRACE, environment)
    return run_apart(alone, report, command, until + _GRACE, environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [part.__name__ for part in PARTS]
    parser.add_argument("--dry", action="store_true", help="tiny sizes, in the simulator")
    parser.add_argument("--only", nargs="+", choices=names, help="parts to run; all by default")
    parser.add_argument("--record", type=Path, default=default_record(), help="file to write")
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of real data")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="no row begins after")
    # What a process that runs parts for another is told.
    parser.add_argument("--kept", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--until", type=float, help=argparse.SUPPRESS)
    return parser


def default_record() -> Path:
    """Return where the record goes: to the folder that `OUT` names, else among the others."""
    out = os.environ.get("OUT")
    return Path(out) / "gpu.md" if out else RECORD


def main() -> int:
    """Check, measure, write the record, and print it. Return how it ended."""
    asked = _parser().parse_args()
    if asked.only:
        PARTS[:] = [part for part in PARTS if part.__name__ in asked.only]
    names = [part.__name__ for part in PARTS]
    if not asked.dry and asked.kept is None:
        print(measure_parts(names, asked).text())
        return 0
    report = Report() if asked.dry else Report.read(asked.kept)
    xp = device_arrays()
    report.heading = report.heading or heading(xp)
    sizes = replace(TINY if asked.dry else Sizes(), data=asked.data)
    until = asked.until if asked.kept else time.time() + asked.seconds
    answers = run_parts(xp, sizes, report, until)
    if asked.dry:
        print(report.text())
        return 1 if report.troubles else 0
    return 0 if answers else LOST


if __name__ == "__main__":
    raise SystemExit(main())
