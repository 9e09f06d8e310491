"""Checks ten million rows of demand and loads them into DuckDB: time, and peak memory, by step.

python -m benchmarks.load [ROWS]

Each step runs in a process of its own, so that its peak is its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import psutil

from benchmarks.machine import describe_machine
from storage.checks import CheckPlan, check_inputs
from storage.inputs import InputSource
from storage.sql import literal
from storage.stores import Publication, open_store
from tests.storage.nights import publication

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "load.md"
RUN, JOB, AS_OF = "benchmark", "benchmark", date(2025, 12, 31)
DAYS = 1_000
SHARD_ROWS = 100_000
THREADS = 2


def main(arguments: list[str]) -> None:
    """Measure each step on each kind of file, or do one step where its name is given."""
    if arguments[:1] == ["step"]:
        print(json.dumps(_STEPS[arguments[1]](Path(arguments[2]))))
        return
    rows = int(arguments[0]) if arguments else 10_000_000
    busy = psutil.cpu_percent(1.0)
    measured = []
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        folder = Path(name)
        for suffix in ("csv", "parquet"):
            path = folder / f"demand.{suffix}"
            _write_demand(path, rows)
            size = path.stat().st_size / 2**20
            measured.append((f"check {suffix} ({size:,.0f} MiB)", *_measure("check", path)))
            path.unlink()
        _write_shards(folder / "shards", rows)
        measured.append(("load", *_measure("load", folder / "shards")))
    text = _page(rows, busy, measured)
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _page(rows: int, busy: float, measured: list[tuple[str, float, float, int]]) -> str:
    lines = [
        f"| {step} | {taken:.1f} | {peak:,.0f} | {count:,} |"
        for step, taken, peak, count in measured
    ]
    return "\n".join(
        [
            "# Checking and loading demand",
            "",
            (
                f"`python -m benchmarks.load`, {datetime.now(UTC):%Y-%m-%d}: "
                f"{describe_machine('duckdb', 'pyarrow')}; {THREADS} threads. Other programs kept "
                f"{busy:.0f}% of the processor busy just before."
            ),
            "",
            f"{rows:,} rows; one in a thousand is dirty: a negative quantity, a text, or",
            "a repeated day. The check reads the file, holds every row to the rules, fills gaps",
            "and writes the clean rows; the load publishes as many rows to a new DuckDB store.",
            "",
            "| step | seconds | peak memory, MiB | rows out |",
            "| --- | ---: | ---: | ---: |",
            *lines,
            "",
        ]
    )


def _write_demand(path: Path, rows: int) -> None:
    """Write demand of as many series as the rows make."""
    source = (
        "SELECT 'w' || (s % 24) AS warehouse_id, 'i' || (s // 24) AS item_id, "  # noqa: S608
        f"DATE '{AS_OF}' - CAST({DAYS - 1} - d + CASE WHEN i % 3000 = 2007 THEN 1 ELSE 0 END "
        "AS INTEGER) AS ds, CASE i % 3000 WHEN 7 THEN '-4' WHEN 1007 THEN 'many' "
        "ELSE CAST(hash(i) % 97 AS VARCHAR) END AS quantity "
        f"FROM (SELECT i, i // {DAYS} AS s, i % {DAYS} AS d FROM range({rows}) AS r(i))"
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY ({source}) TO {literal(str(path))} (FORMAT {path.suffix.removeprefix('.')})"
        )


def _write_shards(folder: Path, rows: int) -> None:
    """Write actual demand as a night's chunks do."""
    folder.mkdir()
    with duckdb.connect() as connection:
        for start in range(0, rows, SHARD_ROWS):
            connection.execute(
                f"COPY (SELECT {literal(RUN)} AS run_id, TIMESTAMP '{AS_OF}' AS as_of, "  # noqa: S608
                f"'w' || (i // {DAYS} % 24) AS warehouse_id, "
                f"'i' || (i // {DAYS} // 24) AS item_id, "
                f"TIMESTAMP '{AS_OF}' - to_days(CAST(i % {DAYS} AS INTEGER)) AS ds, "
                "CAST(hash(i) % 97 AS DOUBLE) AS quantity, false AS censored, false AS repaired "
                f"FROM range({start}, {min(start + SHARD_ROWS, rows)}) AS r(i)) "
                f"TO {literal(str(folder / f'{start}.parquet'))} (FORMAT parquet)"
            )


def _measure(step: str, path: Path) -> tuple[float, float, int]:
    """Return the step's seconds, its peak resident memory and its rows."""
    print(f"{step} {path.name} ...", file=sys.stderr)
    command = [sys.executable, "-m", "benchmarks.load", "step", step, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, rows, peak = json.loads(done.stdout)
    return seconds, peak, rows


def _check(path: Path) -> tuple[float, int, float]:
    clean = path.with_name(f"{path.name}-clean")
    clean.mkdir()
    plan = CheckPlan(AS_OF, "D", "zero", minimum_history=42)
    started = time.perf_counter()
    report = check_inputs({"demand": InputSource("demand", (path,))}, plan, clean, threads=THREADS)
    seconds = time.perf_counter() - started
    out = duckdb.from_parquet(str(report.inputs["demand"].clean)).count("*").fetchall()[0][0]
    return seconds, int(out), _peak()


def _load(folder: Path) -> tuple[float, int, float]:
    night = publication(folder.parent / "night", RUN, AS_OF, JOB, tables=("runs",))
    shards = sorted(folder.iterdir())
    whole = Publication(RUN, AS_OF, JOB, {**night.shards, "demand_actuals": shards})
    store = folder.parent / "store.duckdb"
    started = time.perf_counter()
    with open_store(f"duckdb:{store}") as opened:
        opened.publish(whole)
    seconds = time.perf_counter() - started
    with duckdb.connect(str(store), read_only=True) as connection:
        rows = connection.execute("SELECT count(*) FROM demand_actuals").fetchall()[0][0]
    return seconds, int(rows), _peak()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


_STEPS = {"check": _check, "load": _load}

if __name__ == "__main__":
    main(sys.argv[1:])
