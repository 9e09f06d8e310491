"""Demand drawn from a law: rows in lanes as the scalar draws, to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.lane_tables import PART
from kernels.philox import Stream
from kernels.stock_demand import (
    build_alias,
    draw_row,
    drawn_column,
    fill_demand,
    look_up_row,
    pack_alias,
    packed_bits,
)
from kernels.stock_draws import DRAWS, fill_draws, uniform_32
from kernels.stock_lead_times import (
    discrete_lead_time,
    drawn_lead_time,
    fixed_lead_time,
    gamma_lead_time,
    turn_into_periods,
)
from kernels.unit_lanes import LANES_OF_WORDS


def alias_of(chances):
    keep, alias = np.empty(len(chances)), np.empty(len(chances), np.int64)
    build_alias(np.array(chances, float) / sum(chances), keep, alias)
    return keep, alias


@given(
    st.lists(st.integers(0, 40), min_size=1, max_size=30).filter(any),
    st.sampled_from([1.0, 0.25, 7.0]),
    st.integers(0, 2**20),
)
@settings(max_examples=60)
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


def _near(edges):
    """Words at edges, and next to them."""
    around = [np.asarray(edges, np.int64) + step for step in (-1, 0, 1)]
    words = np.unique(np.concatenate([*around, np.array([0, 2**32 - 1])]))
    return words[(words >= 0) & (words < 2**32)].astype(np.uint32)


@given(st.sampled_from([2, 4, 32, 64, 256, 512, 4096]), st.integers(0, 2**20))
@settings(max_examples=60)
def test_one_look_up_draws_as_the_scalar_does_at_every_edge(n_outcomes, seed):
    keep, alias = alias_of(np.random.default_rng(seed).exponential(size=n_outcomes) ** 3)
    # What a column keeps may be nothing, all, or all but less than a draw.
    keep[0], keep[-1] = 0.0, 1.0 - 2.0**-52
    bits = packed_bits(n_outcomes)
    packed = np.zeros(max(n_outcomes, PART), np.uint32)
    pack_alias(keep, alias, bits, packed)
    columns = np.arange(n_outcomes + 1) * 2.0 ** (32 - bits)
    words = _near([*columns, *(columns[:-1] + keep * 2.0 ** (32 - bits))])
    found = np.empty(len(words))
    look_up_row(words, packed, bits, 0.5, np.empty(len(words), np.uint32), found)
    expected = [0.5 * drawn_column(uniform_32(word), keep, alias) for word in words]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("n_outcomes", "bits"), [(1, 0), (2, 1), (3, 0), (4096, 12), (8192, 0)])
def test_tables_of_a_power_of_two_are_packed(n_outcomes, bits):
    assert packed_bits(n_outcomes) == bits


@pytest.mark.parametrize(
    "law",
    [
        discrete_lead_time(np.array([0.2, 0.0, 0.5, 0.3])),
        discrete_lead_time(np.array([0.0, 0.0, 2.0**-32, 1.0 - 2.0**-32])),
        discrete_lead_time(np.array([1.0 - 2.0**-40, 2.0**-40])),
        gamma_lead_time(4.0, 2.0, 12),
        fixed_lead_time(3.0),
    ],
)
def test_words_turn_into_the_lead_times_that_their_uniforms_have(law):
    words = np.resize(_near(law.cumulative * 2.0**32), 2 * LANES_OF_WORDS)
    expected = [drawn_lead_time(uniform_32(word), law) for word in words]
    turn_into_periods(law, words)
    np.testing.assert_array_equal(words, expected)
