"""Checks on real data: what its documentation counts is what is found."""

from datetime import date

import pytest

from storage.checks import CheckPlan, check_inputs
from storage.inputs import InputSource
from tests.storage.inputs import clean, codes


@pytest.mark.parametrize(
    ("file", "columns", "constants", "plan", "rows", "entities", "refused"),
    [
        # The folder's README counts 1,285 negatives and 6,122 nulls.
        ("walmart_store_dept_weekly", {"quantity": "y"}, {}, CheckPlan(date(2012, 10, 31), "W"),
         421_570, 3_331, {"negative": 1_285}),
        ("carparts_monthly", {"quantity": "y", "item_id": "unique_id"}, {"warehouse_id": "all"},
         CheckPlan(date(2012, 10, 31), "MS"), 136_374, 2_674, {"missing": 6_122}),
        ("vn1_weekly_26w", {"quantity": "y"}, {}, CheckPlan(date(2024, 4, 7), "W"),
         391_378, 15_053, {}),
    ],
)  # fmt: skip
def test_demand_of_the_record(
    real_data, tmp_path, file, columns, constants, plan, rows, entities, refused
):
    source = InputSource("demand", (real_data / f"{file}.parquet",), columns, constants)
    report = check_inputs({"demand": source}, plan, tmp_path)
    checked = report.inputs["demand"]
    assert (checked.rows_in, len(checked.entities_in)) == (rows, entities)
    assert codes(report, "row") == refused
    kept = clean(report, "demand")
    assert (~kept["repaired"]).sum() == rows - sum(refused.values())
    assert kept["repaired"].sum() == report.repairs["periods"].sum()
    series = kept.groupby(["warehouse_id", "item_id"])
    assert series.ngroups == entities - len(checked.entities_rejected)
    # A grid without holes that ends with the table.
    assert (series["ds"].max() == kept["ds"].max()).all()
    if plan.frequency == "W":
        span = (series["ds"].max() - series["ds"].min()).dt.days // 7 + 1
        assert (span == series.size()).all()


def test_prices_of_the_record_share_one_calendar(real_data, tmp_path):
    source = InputSource(
        "prices", (real_data / "prices_sp500_2013_2018.parquet",), {"instrument_id": "ticker"}
    )
    report = check_inputs({"prices": source}, CheckPlan(date(2018, 2, 7)), tmp_path)
    checked, kept = report.inputs["prices"], clean(report, "prices")
    assert (checked.rows_in, len(checked.entities_in)) == (619_040, 505)
    calendar = kept["ds"].drop_duplicates().sort_values(ignore_index=True)
    assert len(calendar) == 1_259
    ends = kept.groupby("instrument_id")["ds"].agg(["min", "max", "size"])
    assert (ends["max"] == calendar.iloc[-1]).all()
    expected = len(calendar) - calendar.searchsorted(ends["min"])
    assert (ends["size"] == expected).all()
    assert len(ends) + len(checked.entities_rejected) == 505
