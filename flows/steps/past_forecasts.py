"""Forecasts as they would have been made at origins of the past."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flows.run import SERIES, Failed, Run, as_failed, entity_words
from flows.steps.closures import past_closures, take_past_closures
from flows.steps.past_drivers import PastDrivers, learn_past_drivers, take_past_drivers
from flows.steps.predict_plan import forecast_plan
from flows.steps.seasons import past_seasons
from forecasting import (
    Calibration,
    CategoryProfiles,
    DemandPanel,
    ForecastPlan,
    SharedSeasons,
    category_profiles,
    forecast_demand,
    know_seasons,
    learn_calibration,
    sample_paths,
)
from inventory import keys_of
from kernels.arrays import Floats

STAGE = "replay"


@dataclass(frozen=True)
class PastLearnt:
    """What all series say together at the origins of a replay.

    Parameters
    ----------
    drivers : what was learnt of them, by origin; an origin without is forecast without
    shared : what series share of seasons, as known at each origin
    closed : as `past_closed_days` returns them
    """

    drivers: PastDrivers
    shared: SharedSeasons
    closed: pd.DataFrame


@dataclass(frozen=True)
class PastPaths:
    """Paths of demand by series, and the series that an origin could not forecast.

    Parameters
    ----------
    paths : by (warehouse_id, item_id), (n_paths, horizon) float64 of each origin, units per period
    failures : series that have none
    """

    paths: dict[tuple[str, str], list[Floats]]
    failures: list[Failed]


def past_profiles(run: Run, demand: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Return category profiles of what was known before ``first``.

    Parameters
    ----------
    run : settings of the forecast
    demand : clean demand of all series, sorted by series and ds
    first : start of the first period that was not known
    """
    plan = _plan(run)
    known = DemandPanel.from_frame(demand[demand["ds"] < first], plan.frequency)
    return category_profiles(known, _categories(run), plan).to_frame()


def past_drivers(run: Run, demand: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Return what could be learnt of the run's drivers at each origin; nothing without drivers.

    Parameters
    ----------
    run : whose drivers they are
    demand : as in `past_profiles`
    first : start of the first period replayed, the first origin
    """
    assert run.job.demand is not None
    named = run.job.demand.drivers is not None
    origins = _origins(run, demand, first) if named else []
    return learn_past_drivers(run, demand, origins, _plan(run))


def past_shared_seasons(run: Run, demand: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Return what series shared of seasons at each origin.

    Parameters
    ----------
    run : whose categories they are
    demand : as in `past_profiles`
    first : start of the first period replayed, the first origin
    """
    return past_seasons(run, demand, _origins(run, demand, first), _plan(run))


def past_closed_days(run: Run, demand: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Return the days that were known to be closed ahead at each origin.

    Parameters
    ----------
    run : whose warehouses they are
    demand : as in `past_profiles`
    first : start of the first period replayed, the first origin
    """
    return past_closures(run, _origins(run, demand, first), _plan(run).horizon)


def past_calibration(
    run: Run,
    demand: pd.DataFrame,
    first: pd.Timestamp,
    learnt: PastLearnt,
) -> Calibration:
    """Return what series said before ``first`` of quantiles and weights, if the job calibrates.

    It stands for the whole replay, as a night's stands for `[demand.registry] champions_for`
    periods: to learn it at every origin would take as long as the replay.

    Parameters
    ----------
    run : whose demand it is
    demand : clean demand of the series replayed, sorted by series and ds
    first : start of the first period replayed, the first origin
    learnt : at the first origin and the others
    """
    assert run.job.demand is not None
    if demand.empty or not run.job.demand.calibrate:
        return Calibration.nothing()
    panel, plan = _known(run, demand, first, learnt)
    # No other task runs beside this one.
    return learn_calibration(panel, plan, run.job.execution.workers)


def forecast_past(
    run: Run,
    demand: pd.DataFrame,
    first: pd.Timestamp,
    profiles: pd.DataFrame,
    learnt: PastLearnt,
    calibration: Calibration,
) -> PastPaths:
    """Forecast every series at each origin, from what was known before it alone.

    That is demand, and the plan of drivers that are known ahead: as it came to be.

    Parameters
    ----------
    run : settings of the forecast and of the replay
    demand : clean demand of the series, sorted by series and ds
    first : start of the first period replayed, the first origin
    profiles : as `past_profiles` returns them
    learnt : at each origin
    calibration : as `past_calibration` returns it
    """
    spec = run.job.stock.backtest if run.job.stock else None
    assert spec is not None
    categories = _categories(run)
    known_profiles = CategoryProfiles.from_frame(profiles)
    paths: dict[tuple[str, str], list[Floats]] = {}
    failed: dict[str, Failed] = {}
    origins = _origins(run, demand, first)
    words = _words(demand)
    for origin in origins:
        panel, plan = _known(run, demand, origin, learnt)
        night = pd.Timestamp(panel.last_ds.max()).date()
        told = (panel, plan, night, known_profiles, categories, calibration)
        result = forecast_demand(*told, judged=False)
        keys = keys_of(result.champions)
        entities = np.array([words[key] for key in keys], np.uint64)
        found = result.forecasts, result.champions
        drawn = sample_paths(*found, entities, spec.paths, run.job.seed)
        for n, key in enumerate(keys):
            paths.setdefault(key, []).append(drawn[n])
        failed |= {each.entity: each for each in as_failed("stock", result.failures, STAGE)}
    whole = {key: own for key, own in paths.items() if len(own) == len(origins)}
    return PastPaths(whole, list(failed.values()))


def _known(
    run: Run,
    demand: pd.DataFrame,
    origin: pd.Timestamp,
    learnt: PastLearnt,
) -> tuple[DemandPanel, ForecastPlan]:
    """Return what was known before an origin, and the plan with the models that it allows."""
    plan = _plan(run)
    known = demand[demand["ds"] < origin]
    panel = DemandPanel.from_frame(known, plan.frequency)
    panel = know_seasons(panel, _categories(run), learnt.shared)
    panel = take_past_closures(panel, learnt.closed, origin, plan.horizon)
    if origin not in learnt.drivers:
        return panel, plan
    told = (known, demand[demand["ds"] >= origin])
    return take_past_drivers(run, panel, told, plan, learnt.drivers[origin])


def _words(demand: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Return the entity of each series, by its ids."""
    series = demand[SERIES].drop_duplicates(ignore_index=True)
    return dict(zip(keys_of(series), entity_words(series, SERIES).tolist(), strict=True))


def _origins(run: Run, demand: pd.DataFrame, first: pd.Timestamp) -> list[pd.Timestamp]:
    spec = run.job.stock.backtest if run.job.stock else None
    assert spec is not None
    periods = np.sort(demand.loc[demand["ds"] >= first, "ds"].unique())
    return [pd.Timestamp(period) for period in periods[:: spec.refresh]]


def _plan(run: Run) -> ForecastPlan:
    """Return the night's plan, reaching as much further as a forecast grows old."""
    assert run.job.stock is not None
    spec = run.job.stock.backtest
    assert spec is not None
    plan = forecast_plan(run)
    return replace(
        plan, horizon=plan.horizon + spec.refresh, windows=spec.windows, step=plan.horizon
    )


def _categories(run: Run) -> pd.Series:
    items = pd.read_parquet(run.staging.clean("items"), columns=["item_id", "category"])
    return items.set_index("item_id")["category"]
