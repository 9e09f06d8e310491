"""Calibrate: how far quantiles are to be moved, learnt once for all chunks of a night."""

import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, find_chunk, run_chunk
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
        run.chunk_key(STAGE, 0, 1),
        lambda: guarded("calibration", STAGE, [EVERY_CLASS], lambda: _calibrate(run)),
    )


def read_calibration(run: Run) -> Calibration | None:
    """Return what was learnt, or None where the job asks for none or it failed."""
    record = find_chunk(run.staging.chunk(STAGE, 0), run.chunk_key(STAGE, 0, 1))
    if record is None or LEVELS not in record.shards:
        return None
    return Calibration.from_frame(pd.read_parquet(record.shard(LEVELS)))


def _calibrate(run: Run) -> ChunkWork:
    plan = forecast_plan(run)
    panel = DemandPanel.from_frame(pd.read_parquet(run.staging.clean("demand")), plan.frequency)
    found = learn_calibration(panel, plan)
    return ChunkWork(
        {LEVELS: found.to_frame(), "forecast_coverage": run.stamp(found.coverage)},
    )
