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
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numba import cuda

from benchmarks.gpu_books import (
    books_without_positions,
    factor_moves,
    long_books,
    losses_in_order,
    monte_carlo,
)
from benchmarks.gpu_device import ceilings, random_numbers
from benchmarks.gpu_fits import (
    count_laws,
    ets_choices,
    garch_fits,
    garch_passes,
    intermittent_rates,
    theta_fits,
)
from benchmarks.gpu_options import american_options, european_options
from benchmarks.gpu_repeats import repeats
from benchmarks.gpu_report import Report, heading
from benchmarks.gpu_rows import TINY, XP, Line, Row, Sizes, data_folder
from benchmarks.gpu_runs import LOST, compiling_beside, run_apart, working_environment
from benchmarks.gpu_states import ets_sample_paths, states_rolled
from benchmarks.gpu_stock import stock_walks
from kernels.cuda.arrays import device_arrays

RECORD = Path(__file__).parent / "records" / "gpu.md"
# No part and no row begins after the first; a process that runs longer still is ended.
MOST_SECONDS, _GRACE = 420.0, 45.0


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
