"""The registry of fitted models: what a night takes of the one before, and leaves to the next."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    FIRST_KEPT,
    SERIES,
    ChunkRecord,
    Run,
    code_version,
    entity_names,
    models_file,
    most_series,
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
from flows.steps.stored_choices import MEMBERS_STORED, gather_choices
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
from forecasting import ForecastPlan, ForecastResult, RefitRules, RollForward, SeriesStates
from forecasting.combinations import MOST_MEMBERS
from forecasting.models.ets_model import ets_season
from forecasting.roll_forward import AGED, CHANGED, DRIFTED, RERUN, ROLLED

LOGGER = logging.getLogger("almanac")

# Shards of a chunk: the fits that it leaves, the model's name at the end, and what became of those
# that it took.
STATES, OUTCOMES = "fitted_models", "fitted_outcomes"
# Of the columns of models; a file of another layout is refused.
LAYOUT = 1


@dataclass(frozen=True)
class Kept:
    """What a night left.

    Parameters
    ----------
    version : stored
    facts : what its manifest says; "counts" are series by what became of them
        (`forecasting.roll_forward.Carried`), of those that the version before had and this night
        does not ask for "absent" ones are kept, others "gone"; "champion_counts" are series by what
        became of their champions (`forecasting.standing`)
    promoted : whether it is the champion; not where a later night's is, or another was promoted
    removed : older versions whose models were removed
    """

    version: str
    facts: Mapping[str, Any]
    promoted: bool
    removed: tuple[str, ...] = ()

    @property
    def series(self) -> int:
        """Series that have a fit in it, of the model that most have."""
        return most_series(self.facts)

    @property
    def words(self) -> str:
        """The counts in a sentence."""
        told = say_outcomes(self.facts)
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
    plan = forecast_plan(run)
    for name, facts in manifest.get("others", {}).items():
        season = _none(plan, name).fits.season_length if name in _spec(run).models else None
        if season not in (None, facts["season_length"]):
            raise ModelsRefusedError(
                f"models {run.models} in {folder}: the season of {name} has "
                f"{facts['season_length']} periods, and the run's {season}; name another folder in "
                "[demand.registry] to fit them anew"
            )


def write_slices(run: Run, series: pd.DataFrame, folder: Path) -> None:
    """Write the fits that the run takes, a file a chunk and model.

    A version of a night that did not keep a model has none of it.

    Parameters
    ----------
    run : which names their version
    series : warehouse_id, item_id, chunk
    folder : of the slices
    """
    if not run.models:
        return
    stored = manifest_before(run)["files"]
    for name in _spec(run).models:
        file = models_file(name)
        if file in stored:
            frame = read_frame(registry_folder(run), run.models, file)
            write_chunks(frame, series, partial(_slice, folder, name))


def models_before(run: Run, number: int, folder: Path) -> RollForward | None:
    """Return what the run takes for the series of a chunk; None where the job keeps no models."""
    spec = run.job.demand.registry if run.job.demand else None
    if spec is None:
        return None
    plan = forecast_plan(run)
    stored: dict[str, SeriesStates[Any]] = {}
    for name in spec.models:
        path, none = _slice(folder, name, number), _none(plan, name)
        read = path.exists()
        stored[name] = SeriesStates.from_frame(read_by_series(path), none.fits) if read else none
    return RollForward(stored, RefitRules(spec.drift, spec.periods))


def model_shards(result: ForecastResult) -> dict[str, pd.DataFrame]:
    """Return the shards of what a chunk leaves; none where the job keeps no models."""
    if result.states is None or result.carried is None:
        return {}
    frames = {_shard(name): states.to_frame() for name, states in result.states.items()}
    return {**frames, OUTCOMES: result.carried}


def changes_of(result: ForecastResult) -> pd.DataFrame:
    """Return a row of repairs for each series whose history is no longer what a model knew."""
    carried = result.carried
    if carried is None:
        carried = pd.DataFrame(columns=[*SERIES, "outcome"])
    changed = carried[carried["outcome"] == CHANGED].drop_duplicates(SERIES)
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
    names = dict.fromkeys([FIRST_KEPT, *spec.models])
    found = {name: _gather(run, records, name) for name in names}
    if chosen is None and all(each.left is None for each in found.values()):
        return None
    files = {models_file(name): to_bytes(each.table) for name, each in found.items()}
    files |= calibration
    first = found.pop(FIRST_KEPT)
    facts = {
        **_identity(run),
        "run_id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "before": run.models or None,
        "code": code_version(),
        "libraries": {name: version_of(name) for name in ("numba", "numpy", "pyarrow")},
        "series": first.table.num_rows,
        "counts": first.counts,
        **({"others": {name: each.facts for name, each in found.items()}} if found else {}),
        **learnt,
    }
    if chosen is not None:
        files[CHAMPIONS] = to_bytes(chosen.table)
        facts |= {
            "champions": chosen.table.num_rows,
            "champion_counts": chosen.counts,
            MEMBERS_STORED: MOST_MEMBERS,
        }
    folder = registry_folder(run)
    version = store_version(folder, files, facts)
    following = _follows(run, folder)
    removed: list[str] = []
    if following:
        promote(folder, version, by_hand=False)
        removed = remove_old_versions(folder, spec.keep)
    LOGGER.info(
        "event=models_kept version=%s promoted=%s counts=%r others=%r champions=%r removed=%r",
        version,
        following,
        first.counts,
        facts.get("others"),
        facts.get("champion_counts"),
        removed,
    )
    return Kept(version, facts, following, tuple(removed))


@dataclass(frozen=True)
class _Gathered:
    """Fits of a model that a night leaves.

    Parameters
    ----------
    left : table of what the chunks left, None where they left nothing
    table : that, and the fits of series that are away; a row a series
    counts : series by what became of them
    season_length : of the fits
    """

    left: Any | None
    table: Any
    counts: dict[str, int]
    season_length: int

    @property
    def facts(self) -> dict[str, object]:
        """What a manifest says of the model."""
        told = {"series": self.table.num_rows, "season_length": self.season_length}
        return {**told, "counts": self.counts}


def _gather(run: Run, records: Sequence[ChunkRecord], name: str) -> _Gathered:
    spec, none = _spec(run), _none(forecast_plan(run), name)
    shard = _shard(name)
    left = stack([record.shard(shard) for record in records if shard in record.shards])
    empty = pa.Table.from_pandas(none.to_frame(), preserve_index=False)
    table = empty.replace_schema_metadata(None) if left is None else left
    counts: dict[str, int] = {}
    away = None
    if name in spec.models:
        asked = [record.shard(OUTCOMES) for record in records if OUTCOMES in record.shards]
        counts, away = _compare(run, name, stack_outcomes(asked, name), spec.absent)
    return _Gathered(left, with_absent(table, away), counts, none.fits.season_length)


def _none(plan: ForecastPlan, name: str) -> SeriesStates[Any]:
    """Return no states of a model."""
    return SeriesStates.none(plan.find_lasting(name).none(plan.seasons))


def _compare(
    run: Run,
    name: str,
    outcomes: Any,  # noqa: ANN401 - Arrow has no types
    nights: int,
) -> tuple[dict[str, int], Any | None]:
    """Return series by what became of them, and the fits of those that are away and stay."""
    found = Counter(outcomes["outcome"].to_pylist())
    known = _series_before(run, name)
    if known is None:
        return dict(sorted(found.items())), None
    left = known - sum(found[each] for each in (ROLLED, RERUN, CHANGED, AGED, DRIFTED))
    away = take_absent(run, models_file(name), outcomes, left, nights, found)
    return dict(sorted(found.items())), away


def _series_before(run: Run, name: str) -> int | None:
    """Return the series that have a fit of a model in the version taken; None if it has no such."""
    if not run.models:
        return None
    manifest = manifest_before(run)
    if name == FIRST_KEPT:
        return int(manifest["series"])
    facts = manifest.get("others", {}).get(name)
    return None if facts is None else int(facts["series"])


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


def _shard(name: str) -> str:
    return STATES if name == FIRST_KEPT else f"{STATES}-{name}"


def _slice(folder: Path, name: str, number: int) -> Path:
    stem = Path(models_file(name)).stem
    return folder / f"{stem}-{number:05d}.parquet"
