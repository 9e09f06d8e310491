"""Check: clean inputs, and a named row for everything refused or repaired."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, checksum, find_chunk, holds, run_chunk
from flows.spec import JobSpec
from flows.steps.collect import collect
from storage.checks import CheckPlan, CheckReport, check_inputs
from storage.errors import InputRefusedError, shown

STAGE = "check"
# Inputs whose entities are what the night is for, and what these are called.
WORKED_ON = {"demand": "series", "stock": "series", "positions": "portfolios"}


@dataclass(frozen=True)
class CheckedEntities:
    """What came in, by input table.

    Parameters
    ----------
    counts : frame of input, rows_in, rows_rejected
    entities : frame of input, entity, rejected
    """

    counts: pd.DataFrame
    entities: pd.DataFrame

    def of(self, table: str, *, rejected: bool) -> set[str]:
        """Return the entities of one input that were or were not rejected."""
        chosen = (self.entities["input"] == table) & (self.entities["rejected"] == rejected)
        return set(self.entities.loc[chosen, "entity"])


def check_plan(job: JobSpec, as_of: pd.Timestamp) -> CheckPlan:
    """Return the rules that the job asks for."""
    demand, risk = job.demand, job.risk
    return CheckPlan(
        as_of=as_of.date(),
        frequency=demand.frequency if demand else "D",
        gaps=job.checks.gaps,
        minimum_history=demand.minimum_history if demand else 1,
        minimum_price_history=job.checks.minimum_price_history,
        maximum_price_gap=job.checks.maximum_price_gap,
        levels=risk.levels if risk else (),
        horizons=risk.horizons if risk else (),
        currency=risk.currency if risk else None,
    )


def check(run: Run) -> ChunkRecord:
    """Check every input of the run; a second call finds the first one's result."""
    folder, key = run.staging.chunk(STAGE, 0), run.chunk_key(STAGE, 0, 1)
    found = find_chunk(folder, key)
    if found is not None and torn_inputs(found):
        (folder / "manifest.json").unlink()
    return run_chunk(folder, key, lambda: _check(run))


def _check(run: Run) -> ChunkWork:
    clean = run.staging.folder / "clean"
    if clean.exists():
        shutil.rmtree(clean)
    clean.mkdir(parents=True)
    sources = collect(run, run.staging.folder / "assumed")
    report = check_inputs(sources, check_plan(run.job, pd.Timestamp(run.as_of)), clean)
    refuse_nothing_left(report)
    return ChunkWork(
        {
            "rejects": report.rejects,
            "repairs": report.repairs,
            "counts": _counts(report),
            "entities": _entities(report),
            "clean": _clean_files(report),
        }
    )


def checked_entities(record: ChunkRecord) -> CheckedEntities:
    """Return what a finished check counted."""
    return CheckedEntities(
        pd.read_parquet(record.shard("counts")), pd.read_parquet(record.shard("entities"))
    )


def refuse_nothing_left(report: CheckReport) -> None:
    """Refuse inputs of which every series, or every portfolio, was rejected.

    A file of such rows alone is as wrong as one without rows, which is refused too.

    Raises
    ------
    InputRefusedError
        Which names the first row that was rejected, and why.
    """
    emptied = [
        name
        for name, checked in report.inputs.items()
        if set(checked.entities_in) == set(checked.entities_rejected)
    ]
    for table, kind in WORKED_ON.items():
        if table in emptied:
            raise InputRefusedError(
                f"inputs.{table}: all {len(report.inputs[table].entities_in):,} {kind} were "
                f"rejected, so that none is left; first: {_first_reason(report, table, emptied)} "
                "(`almanac run JOB --dry-run` tells of all)"
            )


def _first_reason(report: CheckReport, table: str, emptied: Sequence[str]) -> str:
    """Return why the first row was rejected, be it of an input that took this one with it."""
    rejects = report.rejects
    rows = rejects[rejects["input"].isin(emptied) & (rejects["severity"] == "row")]
    named = rows if len(rows) else rejects[rejects["input"] == table]
    own = named.assign(other=named["input"] != table)
    return _told(own.sort_values(["other", "row"], kind="stable").iloc[0])


def _told(reject: pd.Series) -> str:
    row = "" if pd.isna(reject["row"]) else f" row {reject['row']}"
    column = "" if pd.isna(reject["column"]) else f", {reject['column']}"
    value = "" if pd.isna(reject["value"]) else f" {shown(str(reject['value']))!r}"
    return f"{reject['source']}{row}{column}{value}: {reject['advice']}"


def torn_inputs(record: ChunkRecord) -> list[Path]:
    """Return the clean inputs that are gone, or no longer those that the check wrote."""
    files = pd.read_parquet(record.shard("clean"))
    known = {Path(path): str(files["checksum"].iloc[n]) for n, path in enumerate(files["path"])}
    return [path for path, checksum in known.items() if not holds(path, checksum)]


def _counts(report: CheckReport) -> pd.DataFrame:
    rows = [
        (table, checked.rows_in, checked.rows_rejected) for table, checked in report.inputs.items()
    ]
    return pd.DataFrame(rows, columns=["input", "rows_in", "rows_rejected"])


def _entities(report: CheckReport) -> pd.DataFrame:
    parts = []
    for table, checked in report.inputs.items():
        gone = set(checked.entities_rejected)
        entities = list(checked.entities_in)
        refused = [entity in gone for entity in entities]
        parts.append(pd.DataFrame({"input": table, "entity": entities, "rejected": refused}))
    return pd.concat(parts, ignore_index=True)


def _clean_files(report: CheckReport) -> pd.DataFrame:
    paths: Mapping[str, Path] = {table: checked.clean for table, checked in report.inputs.items()}
    return pd.DataFrame(
        [(table, str(path), checksum(path)) for table, path in paths.items()],
        columns=["input", "path", "checksum"],
    )
