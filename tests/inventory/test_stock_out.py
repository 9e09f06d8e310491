"""The risk of running out before tonight's order: against an obvious walk, and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.stock_out import risk_stock_outs
from kernels.stock_batches import laws_together
from kernels.stock_lead_times import discrete_lead_time, fixed_lead_time
from tests.oracles.stock_out import walk_until_arrival


def risk_stock_out(on_hand, receipts, paths, law, lost_share):
    """Return the figures of one item."""
    laws = laws_together([law], np.zeros(1, np.int64))
    item = np.array([float(on_hand)]), receipts[None], paths[None]
    return risk_stock_outs(*item, laws, lost_share)[:, 0]


@given(
    st.lists(st.integers(0, 9), min_size=6, max_size=18),
    st.lists(st.integers(0, 4), min_size=6, max_size=6),
    st.integers(-3, 30),
    st.lists(st.integers(0, 5), min_size=2, max_size=6).filter(any),
    st.sampled_from([0.0, 0.4, 1.0]),
)
@settings(max_examples=60)
def test_the_risk_is_that_of_every_lead_time_weighed(demand, receipts, on_hand, weights, lost):
    paths = np.resize(np.array(demand, float), (3, 6))
    chances = np.array(weights) / sum(weights)
    coming = np.array(receipts, float)
    found = risk_stock_out(on_hand, coming, paths, discrete_lead_time(chances), lost)
    risk, short = walk_until_arrival(float(on_hand), coming, paths, chances, lost)
    assert found[0] == pytest.approx(risk.mean(), abs=1e-12)
    assert found[2] == pytest.approx(short.mean())
    assert found[1] == pytest.approx(risk.std(ddof=1) / np.sqrt(3), abs=1e-12)


def test_by_hand():
    # Five units, three a period, an order after two periods: one unit is missing in period 1.
    paths = np.array([[3.0, 3.0, 3.0], [2.0, 3.0, 9.0]])
    found = risk_stock_out(5.0, np.zeros(3), paths, fixed_lead_time(2.0), 1.0)
    assert (found[0], found[2]) == (0.5, 0.5)
    assert found[1] == pytest.approx(0.5)


def test_an_order_that_arrives_at_once_leaves_no_risk():
    paths = np.full((2, 3), 9.0)
    found = risk_stock_out(0.0, np.zeros(3), paths, fixed_lead_time(0.0), 1.0)
    assert (found[0], found[2]) == (0.0, 0.0)


@given(st.integers(0, 30), st.integers(1, 10))
def test_more_stock_never_risks_more(on_hand, more):
    paths = np.random.default_rng(1).poisson(5.0, (30, 6)).astype(float)
    law = discrete_lead_time(np.array([0.0, 0.2, 0.5, 0.3]))
    less = risk_stock_out(on_hand, np.zeros(6), paths, law, 1.0)
    found = risk_stock_out(on_hand + more, np.zeros(6), paths, law, 1.0)
    assert found[0] <= less[0]
    assert found[2] <= less[2]
