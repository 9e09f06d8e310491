"""The decision backtest on the page: every saving with its sign and its error."""

import numpy as np
import pandas as pd
import pytest

from reports.figures.decisions import saving_over_time, service_by_period
from reports.sections.decisions import decision_section
from reports.wording import NOTHING
from tests.reports.builder import night


@pytest.fixture(scope="module")
def section():
    return decision_section(night())


def test_savings_are_told_with_their_direction_and_doubt(section):
    lead = section.lead[0]
    assert "20.0% less than the moving average;" in lead
    # Five with an error of four may be chance.
    assert "5.9% less than the previous plan, within its error" in lead
    assert "33.3% more than the tuned average." in lead


def test_a_clear_loss_raises_an_alarm_and_nothing_else_does(section):
    alarms = {card.label: card.alarm for card in section.cards}
    assert alarms["saved against the tuned average"]
    assert sum(alarms.values()) == 1


@pytest.mark.parametrize(
    ("known", "words"),
    [(2, "2 items replayed over"), (9, "A sample of 2 items, of 9 known long enough, replayed")],
)
def test_a_sample_is_told_as_one(known, words):
    tables = night()
    own = tables["decision_backtests"].assign(known_items=known)
    section = decision_section({**tables, "decision_backtests": own})
    assert words in section.method[0]


def test_savings_add_up_over_time():
    figure = saving_over_time(night()["decision_backtest_periods"])
    last = {trace.name: trace.y[-1] for trace in figure.data}
    assert last["against the moving average"] == pytest.approx(20.0)
    assert last["against the tuned average"] == pytest.approx(-20.0)


def test_a_period_without_demand_has_no_service():
    periods = night()["decision_backtest_periods"]
    empty = periods.assign(demanded=0.0, sold=0.0)
    assert all(np.isnan(trace.y).all() for trace in service_by_period(empty).data)


def asked_of(measure):
    tables = night()
    own = tables["decision_backtests"].assign(target_measure=measure)
    return decision_section({**tables, "decision_backtests": own})


def words_of(section):
    cards = " ".join(card.label for card in section.cards)
    heads = [column.title for column in section.listings[0].table.columns]
    pictures = {picture.name: picture for picture in section.pictures}
    return cards, heads, pictures["decision-service"]


@pytest.mark.parametrize(
    ("measure", "card", "heads", "caption", "height"),
    [
        ("fill rate", "of demand served", ["fill rate", "items at their target"], "units", 0.9),
        (
            "cycle service",
            "of periods without shortage",
            ["periods without shortage", "items at their target"],
            "nothing was short",
            0.5,
        ),
        # What an old night asked for was a fill rate.
        (None, "of demand served", ["fill rate", "items at their target"], "units", 0.9),
    ],
)
def test_service_is_shown_as_the_target_measures_it(measure, card, heads, caption, height):
    cards, columns, picture = words_of(asked_of(measure))
    assert card in cards
    assert "50.0%" in {own.value for own in asked_of(measure).cards}
    place = columns.index(heads[0])
    assert columns[place : place + 2] == heads
    assert caption in picture.note
    assert set(picture.figure.data[0].y) == {height}


def test_a_job_that_asks_for_least_cost_is_told_of_cost_first():
    section = asked_of("cost")
    cards, columns, _ = words_of(section)
    assert section.cards[0].label == "cost of the plan"
    assert "target" not in cards
    assert "items at their target" not in columns
    assert "whatever it served" in section.method[1]


def test_a_night_without_a_replay_has_no_section():
    tables = night()
    del tables["decision_backtests"]
    assert decision_section(tables) is None


def test_the_plan_is_not_compared_with_itself(section):
    rows = {row[0][0]: [text for text, _ in row] for row in section.listings[0].table.rows}
    assert rows["plan"][2:5] == [NOTHING] * 3
    assert NOTHING not in rows["previous plan"]


def test_only_items_on_which_the_plan_lost_are_listed_as_such():
    tables = night()
    items = tables["decision_backtest_items"]
    won = items[items["planner"] == "tuned average"].assign(item_id="cocoa", saving=5.0)
    both = {**tables, "decision_backtest_items": pd.concat([items, won], ignore_index=True)}
    (lost,) = decision_section(both).listings[1:]
    assert [row[1][0] for row in lost.table.rows] == ["tea"]
    only = {**tables, "decision_backtest_items": won}
    assert len(decision_section(only).listings) == 1
