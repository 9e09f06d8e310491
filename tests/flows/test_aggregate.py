"""Sums of forecasts: where series are forecast, and as far as their errors go together."""

from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from flows.demo import write_demo
from flows.run import SERIES
from flows.sample import SampleSize
from flows.spec import load_job
from flows.steps.aggregate import _periods, _pieces
from forecasting import calibration
from forecasting.hierarchy import DEPENDENCE
from tests.flows.sample_nights import tables_of
from tests.survival.plain import run_plain


def record_of(folder, lengths):
    """Return a chunk of forecasts, as many periods of each item as it says."""
    folder.mkdir()
    days = pd.date_range("2026-01-01", periods=5, freq="D")
    forecasts = pd.concat(
        pd.DataFrame({"warehouse_id": "w", "item_id": item, "ds": days[:n], "mean": float(n)})
        for item, n in lengths.items()
    )
    forecasts.to_parquet(folder / "demand_forecasts.parquet")
    champions = pd.DataFrame({"warehouse_id": "w", "item_id": list(lengths)})
    champions.to_parquet(folder / "champions.parquet")
    return SimpleNamespace(shard=lambda name: folder / f"{name}.parquet")


def test_each_series_comes_once_among_those_of_as_many_periods(tmp_path):
    lengths = [{"b": 5, "a": 3, "c": 5}, {"d": 3}]
    records = [record_of(tmp_path / str(n), part) for n, part in enumerate(lengths)]
    assert len(_periods(records)) == 5
    seen = []
    for forecasts, champions in _pieces(records):
        counts = forecasts.groupby("item_id", observed=True)["ds"].count()
        assert (counts == counts.iloc[0]).all()
        assert champions["item_id"].tolist() == sorted(champions["item_id"])
        assert forecasts[SERIES].drop_duplicates().equals(forecasts[SERIES].iloc[:: counts.iloc[0]])
        assert np.array_equal(champions["item_id"], counts.index)
        seen += champions["item_id"].tolist()
    assert sorted(seen) == ["a", "b", "c", "d"]


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Return the tables of a night whose series err together, and of one where they do not."""

    def night(share):
        folder = tmp_path_factory.mktemp("aggregate")
        size = SampleSize(warehouses=3, items=6, days=150, portfolios=4)
        job = load_job(write_demo(folder, size)).restricted("demand")
        changes = {
            "regions": {"rotterdam": "sea", "antwerp": "sea"},
            "windows": 2,
            "horizon": 14,
            "line_up": {},
        }
        job = job.model_copy(update={"demand": job.demand.model_copy(update=changes)})
        taught = pd.DataFrame([("total", share, 0.5)], columns=DEPENDENCE)
        with patch.object(calibration, "learn_dependence", lambda *_: taught):
            run_plain(job, report=False)
        return tables_of(job)

    return night(0.9), night(0.0)


def test_bands_of_sums_are_wider_where_series_err_together(nights):
    together, apart = (tables["aggregate_forecasts"] for tables in nights)
    pd.testing.assert_frame_equal(together.loc[:, "level":"mean"], apart.loc[:, "level":"mean"])
    width = [(rows["q90"] - rows["q10"]) for rows in (together, apart)]
    ratio = (width[0] / width[1]).groupby(together["level"]).mean()
    assert (ratio > 1.2).all()
    # More with more series in a sum.
    assert ratio["total"] > ratio["warehouse"]
    own = [tables["demand_forecasts"].drop(columns="run_id") for tables in nights]
    pd.testing.assert_frame_equal(*own, check_exact=True)


def test_regions_of_the_job_are_the_sums_of_their_warehouses(nights):
    above, below = nights[0]["aggregate_forecasts"], nights[0]["demand_forecasts"]
    regions = above[above["level"] == "region"]
    assert set(regions["region"]) == {"sea"}
    inside = below[below["warehouse_id"].isin(["rotterdam", "antwerp"])]
    assert 0 < len(inside) < len(below)
    expected = inside.groupby("ds")["mean"].sum().to_numpy()
    np.testing.assert_allclose(regions.sort_values("ds")["mean"], expected, rtol=0, atol=1e-9)
