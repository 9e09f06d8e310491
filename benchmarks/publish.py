"""Publishes a million forecasts to every store, and says what share of a night that is.

python -m benchmarks.publish [ROWS]

Each store has a process of its own, so that its peak is its own. PostgreSQL and BigQuery's
stand-in run on the same machine and share its cores, so their figures say what the store itself
costs, not what a server far away would. The stand-in says nothing of BigQuery's own speed.
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
from storage.sql import literal
from storage.stores import Publication, open_store
from storage.tables import DEMAND_FORECASTS, QUANTILES
from tests.storage.addresses import address_of
from tests.storage.nights import publication

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "publish.md"
RUN, JOB, AS_OF = "benchmark", "benchmark", date(2026, 1, 1)
HORIZON = 28
SHARD_ROWS = 100_000
NIGHTS = ROOT / "benchmarks" / "records" / "nightly.md"
# The recorded job that predicts the most series a second: of it a publication is the most.
FASTEST = "vn1"
STORES = {
    "duckdb": "DuckDB",
    "parquet": "Parquet folder",
    "memory": "Parquet on fsspec, in memory",
    "postgresql": "PostgreSQL, on this machine",
    "bigquery": "BigQuery's stand-in",
}


def main(arguments: list[str]) -> None:
    """Publish to each store, empty before."""
    if arguments[:1] == ["step"]:
        print(json.dumps(_publish(arguments[1], Path(arguments[2]))))
        return
    rows = int(arguments[0]) if arguments else 1_000_000
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        shards = _write_shards(Path(name) / "shards", rows)
        size = sum(shard.stat().st_size for shard in shards) / 2**20
        measured = {scheme: _measure(scheme, Path(name)) for scheme in STORES}
    text = _page(rows, f"{len(shards)} shards of {size:,.0f} MiB in all", measured)
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _page(rows: int, shards: str, measured: dict[str, tuple[float, float, float]]) -> str:
    pace = _series_a_second()
    night = rows / HORIZON / pace
    lines = [
        f"| {STORES[scheme]} | {seconds:.1f} | {rows / seconds:,.0f} | "
        f"{seconds / (seconds + night):.0%} | {peak:,.0f} | {busy:.0f}% |"
        for scheme, (seconds, peak, busy) in measured.items()
    ]
    machine = describe_machine("duckdb", "psycopg", "google-cloud-bigquery", "pyarrow")
    return "\n".join(
        [
            "# Publishing forecasts",
            "",
            f"`python -m benchmarks.publish`, {datetime.now(UTC):%Y-%m-%d}: {machine}.",
            "",
            f"{rows:,} rows of demand_forecasts ({len(DEMAND_FORECASTS.columns)} columns), in",
            f"{shards}. PostgreSQL and BigQuery's stand-in",
            "run on the same machine; the stand-in (its memory is counted here) says nothing of",
            "BigQuery's own speed. The share is that of a night which predicts these",
            f"{rows / HORIZON:,.0f} series at the pace of nightly.md's fastest job ({FASTEST},",
            f"{pace:,.0f} series a second) and does nothing else: in others it is less. Busy",
            "is what other programs kept of the processor in the second before.",
            "",
            "| store | seconds | rows a second | share | peak memory, MiB | busy |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
            *lines,
            "",
        ]
    )


def _series_a_second() -> float:
    """Return the pace of the fastest recorded prediction."""
    for line in NIGHTS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[:2] == [FASTEST, "predict"]:
            return float(cells[4].replace(",", ""))
    raise SystemExit(f"{NIGHTS} has no record of {FASTEST}; run python -m benchmarks.nightly")


def _write_shards(folder: Path, rows: int) -> list[Path]:
    """Write forecasts as a run's chunks do; quantiles rise, and no two rows are the same."""
    folder.mkdir()
    quantiles = ", ".join(
        f"(i * 7919 % 1000) / 10.0 + {number / 3:.4f} + i * 1e-7 AS {name}"
        for number, name in enumerate(QUANTILES)
    )
    with duckdb.connect() as connection:
        for start in range(0, rows, SHARD_ROWS):
            connection.execute(
                f"COPY (SELECT {literal(RUN)} AS run_id, TIMESTAMP '{AS_OF}' AS as_of, "  # noqa: S608
                f"'w' || (i // {HORIZON} % 24) AS warehouse_id, "
                f"'i' || (i // {HORIZON}) AS item_id, "
                f"TIMESTAMP '{AS_OF}' + INTERVAL 1 DAY * (i % {HORIZON}) AS ds, 'ets' AS model, "
                f"(i * 7919 % 1000) / 10.0 + 16 AS mean, {quantiles} "
                f"FROM range({start}, {min(start + SHARD_ROWS, rows)}) AS r(i)) "
                f"TO {literal(str(folder / f'{start}.parquet'))} (FORMAT parquet)"
            )
    return sorted(folder.iterdir())


def _measure(scheme: str, folder: Path) -> tuple[float, float, float]:
    """Return a store's seconds, peak resident memory in MiB, and how busy others were, percent."""
    print(f"publishing to {scheme} ...", file=sys.stderr)
    command = [sys.executable, "-m", "benchmarks.publish", "step", scheme, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, peak, busy = json.loads(done.stdout)
    return seconds, peak, busy


def _publish(scheme: str, folder: Path) -> tuple[float, float, float]:
    address = address_of(scheme, folder / f"store-{scheme}")
    night = publication(folder / scheme, RUN, AS_OF, JOB, tables=("runs",))
    shards = sorted((folder / "shards").iterdir())
    forecasts = Publication(RUN, AS_OF, JOB, {**night.shards, DEMAND_FORECASTS.name: shards})
    with open_store(address) as store:
        busy = psutil.cpu_percent(1.0)
        started = time.perf_counter()
        store.publish(forecasts)
        seconds = time.perf_counter() - started
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10, busy


if __name__ == "__main__":
    main(sys.argv[1:])
