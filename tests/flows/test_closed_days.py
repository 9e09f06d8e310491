"""A night with closed days: found, declared and kept, by any chunks, in forecasts and replays."""

import pandas as pd
import pytest

from flows.run import forget_failed, prepare_run
from flows.spec import JobSpec
from flows.steps import closures
from flows.steps.closures import past_closures
from storage.stores import open_store
from tests.storage.test_closures import shop
from tests.survival.plain import run_plain

DAYS = pd.date_range("2022-12-01", "2024-12-20")
CHRISTMASES = ["2022-12-25", "2023-12-25"]
# One of a summer in the first shop alone, and one that the second will have.
FOUND, DECLARED = "2024-07-17", "2024-12-22"
LINE_UP = {name: ["SimpleExponentialSmoothing"] for name in ("smooth", "erratic")}
TABLES = "closed_days", "demand_forecasts", "aggregate_forecasts", "repairs", "failures"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    source = tmp_path_factory.mktemp("shops")
    shops = [
        shop([*CHRISTMASES, FOUND], days=DAYS, items=6),
        shop(CHRISTMASES, warehouse="south", days=DAYS, items=6, seed=2),
    ]
    pd.concat(shops).to_csv(source / "demand.csv", index=False)
    (source / "closures.csv").write_text(f"warehouse_id,ds\nsouth,{DECLARED}\nelsewhere,{FOUND}\n")
    return source


@pytest.fixture(scope="module")
def nights(source, tmp_path_factory):
    return {n: _run(_job(source, tmp_path_factory.mktemp("kept"), n)) for n in (4, 100)}


def _job(source, folder, size):
    return JobSpec.model_validate(
        {
            "name": "shops",
            "as_of": "2024-12-20",
            "inputs": {
                name: {"path": str(source / f"{name}.csv")} for name in ("demand", "closures")
            },
            "demand": {"horizon": 14, "windows": 2, "line_up": LINE_UP},
            "outputs": {"store": f"duckdb:{folder}/store.duckdb", "staging": str(folder / "kept")},
            "execution": {"chunk_entities": size},
        }
    )


def _run(job, *, again=False):
    outcome = run_plain(job, report=False, again=again)
    run = prepare_run(job)
    with open_store(run.store_url) as store:
        return run, {name: store.read(name, run_id=outcome.run_id) for name in TABLES}


def test_closed_days_are_told_with_their_reason(nights):
    _, tables = nights[100]
    told = tables["closed_days"].assign(day=lambda own: own["ds"].dt.strftime("%Y-%m-%d"))
    columns = ["warehouse_id", "day", "reason"]
    assert [tuple(row) for row in told[columns].astype(str).itertuples(index=False)] == [
        ("north", "2022-12-25", "found"),
        ("north", "2023-12-25", "found"),
        ("north", FOUND, "found"),
        ("north", "2024-12-25", "kept"),
        ("south", "2022-12-25", "found"),
        ("south", "2023-12-25", "found"),
        ("south", DECLARED, "declared"),
        ("south", "2024-12-25", "kept"),
    ]
    assert tables["failures"].empty


def test_nothing_is_forecast_of_what_is_shut_ahead_nor_of_sums_of_it(nights):
    _, tables = nights[100]
    shut = {("north", "2024-12-25"), ("south", DECLARED), ("south", "2024-12-25")}
    forecasts = tables["demand_forecasts"]
    day = forecasts["ds"].dt.strftime("%Y-%m-%d")
    pairs = pd.Series(list(zip(forecasts["warehouse_id"], day, strict=True)))
    gone = pairs.isin(shut).to_numpy()
    assert gone.sum() == 3 * 6
    assert (forecasts.loc[gone, ["mean", "q01", "q99"]] == 0.0).all(axis=None)
    assert (forecasts.loc[~gone, "q99"] > 0.0).all()
    summed = tables["aggregate_forecasts"]
    whole = summed[(summed["level"] == "total") & (summed["ds"] == "2024-12-25")]
    assert (whole[["mean", "q99"]] == 0.0).all(axis=None)


def test_chunks_of_any_size_know_the_same(nights):
    (_, parts), (_, whole) = nights[4], nights[100]
    for name in ("closed_days", "demand_forecasts"):
        own = [tables[name].drop(columns="run_id") for tables in (parts, whole)]
        pd.testing.assert_frame_equal(*own, check_exact=True)


def test_an_origin_of_the_past_knows_what_was_known_there(nights):
    run, _ = nights[100]
    origins = [pd.Timestamp("2023-12-20"), pd.Timestamp("2024-12-20")]
    found = past_closures(run, origins, 7).astype({"warehouse_id": str})
    told = [tuple(row) for row in found.itertuples(index=False)]
    # By the first, one Christmas had been; what is declared was planned.
    assert told == [
        (origins[1], "north", pd.Timestamp("2024-12-25")),
        (origins[1], "south", pd.Timestamp(DECLARED)),
        (origins[1], "south", pd.Timestamp("2024-12-25")),
    ]


def test_an_origin_within_a_day_does_not_know_that_the_day_was_closed(nights):
    run, _ = nights[100]
    assert past_closures(run, [pd.Timestamp(f"{FOUND} 12:00")], 1).empty


def test_closures_that_fail_stop_no_night_and_a_retry_finds_them(source, nights, tmp_path):
    def fails(*_):
        message = "no such day"
        raise ValueError(message)

    job = _job(source, tmp_path, 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(closures, "find_closed_days", fails)
        run, without = _run(job)
    (failure,) = without["failures"].to_dict("records")
    assert (failure["stage"], failure["entity"]) == (closures.STAGE, closures.EVERY_WAREHOUSE)
    assert without["closed_days"].empty
    assert (without["demand_forecasts"]["q99"] > 0.0).all()
    assert forget_failed(run).chunks == 1
    _, healed = _run(job, again=True)
    assert healed["failures"].empty
    for name in ("closed_days", "demand_forecasts"):
        expected = nights[100][1][name].drop(columns="run_id")
        pd.testing.assert_frame_equal(healed[name].drop(columns="run_id"), expected)
