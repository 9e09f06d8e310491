"""Linear books over Gaussian scenarios: 500 assets, 200 books, VaR, ES and its components.

OPENBLAS_NUM_THREADS=1 python -m benchmarks.monte_carlo

The median of five runs of each after a warm-up; books and loadings are there before the clock
starts. One thread each in this process, by the thread's processor time; then two threads each, in
processes of their own, by the clock: ours halve the scenarios and then the books, and NumPy's
products have two threads. NumPy's is given thrice: as one writes it (normals of PCG64, moves of
every asset by the Cholesky factor, losses of every book, a partition a book for both figures, and
the mean move over its tail), with the exposures folded first, and with normals of no more
directions than the books span, as ours are with `drawn="books"`. Peak memory is that of a process
of its own, the interpreter and its libraries included; and what of it came after all of them were
imported.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine, median_seconds, peak_memory
from kernels.arrays import Floats
from kernels.book_span import span_books
from kernels.linear_books import WIDTH, fold_exposures, multiply_books, pad_books, parts_of_books
from kernels.shocks import fill_shocks, fill_shocks_32
from risk.linear_books import (
    LinearScenarios,
    figures_of_chunks,
    measure_linear_books,
    tails_of_chunk,
)

RECORD = Path(__file__).parent / "records" / "monte_carlo.md"
ASSETS, BOOKS, SCENARIOS = 500, 200, 100_000
MANY_BOOKS, MANY_SCENARIOS = 1_000, 1_000_000
LEVELS = (0.975, 0.99)
RUNS = 5
Case = Callable[[], object]


@cache
def example(n_books: int) -> tuple[Floats, Floats]:
    """Return exposures of books and loadings of assets with one common factor among others."""
    rng = np.random.default_rng(1)
    returns = rng.normal(size=(ASSETS, 2 * ASSETS)) + rng.normal(size=2 * ASSETS)
    loadings = np.linalg.cholesky(1e-4 * np.cov(returns))
    return rng.normal(2e4, 1e4, (n_books, ASSETS)), np.asarray(loadings)


def ours(precision: str, drawn: str, n_books: int = BOOKS, n_scenarios: int = SCENARIOS) -> object:
    """Measure the books with our kernels."""
    exposures, loadings = example(n_books)
    plan = _plan(precision, drawn, n_scenarios)
    return measure_linear_books(exposures, loadings, LEVELS, plan, components=LEVELS[:1])


def ours_in_two(precision: str, drawn: str) -> object:
    """Measure the books in two threads: half of the scenarios each, then half of the books."""
    exposures, loadings = example(BOOKS)
    plan = _plan(precision, drawn, SCENARIOS)
    half = SCENARIOS // 2 // WIDTH * WIDTH
    chunks = (range(half), range(half, SCENARIOS))
    with ThreadPoolExecutor(2) as pool:
        parts = list(
            pool.map(lambda chunk: tails_of_chunk(exposures, loadings, LEVELS, plan, chunk), chunks)
        )
        told = (parts, exposures, loadings, LEVELS, plan)
        halves = (slice(BOOKS // 2), slice(BOOKS // 2, BOOKS))
        return list(
            pool.map(lambda own: figures_of_chunks(*told, components=LEVELS[:1], books=own), halves)
        )


def _plan(precision: str, drawn: str, n_scenarios: int) -> LinearScenarios:
    return LinearScenarios(n_scenarios, None, 7, precision, drawn=drawn)  # type: ignore[arg-type]


def written_in_numpy(form: str) -> object:
    """Measure the books as one would in NumPy: plain, folded or reduced."""
    exposures, loadings = example(BOOKS)
    weights = exposures if form == "plain" else exposures @ loadings
    back = loadings
    if form == "reduced":
        directions, weights = np.linalg.qr(weights.T)
        weights, back = weights.T, loadings @ directions
    moves = np.random.default_rng(7).standard_normal((SCENARIOS, back.shape[1]))
    if form == "plain":
        moves = moves @ loadings.T
    losses = -(moves @ weights.T)
    beyond = round(SCENARIOS * (1.0 - LEVELS[0]))
    place = round(SCENARIOS * LEVELS[1]) - 1
    shortfall, quantile = np.empty(BOOKS), np.empty(BOOKS)
    components = np.empty((BOOKS, ASSETS))
    for book in range(BOOKS):
        own = losses[:, book]
        order = np.argpartition(own, (SCENARIOS - beyond, place))
        worst = order[SCENARIOS - beyond :]
        quantile[book], shortfall[book] = own[order[place]], own[worst].mean()
        mean = moves[worst].mean(axis=0)
        components[book] = -exposures[book] * (mean if form == "plain" else back @ mean)
    return quantile, shortfall, components


def matrix_products(precision: str, drawn: str) -> object:
    """Make the matrix products alone: what no implementation of this algorithm goes below."""
    exposures, loadings = example(BOOKS)
    books = fold_exposures(exposures, loadings, precision)  # type: ignore[arg-type]
    if drawn == "books":
        books = pad_books(span_books(exposures @ loadings).weights, precision)  # type: ignore[arg-type]
    parts = parts_of_books(books, staircase=drawn == "books")
    shocks = np.ones((books.shape[1], WIDTH), books.dtype)
    out = np.empty((len(books), WIDTH), books.dtype)
    for _ in range(0, SCENARIOS, WIDTH):
        multiply_books(parts, shocks, out)
    return out


CASES: dict[str, Case] = {
    "float64": lambda: ours("float64", "books"),
    "float32": lambda: ours("float32", "books"),
    "float64, shocks of factors": lambda: ours("float64", "factors"),
    "float32, shocks of factors": lambda: ours("float32", "factors"),
    "numpy": lambda: written_in_numpy("plain"),
    "numpy folded": lambda: written_in_numpy("folded"),
    "numpy reduced": lambda: written_in_numpy("reduced"),
    "two threads float64": lambda: ours_in_two("float64", "books"),
    "two threads float32": lambda: ours_in_two("float32", "books"),
    "products float64 books": lambda: matrix_products("float64", "books"),
    "products float32 books": lambda: matrix_products("float32", "books"),
    "products float64 factors": lambda: matrix_products("float64", "factors"),
    "products float32 factors": lambda: matrix_products("float32", "factors"),
    "many": lambda: ours("float32", "factors", MANY_BOOKS, MANY_SCENARIOS),
    "imports": lambda: None,
}
OURS, PEERS = list(CASES)[:4], list(CASES)[4:7]


def main() -> None:
    """Measure all, and write the record; or one case alone, for its memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--case", choices=CASES, help="run one case once and print its peak memory")
    parser.add_argument("--clock", action="store_true", help="print its median by the clock")
    asked = parser.parse_args()
    if asked.case is not None:
        started = time.thread_time()
        CASES[asked.case]()
        seconds, peak = time.thread_time() - started, peak_memory()
        if asked.clock:
            seconds = median_seconds(CASES[asked.case], RUNS)
        print(f"{seconds:.4f} {peak:.0f}")
        return
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        sys.exit("set OPENBLAS_NUM_THREADS=1: one thread of ours against one of NumPy's")
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(_record()) + "\n", encoding="utf-8")
    print(RECORD.read_text(encoding="utf-8"))


def _record() -> list[str]:
    times = {
        name: median_seconds(CASES[name], RUNS, time.thread_time)
        for name in CASES
        if name not in {"many", "imports"}
    }
    memory = {name: _alone(name)[1] for name in (*OURS, *PEERS, "imports")}
    lines = [
        "# Linear books over Gaussian scenarios",
        "",
        f"`OPENBLAS_NUM_THREADS=1 python -m benchmarks.monte_carlo`: {describe_machine('numpy')}.",
        "",
        (
            f"{ASSETS} assets, {SCENARIOS:,} scenarios, {BOOKS} books, one thread: value at risk "
            "99%, expected shortfall 97.5% and its components; ours give value at risk and "
            "expected shortfall at both levels, with their standard errors. Ours draw shocks of "
            f"the directions that the books span, {BOOKS} of {ASSETS}, unless it says of factors."
        ),
        "",
        (
            "`numpy` is as one writes it: normals of PCG64, moves of every asset by the Cholesky "
            "factor, losses of every book by a matrix product, one `argpartition` a book for both "
            "figures, mean moves over the tail for the components. `numpy folded` multiplies the "
            "exposures with the factor first, which leaves one matrix product. `numpy reduced` "
            "draws of the books' directions too, by its QR decomposition."
        ),
        "",
        (
            f"Imports alone hold {memory['imports']:.0f} MiB, NumPy's rows' among them; the second "
            "figure of memory is what came after."
        ),
        "",
        "| what | seconds | peak memory, MiB | after imports, MiB " + _heads("{} over it"),
        "| --- | ---: | ---: | ---: " + "| ---: " * len(PEERS) + "|",
    ]
    for name in (*OURS, *PEERS):
        after = memory[name] - memory["imports"]
        lines.append(
            f"| {name} | {times[name]:.2f} | {memory[name]:.0f} | {after:.0f} "
            + "".join(f"| {times[peer] / times[name]:.1f} " for peer in PEERS)
            + "|"
        )
    for precision in ("float64", "float32"):
        made, full = (times[f"products {precision} {drawn}"] for drawn in ("books", "factors"))
        lines += ["", _share(precision, made, full, times)]
    lines += ["", *_two_threads(), "", *_normals()]
    seconds, peak = _alone("many")
    return [
        *lines,
        "",
        (
            f"{MANY_BOOKS:,} books over {MANY_SCENARIOS:,} scenarios in float32, with components, "
            f"in a process of its own: {seconds:.1f} s, {peak:.0f} MiB."
        ),
    ]


def _heads(form: str) -> str:
    return "".join(f"| {form.format(peer)} " for peer in PEERS) + "|"


def _share(precision: str, made: float, full: float, times: dict[str, float]) -> str:
    whole, factors = times[precision], times[f"{precision}, shocks of factors"]
    return (
        f"In {precision} the matrix products alone take {made:.3f} s of the books' directions, "
        f"{made / whole:.0%} of the whole, and {full:.3f} s of all factors: {full / factors:.0%} "
        f"of the whole with shocks of factors, {full / whole:.0%} of that without."
    )


def _two_threads() -> list[str]:
    """Return the rows of two threads each, by the clock."""
    seconds = {
        name: _alone(name, 1 if name.startswith("two") else 2, clock=True)[0]
        for name in ("two threads float64", "two threads float32", *PEERS)
    }
    lines = [
        "| two threads each, by the clock | seconds " + _heads("{} over it"),
        "| --- | ---: " + "| ---: " * len(PEERS) + "|",
    ]
    for name, own in seconds.items():
        lines.append(
            f"| {name.removeprefix('two threads ')} | {own:.2f} "
            + "".join(f"| {seconds[peer] / own:.1f} " for peer in PEERS)
            + "|"
        )
    return lines


def _normals() -> list[str]:
    """Return how many normals a second the kernels and NumPy draw into an array that is there."""
    shocks, draws = np.zeros((504, WIDTH)), np.random.default_rng(7)
    short = shocks.astype(np.float32)
    rates = [
        shocks.size / median_seconds(case, 21, time.thread_time) / 1e6
        for case in (
            lambda: fill_shocks(7, 0, shocks),
            lambda: fill_shocks_32(7, 0, short),
            lambda: draws.standard_normal(out=shocks),
            lambda: draws.standard_normal(out=short, dtype=np.float32),
        )
    ]
    return [
        (
            f"Normals, million a second: {rates[0]:.0f} in float64 and {rates[1]:.0f} in float32, "
            f"against NumPy's {rates[2]:.0f} and {rates[3]:.0f}: {rates[0] / rates[2]:.1f} and "
            f"{rates[1] / rates[3]:.1f} times."
        )
    ]


def _alone(name: str, threads: int = 1, *, clock: bool = False) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.monte_carlo", "--case", name]
    command += ["--clock"] * clock
    told = os.environ | {"OPENBLAS_NUM_THREADS": str(threads)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=told)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


if __name__ == "__main__":
    main()
