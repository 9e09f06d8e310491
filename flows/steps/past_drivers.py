"""What drivers did, as it could be learnt at origins of the past."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from flows.run import Run
from flows.steps.driver_rows import category_of, fit_pipeline, know_drivers, lay_rows
from forecasting import DemandPanel, ForecastPlan, PanelError
from forecasting.drivers import (
    DriverEffects,
    DriverPipeline,
    enter_regression,
    group_series,
    learn_effects,
)

_PIPELINE = "pipeline"
_ORIGIN = "origin"


@dataclass(frozen=True)
class Learnt:
    """What drivers do, by what was known at an origin."""

    effects: DriverEffects
    pipeline: DriverPipeline


PastDrivers = Mapping[pd.Timestamp, Learnt]


def learn_past_drivers(
    run: Run, demand: pd.DataFrame, origins: list[pd.Timestamp], plan: ForecastPlan
) -> pd.DataFrame:
    """Return what all series before each origin say of the run's drivers.

    An origin before which nothing is recorded of a driver has none.

    Parameters
    ----------
    run : whose drivers they are
    demand : clean demand of all series
    origins : first periods that were not known
    plan : of the forecasts
    """
    frames = []
    for origin in origins:
        known, later = demand[demand["ds"] < origin], demand[demand["ds"] >= origin]
        panel = DemandPanel.from_frame(known, plan.frequency)
        try:
            rows = lay_rows(run, panel, known, later, plan.horizon)
        except PanelError:
            continue
        pipeline = fit_pipeline(run, panel, rows, plan)
        _, groups = group_series(category_of(run, panel))
        drivers = know_drivers(run, panel, rows, pipeline, groups)
        effects = learn_effects(panel.with_drivers(drivers), pipeline.names, groups, plan)
        told = effects.to_frame()
        told[_ORIGIN], told[_PIPELINE] = origin, pipeline.to_json()
        frames.append(told)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({_ORIGIN: []})


def past_drivers_of(frame: pd.DataFrame) -> PastDrivers:
    """Return what was learnt by origin, from a frame of `learn_past_drivers`."""
    learnt = {}
    for origin, own in frame.groupby(_ORIGIN):
        pipeline = DriverPipeline.from_json(str(own[_PIPELINE].iloc[0]))
        # A driver that had not moved by then has a column all the same, of later origins.
        effects = DriverEffects.from_frame(own[["until", "category", *pipeline.names]])
        learnt[pd.Timestamp(str(origin))] = Learnt(effects, pipeline)
    return learnt


def take_past_drivers(
    run: Run,
    panel: DemandPanel,
    demand: tuple[pd.DataFrame, pd.DataFrame],
    plan: ForecastPlan,
    learnt: Learnt,
) -> tuple[DemandPanel, ForecastPlan]:
    """Return a panel with its drivers, and the plan with the models that know them.

    Parameters
    ----------
    run : whose drivers they are
    panel : some series until an origin
    demand : the frame that it was made from, and the later demand of the same series
    plan : settings without drivers
    learnt : at the origin
    """
    rows = lay_rows(run, panel, *demand, plan.horizon)
    drivers = know_drivers(run, panel, rows, learnt.pipeline, learnt.effects.groups)
    return panel.with_drivers(drivers), enter_regression(plan, learnt.effects)
