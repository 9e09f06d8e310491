"""Publish: every table of the run in one go, or none."""

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psutil

from flows.errors import TornRunError
from flows.run import (
    ChunkRecord,
    Run,
    StepRecord,
    code_version,
    is_retrying,
    read_state,
    stack_filled,
    write_frame,
)
from flows.steps import check, decision_backtest, predict
from flows.steps.patience import patiently
from flows.steps.settle import Settlement
from storage.stores import (
    Publication,
    StorageError,
    Store,
    is_absent,
    is_path,
    open_existing,
    open_store,
)
from storage.tables import (
    FAILURES,
    OUTPUT_TABLES,
    REJECTS,
    REPAIRS,
    RUN_ENTITIES,
    RUN_STEPS,
    Table,
)

PUBLISHED = "published"
PUBLISHED_WITH_FAILURES = "published_with_failures"
REPLACED = "replaced"
REPLACED_IN_PART = "replaced in part"
# The input that each side of a job is about, by which `run_entities` tells what a run had.
_ABOUT = {"demand": "demand", "stock": "stock", "risk": "positions"}


def publish(
    run: Run,
    checked: ChunkRecord,
    records: Sequence[ChunkRecord],
    settlement: Settlement,
    steps: Sequence[StepRecord],
    *,
    again: bool = False,
) -> None:
    """Write all tables of the run to its store; readers see all of them or none.

    Parameters
    ----------
    run, checked, records, settlement, steps : what is published
    again : publish even where the store has the run already; without it, whoever comes second
        to the store with the same run leaves it as it is
    """
    shards = _shards(records)
    folder = run.staging.folder / "publish"
    for table, frame in _bookkeeping(run, checked, records, settlement, steps).items():
        path = folder / f"{table}.parquet"
        write_frame(path, run.stamp(frame))
        shards[table] = [path]
    _to_store(run, shards, again=again)


def publish_steps(run: Run, steps: Sequence[StepRecord]) -> None:
    """Bring the published time and memory of the steps up to date."""
    path = run.staging.folder / "publish" / "run_steps.parquet"
    write_frame(path, run.stamp(_step_rows(steps)))
    _to_store(run, {RUN_STEPS.name: [path]}, again=True)


def status_of(settlement: Settlement) -> str:
    """Return how a run that published its tables ended."""
    return PUBLISHED_WITH_FAILURES if settlement.failed else PUBLISHED


def is_published(run: Run) -> bool:
    """Return whether the store holds this very run, and no other of its night in its place."""
    if is_absent(run.store_url):
        return False
    return patiently(lambda: _in_store(run))


def replaced_in(address: str, *, servers: bool = False) -> dict[str, str]:
    """Return what is said of runs whose tables gave way to others of their job and night.

    Nothing where the store is not there, cannot be read now, or is at a server that is not to be
    asked: a list of runs waits for no store.
    """
    if is_absent(address) or not (servers or is_path(address)):
        return {}
    try:
        with open_existing(address) as store:
            runs, entities = store.runs(), store.read(RUN_ENTITIES.name)
    except StorageError:
        return {}
    found = {str(name): REPLACED for name in set(runs["run_id"]).difference(entities["run_id"])}
    for _, night in runs.groupby(["job", "as_of"]):
        for name, (had, has) in _sides_of(night, entities).items():
            if had - has:
                found[name] = REPLACED_IN_PART
    return found


def _sides_of(
    night: pd.DataFrame, entities: pd.DataFrame, taken: Collection[str] = ()
) -> dict[str, tuple[set[str], set[str]]]:
    """Return what sides the runs of a night had, and which of them no later run has taken.

    Parameters
    ----------
    night : `runs` of one job and night
    entities : `run_entities` of these at least
    taken : sides of a run that is about to be published
    """
    found, gone = {}, {_ABOUT[side] for side in taken}
    for name in night.sort_values("finished_at", ascending=False)["run_id"]:
        inputs = entities.loc[entities["run_id"] == name, "input"]
        had = set(inputs) & set(_ABOUT.values())
        found[str(name)] = had, had - gone
        gone |= had
    return found


def is_finished(run: Run) -> bool:
    """Return whether nothing of this run is left to do.

    A run whose tables are published may have been stopped before its report, or be one whose
    failures are being tried again; its state, where it is kept here, tells.
    """
    state = read_state(run.staging)
    ended = state.get("status") in {PUBLISHED, PUBLISHED_WITH_FAILURES}
    open_end = bool(state) and (not ended or is_retrying(run))
    return not open_end and is_published(run)


def refuse_torn(run: Run, records: Sequence[ChunkRecord]) -> None:
    """Refuse to publish what is not what was written.

    What was computed from a torn file cannot be told from what was not: keep nothing of it.

    Raises
    ------
    TornRunError
        Where a file of the run is gone, or its checksum is another.
    """
    torn = [path for record in records for path in record.torn()]
    torn += predict.torn_layout(run) if run.job.demand is not None else []
    if run.job.stock is not None and run.job.stock.backtest is not None:
        torn += decision_backtest.torn_layout(run)
    torn += [] if torn else check.torn_inputs(records[0])
    if torn:
        raise TornRunError(
            f"run {run.run_id}: {torn[0].relative_to(run.staging.folder)} is not what was written "
            "(checksum), so nothing was published and nothing is kept; look after the disk, and "
            "start the run again"
        )


def _in_store(run: Run) -> bool:
    with open_store(run.store_url) as store:
        return _holds(*_night_in(store, run), run)


def _holds(night: pd.DataFrame, entities: pd.DataFrame, run: Run) -> bool:
    """Return whether the run's tables are there.

    `runs` lists a run for good; another run of its job and night takes its rows away, which is one
    of corrected inputs, say, or of one side alone.
    """
    had, has = _sides_of(night, entities).get(run.run_id, (set(), set()))
    return bool(had) and had == has


def _night_in(store: Store, run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `runs` of the run's job and night, and `run_entities` of its night."""
    runs = store.runs()
    own = (runs["job"] == run.job.name) & (runs["as_of"] == pd.Timestamp(run.as_of))
    return runs[own], store.read(RUN_ENTITIES.name, as_of=run.as_of)


def _beside(night: pd.DataFrame, entities: pd.DataFrame, run: Run) -> frozenset[str]:
    """Return the other runs of the night that have a side which no run after them has."""
    taken = [side for side in _ABOUT if getattr(run.job, side) is not None]
    others = night[night["run_id"] != run.run_id]
    return frozenset(name for name, (_, has) in _sides_of(others, entities, taken).items() if has)


def _to_store(run: Run, shards: Mapping[str, Sequence[Path]], *, again: bool) -> None:
    # A publication whose answer was lost is published again: it puts the same in the same place.
    patiently(lambda: _publish_once(run, shards, again=again))


def _publish_once(run: Run, shards: Mapping[str, Sequence[Path]], *, again: bool) -> None:
    with open_store(run.store_url) as store:
        known = _night_in(store, run)
        if again or not _holds(*known, run):
            beside = _beside(*known, run)
            store.publish(Publication(run.run_id, run.as_of, run.job.name, shards, beside))


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
        "repairs": _numbered(stack_filled(repairs), _own_columns(REPAIRS)),
        "failures": failures.drop_duplicates(["input", "entity", "stage"]),
        "run_entities": settlement.entities,
        "run_steps": _step_rows(steps),
        "runs": _run_row(run, settlement),
    }


def _own_columns(table: Table) -> list[str]:
    return list(table.column_names[2:])


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
