"""What a night learns of years is what its chunks forecast with."""

import numpy as np
import pandas as pd
import pytest

from flows.run import prepare_run
from flows.spec import JobSpec
from flows.steps import seasons
from flows.steps.predict_plan import forecast_plan
from forecasting import SharedSeasons, learn_seasons
from storage.stores import open_store
from tests.forecasting.demand import frame_of
from tests.forecasting.test_shared_seasons import NOTHING, demand, shops
from tests.survival.plain import run_plain

# Three years, and 40 weeks of the last shop.
SHOPS = dict(enumerate(demand(7, noise=0.1)))


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """One night in a chunk, one in several, and one that could learn nothing of years."""
    source = tmp_path_factory.mktemp("shops")
    sold = {(f"W{n}", "milk"): y for n, y in SHOPS.items()}
    frame = frame_of(sold, frequency="W", start="2021-01-04")
    begun = frame["ds"].drop_duplicates().iloc[-40]
    frame = frame[(frame["warehouse_id"] != "W6") | (frame["ds"] >= begun)]
    frame = frame.drop(columns=["censored", "repaired"])
    frame.to_parquet(source / "demand.parquet", index=False)
    return {
        name: _night(source, tmp_path_factory.mktemp(name), size, learns=name != "unlearnt")
        for name, size in (("whole", 10), ("parts", 2), ("unlearnt", 10))
    }


def _night(source, folder, size, *, learns):
    job = JobSpec.model_validate(
        {
            "name": "shops",
            "as_of": "2023-12-31",
            "inputs": {"demand": {"path": str(source / "demand.parquet")}},
            "demand": {"frequency": "W", "horizon": 13, "windows": 3, "calibrate": False},
            "outputs": {"store": f"duckdb:{folder}/store.duckdb", "staging": str(folder / "kept")},
            "execution": {"chunk_entities": size},
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        if not learns:
            patch.setattr(seasons, "learn_seasons", _fails)
        outcome = run_plain(job, report=False)
    run = prepare_run(job)
    with open_store(run.store_url) as store:
        names = "demand_forecasts", "failures", "seasonal_profiles"
        return run, {name: store.read(name, run_id=outcome.run_id) for name in names}


def _fails(*_):
    raise ValueError("no such year")


def test_chunks_of_any_size_forecast_with_what_all_series_share(nights):
    (_, whole), (_, parts) = nights["whole"], nights["parts"]
    own = ["run_id"]
    pd.testing.assert_frame_equal(
        whole["demand_forecasts"].drop(columns=own),
        parts["demand_forecasts"].drop(columns=own),
        check_exact=True,
    )
    assert whole["failures"].empty


def test_a_night_learns_what_the_library_does(nights):
    run, _ = nights["whole"]
    shard = run.staging.chunk(seasons.STAGE, 0) / f"{seasons.SHARED}.parquet"
    found = SharedSeasons.from_frame(pd.read_parquet(shard))
    assert found.groups == (("item", "milk"),)
    series = [y for n, y in SHOPS.items() if n < 6]
    expected = learn_seasons(shops(series), NOTHING, forecast_plan(run))
    np.testing.assert_allclose(
        found.year.coefficients[-1], expected.year.coefficients[-1], rtol=1e-9
    )


def test_a_night_publishes_the_year_of_an_item(nights):
    (_, whole), (_, without) = nights["whole"], nights["unlearnt"]
    told = whole["seasonal_profiles"].sort_values("ds", ignore_index=True)
    assert len(told) == 52
    assert told["ds"].iloc[0] == whole["demand_forecasts"]["ds"].min()
    assert without["seasonal_profiles"].empty
    # Sharp once a year, when its angle is a multiple of a whole turn.
    year = demand(1, n=208, noise=0.0)[0][156:]
    assert abs(int(told["multiple"].idxmax()) - int(year.argmax())) <= 1


def test_a_night_that_learns_nothing_of_years_says_so_and_forecasts_all_the_same(nights):
    (_, whole), (_, without) = nights["whole"], nights["unlearnt"]
    failure = without["failures"].iloc[0]
    assert (failure["stage"], failure["entity"]) == (seasons.STAGE, seasons.EVERY_GROUP)
    assert "no such year" in failure["message"]
    told, other = (tables["demand_forecasts"] for tables in (whole, without))
    assert len(told) == len(other) == 7 * 13
    assert not np.allclose(told["mean"], other["mean"])


def test_a_shop_of_half_a_year_is_forecast_with_the_season_of_its_item(nights):
    truth = demand(7, n=169, noise=0.0)[6][156:]
    errors = {}
    for name in ("whole", "unlearnt"):
        forecasts = nights[name][1]["demand_forecasts"]
        own = forecasts[forecasts["warehouse_id"] == "W6"].sort_values("ds")
        errors[name] = np.abs(own["mean"].to_numpy() - truth).mean()
    assert errors["whole"] < 0.5 * errors["unlearnt"]
