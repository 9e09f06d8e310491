"""Tails of books kept on a grid are the processor's, whatever the tiles."""

import numpy as np
import pytest

from kernels.linear_books import (
    fold_exposures,
    keep_book_tails,
    mean_tail_shocks,
    merge_tails,
)

pytestmark = pytest.mark.usefixtures("grids")
SEED = 3


def _folded(n_books, precision="float64"):
    draws = np.random.default_rng(n_books)
    exposures, loadings = draws.normal(size=(n_books, 5)), draws.normal(size=(5, 11))
    return fold_exposures(exposures, loadings, precision)


def _tile(books=2, scenarios=16, threads=2):
    from kernels.cuda.linear_books import Tile

    return Tile(books, scenarios, threads)


@pytest.mark.parametrize("degrees", [0.0, 4.0])
@pytest.mark.parametrize(("precision", "close"), [("float64", 1e-13), ("float32", 1e-5)])
def test_tails_are_the_processors(precision, close, degrees):
    from kernels.cuda.linear_books import keep_book_tails as keep_on_device

    folded = _folded(1, precision)[:3]
    expected = keep_book_tails(folded, range(5, 28), 7, degrees, SEED)
    found = keep_on_device(folded, range(5, 28), 7, degrees, SEED, _tile())
    scale = np.abs(expected.losses).max()
    np.testing.assert_allclose(found.losses, expected.losses, rtol=0, atol=close * scale)
    np.testing.assert_array_equal(found.scenarios, expected.scenarios)


def test_neither_tiles_of_books_nor_threads_change_a_bit():
    from kernels.cuda.linear_books import keep_book_tails as keep_on_device

    folded = _folded(2)[:2]
    whole = keep_on_device(folded, range(16), 5, 0.0, SEED, _tile(books=2))
    for tile in (_tile(books=2, threads=3), _tile(books=2, threads=1)):
        other = keep_on_device(folded, range(16), 5, 0.0, SEED, tile)
        np.testing.assert_array_equal(other.losses, whole.losses)
        np.testing.assert_array_equal(other.scenarios, whole.scenarios)
    alone = keep_on_device(folded[1:2], range(16), 5, 0.0, SEED, _tile(books=2))
    np.testing.assert_array_equal(alone.scenarios[0], whole.scenarios[1])


def test_chunks_of_scenarios_merge_into_the_tails_of_all():
    from kernels.cuda.linear_books import keep_book_tails as keep_on_device

    folded = _folded(1)[:2]
    whole = keep_on_device(folded, range(32), 6, 0.0, SEED, _tile())
    parts = [
        keep_on_device(folded, range(first, first + 16), 6, 0.0, SEED, _tile()) for first in (0, 16)
    ]
    merged = merge_tails(parts, 6)
    np.testing.assert_array_equal(merged.losses, whole.losses)
    np.testing.assert_array_equal(merged.scenarios, whole.scenarios)


@pytest.mark.parametrize(("precision", "close"), [("float64", 1e-13), ("float32", 1e-6)])
def test_mean_shocks_of_tails_are_the_processors(precision, close):
    from kernels.cuda.linear_books import mean_tail_shocks as mean_on_device

    folded = _folded(3, precision)
    scenarios = np.array([[3, 70, 41], [41, 3, 90], [5, 41, 6]])
    weights = np.array([0.5, 0.3, 0.2])
    expected = mean_tail_shocks(scenarios, weights, 4.0, SEED, folded)
    found = mean_on_device(scenarios, weights, 4.0, SEED, folded, _tile())
    np.testing.assert_allclose(found, expected, rtol=0, atol=close * np.abs(expected).max())


def test_groups_of_books_that_fit_a_device_change_no_bit(monkeypatch):
    from kernels.cuda import linear_books

    folded, tile = _folded(2)[:3], _tile(books=1)
    scenarios = np.array([[3, 40, 21], [21, 3, 50], [35, 21, 36]])
    told = (scenarios, np.array([0.5, 0.3, 0.2]), 4.0, SEED, folded, tile)
    tails = linear_books.keep_book_tails(folded, range(20), 5, 0.0, SEED, tile)
    means = linear_books.mean_tail_shocks(*told)
    groups = []
    rank, mean = linear_books.rank_tails, linear_books._mean_shocks
    monkeypatch.setattr(
        linear_books,
        "rank_tails",
        lambda own, *rest: (groups.append(len(own)), rank(own, *rest))[1],
    )
    monkeypatch.setattr(
        linear_books,
        "_mean_shocks",
        lambda own, *rest: (groups.append(len(own)), mean(own, *rest))[1],
    )
    monkeypatch.setattr(linear_books, "_books_that_fit", lambda *_: 2)
    parts = linear_books.keep_book_tails(folded, range(20), 5, 0.0, SEED, tile)
    np.testing.assert_array_equal(parts.losses, tails.losses)
    np.testing.assert_array_equal(parts.scenarios, tails.scenarios)
    np.testing.assert_array_equal(linear_books.mean_tail_shocks(*told), means)
    assert groups == [2, 1, 2, 1]


def test_what_a_sort_takes_is_left_free(monkeypatch):
    from kernels.cuda import linear_books

    monkeypatch.setattr(linear_books, "_SHARE", 0.5)
    context = linear_books.cuda.current_context()
    monkeypatch.setattr(type(context), "get_memory_info", lambda _: (2_000, 2_000))
    assert linear_books._books_that_fit(10, 0, _tile(books=4)) == 100
    assert linear_books._books_that_fit(10, 400, _tile(books=4)) == 60
    assert linear_books._books_that_fit(10, 4_000, _tile(books=4)) == 4


@pytest.mark.parametrize("form", [np.float64, np.float32])
@pytest.mark.parametrize("kept", [1, 9])
@pytest.mark.parametrize("values", ["ties", "signs", "apart"])
def test_exactly_the_largest_are_selected_and_of_equal_ones_the_earliest(kept, form, values):
    from kernels.cuda.tails import select_tails

    draws = np.random.default_rng(kept)
    n_books, n = 3, 13
    losses = {
        "ties": draws.integers(-1, 2, (n_books, n)).astype(form),
        "signs": np.where(draws.random((n_books, n)) < 0.5, -0.0, 0.0).astype(form),
        "apart": draws.normal(size=(n_books, n)).astype(form),
    }[values]
    numbers = np.array([draws.permutation(n) + 2**31 - n - 1 for _ in range(n_books)], np.int32)
    filled, floors = np.full(n_books, n, np.int32), np.full(n_books, -np.inf)
    filled[2] = kept
    expected = []
    for book in range(2):
        order = np.lexsort((numbers[book], -losses[book]))[:kept]
        expected.append(set(zip(losses[book][order], numbers[book][order], strict=True)))
    untouched = losses[2].copy()
    select_tails[n_books, 3](kept, kept + 1, losses, numbers, filled, floors)
    for book in range(2):
        chosen = set(zip(losses[book, :kept], numbers[book, :kept], strict=True))
        assert chosen == expected[book]
        assert floors[book] <= losses[book, :kept].min()
    assert filled.tolist() == [kept] * n_books
    np.testing.assert_array_equal(losses[2], untouched)
    assert floors[2] == -np.inf


def test_figures_are_those_of_the_sorted_tail():
    from kernels.cuda.linear_books import book_tail_figures

    losses = np.array([[9.0, 5.0, 1.0], [4.0, 3.0, 2.0]])
    quantiles, shortfalls = book_tail_figures(losses, np.array([0.75, 0.25]))
    np.testing.assert_array_equal(quantiles, [5.0, 3.0])
    np.testing.assert_array_equal(shortfalls, [8.0, 3.75])
