"""Limits and transfers on the page."""

import pandas as pd

from reports.sections.stock import stock_section
from tests.reports.builder import night


def listings(tables):
    return {listing.title: listing for listing in stock_section(tables).listings}


def test_the_page_says_what_the_next_money_buys():
    found = listings(night())["Budgets of warehouses"]
    assert "The next 1,000 in north saves 234" in found.note
    assert found.table.flagged == {0}


def test_a_budget_that_does_not_bind_buys_nothing():
    tables = night()
    budgets = tables["warehouse_budgets"].assign(
        items_cut=0, shadow_price=0.0, saving_of_more=0.0, items=0
    )
    note = listings({**tables, "warehouse_budgets": budgets})["Budgets of warehouses"].note
    assert "More money would save no expected cost" in note
    assert "without plans tonight: north" in note


def test_the_page_says_what_more_space_saves_and_which_warehouse_is_full():
    tables = night()
    found = listings(tables)["Capacities of warehouses"]
    assert "The next 80.00 of space in north saves 37.00" in found.note
    assert "Fuller than" not in found.note
    assert found.table.flagged == {0}
    full = tables["warehouse_capacities"].assign(
        held=8_001.0, items_cut=0, saving_of_more=0.0, items=0
    )
    found = listings({**tables, "warehouse_capacities": full})["Capacities of warehouses"]
    assert "More space would save no expected cost" in found.note
    assert "Fuller than their capacity before any order: north" in found.note
    assert "without plans tonight: north" in found.note
    assert found.table.flagged == {0}


def test_transfers_and_pooling_are_listed_by_money():
    tables = night()
    more = tables["transfers"].assign(to_warehouse_id="east", saving=99.0)
    both = pd.concat([tables["transfers"], more], ignore_index=True)
    found = listings({**tables, "transfers": both})
    assert [row[2][0] for row in found["Transfers"].table.rows] == ["east", "north"]


def test_pooling_that_costs_more_than_it_saves_is_told_as_a_loss():
    tables = night()
    loses = tables["stock_pooling"].assign(item_id="cocoa", saving=-100.0)
    pooled = pd.concat([tables["stock_pooling"], loses], ignore_index=True)
    note = listings({**tables, "stock_pooling": pooled})["One stock or many"].note
    assert "would save" in note
    assert "-70.0 with all items, 30.0 with those alone" in note


def test_a_night_without_them_shows_none():
    tables = night()
    for name in ("warehouse_budgets", "warehouse_capacities", "transfers", "stock_pooling"):
        del tables[name]
    found = listings(tables)
    gone = {"Budgets of warehouses", "Capacities of warehouses", "Transfers", "One stock or many"}
    assert not gone & set(found)
