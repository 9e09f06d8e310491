"""Days on which the run's warehouses are shut, found once for all chunks of a night."""

import duckdb
import pandas as pd

from flows.run import ChunkRecord, ChunkWork, Run
from flows.steps.learnt import find_learnt, learn_once
from flows.steps.predict_plan import forecast_plan
from forecasting import DemandPanel, find_closed_days, know_closures

STAGE = "closures"
CLOSED = "closed_days"
# What is told of a fault that is no series' own, nor of a warehouse that the input closures names.
OF_DAYS, EVERY_WAREHOUSE = "closed days", "every warehouse"
_HOURS = {"h": 24, "D": 1}
_ORIGIN = "origin"


def learn_closures(run: Run) -> ChunkRecord:
    """Find the days on which the run's warehouses were shut, and those ahead."""
    return learn_once(run, STAGE, (OF_DAYS, EVERY_WAREHOUSE), _learn)


def closures_content(run: Run) -> str:
    """Return what stands for the closures in the key of a chunk that is made with them."""
    record = _found(run)
    return "no closures" if record is None else record.checksums[CLOSED]


def take_closures(run: Run, panel: DemandPanel) -> DemandPanel:
    """Return a panel that knows when its warehouses are shut ahead, where that was found.

    Parameters
    ----------
    run : with its closures found
    panel : some series
    """
    record = _found(run)
    if record is None:
        return panel
    return know_closures(panel, pd.read_parquet(record.shard(CLOSED)), forecast_plan(run).horizon)


def past_closures(run: Run, origins: list[pd.Timestamp], horizon: int) -> pd.DataFrame:
    """Return the days ahead that were known to be closed at origins of a replay.

    Parameters
    ----------
    run : whose warehouses they are
    origins : first periods that were not known
    horizon : periods ahead

    Returns
    -------
    Frame of origin, warehouse_id and ds.
    """
    days, declared = _read_days(run), _read_declared(run)
    found: list[pd.DataFrame] = [
        find_closed_days(
            days[days["ds"] < origin.normalize()], declared, _days_ahead(run, horizon)
        ).assign(**{_ORIGIN: origin})
        for origin in origins
    ]
    known = pd.concat(found, ignore_index=True)
    ahead = known["ds"] >= known[_ORIGIN].dt.normalize()
    return known.loc[ahead, [_ORIGIN, "warehouse_id", "ds"]]


def take_past_closures(
    panel: DemandPanel, closed: pd.DataFrame, origin: pd.Timestamp, horizon: int
) -> DemandPanel:
    """Return a panel that knows what was known at an origin of when its warehouses would be shut.

    Parameters
    ----------
    panel : some series, as known before the origin
    closed : as `past_closures` returns them
    origin : first period that was not known
    horizon : periods ahead
    """
    return know_closures(panel, closed[closed[_ORIGIN] == origin], horizon)


def _found(run: Run) -> ChunkRecord | None:
    return find_learnt(run, STAGE, CLOSED)


def _learn(run: Run) -> ChunkWork:
    ahead = _days_ahead(run, forecast_plan(run).horizon)
    found = find_closed_days(_read_days(run), _read_declared(run), ahead)
    return ChunkWork({CLOSED: run.stamp(found)})


def _days_ahead(run: Run, horizon: int) -> int:
    """Return how many days a horizon of periods reaches into; of hours, the last may have some."""
    hours = _HOURS.get(forecast_plan(run).frequency, 1)
    return -(-horizon // hours) + hours // 24


def _read_days(run: Run) -> pd.DataFrame:
    """Return what each warehouse sold on each day, and whether it was closed.

    Weeks and longer periods have none.
    """
    of_days = forecast_plan(run).frequency in _HOURS
    with duckdb.connect() as connection:
        connection.read_parquet(str(run.staging.clean("demand"))).create_view("demand")
        days: pd.DataFrame = connection.execute(
            "SELECT warehouse_id, date_trunc('day', ds) AS ds, sum(quantity) AS units, "
            "bool_or(closed) AS closed FROM demand WHERE $of_days GROUP BY ALL ORDER BY ALL",
            {"of_days": of_days},
        ).df()
    return days


def _read_declared(run: Run) -> pd.DataFrame | None:
    path = run.staging.clean("closures")
    if not path.exists():
        return None
    declared = pd.read_parquet(path)
    # A file without the column has closures alone.
    return declared.assign(closed=declared["closed"].astype("boolean").fillna(True).astype(bool))
