"""Rows of items: as one by one, and units on the way in their periods."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from inventory.position_rows import positions_of, receipts_of
from inventory.positions import Positions
from kernels.stock_batches import law_of
from tests.inventory.night import HORIZON, item_row, position_of, stock_row

STARTS = np.datetime64("2024-01-01", "us") + np.arange(HORIZON) * np.timedelta64(1, "D")


def rows_of(*changes):
    stock = [stock_row(f"item {n}", **own) for n, own in enumerate(changes)]
    return stock, [item_row(own["item_id"]) for own in stock]


def test_rows_are_what_each_is_alone():
    stock, items = rows_of({}, {"capacity": 30.0, "lead_time_mean": 0.5}, {"capacity": None})
    receipts = np.arange(3.0 * HORIZON).reshape(3, HORIZON)
    together = positions_of(pd.DataFrame(stock), pd.DataFrame(items), receipts, np.arange(3.0))
    for n, (record, item) in enumerate(zip(stock, items, strict=True)):
        alone = position_of(record, item, receipts[n], float(n))
        own = together.one(n, "x")
        np.testing.assert_array_equal(own.receipts, alone.receipts)
        assert own.on_order == alone.on_order == together.on_order[n]
        assert own.costs == alone.costs
        assert own.capacity == alone.capacity
        assert own.protection_interval == together.protection_interval[n]
        assert own.most_cases == together.most_cases[n]
        terms = own.supply(HORIZON, 0.5)
        assert tuple(together.terms(0.5)[n]) == tuple(map(float, terms.terms))
        law = law_of(together.lead_times(), n)
        np.testing.assert_array_equal(law.cumulative, terms.lead_times.cumulative)
        np.testing.assert_array_equal(law.guide, terms.lead_times.guide)
        assert law.fixed == terms.lead_times.fixed


def test_the_first_of_what_is_wrong_with_an_item_is_told():
    stock, items = rows_of({}, {"on_hand": -1.0, "service_target": 2.0}, {"capacity": -3.0})
    receipts = np.zeros((3, HORIZON))
    own = positions_of(pd.DataFrame(stock), pd.DataFrame(items), receipts, np.zeros(3))
    assert own.refused(HORIZON) == {
        1: "on_hand must be finite and not negative; got -1.0",
        2: "capacity must be above 0; got -3.0",
    }


def test_stacked_positions_are_the_positions():
    record, item = stock_row("bolt", ordering_cost=2.0), item_row("bolt", shelf_life=3)
    position = position_of(record, item, np.ones(HORIZON), 1.0)
    again = Positions.stacked([position]).one(0, "north/bolt")
    assert again.costs == position.costs
    assert (again.shelf_life, again.on_order) == (3, HORIZON + 1.0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "other"]),
            st.integers(-20, 24 * (HORIZON + 3)),
            st.floats(0.0, 9.0),
        ),
        max_size=12,
    )
)
def test_units_on_the_way_arrive_at_the_next_periods_start(orders):
    hours = np.array([hour for _, hour, _ in orders], "timedelta64[h]")
    frame = pd.DataFrame(
        {
            "warehouse_id": "north",
            "item_id": pd.Series([name for name, _, _ in orders], dtype=object),
            "ds": STARTS[0] + hours,
            "quantity": [units for _, _, units in orders],
        }
    )
    series = pd.DataFrame({"warehouse_id": "north", "item_id": ["a", "b"]})
    receipts, late = receipts_of(frame, series, np.tile(STARTS, (2, 1)))
    expected = np.zeros((2, HORIZON + 1))
    for name, hour, units in orders:
        if name != "other":
            expected["ab".index(name), min(max(-(-hour // 24), 0), HORIZON)] += units
    np.testing.assert_array_equal(receipts, expected[:, :-1])
    np.testing.assert_array_equal(late, expected[:, -1])


def test_without_open_orders_nothing_is_on_the_way():
    series = pd.DataFrame({"warehouse_id": ["north"], "item_id": ["a"]})
    receipts, late = receipts_of(None, series, STARTS[None])
    assert not receipts.any()
    assert not late.any()
