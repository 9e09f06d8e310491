"""Check: clean inputs, and a named row for everything refused or repaired."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, checksum, find_chunk, holds, run_chunk
from flows.spec import JobSpec
from flows.steps.collect import collect
from flows.steps.notices import (
    name_late_demand,
    name_late_prices,
    name_leaps,
    name_series_without_stock,
    name_short_replay,
)
from flows.steps.unfit import name_unknown_regions, refuse_unfit
from storage.checks import CheckPlan, CheckReport, check_inputs
from storage.inputs import InputSource

STAGE = "check"


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


def check_sources(run: Run, sources: Mapping[str, InputSource], clean: Path) -> CheckReport:
    """Check what was collected, and what the job says of it.

    Parameters
    ----------
    run : whose job and night
    sources : of each input
    clean : folder that takes the checked inputs
    """
    report = check_inputs(sources, check_plan(run.job, pd.Timestamp(run.as_of)), clean)
    report = name_unknown_regions(run.job, report)
    report = name_late_demand(run.job.demand, run.as_of, report)
    report = name_late_prices(run.as_of, report)
    report = name_leaps(run.job.risk, report)
    report = name_short_replay(run.job, report)
    return name_series_without_stock(report)


def _check(run: Run) -> ChunkWork:
    clean = run.staging.folder / "clean"
    if clean.exists():
        shutil.rmtree(clean)
    clean.mkdir(parents=True)
    sources = collect(run, run.staging.folder / "assumed")
    report = check_sources(run, sources, clean)
    refuse_unfit(run.job, report)
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


def notices_of(record: ChunkRecord) -> tuple[str, ...]:
    """Return what a finished check has to say of the run as a whole."""
    rejects = pd.read_parquet(record.shard("rejects"))
    return tuple(rejects.loc[rejects["severity"] == "run", "advice"].drop_duplicates())


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
