"""Every GPU kernel: checked against the processor, timed, and set against the device's ceilings.

python -m benchmarks.gpu            on a machine with a device, under eight minutes
python -m benchmarks.gpu --dry      anywhere: tiny sizes in the simulator (NUMBA_ENABLE_CUDASIM=1),
                                    so that it is known to start

What is worth most comes first. The record is on disk after every row, so that a run which is cut
off leaves what it had; a part that fails says so and the next one goes on, and parts that no time
is left for are named. The processor's kernels, which are checked against, are compiled in processes
beside this one. Kernel times are medians of runs on data that lies on the device, after a warm-up
that compiles; the transfer is that of inputs and results over page-locked memory.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numba import config, cuda

from benchmarks.gpu_fits import count_laws, ets_choices, garch_fits, intermittent_rates
from benchmarks.gpu_rows import SEED, TINY, XP, Line, Row, Sizes, agreement_table, measure
from benchmarks.gpu_states import ets_sample_paths, states_rolled
from benchmarks.machine import describe_machine
from kernels import market_normals
from kernels.cuda import draws, garch, linear_books, market_moves, options, stock, thetas
from kernels.cuda.arrays import device_arrays, for_grids, to_host
from kernels.cuda.grids import THREADS, blocks_for
from kernels.device import missing_for_cuda
from kernels.garch_likelihood import scores_at
from kernels.linear_books import fold_exposures, keep_book_tails, mean_tail_shocks
from kernels.option_values import fill_option_values
from kernels.philox import Stream, uniforms
from kernels.shocks import fill_shocks, fill_shocks_32
from kernels.stock_demand import build_alias
from kernels.stock_lead_times import discrete_lead_time
from kernels.stock_paths import walk_law
from kernels.stock_terms import N_TOTALS, Rule, Terms
from kernels.theta import ThetaModel, fit_thetas

RECORD = Path(__file__).parent / "records" / "gpu.md"
ROOT = RECORD.parents[2]
MOST_SECONDS = 420.0


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
        left, right = xp.ones((n, n), form), xp.ones((n, n), form)
        out = xp.empty((n, n), form)
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
        yield Row(name, size, seconds, moved=moved, error=error)


def european_options(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Values of one option over scenarios, its own rate and volatility in each."""
    n, checked = sizes.options, min(sizes.options, sizes.checked)
    rng = np.random.default_rng(0)
    few = np.exp(rng.normal(0.0, 0.1, checked)), rng.normal(0.03, 0.002, checked)
    spots, rates = (xp.resize(xp.asarray(array), n) for array in (100.0 * few[0], few[1]))
    out = xp.empty(n)
    far = [for_grids(array) for array in (spots, rates, xp.full(n, 0.3))]
    contract = (100.0, math.log(100.0), 0.5, math.sqrt(0.5), -1.0)
    kernel = options.value_options_without_dividends[blocks_for(n), THREADS]
    filled = for_grids(out)
    seconds = measure(lambda: kernel(*far, *contract, filled))
    own = (100.0 * few[0], few[1])
    expected = np.empty(checked)
    flat = np.full(checked, 0.3)
    fill_option_values(own[0], own[1], own[1], flat, 100.0, 0.5, -1.0, expected)
    error = float(np.abs(to_host(out[:checked]) - expected).max() / 100.0)
    host = np.resize(own[0], min(n, 50_000_000)), np.resize(own[1], min(n, 50_000_000))
    flat, result = np.full(len(host[0]), 0.3), np.empty(len(host[0]))
    told = (host[0], host[1], host[1], flat, 100.0, 0.5, -1.0)
    whole = measure(lambda: options.fill_option_values(*told, result), 1)
    through = f"{len(result) / whole:.3g} values a second through the bus"
    moved = 32.0 * n
    yield Row("options", f"{n:,}", seconds, moved=moved, error=error, note=through)


def stock_walks(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """(s, S) with lost sales, random lead times and drawn demand."""
    n = sizes.items
    chances = np.random.default_rng(1).dirichlet(np.ones(40), n)
    keep, alias = np.empty((n, 1, 40)), np.empty((n, 1, 40), np.int64)
    for item in range(n):
        build_alias(chances[item], keep[item, 0], alias[item, 0])
    law = discrete_lead_time(np.array([0.0, 0.1, 0.3, 0.3, 0.2, 0.1]))
    terms, rule = Terms(1, 1.0, 0.0, math.inf, 1.0, 0, False), Rule(80.0, 160.0, 0.0, math.inf)
    entities, receipts = np.arange(n, dtype=np.uint64), np.zeros((n, sizes.days))
    items = stock.stack_items(
        entities,
        [law] * n,
        [np.array([90.0])] * n,
        receipts,
        [terms] * n,
        np.full((n, 1, 4), rule),
        np.zeros((n, 2), np.int64),
    )
    kernel = stock.walk_kernels(8, 1)[1][blocks_for(n * sizes.paths), THREADS]
    far = [for_grids(xp.asarray(array)) for array in (keep, alias, np.ones(n))]
    tables = stock.Items(*(for_grids(xp.asarray(array)) for array in items))
    totals = xp.empty((n, 1, sizes.paths, N_TOTALS))
    filled = for_grids(totals)
    seconds = measure(lambda: kernel(SEED, 0, *far, tables, filled))
    error, expected = 0.0, np.empty((1, sizes.paths, N_TOTALS))
    for item in range(min(n, 5)):
        own = (keep[item], alias[item], 1.0, law, np.array([90.0]), receipts[item], terms)
        walk_law(SEED, entities[item], 0, *own, items.rules[item], 0, 0, expected)
        error = max(error, float(np.abs(to_host(totals[item]) - expected).max()))
    size = f"{n:,} items x {sizes.paths:,} paths x {sizes.days} days"
    yield Row("stock", size, seconds, moved=float(totals.nbytes), error=error, note="units")


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
    note = f"time with transfers, the processor {own:.3g} s by {few:,} of them"
    yield Row(
        "Gaussian moves float64", size, seconds, operations=operations, error=error, note=note
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
        yield Row(f"VaR and ES {precision}", size, spent, operations=operations, error=error)
        numbers = to_host(tails[1])
        spent = measure(
            lambda f=folded, n=numbers, w=weights: linear_books.mean_tail_shocks(  # type: ignore[misc]
                n, w, 0.0, SEED, f, sizes.tile
            ),
            1,
        )
        name = f"components {precision}"
        yield Row(name, size, spent, operations=operations, error=float(gap))


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
    moved = 8.0 * n * sizes.returns
    yield Row("GARCH pass, Student-t", size, seconds, moved=moved, error=error)


def theta_fits(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Fit the optimised dynamic theta model, transfers included."""
    n, rng = sizes.demand_series, np.random.default_rng(4)
    few = rng.gamma(2.0, 3.0, (min(n, 200), sizes.demands))
    values = np.resize(few, (n, sizes.demands)).ravel()
    offsets = np.arange(n + 1) * sizes.demands
    told = (values, offsets, 7, 28, ThetaModel.DYNAMIC_OPTIMISED)
    seconds = measure(lambda: thetas.fit_thetas(*told), 1)
    part = slice(0, min(n, 20) * sizes.demands)
    some = (values[part], offsets[: min(n, 20) + 1], *told[2:])
    expected, found = fit_thetas(*some), thetas.fit_thetas(*some)
    error = float(np.abs(found.means / expected.means - 1.0).max())
    size = f"{n:,} series x {sizes.demands:,}"
    yield Row("theta fits", size, seconds, error=error, note="time with transfers")


def night_agreement(_xp: XP, sizes: Sizes) -> Iterator[Line]:
    """Figures of whole nights, the processor's and the device's."""
    if sizes.agreed:
        # It takes more of the package than the kernels: what is missing of it is this part's alone.
        from benchmarks.gpu_agreement import compare_everything  # noqa: PLC0415 - see above

        yield from compare_everything("cuda", sizes.agreed)


# What is worth most comes first, for the last may find no time left.
PARTS: list[Callable[[XP, Sizes], Iterable[Row | Line]]] = [
    ceilings,
    ets_choices,
    monte_carlo,
    garch_fits,
    stock_walks,
    european_options,
    night_agreement,
    factor_moves,
    theta_fits,
    count_laws,
    intermittent_rates,
    random_numbers,
    states_rolled,
    ets_sample_paths,
    garch_passes,
    long_books,
]


@dataclass
class Report:
    """What is known so far, on disk after each row.

    Parameters
    ----------
    path : of the record; None keeps none
    heading : of the record
    rows, lines : what was measured, and how figures agree
    spent : each part and its seconds, compilation and checks included
    troubles : what went wrong, or had no time
    """

    path: Path | None = None
    heading: str = ""
    rows: list[Row] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def add(self, found: Row | Line) -> None:
        """Take a row or a line in, print it, and write the record."""
        if isinstance(found, Row):
            self.rows.append(found)
            print("\n".join(table_of([found])[2:]), flush=True)
        else:
            self.lines.append(found)
            print(*found, flush=True)
        self.write()

    def text(self) -> str:
        """Return the record."""
        parts = ["# GPU kernels", "", self.heading, "", *table_of(self.rows), ""]
        if self.lines:
            told = "Figures of whole nights, the processor's and the device's:"
            parts += [told, "", *agreement_table(self.lines), ""]
        if self.spent:
            parts += ["Seconds of each part, compilation and checks included:"]
            parts += [f"{', '.join(self.spent)}.", ""]
        parts += [f"- {trouble}" for trouble in self.troubles]
        return "\n".join(parts).rstrip() + "\n"

    def write(self) -> None:
        """Write the record, if there is one."""
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(self.text(), encoding="utf-8")


def run_parts(xp: XP, sizes: Sizes, report: Report, started: float) -> None:
    """Fill the report part by part; one part's fault leaves the others, and its own rows so far.

    Parameters
    ----------
    xp : module of the device's arrays
    sizes : how much of everything
    report : filled
    started : by `time.perf_counter`; no part begins `MOST_SECONDS` after it
    """
    for part in PARTS:
        before = time.perf_counter()
        if before - started > MOST_SECONDS:
            report.troubles.append(f"{part.__name__}: no time left")
            continue
        try:
            for found in part(xp, sizes):
                report.add(found)
        except Exception as error:  # noqa: BLE001 - one part's fault leaves the others
            traceback.print_exc()
            report.troubles.append(f"{part.__name__}: {type(error).__name__}: {str(error)[:300]}")
        if xp is not np:
            xp.get_default_memory_pool().free_all_blocks()
        report.spent.append(f"{part.__name__} {time.perf_counter() - before:.1f}")
        report.write()


@contextmanager
def compiling_beside() -> Iterator[None]:
    """Compile the processor's kernels, which are checked against, in processes of their own.

    What they have compiled by then is found in the cache. What is not ready is compiled twice, so
    nothing waits for them.
    """
    simulated = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    told = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    commands = [["benchmarks.gpu", "--dry", "--only", part.__name__] for part in PARTS[1:]]
    commands.insert(0, ["benchmarks.gpu_agreement", "--device", "cpu", "--series", "2"])
    workers = [
        subprocess.Popen([sys.executable, "-m", *command], env=simulated, **told)  # type: ignore[call-overload]
        for command in commands[: max((os.cpu_count() or 1) - 2, 0)]
    ]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def table_of(rows: list[Row]) -> list[str]:
    """Return the rows as Markdown, with their shares of the ceilings."""
    copied = next((row.moved / row.seconds for row in rows if row.name == "copy on the device"), 0)
    products = {
        row.name.split()[-1]: row.operations / row.seconds
        for row in rows
        if row.name.startswith("product")
    }
    lines = [
        "| what | size | ms | GB/s | of copy | TFLOP/s | of product | error | note |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        pace, work = row.moved / row.seconds, row.operations / row.seconds
        ceiling = products.get("float64" if "float64" in row.name else "float32", 0.0)
        cells = [
            row.name,
            row.size,
            f"{1e3 * row.seconds:,.2f}",
            f"{pace / 1e9:,.0f}" if row.moved else "",
            f"{pace / copied:.0%}" if row.moved and copied else "",
            f"{work / 1e12:,.2f}" if row.operations else "",
            f"{work / ceiling:.0%}" if row.operations and ceiling else "",
            "" if math.isnan(row.error) else f"{row.error:.1e}",
            row.note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def describe_device(xp: XP) -> str:
    """Return one line on the device, its driver and the versions of what drives it."""
    if config.ENABLE_CUDASIM or xp is np:
        return "the simulator: times mean nothing"
    device = cuda.get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else device.name
    driver, runtime = xp.cuda.runtime.driverGetVersion(), xp.cuda.runtime.runtimeGetVersion()
    memory = cuda.current_context().get_memory_info()[1] / 2**30
    return (
        f"{name}, {memory:.0f} GiB, compute capability {device.compute_capability}, "
        f"driver API {driver}, runtime {runtime}, numba-cuda {_version('numba-cuda')}, "
        f"CuPy {xp.__version__}"
    )


def heading(xp: XP) -> str:
    """Return what was run, and on what; a device that tells nothing of itself is measured too."""
    try:
        device = describe_device(xp)
    except Exception as error:  # noqa: BLE001 - the rows are worth more than the heading
        device = f"a device that could not be described ({type(error).__name__}: {error})"
    return f"`python -m benchmarks.gpu`: {device}; {describe_machine('numba', 'numpy')}."


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of numba itself"


def main() -> None:
    """Check, measure, write the record, and print it."""
    started = time.perf_counter()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dry", action="store_true", help="tiny sizes, in the simulator")
    names = [part.__name__ for part in PARTS]
    parser.add_argument("--only", nargs="+", choices=names, help="parts to run; all by default")
    parser.add_argument("--record", type=Path, default=RECORD, help="file to write")
    asked = parser.parse_args()
    missing = None if config.ENABLE_CUDASIM else missing_for_cuda()
    if missing is not None:
        how = "NUMBA_ENABLE_CUDASIM=1 python -m benchmarks.gpu --dry runs it without a device"
        raise SystemExit(f"{missing}; {how}")
    if asked.only:
        PARTS[:] = [part for part in PARTS if part.__name__ in asked.only]
    report = Report()
    if not asked.dry:
        report.path = asked.record
    with nullcontext() if asked.dry else compiling_beside():
        xp = device_arrays()
        report.heading = heading(xp)
        report.write()
        run_parts(xp, TINY if asked.dry else Sizes(), report, started)
    print(report.text())
    if asked.dry and report.troubles:
        raise SystemExit("a part did not run")


if __name__ == "__main__":
    main()
