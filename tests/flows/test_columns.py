"""Frames from input to store: ids and names are codes, and files hold them as plain text."""

import duckdb
import pandas as pd
import pytest

from flows.demo import write_demo
from flows.run import SERIES, chunks, prepare_run
from flows.sample import SampleSize
from flows.spec import RegistrySpec, load_job
from flows.steps import check, decide, predict
from storage.tables import OUTPUT_TABLES

# Texts of a row's own, which no other row shares.
OF_ITS_OWN = {"order_plans": {"reason"}, "order_exceptions": {"reason"}}
LINE_UP = dict.fromkeys(
    ["smooth", "erratic", "intermittent", "lumpy"], ("SeasonalNaive", "AutoETS")
)
PREDICTED = {
    "demand_actuals",
    "demand_forecasts",
    "forecast_accuracy",
    "accuracy_by_horizon",
    "champions",
    "forecast_weights",
    "repairs",
    "fitted_models",
    "fitted_outcomes",
    "chosen_models",
    "chosen_outcomes",
}
DECIDED = {"order_plans", "order_exceptions", "service_cost_curves"}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return each frame that chunks of forecasts and orders wrote, and its file."""
    folder = tmp_path_factory.mktemp("columns")
    job = load_job(write_demo(folder, SampleSize(warehouses=2, items=6, days=200, portfolios=1)))
    registry = RegistrySpec(folder=str(folder / "models"), champions_for=28)
    changes = {"drivers": None, "calibrate": False, "line_up": LINE_UP, "registry": registry}
    demand, stock = job.demand.model_copy(update=changes), {"paths": 50, "backtest": None}
    stock = job.stock.model_copy(update=stock | {"budgets": {}, "capacities": {}})
    run = prepare_run(job.model_copy(update={"demand": demand, "stock": stock, "risk": None}))
    frames, write = [], chunks.write_frame

    def write_and_keep(path, frame):
        frames.append((path, frame))
        write(path, frame)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "write_frame", write_and_keep)
        check.check(run)
        frames.clear()
        for number in predict.prepare(run):
            predict.forecast_chunk(run, number)
        for number in decide.prepare(run):
            decide.plan_chunk(run, number)
    return [(path.stem, path, frame) for path, frame in frames if len(frame)]


def test_every_frame_of_forecasts_and_orders_is_looked_at(written):
    assert {name for name, _, _ in written} == PREDICTED | DECIDED


def test_no_column_is_of_objects(written):
    for name, _, frame in written:
        assert set(frame.select_dtypes(object)) == OF_ITS_OWN.get(name, set()), name


def test_codes_are_in_the_order_of_their_texts(written):
    for name, _, frame in written:
        for column, own in frame.select_dtypes("category").items():
            categories = own.cat.categories.tolist()
            assert categories == sorted(set(own)), (name, column)


def test_files_hold_plain_text_in_the_order_of_ids(written):
    for name, path, frame in written:
        with duckdb.connect() as connection:
            read = connection.read_parquet(str(path))
            kinds = dict(zip(read.columns, map(str, read.types), strict=True))
            rows = read.df()
        for column in frame.select_dtypes("category"):
            assert kinds[column] == "VARCHAR", (name, column)
            assert rows[column].tolist() == frame[column].tolist(), (name, column)
        by = SERIES if "item_id" in rows else ["entity"]
        in_order = rows.sort_values(by, kind="stable")
        assert in_order.index.is_monotonic_increasing, name


def test_a_frame_without_rows_is_of_its_table(written, tmp_path):
    name, _, frame = next(each for each in written if each[0] == "champions")
    empty = frame.iloc[:0].copy()
    for column in empty.select_dtypes("category"):
        empty[column] = empty[column].cat.remove_unused_categories()
    chunks.write_frame(tmp_path / "empty.parquet", empty)
    back = pd.read_parquet(tmp_path / "empty.parquet")
    assert OUTPUT_TABLES[name].typed(back).empty
