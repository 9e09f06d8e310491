"""Pictures of orders show every item, and no rate that cannot be."""

import numpy as np

from reports.figures.stock import service_bought
from reports.sections.stock import stock_section
from tests.reports.builder import night


def test_full_service_is_in_the_last_bar_which_ends_at_all_of_demand():
    plans = (
        night()["order_plans"]
        .iloc[[0] * 4]
        .assign(fill_rate=[1.0, 0.96, 0.0, np.nan], no_order_fill_rate=[0.0, 0.05, 0.5, 1.0])
    )
    without, planned = service_bought(plans).data
    assert planned.x[-1] + planned.width / 2 == 1.0
    assert (planned.y[0], planned.y[-1], sum(planned.y)) == (1, 2, 3)
    assert (without.y[0], without.y[1], without.y[10], without.y[-1]) == (1, 1, 1, 1)
    assert planned.customdata[-1] == "95-100%"


def test_orders_come_before_what_transfers_would_change_of_them():
    tables = night()
    titles = [listing.title for listing in stock_section(tables).listings]
    assert titles[0] == "Orders ranked by money, USD"
    assert "Transfers" in titles
