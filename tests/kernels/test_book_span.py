"""Books and the directions they span: what they lose is kept, and no direction is superfluous."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from kernels.book_span import span_books
from kernels.linear_books import keep_book_tails, multiply_books, pad_books, parts_of_books


# The first example may have to compile.
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**16))
def test_books_are_sums_over_orthonormal_directions(n_books, n_factors, seed):
    books = np.random.default_rng(seed).normal(size=(n_books, n_factors))
    weights, directions = span_books(books)
    assert len(directions) == min(n_books, n_factors)
    # Sums of thirty products, each twice.
    assert_allclose(weights @ directions, books, atol=1e-13 * np.abs(books).max())
    assert_allclose(directions @ directions.T, np.eye(len(directions)), atol=1e-13)
    assert_array_equal(np.triu(weights, 1), 0.0)


@pytest.mark.parametrize("apart", [1e-3, 1e-7, 1e-11])
def test_directions_stay_orthonormal_for_books_that_hardly_differ(apart):
    draws = np.random.default_rng(3)
    books = draws.normal(size=50) + apart * draws.normal(size=(12, 50))
    weights, directions = span_books(books)
    assert len(directions) == 12
    assert_allclose(directions @ directions.T, np.eye(12), atol=1e-13)
    assert_allclose(weights @ directions, books, atol=1e-13)


def test_copies_sums_and_empty_books_add_no_direction():
    draws = np.random.default_rng(4)
    two = draws.normal(size=(2, 9))
    books = np.array([two[0], np.zeros(9), 3.0 * two[0], two[1], two[0] - two[1], two[1]])
    weights, directions = span_books(books)
    assert directions.shape == (2, 9)
    assert_array_equal(weights[1], 0.0)
    assert_allclose(weights @ directions, books, atol=1e-14)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_book_that_is_no_number_counts_as_empty_for_the_others(bad):
    books = np.random.default_rng(5).normal(size=(4, 6))
    books[1] = 0.0
    empty, broken = span_books(books), books.copy()
    broken[1, 2] = bad
    found = span_books(broken)
    assert np.isnan(found.weights[1]).all()
    others = [0, 2, 3]
    assert_array_equal(found.weights[others], empty.weights[others])
    assert_array_equal(found.directions, empty.directions)


def test_neither_large_nor_small_books_leave_the_numbers_there_are():
    books = np.random.default_rng(6).normal(size=(3, 5)) * np.array([[1e250], [1e-250], [1.0]])
    weights, directions = span_books(books)
    assert len(directions) == 3
    assert_allclose(weights @ directions, books, rtol=1e-12)


@pytest.mark.parametrize("n_books", [3, 40, 41, 90])
def test_a_staircase_is_multiplied_as_it_would_be_whole(n_books):
    draws = np.random.default_rng(n_books)
    folded = pad_books(span_books(draws.normal(size=(n_books, 60))).weights, "float64")
    shocks = draws.normal(size=(folded.shape[1], 7))
    losses = np.full((len(folded), 7), np.nan)
    multiply_books(parts_of_books(folded, staircase=True), shocks, losses)
    assert_allclose(losses, folded @ shocks, rtol=0, atol=1e-13)
    told = (folded, range(3_000), 50, 4.0, 9)
    whole, part = keep_book_tails(*told), keep_book_tails(*told, staircase=True)
    assert_array_equal(part.scenarios[:n_books], whole.scenarios[:n_books])
    assert_allclose(part.losses, whole.losses, rtol=1e-12)
