"""The distance to the best orders on the page."""

from reports.sections.stock import stock_section
from tests.reports.builder import night


def listings(tables):
    return {listing.title: listing for listing in stock_section(tables).listings}


def test_the_page_says_how_far_orders_and_policies_are_from_the_best():
    found = listings(night())["Distance to the best orders"]
    assert "with the best ones after, cost 2.0% more" in found.note
    assert "throughout, 20.0%" in found.note
    assert "targets ask for, 12.0%" in found.note
    assert [row[-2:][0][0] for row in found.table.rows] == ["1.00"]


def test_where_the_best_orders_cost_nothing_the_page_says_no_share_of_it():
    tables = night()
    free = tables["policy_gaps"].assign(
        policy_cost=0.0, cheapest_level_cost=0.0, order_cost=0.0, least_cost=0.0
    )
    found = listings({**tables, "policy_gaps": free})["Distance to the best orders"]
    assert "cost 0.0% more" in found.note


def test_a_night_without_them_shows_none():
    tables = night()
    del tables["policy_gaps"]
    assert "Distance to the best orders" not in listings(tables)
