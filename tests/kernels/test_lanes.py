"""Lane values: sixteen numbers that compute what one does, in the widest registers."""

import re

import numpy as np
import pytest
from numba import njit

from kernels.lanes import (
    LANES,
    choose_below,
    count_rows,
    lanes_from,
    lanes_of,
    load_lanes,
    number_at,
    put_number,
    spread,
    square_roots,
    store_lanes,
)


@njit(nogil=True)
def _mix(left, right, out):
    for row in range(count_rows(out)):
        a, b = load_lanes(left, row), load_lanes(right, row)
        total = (a + b) * 2.0 - 1.0 / b
        store_lanes(out, row, choose_below(a, spread(0.5), square_roots(b), total - a))


def test_each_lane_computes_by_itself():
    draws = np.random.default_rng(3)
    left, right = draws.random(5 * LANES), draws.random(5 * LANES) + 0.1
    out = np.empty_like(left)
    _mix(left, right, out)
    expected = np.where(left < 0.5, np.sqrt(right), (left + right) * 2.0 - 1.0 / right - left)
    # A product and a sum may be rounded once instead of twice.
    assert np.allclose(out, expected, rtol=4e-16, atol=4e-15)


@njit(nogil=True)
def _mix_either(left, right, out):
    store_lanes(out, 0, 0.0)
    for row in range(count_rows(out)):
        a, b = load_lanes(left, row), load_lanes(right, row)
        total = load_lanes(out, 0) + (a + b) * 2.0 - 1.0 / b
        store_lanes(out, row, choose_below(a, 0.5, square_roots(b), total))
    for k in range(lanes_of(out)):
        put_number(out, 1, k, number_at(out, 1, k) + 1.0)


def test_a_table_of_one_column_computes_what_a_lane_does():
    draws = np.random.default_rng(4)
    left, right = draws.random((5, LANES)), draws.random((5, LANES)) + 0.1
    out = np.empty_like(left)
    _mix_either(left.ravel(), right.ravel(), out.ravel())
    for k in (0, LANES - 1):
        alone = np.empty((5, LANES))
        column = slice(k, k + 1)
        _mix_either(left[:, column], right[:, column], alone[:, column])
        # A product and a sum may be rounded once instead of twice.
        np.testing.assert_allclose(alone[:, k], out[:, k], rtol=4e-16, atol=4e-15)


@njit(nogil=True)
def _shift(values, start, out):
    store_lanes(out, 0, lanes_from(values, start))


def test_numbers_are_read_from_between_rows():
    values, out = np.arange(2.0 * LANES), np.empty(LANES)
    _shift(values, 3, out)
    assert (out == values[3 : 3 + LANES]).all()


def test_a_comparison_with_nan_is_false():
    left, out = np.full(LANES, np.nan), np.empty(LANES)
    _mix(left, np.ones(LANES), out)
    assert np.isnan(out).all()


def test_arithmetic_is_in_vector_registers():
    _mix(np.ones(LANES), np.ones(LANES), np.ones(LANES))
    assembly = next(iter(_mix.inspect_asm().values()))
    wide = re.findall(r"v?(?:add|sub|mul|div|fm\w+)\d*pd\b", assembly)
    single = re.findall(r"v?(?:add|sub|mul|div|fm\w+)\d*sd\b", assembly)
    if not re.search(r"[xyz]mm\d", assembly):
        pytest.skip("the processor's registers have other names")
    assert len(wide) > len(single)
