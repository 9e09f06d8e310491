"""The registry of fitted models: what a night takes of the one before, and leaves to the next."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from flows.errors import ModelsRefusedError
from flows.run import (
    CHAMPIONS,
    MODELS,
    SERIES,
    ChunkRecord,
    Run,
    code_version,
    entity_names,
    promote,
    read_by_series,
    read_champion,
    read_manifest,
    remove_old_versions,
    say_outcomes,
    store_version,
    version_for,
)
from flows.spec import RegistrySpec
from flows.steps.absent_models import with_absent
from flows.steps.predict_plan import forecast_plan
from flows.steps.stored_choices import gather_choices
from flows.steps.version_tables import (
    manifest_before,
    read_frame,
    registry_folder,
    stack,
    stack_outcomes,
    take_absent,
    to_bytes,
    write_chunks,
)
from forecasting import ForecastResult, RefitRules, RollForward, SeriesStates
from forecasting.models.ets_model import ets_season
from forecasting.roll_forward import AGED, CHANGED, DRIFTED, RERUN, ROLLED

LOGGER = logging.getLogger("almanac")

# Shards of a chunk: the models it leaves, and what became of those it took.
STATES, OUTCOMES = "fitted_models", "fitted_outcomes"
# Of the columns of models; a file of another layout is refused.
LAYOUT = 1


@dataclass(frozen=True)
class Kept:
    """What a night left.

    Parameters
    ----------
    version : stored
    series : that have a model in it
    counts : series by what became of them (`forecasting.roll_forward.Carried`); of those that the
        version before had and this night does not ask for, "absent" ones are kept, others "gone"
    promoted : whether it is the champion; not where a later night's is, or another was promoted
    removed : older versions whose models were removed
    champions : series by what became of their champions (`forecasting.standing`); empty where every
        night chooses
    """

    version: str
    series: int
    counts: dict[str, int]
    promoted: bool
    removed: tuple[str, ...] = ()
    champions: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The counts in a sentence."""
        told = say_outcomes(self.counts, self.champions)
        stands = "champion" if self.promoted else "not promoted"
        old = f"; models of {len(self.removed)} old removed" if self.removed else ""
        return f"{self.version} ({stands}): {told}{old}"


def refuse_other_models(run: Run) -> None:
    """Refuse a run whose stored models are of another job, grid, season or layout.

    Raises
    ------
    ModelsRefusedError
        Which names what differs.
    """
    if not run.models:
        return
    folder, manifest = registry_folder(run), manifest_before(run)
    for name, own in _identity(run).items():
        if manifest.get(name) != own:
            raise ModelsRefusedError(
                f"models {run.models} in {folder}: {name} is {manifest.get(name)!r}, and the "
                f"run has {own!r}; name another folder in [demand.registry] to fit them anew"
            )


def write_slices(run: Run, series: pd.DataFrame, folder: Path) -> None:
    """Write the models that the run takes, a file a chunk.

    Parameters
    ----------
    run : which names their version
    series : warehouse_id, item_id, chunk
    folder : of the slices
    """
    if not run.models:
        return
    write_chunks(read_frame(registry_folder(run), run.models), series, partial(_slice, folder))


def models_before(run: Run, number: int, folder: Path) -> RollForward | None:
    """Return what the run takes for the series of a chunk; None where the job keeps no models."""
    spec = run.job.demand.registry if run.job.demand else None
    if spec is None:
        return None
    path = _slice(folder, number)
    if path.exists():
        stored = SeriesStates.from_frame(read_by_series(path))
    else:
        stored = SeriesStates.none(ets_season(forecast_plan(run).seasons))
    return RollForward(stored, RefitRules(spec.drift, spec.periods))


def model_shards(result: ForecastResult) -> dict[str, pd.DataFrame]:
    """Return the shards of what a chunk leaves; none where the job keeps no models."""
    if result.states is None or result.carried is None:
        return {}
    return {STATES: result.states.to_frame(), OUTCOMES: result.carried}


def changes_of(result: ForecastResult) -> pd.DataFrame:
    """Return a row of repairs for each series whose history is no longer what a model knew."""
    carried = result.carried
    if carried is None:
        carried = pd.DataFrame(columns=[*SERIES, "outcome"])
    changed = carried[carried["outcome"] == CHANGED]
    return pd.DataFrame(
        {
            "input": "demand",
            "entity": entity_names(changed, SERIES),
            "ds": pd.Series(pd.NaT, index=changed.index, dtype="datetime64[us]"),
            "periods": 1,
            "code": "history_changed",
            "column": "quantity",
            "detail": "the history is another than its stored model was fitted to; fitted again",
        }
    )


def keep_models(
    run: Run,
    records: Sequence[ChunkRecord],
    calibration: Mapping[str, bytes],
    learnt: Mapping[str, str],
) -> Kept | None:
    """Store what the run leaves, and promote it; None where no series has a model or a champion.

    A night before the champion's, or one that took another version than it would take now, is
    stored and not promoted. A series that the night lacks keeps its model as it was for
    `RegistrySpec.absent` nights in a row, and is rolled forward when it comes again.

    Parameters
    ----------
    run : published already
    records : of its chunks
    calibration, learnt : files of the calibration, and what is known of it
    """
    spec = _spec(run)
    chosen = gather_choices(run, records, spec.absent)
    kept = [record for record in records if STATES in record.shards]
    table = stack([record.shard(STATES) for record in kept])
    if table is None and chosen is None:
        return None
    outcomes = stack_outcomes([record.shard(OUTCOMES) for record in kept])
    counts, away = _compare(run, outcomes, spec.absent)
    table = with_absent(_no_models(run) if table is None else table, away)
    files = {MODELS: to_bytes(table), **calibration}
    facts = {
        **_identity(run),
        "run_id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "before": run.models or None,
        "code": code_version(),
        "libraries": {name: version_of(name) for name in ("numba", "numpy", "pyarrow")},
        "series": table.num_rows,
        "counts": counts,
        **learnt,
    }
    if chosen is not None:
        files[CHAMPIONS] = to_bytes(chosen.table)
        facts |= {"champions": chosen.table.num_rows, "champion_counts": chosen.counts}
    folder = registry_folder(run)
    version = store_version(folder, files, facts)
    following = _follows(run, folder)
    removed: list[str] = []
    if following:
        promote(folder, version, by_hand=False)
        removed = remove_old_versions(folder, spec.keep)
    LOGGER.info(
        "event=models_kept version=%s promoted=%s counts=%r champions=%r removed=%r",
        version,
        following,
        counts,
        facts.get("champion_counts"),
        removed,
    )
    champions = {} if chosen is None else chosen.counts
    return Kept(version, table.num_rows, counts, following, tuple(removed), champions)


def _no_models(run: Run) -> Any:  # noqa: ANN401 - Arrow has no types
    season_length = ets_season(forecast_plan(run).seasons)
    frame = SeriesStates.none(season_length).to_frame()
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def _compare(
    run: Run,
    outcomes: Any,  # noqa: ANN401 - Arrow has no types
    nights: int,
) -> tuple[dict[str, int], Any | None]:
    """Return series by what became of them, and the models of those that are away and stay."""
    found = Counter(outcomes["outcome"].to_pylist())
    if not run.models:
        return dict(sorted(found.items())), None
    known = int(manifest_before(run)["series"])
    left = known - sum(found[name] for name in (ROLLED, RERUN, CHANGED, AGED, DRIFTED))
    away = take_absent(run, MODELS, outcomes, left, nights, found)
    return dict(sorted(found.items())), away


def _follows(run: Run, folder: Path) -> bool:
    champion = read_champion(folder)
    if champion is None:
        return True
    as_of = date.fromisoformat(read_manifest(folder, champion)["as_of"])
    return as_of <= run.as_of and version_for(folder, run.as_of) == (run.models or None)


def _identity(run: Run) -> dict[str, object]:
    plan = forecast_plan(run)
    return {
        "layout": LAYOUT,
        "job": run.job.name,
        "frequency": plan.frequency,
        "season_length": ets_season(plan.seasons),
    }


def _spec(run: Run) -> RegistrySpec:
    spec = run.job.demand.registry if run.job.demand else None
    assert spec is not None
    return spec


def _slice(folder: Path, number: int) -> Path:
    return folder / f"models-{number:05d}.parquet"
