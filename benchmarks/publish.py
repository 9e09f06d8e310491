"""Publishes a million forecasts to every store, and says what share of a night that is.

python -m benchmarks.publish [ROWS]

PostgreSQL and BigQuery's stand-in run on the same machine and share its cores, so their figures
say what the store itself costs, not what a server far away would. The stand-in says nothing of
BigQuery's own speed.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

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
# The stand-in is no store for a million rows: it is given every tenth shard.
THINNED = {"bigquery": 10}


def main(arguments: list[str]) -> None:
    """Publish to each store once into an empty one, and once more in its place."""
    rows = int(arguments[0]) if arguments else 1_000_000
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        folder = Path(name)
        shards = list(_shards(folder, rows))
        size = sum(shard.stat().st_size for shard in shards) / 2**20
        given_to = {scheme: shards[:: THINNED.get(scheme, 1)] for scheme in STORES}
        measured = [_measure(scheme, folder, given) for scheme, given in given_to.items()]
    pace = _series_a_second()
    lines = []
    for scheme, first, again, peak in measured:
        given = min(len(given_to[scheme]) * SHARD_ROWS, rows)
        share = first / (first + given / HORIZON / pace)
        lines.append(
            f"| {STORES[scheme]} | {given:,} | {first:.1f} | {again:.1f} | {given / first:,.0f} | "
            f"{share:.0%} | {peak:,.0f} |"
        )
    machine = describe_machine("duckdb", "psycopg", "google-cloud-bigquery", "pyarrow")
    text = "\n".join(
        [
            "# Publishing forecasts",
            "",
            f"`python -m benchmarks.publish`, {datetime.now(UTC):%Y-%m-%d}: {machine}.",
            "",
            f"{rows:,} rows of demand_forecasts ({len(DEMAND_FORECASTS.columns)} columns), in",
            f"{len(shards)} shards of {size:,.0f} MiB in all. PostgreSQL and BigQuery's stand-in",
            "run on the same machine; the stand-in (its memory is counted here) says nothing of",
            "BigQuery's own speed. The second publication replaces the first. Other work kept",
            f"{_load()} cores busy meanwhile. The share is that of a night which predicts these",
            f"{rows / HORIZON:,.0f} series at the pace of nightly.md's fastest job ({FASTEST},",
            f"{pace:,.0f} series a second) and does nothing else: in others it is less.",
            "",
            "| store | rows | seconds | again | rows per second | share | peak memory, MiB |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *lines,
            "",
        ]
    )
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _series_a_second() -> float:
    """Return the pace of the fastest recorded prediction."""
    for line in NIGHTS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[:2] == [FASTEST, "predict"]:
            return float(cells[4].replace(",", ""))
    raise SystemExit(f"{NIGHTS} has no record of {FASTEST}; run python -m benchmarks.nightly")


def _load() -> str:
    """Return how many processes wanted a core in the last quarter of an hour, but this one."""
    return f"{max(os.getloadavg()[2] - 1, 0):.1f}"


def _shards(folder: Path, rows: int) -> Iterator[Path]:
    """Write forecasts as a run's chunks do; quantiles rise, and no two rows are the same."""
    quantiles = ", ".join(
        f"(i * 7919 % 1000) / 10.0 + {number / 3:.4f} + i * 1e-7 AS {name}"
        for number, name in enumerate(QUANTILES)
    )
    with duckdb.connect() as connection:
        for start in range(0, rows, SHARD_ROWS):
            path = folder / f"forecasts-{start}.parquet"
            connection.execute(
                f"COPY (SELECT {literal(RUN)} AS run_id, TIMESTAMP '{AS_OF}' AS as_of, "  # noqa: S608
                f"'w' || (i // {HORIZON} % 24) AS warehouse_id, "
                f"'i' || (i // {HORIZON}) AS item_id, "
                f"TIMESTAMP '{AS_OF}' + INTERVAL 1 DAY * (i % {HORIZON}) AS ds, 'ets' AS model, "
                f"(i * 7919 % 1000) / 10.0 + 16 AS mean, {quantiles} "
                f"FROM range({start}, {min(start + SHARD_ROWS, rows)}) AS r(i)) "
                f"TO {literal(str(path))} (FORMAT parquet)"
            )
            yield path


def _measure(scheme: str, folder: Path, shards: list[Path]) -> tuple[str, float, float, float]:
    """Return a store, its seconds first and again, and the peak memory of this process."""
    address = address_of(scheme, folder / f"store-{scheme}")
    night = publication(folder / scheme, RUN, AS_OF, JOB, tables=("runs",))
    forecasts = Publication(RUN, AS_OF, JOB, {**night.shards, DEMAND_FORECASTS.name: shards})
    print(f"publishing to {scheme} ...", file=sys.stderr)
    with _Peak() as peak, open_store(address) as store:
        seconds = []
        for _ in range(2):
            started = time.perf_counter()
            store.publish(forecasts)
            seconds.append(time.perf_counter() - started)
    return scheme, seconds[0], seconds[1], peak.mebibytes


class _Peak:
    """Watches this process's resident memory."""

    def __enter__(self) -> Self:
        self.mebibytes = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            self.mebibytes = max(self.mebibytes, psutil.Process().memory_info().rss / 2**20)

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


if __name__ == "__main__":
    main(sys.argv[1:])
