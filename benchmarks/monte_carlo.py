"""Linear books over Gaussian scenarios: 500 assets, 200 books, VaR, ES and its components.

OPENBLAS_NUM_THREADS=1 python -m benchmarks.monte_carlo

One thread; the median of five runs of each in this process, after a warm-up; books and loadings
are there before the clock starts, and times are of the thread's processor. NumPy's is given twice:
as one writes it (normals of PCG64, moves of every asset by the Cholesky factor, losses of every
book, a partition a book for both figures, and the mean move over its tail), and with the exposures
folded first, as we do. Peak memory is that of a process of its own, the interpreter and its
libraries included.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine
from kernels.arrays import Floats
from kernels.linear_books import WIDTH, fold_exposures
from kernels.shocks import fill_shocks, fill_shocks_32
from risk.linear_books import LinearScenarios, measure_linear_books

RECORD = Path(__file__).parent / "records" / "monte_carlo.md"
ASSETS, BOOKS, SCENARIOS = 500, 200, 100_000
MANY_BOOKS, MANY_SCENARIOS = 1_000, 1_000_000
LEVELS = (0.975, 0.99)
Case = Callable[[], object]


@cache
def example(n_books: int) -> tuple[Floats, Floats]:
    """Return exposures of books and loadings of assets with one common factor among others."""
    rng = np.random.default_rng(1)
    returns = rng.normal(size=(ASSETS, 2 * ASSETS)) + rng.normal(size=2 * ASSETS)
    loadings = np.linalg.cholesky(1e-4 * np.cov(returns))
    return rng.normal(2e4, 1e4, (n_books, ASSETS)), np.asarray(loadings)


def ours(precision: str, n_books: int = BOOKS, n_scenarios: int = SCENARIOS) -> object:
    """Measure the books with our kernels."""
    exposures, loadings = example(n_books)
    plan = LinearScenarios(n_scenarios, None, 7, precision)  # type: ignore[arg-type]
    return measure_linear_books(exposures, loadings, LEVELS, plan, components=LEVELS[:1])


def written_in_numpy(*, folded: bool) -> object:
    """Measure the books as one would in NumPy."""
    exposures, loadings = example(BOOKS)
    shocks = np.random.default_rng(7).standard_normal((SCENARIOS, ASSETS))
    moves = shocks if folded else shocks @ loadings.T
    losses = -(moves @ (exposures @ loadings if folded else exposures).T)
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
        components[book] = -exposures[book] * (loadings @ mean if folded else mean)
    return quantile, shortfall, components


def matrix_products(precision: str) -> object:
    """Make the matrix products alone: what no implementation of this algorithm goes below."""
    exposures, loadings = example(BOOKS)
    books = fold_exposures(exposures, loadings, precision)  # type: ignore[arg-type]
    shocks = np.ones((books.shape[1], WIDTH), books.dtype)
    out = np.empty((len(books), WIDTH), books.dtype)
    for _ in range(0, SCENARIOS, WIDTH):
        np.matmul(books, shocks, out=out)
    return out


CASES: dict[str, Case] = {
    "float64": lambda: ours("float64"),
    "float32": lambda: ours("float32"),
    "numpy": lambda: written_in_numpy(folded=False),
    "numpy folded": lambda: written_in_numpy(folded=True),
    "products float64": lambda: matrix_products("float64"),
    "products float32": lambda: matrix_products("float32"),
    "many": lambda: ours("float32", MANY_BOOKS, MANY_SCENARIOS),
}


def main() -> None:
    """Measure all, and write the record; or one case alone, for its memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--case", choices=CASES, help="run one case once and print its peak memory")
    case = parser.parse_args().case
    if case is not None:
        started = time.thread_time()
        CASES[case]()
        print(f"{time.thread_time() - started:.2f} {_peak_memory():.0f}")
        return
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        sys.exit("set OPENBLAS_NUM_THREADS=1: one thread of ours against one of NumPy's")
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(_record()) + "\n", encoding="utf-8")
    print(RECORD.read_text(encoding="utf-8"))


def _record() -> list[str]:
    names = list(CASES)[:-1]
    times = {name: _median(CASES[name], 5) for name in names}
    memory = {name: _alone(name)[1] for name in names[:4]}
    lines = [
        "# Linear books over Gaussian scenarios",
        "",
        f"`OPENBLAS_NUM_THREADS=1 python -m benchmarks.monte_carlo`: {describe_machine('numpy')}.",
        "",
        (
            f"{ASSETS} assets, {SCENARIOS:,} scenarios, {BOOKS} books, one thread: value at risk "
            "99%, expected shortfall 97.5% and its components; ours give value at risk and "
            "expected shortfall at both levels, with their standard errors."
        ),
        "",
        (
            "`numpy` is as one writes it: normals of PCG64, moves of every asset by the Cholesky "
            "factor, losses of every book by a matrix product, one `argpartition` a book for both "
            "figures, mean moves over the tail for the components. `numpy folded` multiplies the "
            "exposures with the factor first, which leaves one matrix product, as ours does."
        ),
        "",
        "| what | seconds | peak memory, MiB | NumPy over it | folded NumPy over it |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in names[:4]:
        ratios = [times[peer] / times[name] for peer in ("numpy", "numpy folded")]
        lines.append(
            f"| {name} | {times[name]:.2f} | {memory[name]:.0f} "
            f"| {ratios[0]:.1f} | {ratios[1]:.1f} |"
        )
    for precision in ("float64", "float32"):
        floor = times[f"products {precision}"]
        lines += [
            "",
            (
                f"The matrix products alone take {floor:.2f} s in {precision}: "
                f"{floor / times[precision]:.0%} of the whole."
            ),
        ]
    lines += ["", *_normals()]
    seconds, peak = _alone("many")
    return [
        *lines,
        "",
        (
            f"{MANY_BOOKS:,} books over {MANY_SCENARIOS:,} scenarios in float32, with components, "
            f"in a process of its own: {seconds:.1f} s, {peak:.0f} MiB."
        ),
    ]


def _peak_memory() -> float:
    """Return the most memory that this process has held, MiB."""
    # What the system says of resources begins with the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return float(line.split()[1]) / 1024


def _normals() -> list[str]:
    """Return how many normals a second the kernels and NumPy draw into an array that is there."""
    shocks, draws = np.empty((504, WIDTH)), np.random.default_rng(7)
    short = shocks.astype(np.float32)
    rates = [
        shocks.size / _median(case, 21) / 1e6
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


def _median(case: Case, runs: int) -> float:
    times = []
    for _ in range(runs + 1):
        started = time.thread_time()
        case()
        times.append(time.thread_time() - started)
    return statistics.median(times[1:])


def _alone(name: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.monte_carlo", "--case", name]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), float(out[1])


if __name__ == "__main__":
    main()
