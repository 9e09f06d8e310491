"""Demand classes: the oracle goes one series at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.classes import classify_demand
from forecasting.panel import Batch
from tests.oracles.forecasting import demand_class


def batch_of(series):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return Batch(np.concatenate(series).astype(float), offsets)


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=40), min_size=1, max_size=8))
@settings(max_examples=100)
def test_classes_are_those_of_the_paper(series):
    found = classify_demand(batch_of(series))
    assert list(found) == [demand_class(values) for values in series]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, 5, 5, 5], "smooth"),
        ([0, 0, 0, 0], "intermittent"),
        ([1, 9, 1, 9, 1, 1], "erratic"),
        ([0, 4, 0, 4], "intermittent"),
        ([0, 1, 0, 9, 0, 1], "lumpy"),
    ],
)
def test_plain_cases(values, expected):
    assert list(classify_demand(batch_of([values]))) == [expected]


@given(st.floats(0.001, 1e6), st.integers(0, 2**31))
@settings(max_examples=40)
def test_a_class_knows_no_unit(factor, seed):
    values = np.random.default_rng(seed).poisson(0.9, 60)
    both = classify_demand(batch_of([values, factor * values]))
    assert both[0] == both[1]
