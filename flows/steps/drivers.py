"""Drivers: what moves demand, learnt once for all chunks of a night."""

import pandas as pd

from flows.errors import JobRefusedError
from flows.run import ChunkRecord, ChunkWork, Run, read_by_series
from flows.steps.driver_rows import (
    category_of,
    driver_plan,
    fit_pipeline,
    know_drivers,
    lay_rows,
)
from flows.steps.learnt import find_learnt, learn_once
from flows.steps.model_folder import StoredModel, champion_of
from flows.steps.predict_plan import forecast_plan
from forecasting import DemandPanel, ForecastPlan
from forecasting.drivers import (
    DriverEffects,
    DriverPipeline,
    enter_model,
    enter_regression,
    group_series,
    learn_effects,
)

STAGE = "drivers"
EFFECTS, PIPELINE = "learnt_effects", "driver_pipeline"
# What is told of a fault that is no series' own.
EVERY_DRIVER = "every driver"
GLOBAL_MODEL = "GlobalTrees"


def learn_drivers(run: Run) -> ChunkRecord:
    """Fit the pipeline of the run's drivers, and learn what they do, from all its series."""
    return learn_once(run, STAGE, ("driver effects", EVERY_DRIVER), _learn)


def drivers_content(run: Run) -> str:
    """Return what stands for the drivers in the key of a chunk that is made with them."""
    record = _found(run)
    return "no drivers" if record is None else record.checksums[EFFECTS]


def take_drivers(
    run: Run, panel: DemandPanel, demand: pd.DataFrame, plan: ForecastPlan
) -> tuple[DemandPanel, ForecastPlan]:
    """Return a panel with its drivers, and the plan with the models that know them.

    Both stay as they are where the job names neither drivers nor a global model, or nothing could
    be learnt of the drivers.

    Parameters
    ----------
    run : with its drivers learnt
    panel : some series
    demand : the frame that it was made from
    plan : settings without drivers
    """
    record, stored = _found(run), champion_of(run.job)
    if record is None and stored is None:
        return panel, plan
    rows = lay_rows(run, panel, demand)
    if record is None:
        assert stored is not None
        groups, pipeline = stored.trained.recipe.groups, stored.pipeline
    else:
        effects = DriverEffects.from_frame(pd.read_parquet(record.shard(EFFECTS)))
        text = str(pd.read_parquet(record.shard(PIPELINE))["pipeline"].iloc[0])
        groups, pipeline = effects.groups, DriverPipeline.from_json(text)
        plan = enter_regression(plan, effects)
    if stored is not None:
        plan = enter_model(plan, GLOBAL_MODEL, stored.trained.model(groups))
    return panel.with_drivers(know_drivers(run, panel, rows, pipeline, groups)), plan


def refuse_other_model(run: Run) -> None:
    """Refuse a run whose global model was taught for another forecast.

    Raises
    ------
    JobRefusedError
        Where grid, season, horizon or drivers are others than those of the job.
    """
    stored = champion_of(run.job)
    if stored is None:
        return
    plan, recipe = forecast_plan(run), stored.trained.recipe
    own = {"frequency": plan.frequency, "season_length": plan.season_length}
    own["horizon"] = plan.horizon
    for name, value in own.items():
        if getattr(recipe, name) != value:
            raise JobRefusedError(_teach_anew(stored, name, getattr(recipe, name), value))
    named = dict(driver_plan(run).drivers)
    for column in stored.pipeline.columns:
        if named.get(column.name) != column.knowledge:
            known = named.get(column.name, "not named")
            what = f"drivers.{column.name}"
            raise JobRefusedError(_teach_anew(stored, what, column.knowledge, known))
    if stored.pipeline.events and not driver_plan(run).events:
        raise JobRefusedError(_teach_anew(stored, "drivers.events", "true", "false"))


def _teach_anew(stored: StoredModel, name: str, taught: object, now: object) -> str:
    return (
        f"the global model {stored.version} was taught with {name} = {taught}, and the job has "
        f"{now}; teach one anew with `almanac train`"
    )


def _found(run: Run) -> ChunkRecord | None:
    return find_learnt(run, STAGE, EFFECTS)


def _learn(run: Run) -> ChunkWork:
    plan, stored = forecast_plan(run), champion_of(run.job)
    demand = read_by_series(run.staging.clean("demand"))
    panel = DemandPanel.from_frame(demand, plan.frequency)
    rows = lay_rows(run, panel, demand)
    # Trees were taught columns, so theirs are what the night has.
    pipeline = stored.pipeline if stored is not None else fit_pipeline(run, panel, rows, plan)
    _, groups = group_series(category_of(run, panel))
    known = know_drivers(run, panel, rows, pipeline, groups)
    effects = learn_effects(panel.with_drivers(known), pipeline.names, groups, plan)
    return ChunkWork(
        {
            EFFECTS: effects.to_frame(),
            PIPELINE: pd.DataFrame({"pipeline": [pipeline.to_json()]}),
            "driver_effects": run.stamp(effects.report(pipeline)),
        }
    )
