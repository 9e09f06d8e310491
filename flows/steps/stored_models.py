"""Fitted models that are stored: what a chunk takes of the night before, and leaves to the next."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from flows.run import FIRST_KEPT, SERIES, Run, entity_names, models_file, read_by_series
from flows.spec import RegistrySpec
from flows.steps.predict_plan import forecast_plan
from flows.steps.version_tables import manifest_before, read_frame, registry_folder, write_chunks
from forecasting import ForecastPlan, ForecastResult, RefitRules, RollForward, SeriesStates
from forecasting.roll_forward import CHANGED

# Shards of a chunk: the fits that it leaves, the model's name at the end, and what became of those
# that it took.
STATES, OUTCOMES = "fitted_models", "fitted_outcomes"


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
    for name in registry_spec(run).models:
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
        path, none = _slice(folder, name, number), no_states(plan, name)
        read = path.exists()
        stored[name] = SeriesStates.from_frame(read_by_series(path), none.fits) if read else none
    return RollForward(stored, RefitRules(spec.drift, spec.periods))


def model_shards(result: ForecastResult) -> dict[str, pd.DataFrame]:
    """Return the shards of what a chunk leaves; none where the job keeps no models."""
    if result.states is None or result.carried is None:
        return {}
    frames = {shard_of(name): states.to_frame() for name, states in result.states.items()}
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


def no_states(plan: ForecastPlan, name: str) -> SeriesStates[Any]:
    """Return no states of a model."""
    return SeriesStates.none(plan.find_lasting(name).none(plan.seasons))


def registry_spec(run: Run) -> RegistrySpec:
    """Return the settings of the models that the run's job keeps."""
    spec = run.job.demand.registry if run.job.demand else None
    assert spec is not None
    return spec


def shard_of(name: str) -> str:
    """Return the shard of a model's fits."""
    return STATES if name == FIRST_KEPT else f"{STATES}-{name}"


def _slice(folder: Path, name: str, number: int) -> Path:
    stem = Path(models_file(name)).stem
    return folder / f"{stem}-{number:05d}.parquet"
