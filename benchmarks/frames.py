"""What a night spends on a series beside its kernels: the 30,490 series of M5's last 56 days.

python -m benchmarks.frames

One cheap model and two origins, one thread, so that what is left is frames: the chunks of series
are read, forecast, put in order and written as Parquet, as a night's tasks do it. Seconds within
functions of `kernels` are taken apart. The median of three nights, after one that warms up.
"""

import inspect
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from flows.run import Run, prepare_run
from flows.spec import JobSpec, load_job
from flows.steps import check, predict

SERIES = DATA / "m5_item_store_56d.parquet"
RECORD = Path(__file__).parent / "records" / "frames.md"
NIGHTS = 3
# Series in a chunk: the fewest and the most of a job that does not say, and a store's.
CHUNKS = (180, 1_000, 3_049)
JOB = """\
name = "frames"
as_of = 2016-05-22

[inputs.demand]
path = "{data}"
columns = {{ quantity = "y" }}

[outputs]
staging = "{folder}"

[demand]
frequency = "D"
horizon = 7
windows = 2
step = 7
minimum_history = 14
calibrate = false

[demand.line_up]
smooth = ["SeasonalNaive"]
erratic = ["SeasonalNaive"]
intermittent = ["SeasonalNaive"]
lumpy = ["SeasonalNaive"]

[execution]
chunk_entities = {chunk}
"""


class Night(NamedTuple):
    """Seconds of a night's prediction: as a whole, and within functions of `kernels`."""

    whole: float
    kernels: float


class _Clock:
    """Takes the time of functions."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object, **named: object) -> object:
            started = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds += time.process_time() - started

        return timed


def main() -> None:
    """Measure, and write the record."""
    clock = _Clock()
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        jobs = {chunk: _job(Path(name), chunk) for chunk in CHUNKS}
        for job in jobs.values():
            _predict(job, 0, clock)
        _time_kernels(clock)
        nights = {
            chunk: [_predict(job, seed, clock) for seed in range(1, NIGHTS + 1)]
            for chunk, job in jobs.items()
        }
    series = pd.read_parquet(SERIES, columns=["warehouse_id", "item_id"]).drop_duplicates()
    text = _page(len(series), nights)
    print(text)
    RECORD.write_text(text, encoding="utf-8")


def _job(folder: Path, chunk: int) -> JobSpec:
    spec = folder / f"{chunk}.toml"
    spec.write_text(JOB.format(data=SERIES, folder=folder / "runs", chunk=chunk), encoding="utf-8")
    return load_job(spec)


def _time_kernels(clock: _Clock) -> None:
    """Let the clock take the time of every function of kernels that forecasting calls."""
    for module in [each for name, each in sys.modules.items() if name.startswith("forecasting")]:
        for name, found in vars(module).copy().items():
            home = getattr(found, "__module__", None) or ""
            if home.startswith("kernels") and callable(found) and not inspect.isclass(found):
                setattr(module, name, clock.around(found))


def _predict(job: JobSpec, seed: int, clock: _Clock) -> Night:
    """Return the seconds of a night of another seed, which is another run."""
    run = _checked(job, seed)
    chunks = predict.prepare(run)
    before, started = clock.seconds, time.process_time()
    for number in chunks:
        predict.forecast_chunk(run, number)
    whole = time.process_time() - started
    run.staging.remove()
    return Night(whole, clock.seconds - before)


def _checked(job: JobSpec, seed: int) -> Run:
    run = prepare_run(job.model_copy(update={"seed": seed}))
    check.check(run)
    return run


def _page(n_series: int, nights: Mapping[int, Sequence[Night]]) -> str:
    machine = describe_machine("numba", "numpy", "pandas", "pyarrow")
    return "\n".join(
        [
            "# Frames",
            "",
            f"`python -m benchmarks.frames`, {datetime.now(UTC):%Y-%m-%d}: {machine}.",
            "",
            f"{n_series:,} series x 56 days, SeasonalNaive, two origins, one thread: the checked",
            "demand is read, forecast, and written as Parquet. Microseconds a series, of the",
            "processor: other programs on the machine lengthen them less than those of the clock.",
            "",
            "| series in a chunk | within kernels | beside them | whole | whole to kernels |",
            "| ---: | ---: | ---: | ---: | ---: |",
            *(_line(chunk, n_series, own) for chunk, own in nights.items()),
            "",
        ]
    )


def _line(chunk: int, n_series: int, nights: Sequence[Night]) -> str:
    whole, kernels = (
        1e6 * statistics.median(seconds) / n_series for seconds in zip(*nights, strict=True)
    )
    return (
        f"| {chunk:,} | {kernels:.1f} | {whole - kernels:.1f} | {whole:.1f} "
        f"| {whole / kernels:.2f} |"
    )


if __name__ == "__main__":
    main()
