"""Calibrate: how far quantiles are to be moved, learnt once for all chunks of a night."""

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, find_chunk, run_chunk
from flows.steps.drivers import drivers_content, take_drivers
from flows.steps.failing import guarded
from flows.steps.predict_plan import forecast_plan
from forecasting import Calibration, DemandPanel, learn_calibration

STAGE = "calibrate"
LEVELS = "calibration_levels"
# What is told of a fault that is no series' own.
EVERY_CLASS = "every class"


def calibrate(run: Run) -> ChunkRecord:
    """Learn the calibration of the run's quantiles from all its series."""
    return run_chunk(
        run.staging.chunk(STAGE, 0),
        _key(run),
        lambda: guarded("calibration", STAGE, [EVERY_CLASS], lambda: _calibrate(run)),
    )


def read_calibration(run: Run) -> Calibration | None:
    """Return what was learnt, or None where the job asks for none or it failed."""
    record = _found(run)
    return None if record is None else Calibration.from_frame(pd.read_parquet(record.shard(LEVELS)))


def calibration_content(run: Run) -> str:
    """Return what stands for the calibration in the key of a chunk that is made with it."""
    record = _found(run)
    return "as forecast" if record is None else record.checksums[LEVELS]


def _found(run: Run) -> ChunkRecord | None:
    record = find_chunk(run.staging.chunk(STAGE, 0), _key(run))
    return record if record is not None and LEVELS in record.shards else None


def _key(run: Run) -> str:
    return f"{run.chunk_key(STAGE, 0, 1)}/{drivers_content(run)}"


def _calibrate(run: Run) -> ChunkWork:
    plan = forecast_plan(run)
    demand = pd.read_parquet(run.staging.clean("demand"))
    panel = DemandPanel.from_frame(demand, plan.frequency)
    # No other task runs beside this one.
    threads = run.job.execution.workers
    found = learn_calibration(*take_drivers(run, panel, demand, plan), threads)
    return ChunkWork(
        {
            LEVELS: found.to_frame(),
            "forecast_coverage": run.stamp(found.coverage),
            "forecast_horizons": run.stamp(found.evaluation),
        },
    )
