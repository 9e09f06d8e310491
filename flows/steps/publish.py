"""Publish: every table of the run in one go, or none."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psutil

from flows.run import ChunkRecord, Run, StepRecord, code_version, write_frame
from flows.steps.settle import Settlement
from storage.stores import Publication, open_store
from storage.tables import (
    FAILURES,
    OUTPUT_TABLES,
    REJECTS,
    REPAIRS,
    RUN_STEPS,
    Table,
)

PUBLISHED = "published"
PUBLISHED_WITH_FAILURES = "published_with_failures"


def publish(
    run: Run,
    checked: ChunkRecord,
    records: Sequence[ChunkRecord],
    settlement: Settlement,
    steps: Sequence[StepRecord],
) -> None:
    """Write all tables of the run to its store; readers see all of them or none."""
    shards = _shards(records)
    folder = run.staging.folder / "publish"
    for table, frame in _bookkeeping(run, checked, records, settlement, steps).items():
        path = folder / f"{table}.parquet"
        write_frame(path, run.stamp(frame))
        shards[table] = [path]
    _to_store(run, shards)


def publish_steps(run: Run, steps: Sequence[StepRecord]) -> None:
    """Bring the published time and memory of the steps up to date."""
    path = run.staging.folder / "publish" / "run_steps.parquet"
    write_frame(path, run.stamp(_step_rows(steps)))
    _to_store(run, {RUN_STEPS.name: [path]})


def status_of(settlement: Settlement) -> str:
    """Return how a run that published its tables ended."""
    return PUBLISHED_WITH_FAILURES if settlement.failed else PUBLISHED


def _to_store(run: Run, shards: Mapping[str, Sequence[Path]]) -> None:
    with open_store(run.store_url) as store:
        store.publish(Publication(run.run_id, run.as_of, run.job.name, shards))


def _shards(records: Sequence[ChunkRecord]) -> dict[str, list[Path]]:
    shards: dict[str, list[Path]] = {}
    for record in records:
        for name in record.shards:
            if name in OUTPUT_TABLES and name != REPAIRS.name:
                shards.setdefault(name, []).append(record.shard(name))
    return shards


def _bookkeeping(
    run: Run,
    checked: ChunkRecord,
    records: Sequence[ChunkRecord],
    settlement: Settlement,
    steps: Sequence[StepRecord],
) -> dict[str, pd.DataFrame]:
    repairs = [
        pd.read_parquet(record.shard("repairs"))
        for record in (checked, *records)
        if "repairs" in record.shards
    ]
    failures = pd.DataFrame(
        [asdict(failure) for failure in settlement.failures], columns=_own_columns(FAILURES)
    )
    return {
        "rejects": _numbered(pd.read_parquet(checked.shard("rejects")), _own_columns(REJECTS)),
        "repairs": _numbered(_stacked(repairs), _own_columns(REPAIRS)),
        "failures": failures.drop_duplicates(["input", "entity", "stage"]),
        "run_entities": settlement.entities,
        "run_steps": _step_rows(steps),
        "runs": _run_row(run, settlement),
    }


def _own_columns(table: Table) -> list[str]:
    return list(table.column_names[2:])


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)] or list(frames[:1])
    return pd.concat(filled, ignore_index=True)


def _numbered(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return frame.assign(number=range(len(frame)))[columns]


def _step_rows(steps: Sequence[StepRecord]) -> pd.DataFrame:
    rows = [{"number": number, **asdict(step)} for number, step in enumerate(steps)]
    return pd.DataFrame(rows, columns=_own_columns(RUN_STEPS))


def _run_row(run: Run, settlement: Settlement) -> pd.DataFrame:
    row = {
        "job": run.job.name,
        "status": status_of(settlement),
        "code_version": code_version(),
        "device": run.device,
        "seed": run.job.seed,
        "started_at": run.started_at,
        "finished_at": datetime.now(UTC).replace(tzinfo=None),
        "machine": f"{platform.machine()}, {psutil.cpu_count()} cores, {platform.system()}",
    }
    return pd.DataFrame([row])
