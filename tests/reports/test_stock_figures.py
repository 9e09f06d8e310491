"""Pictures of orders show every item, and no rate that cannot be."""

import numpy as np
import pytest

from reports.figures.stock import (
    COVER_BARS,
    cover,
    cover_step,
    service_against_target,
    service_bought,
)
from reports.sections.section import FEW
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


@pytest.mark.parametrize(
    ("covers", "step"),
    [([1.5, 2.9], 0.1), ([10.0, 80.0], 3.0), ([9.0, 9e9], 50.0), ([np.nan, np.nan], 0.1)],
    ids=["quarters", "days", "hardly any demand", "no demand"],
)
def test_bars_of_cover_are_as_wide_as_cover_is_long(covers, step):
    plans = night()["order_plans"].iloc[[0] * 6].assign(periods_of_cover=covers * 3)
    assert cover_step(plans) == step
    (bars,) = cover(plans).data
    assert bars.xbins.size == step
    last = COVER_BARS * step
    assert bars.xbins.end > last
    assert (bars.x <= last).all()
    note = {shown.name: shown.note for shown in stock_section({"order_plans": plans}).pictures}
    told = f"the last bar has {last:g} and more" in note.get("cover", "")
    assert told == np.isfinite(covers).any()


def test_a_count_of_few_items_is_a_table_and_no_picture():
    plans = night()["order_plans"]
    assert stock_section({"order_plans": plans.iloc[[0] * (FEW - 1)]}).pictures == []
    drawn = stock_section({"order_plans": plans.iloc[[0] * FEW]}).pictures
    assert [picture.name for picture in drawn] == ["service-bought", "service-target", "cover"]


def test_what_is_counted_has_whole_ticks():
    plans = night()["order_plans"]
    for n_items, step in ((2, 1), (200, None)):
        for drawn in (cover, service_bought):
            assert drawn(plans.iloc[[0] * n_items]).layout.yaxis.dtick == step


def test_whiskers_leave_out_the_few_that_a_budget_cut():
    plans = night()["order_plans"].iloc[[0] * 100]
    plans = plans.assign(fill_rate=[0.0, 0.0] + [0.95] * 98, target_measure="fill rate")
    box, _ = service_against_target(plans).data
    assert (box.lowerfence[0], box.upperfence[0]) == (0.95, 0.95)


def test_items_overstocked_are_those_that_the_job_calls_so():
    own = night()["order_plans"].iloc[[0] * 3][["warehouse_id", "item_id", "currency"]]
    found = own.assign(kind=["overstock", "stock-out risk", "overstock"], money=1.0, reason="why")
    for exceptions, expected in ((found, "2"), (found[:0], "0")):
        cards = stock_section({**night(), "order_exceptions": exceptions}).cards
        assert [c.value for c in cards if c.label.startswith("items with more")] == [expected]
