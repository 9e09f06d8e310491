"""Calibrate: how far quantiles are to be moved and how models weigh, learnt once for all chunks.

Where the job keeps champions, it keeps the calibration that was learnt with them as long.
"""

import hashlib
import json

import numpy as np
import pandas as pd
import pyarrow as pa

from flows.run import ChunkRecord, ChunkWork, Run, read_by_series
from flows.steps.drivers import drivers_content, take_drivers
from flows.steps.groups import categories_of, regions_of
from flows.steps.learnt import find_learnt, learn_once
from flows.steps.predict_plan import forecast_plan
from flows.steps.seasons import seasons_content, take_seasons
from flows.steps.version_tables import manifest_before, read_frame, registry_folder, to_bytes
from forecasting import Calibration, DemandPanel, learn_calibration
from forecasting.standing import periods_since

STAGE = "calibrate"
LEVELS, WEIGHINGS, DEPENDENCE = "calibration_levels", "model_weighings", "error_dependence"
COVERAGE, HORIZONS = "forecast_coverage", "forecast_horizons"
# What chunks are made with, and what is told of it.
_USED = (LEVELS, WEIGHINGS, DEPENDENCE)
_FILES = (*_USED, COVERAGE, HORIZONS)
# Of a version's manifest: the night that its calibration was learnt on, and with what.
_LEARNT_ON, _SETTINGS = "calibrated_on", "calibration_settings"
# What is told of a fault that is no series' own.
EVERY_CLASS = "every class"


def calibrate(run: Run) -> ChunkRecord:
    """Learn the calibration of the run's quantiles from all its series."""
    return learn_once(run, STAGE, ("calibration", EVERY_CLASS), _calibrate, *_made_with(run))


def read_calibration(run: Run) -> Calibration | None:
    """Return what was learnt, or None where the job asks for none or it failed."""
    record = _found(run)
    if record is None:
        return None
    return Calibration.from_frames(*(pd.read_parquet(record.shard(name)) for name in _USED))


def calibration_content(run: Run) -> str:
    """Return what stands for the calibration in the key of a chunk that is made with it."""
    record = _found(run)
    if record is None:
        return "as forecast"
    return "/".join(record.checksums[name] for name in _USED)


def refuse_torn_calibration(run: Run) -> None:
    """Refuse a run whose stored calibration is to be used, and is gone or torn.

    Raises
    ------
    ModelsRefusedError
        Which names the file.
    """
    if run.job.demand is not None and run.job.demand.calibrate and _stands(run):
        _stored(run)


def calibration_to_keep(run: Run) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files of the run's calibration for its version of models, and what is known of it.

    Both are empty where the job asks for no calibration or it failed.
    """
    record = _found(run)
    if record is None:
        return {}, {}
    files = {}
    for name in _FILES:
        frame = pd.read_parquet(record.shard(name)).drop(
            columns=["run_id", "as_of"], errors="ignore"
        )
        files[_file(name)] = to_bytes(pa.Table.from_pandas(frame, preserve_index=False))
    learnt_on = run.as_of.isoformat()
    if _stands(run):
        learnt_on = manifest_before(run)[_LEARNT_ON]
    return files, {_LEARNT_ON: learnt_on, _SETTINGS: _settings(run)}


def _stored(run: Run) -> list[pd.DataFrame]:
    """Return the frames of `_FILES` of the version that the run takes."""
    folder = registry_folder(run)
    return [read_frame(folder, run.models, _file(name)) for name in _FILES]


def _stands(run: Run) -> bool:
    """Whether the calibration of the version that the run takes is still to be used."""
    assert run.job.demand is not None
    spec = run.job.demand.registry
    if spec is None or spec.champions_for is None or not run.models:
        return False
    manifest = manifest_before(run)
    whole = {_file(name) for name in _FILES} <= set(manifest["files"])
    if manifest.get(_SETTINGS) != _settings(run) or not whole:
        return False
    learnt_on = np.array([manifest[_LEARNT_ON]], "datetime64[us]")
    age = periods_since(learnt_on, run.as_of, run.job.demand.frequency)
    return bool(age[0] < spec.champions_for)


def _settings(run: Run) -> str:
    """Return a hash of what a calibration depends on beside demand."""
    assert run.job.demand is not None
    text = json.dumps(run.job.demand.model_dump(mode="json", exclude={"registry"}), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _file(name: str) -> str:
    return f"{name}.parquet"


def _found(run: Run) -> ChunkRecord | None:
    return find_learnt(run, STAGE, LEVELS, *_made_with(run))


def _made_with(run: Run) -> tuple[str, ...]:
    return drivers_content(run), seasons_content(run)


def _calibrate(run: Run) -> ChunkWork:
    if _stands(run):
        return _work(run, *_stored(run))
    plan = forecast_plan(run)
    demand = read_by_series(run.staging.clean("demand"))
    panel = DemandPanel.from_frame(demand, plan.frequency)
    # No other task runs beside this one.
    threads = run.job.execution.workers
    groups = categories_of(run), regions_of(run)
    panel, plan = take_drivers(run, take_seasons(run, panel), demand, plan)
    found = learn_calibration(panel, plan, threads, *groups)
    learnt = found.levels, found.weighings, found.dependence
    return _work(run, *learnt, found.coverage, found.evaluation)


def _work(run: Run, *frames: pd.DataFrame) -> ChunkWork:
    """Return the work of the frames of `_FILES`; what is published is stamped."""
    named = zip(_FILES, frames, strict=True)
    return ChunkWork({name: frame if name in _USED else run.stamp(frame) for name, frame in named})
