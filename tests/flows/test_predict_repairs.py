"""Anomalies as repairs: a row each, under a code, saying what was done."""

import pandas as pd

from flows.steps.predict_repairs import repairs_of
from forecasting.anomalies import ANOMALIES
from storage.tables import REPAIRS


def anomaly(kind, capped):
    ds = pd.Timestamp("2026-03-01")
    return dict(zip(ANOMALIES, ["W", "A", ds, kind, 9.0, 1.0, capped], strict=True))


def test_each_anomaly_is_a_repair_that_says_what_was_done():
    kinds = [("outlier", True), ("outlier", False), ("level shift", False), ("anomaly", False)]
    found = repairs_of(pd.DataFrame([anomaly(*kind) for kind in kinds]))
    assert found["code"].tolist() == ["outlier", "outlier", "level_shift", "anomaly"]
    assert found["detail"].nunique() == 4
    assert set(found["entity"]) == {"W/A"}
    assert set(REPAIRS.column_names[2:]) == {"number", *found.columns}


def test_no_anomaly_is_no_repair_and_the_same_columns():
    found = repairs_of(pd.DataFrame(columns=ANOMALIES))
    assert len(found) == 0
    assert "detail" in found
