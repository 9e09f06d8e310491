"""What the kernels of each target have to do, and how long a device is busy with it at least.

python -m benchmarks.gpu_work

Needs no device: kernels are compiled as a launch on an H100 or H200 compiles them, their PTX is
translated for the processor and counts what it does (`kernels.cuda.ptx.work`) on a sample, which is
scaled to the target's size. The least time is that of an H200 by NVIDIA's data sheet (SXM: 34
TFLOP/s of float64, 4.8 TB/s; 132 multiprocessors of 128 instructions a clock, at 1.98 GHz) that
does nothing else and waits for nothing; whatever a device does in several instructions, divisions
or whole numbers of 64 bits, counts as one.
"""

import argparse
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gpu_books import books_of
from benchmarks.gpu_fits import daily_demand, daily_returns
from benchmarks.gpu_options import option_market
from benchmarks.gpu_rows import SEED, data_folder
from benchmarks.gpu_stock import stock_items
from benchmarks.machine import describe_machine
from kernels.cuda import ets, garch, linear_books, options, stock
from kernels.cuda.ptx.machine import Machine
from kernels.cuda.ptx.stand_in import stand_in
from kernels.cuda.ptx.work import Work
from kernels.garch_free import free_garch

RECORD = Path(__file__).parent / "records" / "gpu_work.md"
# Of a second of an H200: fused products of float64, instructions of any kind, bytes.
_FLOAT64, _ANY, _BYTES = 17e12, 132 * 128 * 1.98e9, 4.8e12
_WEEK = 7


@dataclass(frozen=True)
class Target:
    """What a device is to do, and a sample of it.

    Parameters
    ----------
    name, size : of the target
    within : seconds of kernels
    times : as large as the sample it is, by kernel, or of all
    sample : does it
    """

    name: str
    size: str
    within: float
    times: float | Mapping[str, float]
    sample: Callable[[], object]


def targets(data: Path) -> list[Target]:
    """Return every target that kernels of ours carry; products of matrices are CuPy's.

    Parameters
    ----------
    data : folder of real data
    """
    spots, rates = option_market(4_096)
    values, volatilities = np.empty(len(spots)), np.full(len(spots), 0.3)
    returns, free = daily_returns(500, 1_000), free_garch(asymmetric=True, student=True)
    demand, _ = daily_demand(60, 1_941, data)
    starts = np.arange(len(demand) + 1) * demand.shape[1]
    shop = stock_items(50, 90)
    books, tile = books_of(2, 8, "float32"), linear_books.Tile(2)
    return [
        Target(
            "options",
            "1,000,000,000 values",
            0.015,
            1e9 / len(spots),
            lambda: options.fill_option_values(
                spots, rates, rates, volatilities, 100.0, 0.5, -1.0, values
            ),
        ),
        Target(
            "stock",
            "10,000 items x 1,000 paths x 90 days",
            0.01,
            10_000 * 1_000 / (50 * 64),
            lambda: stock.walk_drawn_items(SEED, 0, 64, *shop[:2], np.ones(50), shop[2]),
        ),
        Target(
            "GJR-t fits",
            "100,000 series x 1,000 days",
            0.3,
            100_000 / len(returns),
            lambda: garch.fit_garch(returns, free, student=True, centred=True, fewest=250),
        ),
        Target(
            "AutoETS",
            "30,490 series x 1,941 days",
            1.0,
            30_490 / len(demand),
            lambda: ets.fit_ets(demand.ravel(), starts, _WEEK),
        ),
        Target(
            "VaR and ES, float32, but for products",
            "10,000 books x 500 factors x 1,048,576 scenarios",
            2.0,
            {
                "draw_shocks_32": 500 / 8,
                "draw_t_scales": 1.0,
                **dict.fromkeys(("keep_losses", "select_tails"), 10_000 / 2),
            },
            lambda: linear_books.rank_tails(books, range(2**20), 2**20 // 40, 0.0, SEED, tile),
        ),
    ]


def count(target: Target) -> Counter[Work]:
    """Return what a target's kernels have to do."""
    with stand_in(counted=True) as machines:
        target.sample()
        return _added(machines, target.times)


def _added(
    machines: Mapping[tuple[Any, ...], Machine], times: float | Mapping[str, float]
) -> Counter[Work]:
    total: Counter[Work] = Counter()
    for (kernel, _), machine in machines.items():
        name = kernel.py_func.__name__
        share = times[name] if isinstance(times, Mapping) else times
        for kind, amount in zip(Work, machine.work.tolist(), strict=True):
            total[kind] += math.ceil(share * amount)
    return total


def least_seconds(work: Mapping[Work, int]) -> float:
    """Return how long a device is busy at least."""
    instructions = sum(
        work[kind] for kind in (Work.FLOAT64, Work.FLOAT32, Work.DIVISIONS, Work.WHOLE)
    )
    return max(work[Work.FLOAT64] / _FLOAT64, instructions / _ANY, work[Work.DEVICE_BYTES] / _BYTES)


def main() -> None:
    """Count, write the record, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of real data")
    asked = parser.parse_args()
    told = f"`python -m benchmarks.gpu_work`: {describe_machine('numba', 'numba-cuda')}. Counted on"
    names = "target | size | float64 | float32 | divisions, roots | other instructions | bytes of"
    names += " the device | of threads | of blocks | least ms of an H200 | is to take, ms"
    lines = [
        "# What the kernels of each target have to do",
        "",
        f"{told} a sample and scaled; nothing was timed, and no device was there.",
        "",
        f"| {names} |",
        "| --- | --- |" + " ---: |" * 9,
    ]
    for target in targets(asked.data):
        work = count(target)
        counts = [f"{work[kind]:.2g}" for kind in Work]
        least = f"{1e3 * least_seconds(work):,.1f}"
        cells = (target.name, target.size, *counts, least, f"{1e3 * target.within:,.0f}")
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
