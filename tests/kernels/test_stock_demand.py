"""Demand drawn from a law: rows in lanes as the scalar draws, to the bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.philox import Stream
from kernels.stock_demand import build_alias, draw_row, drawn_column, fill_demand
from kernels.stock_draws import DRAWS, fill_draws


def alias_of(chances):
    keep, alias = np.empty(len(chances)), np.empty(len(chances), np.int64)
    build_alias(np.array(chances, float) / sum(chances), keep, alias)
    return keep, alias


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=30).filter(any),
    st.sampled_from([1.0, 0.25, 7.0]),
    st.integers(0, 2**20),
)
@settings(max_examples=60, deadline=None)
def test_a_row_draws_as_the_scalar_does_to_the_bit(chances, unit, entity):
    keep, alias = alias_of(chances)
    found = np.empty((2 * DRAWS, 32))
    fill_demand(9, entity, 3, keep[None], alias[None], unit, found)
    draws = np.empty((2 * DRAWS, 32))
    for step in range(2):
        fill_draws(
            9, int(Stream.DEMAND_PATHS), entity, 3, step, draws[step * DRAWS : (step + 1) * DRAWS]
        )
    expected = [[unit * drawn_column(u, keep, alias) for u in row] for row in draws]
    np.testing.assert_array_equal(found, expected)


def test_a_draw_on_the_edge_of_a_column_goes_to_its_alias():
    # A quarter of a law of two: place 2u has the fraction kept, exactly.
    keep, alias = np.array([0.5, 1.0]), np.array([1, 1])
    edge = 0.25
    assert drawn_column(edge, keep, alias) == 1
    assert drawn_column(np.nextafter(edge, 0.0), keep, alias) == 0
    row = np.array([edge, np.nextafter(edge, 0.0), np.nextafter(edge, 1.0)])
    draw_row(keep, alias, 1.0, row)
    assert list(row) == [1.0, 0.0, 1.0]
