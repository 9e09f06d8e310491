"""Champions in the registry: what backtests chose, taken by a night and left to the next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from flows.run import CHAMPIONS, ChunkRecord, Run, read_by_series
from flows.steps.absent_models import with_absent
from flows.steps.version_tables import (
    manifest_before,
    read_frame,
    registry_folder,
    stack,
    stack_outcomes,
    take_absent,
    write_chunks,
)
from forecasting import Choices, ForecastResult, Standing
from forecasting.combinations import MOST_MEMBERS
from forecasting.standing import NEW

# Shards of a chunk: what it chose or kept, and what became of the choices that it took.
CHOICES, OUTCOMES = "chosen_models", "chosen_outcomes"
# Of a version's manifest: the members that a champion has room for.
MEMBERS_STORED = "champion_members"


@dataclass(frozen=True)
class Chosen:
    """Champions that a night leaves.

    Parameters
    ----------
    table : a row a series
    counts : series by what became of their champions (`forecasting.standing`); those that the night
        lacks are "absent" or "gone". Empty where every night chooses
    """

    table: Any
    counts: dict[str, int]


def write_slices(run: Run, series: pd.DataFrame, folder: Path) -> None:
    """Write the champions that the run takes, a file a chunk.

    Parameters
    ----------
    run : which names their version
    series : warehouse_id, item_id, chunk
    folder : of the slices
    """
    if not _asked(run) or not _has_champions(run):
        return
    frame = read_frame(registry_folder(run), run.models, CHAMPIONS)
    write_chunks(frame, series, partial(_slice, folder))


def standing_before(run: Run, number: int, folder: Path) -> Standing | None:
    """Return the choices that a chunk takes; None where the job has no registry."""
    if run.job.demand is None or run.job.demand.registry is None:
        return None
    path = _slice(folder, number)
    stored = Choices.from_frame(read_by_series(path)) if path.exists() else Choices.none()
    return Standing(stored, _asked(run))


def choice_shards(result: ForecastResult) -> dict[str, pd.DataFrame]:
    """Return the shards of what a chunk leaves; none where the job has no registry."""
    if result.choices is None or result.stood is None:
        return {}
    return {CHOICES: result.choices.to_frame(), OUTCOMES: result.stood}


def gather_choices(run: Run, records: Sequence[ChunkRecord], nights: int) -> Chosen | None:
    """Return the champions that the run leaves; None where no series has one.

    Where champions are kept, that of a series which the night lacks stays as it was for some
    nights.

    Parameters
    ----------
    run : forecast already
    records : of its chunks
    nights : in a row that a series may be away
    """
    kept = [record for record in records if CHOICES in record.shards]
    table = stack([record.shard(CHOICES) for record in kept])
    if table is None:
        return None
    if not _asked(run):
        return Chosen(with_absent(table, None), {})
    outcomes = stack_outcomes([record.shard(OUTCOMES) for record in kept])
    found = Counter(outcomes["outcome"].to_pylist())
    if not _has_champions(run):
        return Chosen(with_absent(table, None), dict(sorted(found.items())))
    known = int(manifest_before(run)["champions"])
    left = known - sum(count for name, count in found.items() if name != NEW)
    away = take_absent(run, CHAMPIONS, outcomes, left, nights, found)
    return Chosen(with_absent(table, away), dict(sorted(found.items())))


def _has_champions(run: Run) -> bool:
    """Whether the version that the run takes has champions as this program stores them."""
    return bool(run.models) and manifest_before(run).get(MEMBERS_STORED) == MOST_MEMBERS


def _asked(run: Run) -> int:
    """Return the periods for which a champion is kept, 0 where every night chooses."""
    spec = run.job.demand.registry if run.job.demand else None
    return 0 if spec is None or spec.champions_for is None else spec.champions_for


def _slice(folder: Path, number: int) -> Path:
    return folder / f"champions-{number:05d}.parquet"
