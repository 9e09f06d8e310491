"""Linear books: plain sums over the same shocks, closed forms, the same bits in every chunk."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from kernels import linear_books
from kernels.linear_books import (
    WIDTH,
    BookTails,
    fold_exposures,
    keep_book_tails,
    merge_tails,
)
from kernels.shocks import fill_shocks, fill_t_scales
from kernels.tail_keeping import sort_tail
from risk.errors import PlanError
from risk.linear_books import (
    LinearScenarios,
    figures_of_chunks,
    measure_linear_books,
    tail_length,
    tails_of_chunk,
)
from risk.measures.tail import measure_tail
from tests.oracles.tails import elliptical_tail

LEVELS = (0.975, 0.99)
N_ASSETS, N_BOOKS = 12, 5


@pytest.fixture(scope="module")
def books():
    rng = np.random.default_rng(1)
    loadings = rng.normal(size=(N_ASSETS, 9)) * 0.01
    return rng.normal(size=(N_BOOKS, N_ASSETS)) * 1e5, loadings


@pytest.fixture(scope="module")
def wide():
    """Return twenty books over sixty factors."""
    rng = np.random.default_rng(2)
    loadings = rng.normal(size=(70, 60)) * 0.01
    return rng.normal(0.5, 1.0, (20, 70)) * 1e5, loadings


def scenarios(folded, n, degrees, seed):
    """Return all losses, by the same products that the kernel makes."""
    losses = np.empty((len(folded), 0))
    for first in range(0, n, WIDTH):
        shocks, scales = np.empty((folded.shape[1], WIDTH)), np.empty(WIDTH)
        fill_shocks(seed, first, shocks)
        fill_t_scales(seed, first, degrees, scales)
        losses = np.concatenate([losses, (folded @ shocks) * scales], axis=1)
    return losses[:, :n]


@pytest.mark.parametrize("degrees", [None, 5, 4.5])
@pytest.mark.parametrize("n", [1_000, 5_000, 3 * WIDTH])
def test_figures_are_those_of_all_scenarios_sorted(books, n, degrees):
    plan = LinearScenarios(n, degrees, seed=4)
    found = measure_linear_books(*books, LEVELS, plan)
    scale = 1.0 if degrees is None else np.sqrt((degrees - 2) / degrees)
    folded = fold_exposures(books[0], books[1] * scale, "float64")
    losses = scenarios(folded, n, degrees or 0, 4)
    for row, level in enumerate(LEVELS):
        for book in range(N_BOOKS):
            tail = measure_tail(losses[book], level)
            for name in ("value_at_risk", "expected_shortfall"):
                assert_allclose(getattr(found, name)[row, book], getattr(tail, name), rtol=1e-12)
                error = getattr(found, f"{name}_error")[row, book]
                assert_allclose(error, getattr(tail, f"{name}_error"), rtol=1e-9)


@pytest.mark.parametrize("drawn", ["factors", "books"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("degrees", [None, 5, 4.5])
def test_figures_are_those_of_the_law(books, degrees, precision, drawn):
    plan = LinearScenarios(200_000, degrees, 5, precision, drawn=drawn)
    found = measure_linear_books(*books, LEVELS, plan)
    deviation = np.sqrt(((books[0] @ books[1]) ** 2).sum(axis=1))
    for row, level in enumerate(LEVELS):
        law = elliptical_tail(deviation, level, degrees or np.inf)
        for name, exact in zip(("value_at_risk", "expected_shortfall"), law, strict=True):
            distance = getattr(found, name)[row] - exact
            # Ten figures a case, within 4.5 of their own errors.
            assert (np.abs(distance) < 4.5 * getattr(found, f"{name}_error")[row]).all()


@pytest.mark.parametrize("drawn", ["factors", "books"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_components_add_up_and_are_those_of_the_law(books, precision, drawn):
    plan = LinearScenarios(100_000, None, 6, precision, drawn=drawn)
    found = measure_linear_books(*books, LEVELS, plan, components=(0.975,))
    parts = found.components[0.975]
    assert set(found.components) == {0.975}
    # Sums of 32-bit products of two dozen shocks.
    tolerance = 1e-9 if precision == "float64" else 1e-5
    assert_allclose(parts.sum(axis=1), found.expected_shortfall[0], rtol=tolerance)
    covariance = books[1] @ books[1].T
    for book, exposures in enumerate(books[0]):
        deviation = np.sqrt(exposures @ covariance @ exposures)
        beyond = elliptical_tail(1.0, 0.975)[1]
        exact = exposures * (covariance @ exposures) / deviation * beyond
        # A mean over 2,500 scenarios of a position's loss.
        own = np.abs(exposures) * np.sqrt(np.diag(covariance))
        assert (np.abs(parts[book] - exact) < 5.0 * own / np.sqrt(2_500)).all()


@pytest.mark.parametrize("degrees", [None, 5])
def test_shocks_of_books_and_of_factors_give_figures_of_one_law(wide, degrees):
    plans = [LinearScenarios(100_000, degrees, 3, drawn=drawn) for drawn in ("factors", "books")]
    one, other = (measure_linear_books(*wide, LEVELS, plan, components=LEVELS) for plan in plans)
    for name in ("value_at_risk", "expected_shortfall"):
        first, second = getattr(one, f"{name}_error"), getattr(other, f"{name}_error")
        # Eighty differences, within 4.5 of their standard errors; the scenarios are independent.
        distance = np.abs(getattr(one, name) - getattr(other, name))
        assert (distance < 4.5 * np.hypot(first, second)).all()


def test_figures_of_shocks_of_books_spread_as_their_errors_say(wide):
    plans = [LinearScenarios(2_000, None, seed, drawn="books") for seed in range(60)]
    found = [measure_linear_books(*wide, LEVELS, plan) for plan in plans]
    for name in ("value_at_risk", "expected_shortfall"):
        spread = np.std([getattr(each, name) for each in found], axis=0, ddof=1)
        said = np.mean([getattr(each, f"{name}_error") for each in found], axis=0)
        # A deviation of sixty is off by a tenth, the mean over twenty books by less.
        assert_allclose((spread / said).mean(axis=1), 1.0, atol=0.12)


def test_components_of_shocks_of_books_are_surer(wide):
    exposures, loadings = wide
    covariance = loadings @ loadings.T
    deviation = np.sqrt(np.einsum("ba,ac,bc->b", exposures, covariance, exposures))
    beyond = elliptical_tail(1.0, 0.975)[1]
    exact = exposures * (exposures @ covariance) / deviation[:, None] * beyond
    squares = {}
    for drawn in ("factors", "books"):
        plan = LinearScenarios(20_000, None, 12, drawn=drawn)
        found = measure_linear_books(*wide, LEVELS, plan, components=LEVELS[:1])
        squares[drawn] = ((found.components[0.975] - exact) ** 2).sum()
    # Of sixty directions of noise twenty are left.
    assert squares["books"] < 0.6 * squares["factors"]


def test_shocks_are_of_factors_where_books_are_as_many(books):
    many = np.concatenate([books[0], 1.5 * books[0], np.eye(N_ASSETS)])
    plans = [LinearScenarios(2_000, None, 3, drawn=drawn) for drawn in ("factors", "books")]
    one, other = (measure_linear_books(many, books[1], LEVELS, plan) for plan in plans)
    assert_array_equal(one.expected_shortfall, other.expected_shortfall)


def test_copies_of_a_book_have_its_figures_to_rounding(wide):
    exposures = np.concatenate([wide[0][:3], wide[0][:3], 2.0 * wide[0][:3]])
    plan = LinearScenarios(20_000, None, 3, drawn="books")
    found = measure_linear_books(exposures, wide[1], LEVELS, plan)
    assert_allclose(found.expected_shortfall[:, 3:6], found.expected_shortfall[:, :3], rtol=1e-11)
    assert_allclose(
        found.expected_shortfall[:, 6:], 2.0 * found.expected_shortfall[:, :3], rtol=1e-11
    )


def test_a_book_that_overflows_counts_as_empty_for_books_whose_directions_are_drawn(wide):
    plan = LinearScenarios(3 * WIDTH, None, seed=5, drawn="books")
    empty, broken = wide[0].copy(), wide[0].copy()
    empty[1], broken[1] = 0.0, 1e308
    before = measure_linear_books(empty, 1e3 * wide[1], LEVELS, plan)
    with np.errstate(all="ignore"):
        after = measure_linear_books(broken, 1e3 * wide[1], LEVELS, plan)
    assert not np.isfinite(after.expected_shortfall[:, 1]).any()
    others = np.arange(len(empty)) != 1
    assert_array_equal(after.expected_shortfall[:, others], before.expected_shortfall[:, others])


@pytest.mark.parametrize("drawn", ["factors", "books"])
# Tens of blocks of twenty books, which a busy machine takes its time for.
@settings(max_examples=50)
@given(
    blocks=st.lists(st.integers(2, 4), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_chunks_in_any_order_give_the_same_bits(wide, drawn, blocks, order):
    books = wide
    n = WIDTH * sum(blocks) - 100
    plan = LinearScenarios(n, 4, seed=7, drawn=drawn)
    edges = np.minimum(np.cumsum([0, *blocks]) * WIDTH, n)
    chunks = [range(int(a), int(b)) for a, b in itertools.pairwise(edges)]
    order.shuffle(chunks)
    parts = [tails_of_chunk(*books, LEVELS, plan, chunk) for chunk in chunks]
    whole = measure_linear_books(*books, LEVELS, plan, components=LEVELS)
    merged = figures_of_chunks(parts, *books, LEVELS, plan, components=LEVELS)
    for name in ("value_at_risk", "expected_shortfall", "expected_shortfall_error"):
        assert_array_equal(getattr(merged, name), getattr(whole, name))
    for level in LEVELS:
        assert_array_equal(merged.components[level], whole.components[level])


def test_a_book_has_the_same_bits_alone_and_among_others(books):
    plan = LinearScenarios(4 * WIDTH, None, seed=8)
    many = np.concatenate([books[0]] * 7)
    together = measure_linear_books(many, books[1], LEVELS, plan)
    for book in range(N_BOOKS):
        alone = measure_linear_books(books[0][[book]], books[1], LEVELS, plan)
        assert_array_equal(together.value_at_risk[:, book], alone.value_at_risk[:, 0])
        assert_array_equal(together.value_at_risk[:, book + 30], alone.value_at_risk[:, 0])


@pytest.mark.parametrize("kept", [1, 64, 700, 2_000])
def test_floors_change_no_bit_even_where_they_are_too_high(books, kept, monkeypatch):
    folded = fold_exposures(*books, "float64")
    told = (folded, range(5 * WIDTH - 37), kept, 4.0, 11)
    sampled = keep_book_tails(*told)
    for floor in (-np.inf, np.inf):
        monkeypatch.setattr(
            linear_books, "first_floors", lambda block, _, f=floor: np.full(len(block), f)
        )
        other = keep_book_tails(*told)
        assert_array_equal(other.losses, sampled.losses)
        assert_array_equal(other.scenarios, sampled.scenarios)


def test_a_book_that_overflows_has_no_figures_and_leaves_the_others_as_they_are(books):
    exposures, loadings = books[0], 1e3 * books[1]
    plan = LinearScenarios(3 * WIDTH, None, seed=5)
    before = measure_linear_books(exposures, loadings, LEVELS, plan)
    with np.errstate(all="ignore"):
        broken = exposures.copy()
        broken[1] = 1e308 * np.where(np.arange(exposures.shape[1]) % 2, 1.0, -1.0)
        after = measure_linear_books(broken, loadings, LEVELS, plan)
    assert not np.isfinite(after.expected_shortfall[:, 1]).any()
    others = np.arange(len(exposures)) != 1
    assert_array_equal(after.expected_shortfall[:, others], before.expected_shortfall[:, others])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.data())
def test_tails_rank_by_loss_and_then_by_scenario(losses, data):
    n = len(losses)
    kept = data.draw(st.integers(1, n))
    order = np.array(data.draw(st.permutations(range(n))), np.int64)
    values = np.array(losses, float)[order]
    ranked = sorted(range(n), key=lambda s: (-losses[s], s))[:kept]
    sort_tail(values, order, n, kept)
    assert_array_equal(order[:kept], ranked)
    assert_array_equal(values[:kept], np.array(losses, float)[ranked])


@given(st.lists(st.integers(0, 5), min_size=2, max_size=60), st.data())
def test_ranked_tails_merge_as_one_sorted_whole(losses, data):
    n = len(losses)
    split, kept = data.draw(st.integers(1, n - 1)), data.draw(st.integers(1, n))
    parts = []
    for part in (range(split), range(split, n)):
        ranked = sorted(part, key=lambda s: (-losses[s], s))
        parts.append(BookTails(np.array([[float(losses[s]) for s in ranked]]), np.array([ranked])))
    whole = sorted(range(n), key=lambda s: (-losses[s], s))[:kept]
    for order in (parts, parts[::-1]):
        assert_array_equal(merge_tails(order, kept).scenarios, [whole])


def test_a_part_without_numbers_takes_no_place_of_one_with():
    none = BookTails(np.full((1, 2), np.nan), np.arange(2)[None])
    some = BookTails(np.array([[4.0, 3.0]]), np.array([[7, 5]]))
    for order in ([none, some], [some, none]):
        merged = merge_tails(order, 3)
        assert_array_equal(merged.losses, [[4.0, 3.0, np.nan]])
        assert_array_equal(merged.scenarios[0, :2], [7, 5])


@pytest.mark.parametrize("drawn", ["factors", "books"])
def test_threads_that_share_the_books_out_change_no_figure(books, drawn):
    plan = LinearScenarios(5 * WIDTH, 4.0, seed=3, drawn=drawn)
    parts = [
        tails_of_chunk(*books, LEVELS, plan, chunk)
        for chunk in (range(2 * WIDTH), range(2 * WIDTH, 5 * WIDTH))
    ]
    whole = figures_of_chunks(parts, *books, LEVELS, plan, components=LEVELS)
    for own in (slice(2), slice(2, None), slice(-1, None)):
        some = figures_of_chunks(parts, *books, LEVELS, plan, components=LEVELS, books=own)
        assert_array_equal(some.expected_shortfall, whole.expected_shortfall[:, own])
        assert_array_equal(some.value_at_risk_error, whole.value_at_risk_error[:, own])
        for level in LEVELS:
            # A library's product of one book may be summed in another order.
            assert_allclose(
                some.components[level],
                whole.components[level][own],
                rtol=0,
                atol=1e-14 * np.abs(whole.components[level]).max(),
            )


def test_memory_is_of_the_tail_and_not_of_the_scenarios(books):
    for n in (10_000, 1_000_000):
        assert tail_length(n, LEVELS) < 0.025 * n + 8.0 * np.sqrt(n * 0.025) + 30.0


def test_an_empty_book_loses_nothing(books):
    nothing = np.zeros((1, N_ASSETS))
    found = measure_linear_books(nothing, books[1], LEVELS, LinearScenarios(1_000, None, 1))
    assert_array_equal(found.value_at_risk, 0.0)
    assert_array_equal(found.expected_shortfall_error, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenarios": 10}, "scenarios must be at least 1000; got 10"),
        ({"degrees": 2}, "degrees must be in"),
        ({"seed": -1}, "seed must be in"),
        ({"precision": "float16"}, "precision must be"),
        ({"drawn": "assets"}, "drawn must be 'factors' or 'books'; got 'assets'"),
    ],
)
def test_settings_out_of_range_are_refused(change, message):
    with pytest.raises(PlanError, match=message):
        LinearScenarios(**change)


def test_what_cannot_be_multiplied_is_refused(books):
    exposures, loadings = books
    plan = LinearScenarios(1_000)
    bad = exposures.copy()
    bad[1, 2] = np.nan
    with pytest.raises(PlanError, match=r"exposures must be finite; got nan at \(1, 2\)"):
        measure_linear_books(bad, loadings, LEVELS, plan)
    with pytest.raises(PlanError, match="got \\(5, 12\\) and \\(3, 9\\)"):
        measure_linear_books(exposures, loadings[:3], LEVELS, plan)
    with pytest.raises(PlanError, match="level must be in"):
        measure_linear_books(exposures, loadings, (0.4,), plan)
    with pytest.raises(PlanError, match="must start at a multiple"):
        tails_of_chunk(exposures, loadings, LEVELS, plan, range(5, 1_000))


def test_the_published_relative_error_is_met():
    """Asymptotic relative error times root n at 99%: 1.60 of VaR and 1.72 of ES."""
    found = measure_linear_books(
        np.ones((1, 1)), np.ones((1, 1)), (0.99,), LinearScenarios(1_000_000, None, 3)
    )
    for name, published in (("value_at_risk", 1.60), ("expected_shortfall", 1.72)):
        error = getattr(found, f"{name}_error")[0, 0] / getattr(found, name)[0, 0] * 1_000.0
        # The error of an error from 10,000 tail scenarios: two per cent, twice.
        assert error == pytest.approx(published, rel=0.04)
    assert stats.norm.ppf(0.99) == pytest.approx(found.value_at_risk[0, 0], rel=0.006)
