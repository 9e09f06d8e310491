"""What a reader wants first is on the first card, with whose it is and where it is told."""

import numpy as np
import pandas as pd
import pytest

from reports import COMPARED, render_report
from reports.sections.demand import demand_section
from reports.sections.headlines import (
    data_headlines,
    forecast_headlines,
    order_headlines,
    risk_headlines,
)
from reports.sections.risk import risk_section
from reports.sections.risk_changes import change_of_each, error_of_change, largest_part
from reports.sections.stock import stock_section
from reports.sections.summary import summary_section
from reports.wording import NOTHING
from tests.reports.builder import night


def exceptions(*rows):
    own = night()["order_plans"].iloc[[0] * len(rows)]
    kinds, money = zip(*rows, strict=True)
    items = [f"item-{n}" for n in range(len(rows))]
    return own.assign(kind=kinds, money=money, item_id=items, reason="why")


def before(change=0.0):
    """Return the night before, with figures that grew by ``change`` since."""
    tables = {name: night()[name] for name in COMPARED}
    risk = tables["portfolio_risk"]
    eve = {"as_of": pd.Timestamp("2025-12-31"), "value": risk["value"] / (1.0 + change)}
    return {**tables, "portfolio_risk": risk.assign(**eve)}


def test_a_planner_is_told_what_to_order_then_what_may_run_out_and_where_most():
    rows = ("overstock", 9.0), ("stock-out risk", 2.0), ("stock-out risk", 30.0)
    order, short, long = order_headlines({**night(), "order_exceptions": exceptions(*rows)})
    assert (order.value, order.label) == ("12.3k USD", "to order tonight, in 1 order line")
    assert (short.value, short.alarm) == ("2", True)
    assert "32.0 USD at stake; most at north / item-2" in short.label
    assert (long.value, long.alarm) == ("1", False)
    assert long.label.startswith("item with more stock")


def test_forecasts_worse_than_seasonal_naive_and_orders_that_lost_raise_an_alarm():
    tables = night()
    error, orders = forecast_headlines(tables)
    assert (error.value, error.alarm) == ("0.80", False)
    # The tuned average would have cost 60 where the plan cost 80, with an error of 4.
    assert (orders.value, orders.alarm) == ("20.0 USD", True)
    assert "lost by the plan on past orders against the tuned average" in orders.label
    tables["forecast_accuracy"]["mase"] *= 2.0
    tables["decision_backtests"]["saving_standard_error"] = 11.0
    error, orders = forecast_headlines(tables)
    assert (error.value, error.alarm) == ("1.60", True)
    assert not orders.alarm


def test_a_risk_manager_is_told_of_breaches_first_and_of_both_measures_and_stress():
    over, value, shortfall, stress = risk_headlines(night(), {})
    assert (over.value, over.alarm) == ("1", True)
    assert (
        "alpha furthest, at 122% of its limit of expected shortfall 97.5% over 1 day" in over.label
    )
    assert value.value == "990 USD"
    assert value.label.startswith("value at risk 99%, 1 day")
    assert shortfall.value == "975 USD"
    assert "alpha" in stress.label
    within = {**night(), "limit_breaches": night()["limit_breaches"].iloc[:0]}
    (calm, *_) = risk_headlines(within, {})
    assert (calm.value, calm.alarm) == ("0", False)


def test_every_card_of_the_summary_leads_somewhere_and_has_a_row():
    section = summary_section({**night(), "order_exceptions": exceptions(("overstock", 1.0))})
    assert all(card.link and card.group for card in section.cards)
    rows = [name for name, _ in section.card_rows]
    assert rows == ["Orders", "Portfolios", "How far it can be trusted"]


def test_what_failed_is_an_alarm_and_nothing_is_none():
    entities = night()["run_entities"].assign(rows_rejected=0, rejected=0, failed=2)
    rows, whole, failed = data_headlines({"run_entities": entities})
    assert (rows.alarm, whole.alarm, failed.alarm) == (False, False, True)


@pytest.mark.parametrize(
    ("change", "told"), [(0.25, "+25.0%"), (-0.2, "-20.0%"), (0.0, "+0.0%"), (-1e-9, "+0.0%")]
)
def test_risk_is_told_against_that_of_the_night_before(change, told):
    _, value, shortfall, _ = risk_headlines(night(), before(change))
    for card in (value, shortfall):
        assert card.label.endswith(f"; {told} since 31 December")
    listings = {
        listing.title: listing for listing in risk_section(night(), before(change)).listings
    }
    table = listings["Expected shortfall 97.5%, 1 day, USD"].table
    heads = [column.title for column in table.columns]
    assert table.rows[0][heads.index("since 31 December")][0] == told


def test_without_a_night_before_nothing_is_told_of_change():
    assert "since" not in "".join(card.label for card in risk_headlines(night(), {}))
    heads = [c.title for listing in risk_section(night()).listings for c in listing.table.columns]
    assert not any(head.startswith("since") for head in heads)


def test_a_portfolio_that_is_new_has_no_change_and_is_in_no_sum_of_changes():
    tables = night()
    risk = tables["portfolio_risk"]
    new = risk.assign(portfolio_id="new", value=7.0)
    both = pd.concat([risk, new], ignore_index=True)
    changes = change_of_each(both, before(0.25))
    assert changes[both["portfolio_id"] == "new"].isna().all()
    _, value, *_ = risk_headlines({**tables, "portfolio_risk": both}, before(0.25))
    assert "+25.0% since" in value.label


def test_a_portfolio_that_risks_nothing_any_more_is_in_the_sum_of_changes():
    risk = night()["portfolio_risk"]
    both = pd.concat([risk, risk.assign(portfolio_id="sold")], ignore_index=True)
    tonight = both.assign(value=both["value"].where(both["portfolio_id"] != "sold", 0.0))
    eve = {"portfolio_risk": both.assign(as_of=pd.Timestamp("2025-12-31"))}
    _, value, *_ = risk_headlines({**night(), "portfolio_risk": tonight}, eve)
    assert "-50.0% since" in value.label


@pytest.mark.parametrize(("column", "then"), [("value", 0.0), ("currency", "EUR")])
def test_figures_of_nothing_or_in_another_currency_are_not_compared(column, then):
    eve = before()
    eve["portfolio_risk"][column] = then
    assert "since" not in "".join(card.label for card in risk_headlines(night(), eve)[1:])


def breaches_of(*books):
    """Return a row of a breach for each of these portfolios."""
    breaches = night()["limit_breaches"]
    return pd.concat([breaches.assign(portfolio_id=book) for book in books] or [breaches.iloc[:0]])


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (["alpha"], ["alpha"], "0 new, 0 gone"),
        ([], ["alpha"], "1 new (alpha), 0 gone"),
        (["beta"], ["alpha"], "1 new (alpha), 1 gone (beta)"),
        (["alpha", "beta"], [], "0 new, 2 gone (alpha, beta)"),
        (["a", "b", "c", "d", "e"], [], "0 new, 5 gone (a, b, c and 2 more)"),
        # A book that could not be measured is not within its limits.
        (["alpha", "failed"], ["alpha"], "0 new, 0 gone, 1 not measured tonight (failed)"),
    ],
)
def test_breaches_that_are_new_or_gone_since_the_night_before_are_named(then, now, told):
    measured = [book for book in {"alpha", *then, *now} if book != "failed"]
    tonight = {
        **night(),
        "limit_breaches": breaches_of(*now),
        "limit_utilisation": breaches_of(*measured),
    }
    (card, *_) = risk_headlines(tonight, {**before(), "limit_breaches": breaches_of(*then)})
    assert card.value == str(len(now))
    assert card.label.endswith(f"; since 31 December {told}")


def test_the_error_of_a_change_is_at_most_both_nights_errors():
    # Both nights' figures err by 12; by how much the change does depends on what they share.
    risk, eve = night()["portfolio_risk"], before(0.25)
    then = eve["portfolio_risk"]["value"]
    most = error_of_change(risk, eve)
    assert np.allclose(most, (12.0 + 1.25 * 12.0) / then, rtol=1e-12)
    draws = np.random.default_rng(7).standard_normal((2, 100_000))
    spread = {}
    for shared in (-1.0, 0.0, 1.0):
        other = shared * draws[0] + np.sqrt(1.0 - shared**2) * draws[1]
        change = (risk["value"].iloc[0] + 12.0 * draws[0]) / (then.iloc[0] + 12.0 * other)
        spread[shared] = change.std() / most.iloc[0]
    # The spread of so many draws is known to 0.2%, and the ratio's second order is below that.
    assert 0.99 < spread[-1.0] < 1.01
    assert spread[1.0] < spread[0.0] < 1.0


def test_a_change_is_told_with_the_most_that_its_error_can_be_where_both_nights_have_one():
    eve = before(0.25)
    listing = risk_section(night(), eve).listings[1]
    heads = [column.title for column in listing.table.columns]
    # Expected shortfall was 780 and is 975, both with an error of 12.
    assert listing.table.rows[0][heads.index("± at most")][0] == "3.5%"
    assert "at most both nights' errors" in listing.note
    eve["portfolio_risk"]["standard_error"] = float("nan")
    listing = risk_section(night(), eve).listings[1]
    assert "± at most" not in [column.title for column in listing.table.columns]
    assert "at most" not in listing.note


def test_red_lights_are_those_of_the_figures_that_are_told_of():
    days = pd.DataFrame(
        {
            "method": ["student_t", "gaussian"] * 2,
            "level": [0.99, 0.99, 0.975, 0.975],
            "loss": 2.0,
            "value_at_risk": [3.0, 1.0, 1.0, 1.0],
        }
    )
    judged = days.assign(zone=["green", "red", "red", "red"])
    tables = {**night(), "risk_backtest_days": days, "risk_backtests": judged}
    held = risk_headlines(tables, {})[-1]
    assert (held.value, held.alarm) == ("0.00%", False)
    assert held.label.endswith("student t; 1.0% expected; 0 red lights")
    judged.loc[0, "zone"] = "red"
    held = risk_headlines(tables, {})[-1]
    assert held.alarm
    assert held.label.endswith("; 1 red light")


def test_the_largest_part_of_a_figure_is_named_with_its_share():
    parts = pd.DataFrame(
        [("a", "X", 3.0), ("a", "Y", 2.0), ("a", "Z", -1.0), ("b", "X", -1.0)],
        columns=["portfolio_id", "instrument_id", "value"],
    )
    told = largest_part(parts)
    assert told["a"] == "X 75%"
    # A gain has no part that makes most of a loss.
    assert told["b"] == NOTHING


def test_sections_open_with_their_finding_and_leave_how_it_is_computed_to_a_fold():
    tables = night()
    (orders,) = stock_section(tables).lead
    assert orders.startswith("Tonight's orders are for 1 of 1 item, 12.3k USD in 1 warehouse;")
    assert stock_section(tables).method[0].startswith("Ordered by (s, S)")
    over, largest = risk_section(tables).lead
    assert over == "Over a limit, the furthest first: alpha."
    assert "largest in alpha, 975 USD; its largest part is ACME 100%" in largest
    sold = tables["demand_actuals"]["quantity"].tail(14).sum()
    more = tables["demand_forecasts"]["mean"].sum() / sold - 1.0
    word = "more" if more >= 0.0 else "less"
    assert f"14 periods {abs(more):.1%} {word} is expected" in demand_section(tables).lead[0]


def test_a_page_with_a_night_before_is_the_same_every_time():
    assert render_report(night(), before(0.1)) == render_report(night(), before(0.1))
