"""A night whose job names drivers: what it publishes, and what a missing plan does to it."""

import pandas as pd
import pytest

from flows.demo import write_demo
from flows.run import prepare_run
from flows.sample import SampleSize
from flows.spec import load_job
from forecasting.weighing import FEWEST_SERIES
from storage.stores import open_store
from tests.survival.plain import run_plain

SMALL = SampleSize(warehouses=2, items=12, days=500, portfolios=4)
# More series of a class than it takes to learn from the class.
MANY = SampleSize(warehouses=3, items=20, days=300, portfolios=4)
PROMOTION_LIFT = 0.7
TABLES = ("driver_effects", "demand_forecasts", "champions", "failures")


def night_of(folder, *, events=True, calibrate=True):
    job = load_job(folder / "demo.toml").model_copy(update={"stock": None, "risk": None})
    demand = job.demand.model_copy(update={"calibrate": calibrate})
    job = job.model_copy(update={"demand": demand})
    if not events:
        inputs = job.inputs.model_copy(update={"calendar": None})
        job = job.model_copy(update={"inputs": inputs})
    outcome = run_plain(job, report=False)
    with open_store(prepare_run(job).store_url) as store:
        return {name: store.read(name, run_id=outcome.run_id) for name in TABLES}


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planned")
    write_demo(folder, SMALL)
    return night_of(folder)


@pytest.fixture(scope="module")
def unplanned(tmp_path_factory):
    """A night that learns nothing of classes, and one that lacks the plan of an item."""
    folders = [tmp_path_factory.mktemp(name) for name in ("planned", "unplanned")]
    for folder in folders:
        write_demo(folder, MANY)
    path = folders[1] / "inputs" / "drivers.csv"
    records = pd.read_csv(path)
    item = records["item_id"].iloc[0]
    records[records["item_id"] != item].to_csv(path, index=False)
    return item, *(night_of(folder, calibrate=False) for folder in folders)


def test_the_lift_that_made_the_sample_is_found(planned):
    effects = planned["driver_effects"].set_index(["driver", "category"])
    found = effects.loc[("promotion", "")]
    # Three standard errors of a seeded draw.
    assert abs(found["effect"] - PROMOTION_LIFT) < 3 * found["standard_error"]
    assert found["standard_error"] < 0.1


def test_a_night_with_every_plan_has_no_failure_of_drivers(planned):
    failures = planned["failures"]
    assert not failures["error_type"].eq("DriverError").any()


def test_a_missing_plan_is_named_and_changes_no_other_item(unplanned):
    """What is learnt of a class, weights and calibration, moves with each series that it has."""
    item, planned, night = unplanned
    named = night["failures"]
    named = named[named["error_type"] == "DriverError"]
    assert len(named)
    assert named["entity"].str.endswith(f"/{item}").all()
    assert named["message"].str.fullmatch(r"promotion is not known in 28 of the 28 .*").all()
    assert set(named["stage"]) <= {
        "backtest RegressionTheta",
        "backtest RegressionSmoothing",
        "backtest RegressionYearlyTheta",
    }
    own = night["demand_forecasts"]
    assert (own["item_id"] == item).sum() == (planned["demand_forecasts"]["item_id"] == item).sum()
    assert night["champions"]["demand_class"].value_counts().max() > FEWEST_SERIES
    for table in ("demand_forecasts", "champions"):
        before, after = (
            each[table][each[table]["item_id"] != item].drop(columns=["run_id", "as_of"])
            for each in (planned, night)
        )
        pd.testing.assert_frame_equal(
            before.reset_index(drop=True), after.reset_index(drop=True), check_exact=True
        )


@pytest.fixture(scope="module")
def unmoved(tmp_path_factory):
    """The same night where promotions were named but never held, and there is no calendar."""
    folder = tmp_path_factory.mktemp("unmoved")
    write_demo(folder, SMALL)
    demand = pd.read_parquet(folder / "inputs" / "demand.parquet").assign(promotion=0.0)
    demand.to_parquet(folder / "inputs" / "demand.parquet", index=False)
    path = folder / "inputs" / "drivers.csv"
    pd.read_csv(path).assign(value=0.0).to_csv(path, index=False)
    return night_of(folder, events=False)


def test_a_driver_that_never_moved_has_no_effect_and_fails_nothing(planned, unmoved):
    assert not len(unmoved["driver_effects"])
    assert not unmoved["failures"]["error_type"].eq("DriverError").any()
    assert len(unmoved["demand_forecasts"]) == len(planned["demand_forecasts"])
