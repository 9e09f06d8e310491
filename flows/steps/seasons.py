"""What series share of their seasons, learnt once for all chunks of a night."""

import numpy as np
import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run, read_by_series
from flows.steps.groups import categories_of
from flows.steps.learnt import find_learnt, learn_once
from flows.steps.predict_plan import forecast_plan
from forecasting import (
    DemandPanel,
    ForecastPlan,
    SharedSeasons,
    know_seasons,
    learn_seasons,
    report_seasons,
)
from forecasting.grid import period_numbers

STAGE = "seasons"
SHARED = "learnt_seasons"
# What is told of a fault that is no series' own.
EVERY_GROUP = "every group"


def learn_shared_seasons(run: Run) -> ChunkRecord:
    """Learn what the run's items and categories share of seasons, from all its series."""
    return learn_once(run, STAGE, ("seasons in common", EVERY_GROUP), _learn)


def seasons_content(run: Run) -> str:
    """Return what stands for the shared seasons in the key of a chunk that is made with them."""
    record = _found(run)
    return "no shared seasons" if record is None else record.checksums[SHARED]


def take_seasons(run: Run, panel: DemandPanel) -> DemandPanel:
    """Return a panel whose series know what they share, if it was learnt.

    Parameters
    ----------
    run : with its shared seasons learnt
    panel : some series
    """
    record = _found(run)
    if record is None:
        return panel
    shared = SharedSeasons.from_frame(pd.read_parquet(record.shard(SHARED)))
    return know_seasons(panel, categories_of(run), shared)


def past_seasons(
    run: Run, demand: pd.DataFrame, origins: list[pd.Timestamp], plan: ForecastPlan
) -> pd.DataFrame:
    """Return what series shared at the origins of a replay, and at those of their backtests.

    Parameters
    ----------
    run : whose categories they are
    demand : clean demand of all series
    origins : first periods that were not known
    plan : of the forecasts
    """
    panel = DemandPanel.from_frame(demand, plan.frequency)
    last = period_numbers(np.array(origins, "datetime64[us]"), plan.frequency) - 1
    until = np.unique([plan.origin_ends(int(period)) for period in last])
    return learn_seasons(panel, categories_of(run), plan, until).to_frame()


def _found(run: Run) -> ChunkRecord | None:
    return find_learnt(run, STAGE, SHARED)


def _learn(run: Run) -> ChunkWork:
    plan = forecast_plan(run)
    panel = DemandPanel.from_frame(read_by_series(run.staging.clean("demand")), plan.frequency)
    categories = categories_of(run)
    shared = learn_seasons(panel, categories, plan)
    if not len(shared.until):
        return ChunkWork({})
    told = report_seasons(know_seasons(panel, categories, shared))
    return ChunkWork({SHARED: shared.to_frame(), "seasonal_profiles": run.stamp(told)})
