"""Panels: histories end to end, on a checked grid."""

import re

import numpy as np
import pandas as pd
import pytest

from forecasting import DemandPanel, PanelError
from forecasting.moments import measure_moments
from forecasting.panel import Batch
from tests.forecasting.demand import frame_of, mixed_series, panel_of


def test_a_panel_holds_each_series_as_it_was():
    series = mixed_series()
    panel = panel_of(series)
    assert list(panel.entities) == [f"{w}/{i}" for w, i in series]
    for number, values in enumerate(series.values()):
        assert np.array_equal(panel.batch.series(number), values)


def test_a_cut_drops_the_end_and_keeps_the_last_of_the_rest():
    batch = Batch(np.arange(12.0), np.array([0, 5, 12]))
    cut = batch.cut(np.array([1, 0]), np.array([2, 1]), 3)
    assert cut.series(0).tolist() == [7.0, 8.0, 9.0]
    assert cut.series(1).tolist() == [1.0, 2.0, 3.0]
    assert batch.cut(np.array([0]), np.array([0]), None).series(0).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("frequency", "step"), [("h", "h"), ("D", "D"), ("W", "7D"), ("MS", "MS"), ("QS", "QS")]
)
def test_the_future_continues_the_grid(frequency, step):
    panel = panel_of(
        {("W", "A"): np.ones(5), ("W", "B"): np.ones(8)}, frequency, start="2024-01-01"
    )
    for number, length in enumerate([5, 8]):
        dates = pd.date_range("2024-01-01", periods=length + 4, freq=step)
        assert np.array_equal(panel.future(4)[number], dates[length:].to_numpy("datetime64[us]"))


@pytest.mark.parametrize("frequency", ["h", "D", "W", "MS", "QS"])
def test_places_in_the_season_mean_the_same_in_every_series(frequency):
    panel = panel_of(
        {("W", "A"): np.ones(9), ("W", "B"): np.ones(11)}, frequency, start="2024-01-01"
    )
    places = panel.next_places(12)
    assert (places[1] - places[0]) % 12 == 2


def test_ids_may_be_categoricals():
    frame = frame_of({("W", "A"): np.ones(3), ("W", "B"): np.ones(2), ("X", "B"): np.ones(4)})
    coded = frame.astype({"warehouse_id": "category", "item_id": "category"})
    plain, found = (DemandPanel.from_frame(each, "D") for each in (frame, coded))
    assert list(found.warehouse_id) == list(plain.warehouse_id) == ["W", "W", "X"]
    assert list(found.item_id) == list(plain.item_id) == ["A", "B", "B"]
    assert np.array_equal(found.batch.offsets, plain.batch.offsets)


def test_recent_rows_are_the_last_of_each_series():
    frame = frame_of({("W", "A"): np.ones(5), ("W", "B"): np.ones(2)})
    recent = DemandPanel.from_frame(frame, "D").recent_rows(3)
    assert recent.tolist() == [False, False, True, True, True, True, True]


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf, 1e160])
def test_a_quantity_that_is_none_is_named(value):
    frame = frame_of({("W", "A"): [1.0, 2.0, 3.0]})
    frame.loc[1, "quantity"] = value
    with pytest.raises(PanelError, match=re.escape(f"row 1 has {value}")):
        DemandPanel.from_frame(frame, "D")


def test_a_gap_is_named():
    frame = frame_of({("W", "A"): np.ones(5)}).drop(index=2)
    with pytest.raises(PanelError, match=r"2023-01-03.* is followed by 2023-01-05"):
        DemandPanel.from_frame(frame, "D")


def test_a_series_in_two_places_is_named():
    frame = frame_of({("W", "A"): np.ones(2), ("W", "B"): np.ones(2)})
    with pytest.raises(PanelError, match="W/A is split"):
        DemandPanel.from_frame(frame.iloc[[0, 2, 3, 1]], "D")


@pytest.mark.parametrize("missing", [None, np.nan])
def test_an_id_that_is_missing_is_named(missing):
    frame = frame_of({("W", "A"): np.ones(3)})
    with pytest.raises(PanelError, match="item_id must be there in every row; row 1 has none"):
        DemandPanel.from_frame(frame.assign(item_id=["A", missing, missing]), "D")


def test_a_frequency_that_is_none_is_named():
    frame = frame_of({("W", "A"): np.ones(3)})
    with pytest.raises(PanelError, match="one of h, D, W, MS, QS; got 'weekly'"):
        DemandPanel.from_frame(frame, "weekly")


@pytest.mark.parametrize("name", ["warehouse_id", "quantity", "censored"])
def test_a_column_that_is_there_twice_is_named(name):
    frame = frame_of({("W", "A"): np.ones(3)})
    twice = pd.concat([frame, frame[[name]]], axis=1)
    with pytest.raises(PanelError, match=f"demand must have one column '{name}'; it has 2"):
        DemandPanel.from_frame(twice, "D")


def test_a_missing_column_and_an_empty_table_are_named():
    frame = frame_of({("W", "A"): np.ones(2)})
    with pytest.raises(PanelError, match="lacks columns censored"):
        DemandPanel.from_frame(frame.drop(columns="censored"), "D")
    with pytest.raises(PanelError, match="lacks rows"):
        DemandPanel.from_frame(frame.iloc[:0], "D")


def test_what_was_not_observed_is_left_out_of_laws_and_classes():
    draws = np.random.default_rng(2)
    y = draws.poisson(9.0, 120).astype(float)
    censored = draws.random(120) < 0.2
    panel = panel_of({("W", "A"): y}, censored={("W", "A"): censored})
    raised = panel.uncensored(7)
    assert not np.array_equal(raised.values, np.floor(raised.values))
    assert np.array_equal(raised.observed().series(0), y[~censored])
    # Whole units stay counts, though what is expected of a bound is a fraction.
    assert measure_moments(raised, 7).whole.tolist() == [True]
    cut = raised.cut(np.array([0]), np.array([20]), None)
    assert np.array_equal(cut.observed().values, y[:100][~censored[:100]])


def test_a_series_of_which_nothing_was_observed_keeps_what_it_has():
    batch = Batch(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 3]), np.array([True, True, False]))
    observed = batch.observed()
    assert [observed.series(n).tolist() for n in (0, 1)] == [[1.0, 2.0], [3.0]]
    assert observed.offsets.tolist() == [0, 2, 3]


@pytest.mark.parametrize(("season_length", "periods"), [(7, 28), (12, 36), (28, 84), (52, 52)])
def test_the_recent_variance_sees_three_seasons_or_one_that_is_long(season_length, periods):
    draws = np.random.default_rng(3)
    recent = draws.gamma(4.0, 5.0, periods)
    grown = np.concatenate([np.linspace(500.0, 900.0, 400), recent])
    alone, after = (
        measure_moments(Batch(y, np.array([0, len(y)])), season_length) for y in (recent, grown)
    )
    assert after.variance == pytest.approx(alone.variance)
    assert after.mean == pytest.approx(alone.mean)
