"""Every GPU kernel: checked against the processor, timed, and set against the device's ceilings.

python -m benchmarks.gpu            on a machine with a device, under eight minutes
python -m benchmarks.gpu --dry      anywhere: tiny sizes in the simulator (NUMBA_ENABLE_CUDASIM=1),
                                    so that it is known to start

A part that fails says so and the next one goes on; parts that no time is left for are named. The
short table is printed last, and the record written beside those of the other benchmarks. Kernel
times are medians of runs on data that lies on the device, after a warm-up that compiles; the
transfer is that of inputs and results over page-locked memory.
"""

import argparse
import math
import tempfile
import time
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numba import config, cuda

from benchmarks.gpu_agreement import agreement
from benchmarks.gpu_fits import count_laws, ets_choices, garch_fits, intermittent_rates
from benchmarks.gpu_rows import SEED, TINY, XP, Row, Sizes, measure
from benchmarks.gpu_states import ets_sample_paths, states_rolled
from benchmarks.machine import describe_machine
from kernels.cuda import draws, garch, linear_books, options, stock, thetas
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
MOST_SECONDS = 420.0
# Compiling the processor's side of a forecast is most of it.
_AGREEMENT = 150.0


def ceilings(xp: XP, sizes: Sizes) -> list[Row]:
    """Copy within the device, copies over the bus, and square products."""
    near = cuda.pinned_array(sizes.copied // 8, np.float64)
    near[:] = 1.0
    far, other = xp.ones(sizes.copied // 8), xp.empty(sizes.copied // 8)
    numba_far = cuda.device_array(near.shape, near.dtype)
    copied = f"{sizes.copied / 2**30:.3g} GiB"
    rows = [
        Row(
            "copy on the device",
            copied,
            measure(lambda: xp.copyto(other, far)),
            moved=2.0 * sizes.copied,
        ),
        Row("copy to the device", copied, measure(lambda: numba_far.copy_to_device(near))),
        Row("copy from the device", copied, measure(lambda: numba_far.copy_to_host(near))),
    ]
    n = sizes.multiplied
    for form in (np.float32, np.float64):
        left, right = xp.ones((n, n), form), xp.ones((n, n), form)
        out = xp.empty((n, n), form)
        seconds = measure(lambda a=left, b=right, c=out: xp.matmul(a, b, out=c))  # type: ignore[misc]
        rows.append(Row(f"product {np.dtype(form).name}", f"{n}^3", seconds, operations=2.0 * n**3))
    return rows


def random_numbers(xp: XP, sizes: Sizes) -> list[Row]:
    """Uniforms and normals, against the processor's."""
    few = np.arange(3, dtype=np.uint64) + np.uint64(2**40)
    drawn = xp.empty((3, 2, 5))
    grid, told = blocks_for(drawn.size, 8), for_grids(xp.asarray(few))
    draws.draw_uniforms[grid, 8](SEED, 1, told, for_grids(drawn))
    same = (to_host(drawn) == uniforms(SEED, Stream.DEMAND_PATHS, few, 2, 5)).all()
    one, out = for_grids(xp.asarray(few[:1])), for_grids(xp.empty((1, 1, sizes.drawn)))
    grid = blocks_for(sizes.drawn // 2)
    seconds = measure(lambda: draws.draw_uniforms[grid, THREADS](SEED, 1, one, out))
    rows = [
        Row(
            "uniforms",
            f"{sizes.drawn:,}",
            seconds,
            moved=8.0 * sizes.drawn,
            error=0.0 if same else math.inf,
            note="to the bit",
        )
    ]
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
        rows.append(Row(name, size, seconds, moved=moved, error=error))
    return rows


def european_options(xp: XP, sizes: Sizes) -> list[Row]:
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
    return [Row("options", f"{n:,}", seconds, moved=moved, error=error, note=through)]


def stock_walks(xp: XP, sizes: Sizes) -> list[Row]:
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
    return [Row("stock", size, seconds, moved=float(totals.nbytes), error=error, note="units")]


def books_of(n_books: int, n_factors: int, precision: str) -> np.ndarray:
    """Return folded exposures of books."""
    rng = np.random.default_rng(2)
    exposures = rng.normal(2e4, 1e4, (n_books, n_factors))
    loadings = rng.normal(0.0, 0.01 / math.sqrt(n_factors), (n_factors, n_factors))
    return fold_exposures(exposures, loadings, precision)[:n_books]  # type: ignore[arg-type]


def monte_carlo(_xp: XP, sizes: Sizes) -> list[Row]:
    """Value at risk, expected shortfall and its components of linear books."""
    rows = []
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
        rows.append(Row(f"VaR and ES {precision}", size, spent, operations=operations, error=error))
        numbers = to_host(tails[1])
        spent = measure(
            lambda f=folded, n=numbers, w=weights: linear_books.mean_tail_shocks(  # type: ignore[misc]
                n, w, 0.0, SEED, f, sizes.tile
            ),
            1,
        )
        own = Row(f"components {precision}", size, spent, operations=operations, error=float(gap))
        rows.append(own)
    return rows


def long_books(_xp: XP, sizes: Sizes) -> list[Row]:
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
    return [Row("books to Parquet", size, spent, operations=operations, note=note)]


def garch_passes(xp: XP, sizes: Sizes) -> list[Row]:
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
    return [Row("GARCH pass, Student-t", size, seconds, moved=moved, error=error)]


def theta_fits(_xp: XP, sizes: Sizes) -> list[Row]:
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
    return [Row("theta fits", size, seconds, error=error, note="time with transfers")]


PARTS = [
    ceilings,
    random_numbers,
    european_options,
    stock_walks,
    ets_choices,
    states_rolled,
    ets_sample_paths,
    garch_passes,
    garch_fits,
    monte_carlo,
    theta_fits,
    intermittent_rates,
    count_laws,
    long_books,
]


def run_parts(xp: XP, sizes: Sizes) -> tuple[list[Row], list[str]]:
    """Return the rows of the parts, and what went wrong or had no time."""
    started, rows, troubles = time.perf_counter(), [], []
    for part in PARTS:
        if time.perf_counter() - started > MOST_SECONDS:
            troubles.append(f"{part.__name__}: no time left")
            continue
        before = time.perf_counter()
        try:
            rows += part(xp, sizes)
        except Exception as error:  # noqa: BLE001 - one part's fault leaves the others
            traceback.print_exc()
            troubles.append(f"{part.__name__}: {type(error).__name__}: {str(error)[:300]}")
        if xp is not np:
            xp.get_default_memory_pool().free_all_blocks()
        print(f"{part.__name__}: {time.perf_counter() - before:.1f} s", flush=True)
    return rows, troubles


def compare_with_processor(started: float, troubles: list[str]) -> list[str]:
    """Return the table of real data's figures on both, where there is time for it."""
    if time.perf_counter() - started > MOST_SECONDS - _AGREEMENT:
        troubles.append("agreement: no time left; python -m benchmarks.gpu_agreement has it alone")
        return []
    try:
        return [
            "Figures of real data, the processor's and the device's:",
            "",
            *agreement("cuda", 100),
        ]
    except Exception as error:  # noqa: BLE001 - the record is written all the same
        traceback.print_exc()
        troubles.append(f"agreement: {type(error).__name__}: {str(error)[:300]}")
        return []


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


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of numba itself"


def main() -> None:
    """Check, measure, write the record, and print the short table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dry", action="store_true", help="tiny sizes, in the simulator")
    parser.add_argument("--record", type=Path, default=RECORD, help="file to write")
    asked = parser.parse_args()
    missing = None if config.ENABLE_CUDASIM else missing_for_cuda()
    if missing is not None:
        how = "NUMBA_ENABLE_CUDASIM=1 python -m benchmarks.gpu --dry runs it without a device"
        raise SystemExit(f"{missing}; {how}")
    xp, started = device_arrays(), time.perf_counter()
    rows, troubles = run_parts(xp, TINY if asked.dry else Sizes())
    agreed = [] if asked.dry else compare_with_processor(started, troubles)
    lines = [
        "# GPU kernels",
        "",
        f"`python -m benchmarks.gpu`: {describe_device(xp)}; {describe_machine('numba', 'numpy')}.",
        "",
        *table_of(rows),
        "",
        *agreed,
        *(f"- {trouble}" for trouble in troubles),
    ]
    text = "\n".join(lines).rstrip() + "\n"
    if not asked.dry:
        asked.record.parent.mkdir(parents=True, exist_ok=True)
        asked.record.write_text(text, encoding="utf-8")
    print(text)
    if asked.dry and troubles:
        raise SystemExit("a part did not run")


if __name__ == "__main__":
    main()
