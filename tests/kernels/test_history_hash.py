"""Hashes of histories: what grows adds up, and what differs shows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.history_hash import hash_histories


def hash_of(values, flags=None, first=0):
    values = np.asarray(values, dtype=float)
    flags = np.zeros(len(values), bool) if flags is None else np.asarray(flags, bool)
    stops = np.array([len(values)])
    return int(hash_histories(values, flags, np.zeros(1, np.int64), stops, np.array([first]))[0])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.integers(0, 60), st.integers(0))
def test_two_stretches_on_end_have_the_sum_of_their_hashes(values, cut, first):
    first %= 10**6
    cut = min(cut, len(values))
    parts = hash_of(values[:cut], first=first) + hash_of(values[cut:], first=first + cut)
    assert hash_of(values, first=first) == parts % 2**64


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60), st.data())
def test_any_other_value_flag_or_order_has_another_hash(values, data):
    place = data.draw(st.integers(0, len(values) - 1))
    known = hash_of(values)
    other = list(values)
    other[place] = np.nextafter(other[place], np.inf)
    assert hash_of(other) != known
    flags = np.arange(len(values)) == place
    assert hash_of(values, flags) != known
    assert hash_of(values, first=1) != known
    turned = values[1:] + values[:1]
    assert (hash_of(turned) == known) == (turned == values)


def test_zero_has_one_hash_whatever_its_sign():
    assert hash_of([0.0, 3.0]) == hash_of([-0.0, 3.0])


def test_a_history_has_the_same_hash_in_any_company():
    draws = np.random.default_rng(0)
    values, flags = draws.gamma(2.0, 3.0, 90), draws.random(90) < 0.2
    starts, stops, first = np.array([0, 30, 70]), np.array([30, 70, 90]), np.array([5, 5, 9])
    together = hash_histories(values, flags, starts, stops, first)
    alone = [
        hash_of(values[a:b], flags[a:b], n) for a, b, n in zip(starts, stops, first, strict=True)
    ]
    assert together.tolist() == alone
