"""Series that are forecast for fewer periods than others are added up where they are."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from flows.run import SERIES
from flows.steps.aggregate import _periods, _pieces


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
