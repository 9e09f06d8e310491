"""Refused demand moves no other series, nor what is learnt of all of them, by a bit."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting import DemandPanel, category_profiles, forecast_demand, learn_calibration
from forecasting.panel import LARGEST_QUANTITY
from storage.checks import CheckPlan
from storage.tables.demand import DEMAND
from tests.forecasting.demand import START, daily_plan, frame_of, mixed_series
from tests.storage.inputs import check, clean

# Demand may be known for longer than most series have it.
NIGHT, KNOWN = date(2023, 8, 9), date(2023, 8, 31)
DAYS = 220
COLUMNS = ["warehouse_id", "item_id", "ds", "quantity"]


def bad(item, quantities, ds=None):
    days = pd.date_range(START, periods=len(quantities)) if ds is None else ds
    return pd.DataFrame({"warehouse_id": "W1", "item_id": item, "ds": days, "quantity": quantities})


def bad_series():
    """Return a frame for each kind of series that is refused whole, by what it breaks."""
    fine, late = np.full(DAYS, 90.0), pd.date_range("2023-01-20", periods=DAYS)
    off = pd.date_range("2023-01-02 12:30", periods=DAYS)
    shared = pd.concat([bad("x/y", fine), bad("y", fine).assign(warehouse_id="W1/x")])
    return {
        "missing": bad("nothing", np.full(DAYS, np.nan)),
        "not_finite": bad("endless", np.full(DAYS, np.inf)),
        "negative": bad("negative", -fine),
        "too_large": bad("vast", np.full(DAYS, 1e160)),
        "off_grid": bad("noon", fine, off),
        "future": bad("tomorrow", fine, pd.date_range("2030-01-01", periods=DAYS)),
        "shared_name": shared,
        "gap": bad("holes", fine, late).drop(index=[50, 51]),
    }


def learnt(folder, demand):
    """Return codes of what was refused, and the frames that a night makes of the rest."""
    text = demand.assign(ds=demand["ds"].dt.strftime("%Y-%m-%d %H:%M:%S"))
    report = check(folder, CheckPlan(KNOWN, "D", "reject", minimum_history=42), demand=text)
    plan = daily_plan(windows=3)
    panel = DemandPanel.from_frame(clean(report, "demand"), "D")
    profiles = category_profiles(panel, {}, plan)
    calibration = learn_calibration(panel, plan)
    found = forecast_demand(panel, plan, NIGHT, profiles, {}, calibration)
    frames = (
        profiles.to_frame(),
        calibration.levels,
        calibration.weighings,
        calibration.evaluation,
        *(found.forecasts, found.champions, found.accuracy, found.weights, found.anomalies),
    )
    return set(report.rejects["code"]), frames


def good_demand():
    series = {key: y for key, y in mixed_series(days=DAYS).items() if len(y) == DAYS}
    return frame_of(series)[COLUMNS]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    codes, frames = learnt(tmp_path_factory.mktemp("alone"), good_demand())
    assert not codes
    return frames


@pytest.mark.parametrize("kind", [*bad_series(), "all of them"])
def test_refused_series_move_nothing_that_is_pooled(tmp_path, alone, kind):
    every = bad_series()
    added = [every[kind]] if kind in every else list(every.values())
    # Before the others by id, so that a place taken by one of them would show.
    before = [frame.assign(warehouse_id="A" + frame["warehouse_id"]) for frame in added]
    codes, found = learnt(tmp_path, pd.concat([*added, *before, good_demand()]))
    assert codes - {"no_valid_rows"} == ({kind} if kind in every else set(every))
    for one, other in zip(found, alone, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_refused_last_day_is_no_day_without_a_sale(tmp_path):
    demand = good_demand()
    of_series = demand.groupby(["warehouse_id", "item_id"])["quantity"]
    last = demand[of_series.transform("min") > 5.0].drop_duplicates("item_id", keep="last")
    demand.loc[last.index, "quantity"] = np.nan
    codes, found = learnt(tmp_path, demand)
    assert codes == {"missing"}
    forecasts, anomalies = found[4], found[-1]
    assert len(forecasts) == len(of_series) * daily_plan().horizon
    named = anomalies.merge(last, on=["warehouse_id", "item_id", "ds"])
    assert len(last) > 0
    assert named.empty


def test_checks_and_panels_have_one_bound_on_quantities():
    assert DEMAND.column("quantity").most == LARGEST_QUANTITY


def test_a_series_that_is_not_refused_is_in_what_is_pooled(tmp_path, alone):
    codes, found = learnt(tmp_path, pd.concat([bad("fine", np.full(DAYS, 90.0)), good_demand()]))
    assert not codes
    assert found[0]["level"][0] != alone[0]["level"][0]
