"""The market that tasks share: built once, and anew where a file of it is another."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from flows.steps.shared_market import read_market
from tests.risk.markets import AS_OF, PLAN, prices, stocks


@pytest.fixture
def run(tmp_path):
    staging = SimpleNamespace(clean=lambda table: tmp_path / f"{table}.parquet")
    prices(["AAA", "BBB"]).to_parquet(staging.clean("prices"))
    stocks("AAA", "BBB").to_parquet(staging.clean("instruments"))
    return SimpleNamespace(staging=staging, as_of=AS_OF)


def test_a_market_is_built_once_for_all_tasks(run):
    assert read_market(run, PLAN) is read_market(run, PLAN)


def test_another_plan_has_a_market_of_its_own(run):
    one, other = read_market(run, PLAN), read_market(run, replace(PLAN, history=100))
    assert len(other.factors.dates) == 100 < len(one.factors.dates)


def test_a_file_that_was_written_anew_is_read_anew(run):
    before = read_market(run, PLAN)
    prices(["AAA", "BBB"], seed=2).to_parquet(run.staging.clean("prices"))
    after = read_market(run, PLAN)
    assert (after.factors.levels != before.factors.levels).all()
