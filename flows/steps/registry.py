"""The registry of fitted models: the version that a night takes, and the one that it leaves."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.errors import ModelsRefusedError
from flows.run import (
    CHAMPIONS,
    FIRST_KEPT,
    ChunkRecord,
    Run,
    code_version,
    models_file,
    most_series,
    promote,
    read_champion,
    read_manifest,
    remove_old_versions,
    say_outcomes,
    store_version,
    version_for,
)
from flows.steps.absent_models import with_absent
from flows.steps.predict_plan import forecast_plan
from flows.steps.stored_choices import MEMBERS_STORED, gather_choices
from flows.steps.stored_models import OUTCOMES, no_states, registry_spec, shard_of
from flows.steps.version_tables import (
    manifest_before,
    registry_folder,
    stack,
    stack_outcomes,
    take_absent,
    to_bytes,
)
from forecasting.combinations import MOST_MEMBERS
from forecasting.models.ets_model import ets_season
from forecasting.roll_forward import AGED, CHANGED, DRIFTED, RERUN, ROLLED

LOGGER = logging.getLogger("almanac")

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
        season = (
            no_states(plan, name).fits.season_length if name in registry_spec(run).models else None
        )
        if season not in (None, facts["season_length"]):
            raise ModelsRefusedError(
                f"models {run.models} in {folder}: the season of {name} has "
                f"{facts['season_length']} periods, and the run's {season}; name another folder in "
                "[demand.registry] to fit them anew"
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
    spec = registry_spec(run)
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
    spec, none = registry_spec(run), no_states(forecast_plan(run), name)
    shard = shard_of(name)
    left = stack([record.shard(shard) for record in records if shard in record.shards])
    empty = pa.Table.from_pandas(none.to_frame(), preserve_index=False)
    table = empty.replace_schema_metadata(None) if left is None else left
    counts: dict[str, int] = {}
    away = None
    if name in spec.models:
        asked = [record.shard(OUTCOMES) for record in records if OUTCOMES in record.shards]
        counts, away = _compare(run, name, stack_outcomes(asked, name), spec.absent)
    return _Gathered(left, with_absent(table, away), counts, none.fits.season_length)


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
