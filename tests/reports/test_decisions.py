"""The decision backtest on the page: every saving with its sign and its error."""

import numpy as np
import pytest

from reports.figures.decisions import saving_over_time, service_by_period
from reports.sections.decisions import decision_section
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


def test_savings_add_up_over_time():
    figure = saving_over_time(night()["decision_backtest_periods"])
    last = {trace.name: trace.y[-1] for trace in figure.data}
    assert last["against the moving average"] == pytest.approx(20.0)
    assert last["against the tuned average"] == pytest.approx(-20.0)


def test_a_period_without_demand_has_no_service():
    periods = night()["decision_backtest_periods"]
    empty = periods.assign(demanded=0.0, sold=0.0)
    assert all(np.isnan(trace.y).all() for trace in service_by_period(empty).data)


def test_a_night_without_a_replay_has_no_section():
    tables = night()
    del tables["decision_backtests"]
    assert decision_section(tables) is None
