"""Comparison of methods: scores that the truth makes least, and the set that holds the best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from kernels.stationary_bootstrap import fill_days
from risk.backtests import (
    BacktestError,
    Figures,
    compare_methods,
    joint_scores,
    quantile_scores,
)
from tests.oracles import backtests as oracle

LEVEL = 0.95
QUANTILE = stats.norm.ppf(LEVEL)
SHORTFALL = stats.norm.pdf(QUANTILE) / (1.0 - LEVEL)


def night(seed, n_days=300, n_books=5):
    """Losses whose volatility moves, and what one who knows it says of them, times a scale."""
    draws = np.random.default_rng(seed)
    deviation = np.exp(draws.normal(0.0, 0.3, (n_days, n_books)))
    losses = deviation * draws.normal(size=(n_days, n_books))

    def said(scale):
        return Figures(scale * deviation * QUANTILE, scale * deviation * SHORTFALL)

    return losses, said


def compared(losses, figures, **settings):
    names = [f"book {number}" for number in range(losses.shape[1])]
    return compare_methods(losses, figures, LEVEL, portfolio_ids=names, **settings)


def test_the_joint_score_is_as_its_authors_write_it():
    losses, said = night(1)
    own = said(1.1)
    found = joint_scores(losses, own.value_at_risk, own.expected_shortfall, LEVEL)
    each = zip(
        losses.ravel(), own.value_at_risk.ravel(), own.expected_shortfall.ravel(), strict=True
    )
    wanted = [oracle.joint_score(*figures, LEVEL) for figures in each]
    assert_allclose(found.ravel(), wanted, rtol=1e-12, atol=1e-12)


def test_true_figures_have_the_scores_that_follow_from_their_law():
    """Quantile: (1 - level) ES; joint: log ES. Even points of the law leave 1e-4 of the tail."""
    losses = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)[:, None]
    quantile, shortfall = np.full_like(losses, QUANTILE), np.full_like(losses, SHORTFALL)
    assert_allclose(
        quantile_scores(losses, quantile, LEVEL).mean(), (1 - LEVEL) * SHORTFALL, rtol=1e-4
    )
    assert_allclose(
        joint_scores(losses, quantile, shortfall, LEVEL).mean(), np.log(SHORTFALL), rtol=1e-4
    )


@pytest.mark.parametrize(("var_scale", "es_scale"), [(0.8, 1.0), (1.2, 1.0), (1, 0.8), (1, 1.2)])
def test_the_truth_has_the_least_joint_score(var_scale, es_scale):
    losses = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None]
    quantile, shortfall = np.full_like(losses, QUANTILE), np.full_like(losses, SHORTFALL)
    true = joint_scores(losses, quantile, shortfall, LEVEL).mean()
    false = joint_scores(losses, var_scale * quantile, es_scale * shortfall, LEVEL).mean()
    assert false > true + 0.001


@settings(max_examples=20)
@given(st.floats(1e-3, 1e6), st.integers(0, 2**31))
def test_standings_do_not_know_the_currency(rate, seed):
    losses, said = night(seed, n_days=60, n_books=2)
    methods = {"true": said(1.0), "low": said(0.7), "high": said(1.3)}
    abroad = {
        name: Figures(rate * own.value_at_risk, rate * own.expected_shortfall)
        for name, own in methods.items()
    }
    here = compared(losses, methods, replicates=200).by_book
    there = compared(rate * losses, abroad, replicates=200).by_book
    assert_array_equal(here["standing"], there["standing"])
    assert_allclose(there["quantile_score"], rate * here["quantile_score"], rtol=1e-9)
    assert_allclose(there["joint_score"] - here["joint_score"], np.log(rate), atol=1e-8)


@pytest.mark.parametrize("seed", range(4))
def test_the_set_is_that_of_its_authors(seed):
    losses, said = night(seed, n_days=120, n_books=3)
    methods = {str(scale): said(scale) for scale in (1.0, 0.97, 0.85, 1.15, 0.6)}
    found = compared(losses, methods, replicates=500, seed=seed).by_book
    drawn = np.empty((500, 120), np.int64)
    fill_days(seed, 0, 120, 120 ** (-1 / 3), drawn)
    for number, (_, own) in enumerate(found.groupby("portfolio_id", sort=False)):
        scores = np.stack(
            [
                joint_scores(losses, each.value_at_risk, each.expected_shortfall, LEVEL)[:, number]
                for each in methods.values()
            ],
            axis=1,
        )
        # A replicate whose statistic is the sample's to the last bit may fall on either side.
        assert_allclose(own["p_value"], oracle.confidence_set(scores, drawn), atol=1.01 / 500)


def test_the_best_are_put_out_no_more_often_than_was_said():
    """Three methods as good as each other, of 400 books: a set of 90% loses any in 10% at most.

    Their errors are independent of the day, so that none is better; four standard errors.
    """
    draws = np.random.default_rng(7)
    n_days, n_books = 250, 400
    losses = draws.normal(size=(n_days, n_books))

    def noisy():
        scale = np.exp(draws.normal(0.0, 0.2, losses.shape))
        return Figures(scale * QUANTILE, scale * SHORTFALL)

    found = compared(losses, {name: noisy() for name in "abc"}, replicates=500).by_book
    lost = (found["standing"] == "worse").groupby(found["portfolio_id"]).any().mean()
    assert 0.0 < lost < 0.1 + 4 * np.sqrt(0.09 / n_books)


def test_what_is_far_off_is_put_out():
    losses, said = night(3, n_days=1_000)
    found = compared(losses, {"true": said(1.0), "half": said(0.5)})
    assert (found.by_book.query("method == 'true'")["standing"] == "best").all()
    assert (found.by_book.query("method == 'half'")["standing"] == "worse").all()
    overall = found.overall.set_index("method")
    assert overall.loc["true", ["best_portfolios", "good_portfolios"]].tolist() == [5, 5]
    assert overall.loc["half", ["best_portfolios", "good_portfolios"]].tolist() == [0, 0]
    assert overall.loc["half", "difference"] > 3 * overall.loc["half", "difference_standard_error"]
    assert overall.loc["true", "difference"] == 0.0
    assert_allclose(overall["quantile_score"].mean(), 1.0)


@pytest.mark.parametrize("hedged", [1e-6, 1e-3, 1e3])
def test_what_a_method_says_of_one_book_does_not_decide_for_all(hedged):
    """The better method takes one book of twenty-one for a millionth of what it is."""
    losses, said = night(3, n_days=1_000, n_books=21)
    better, worse = said(1.0), said(0.8)
    wrong = Figures(better.value_at_risk.copy(), better.expected_shortfall.copy())
    wrong.value_at_risk[:, 4] *= hedged
    wrong.expected_shortfall[:, 4] *= hedged
    found, without = (
        compared(losses, {"better": own, "worse": worse}).overall.set_index("method")
        for own in (wrong, better)
    )
    assert found["standing"].to_dict() == {"better": "best", "worse": "worse"}
    # The middle of all books is between those next to the middle of the others.
    change = found.loc["worse", "difference"] - without.loc["worse", "difference"]
    assert abs(change) < without.loc["worse", "difference_standard_error"]


def test_over_all_books_the_best_are_put_out_no_more_often_than_was_said():
    """As of each book by itself, of 200 nights of nine books; four standard errors.

    Methods err for all books together: errors of each book alone count for more than they are,
    for medians of replicates are wider by the books' own spread.
    """
    draws = np.random.default_rng(17)
    lost = 0
    for _ in range(200):
        losses = draws.normal(size=(100, 1)) + 0.5 * draws.normal(size=(100, 9))

        scales = np.sqrt(1.25) * np.exp(draws.normal(0.0, 0.2, (3, 100, 1)))
        noisy = {
            str(number): Figures(own * QUANTILE, own * SHORTFALL)
            for number, own in enumerate(np.broadcast_to(scales, (3, 100, 9)))
        }
        found = compared(losses, noisy, replicates=200).overall
        lost += (found["standing"] == "worse").any()
    assert 0.0 < lost / 200 < 0.1 + 4 * np.sqrt(0.09 / 200)


def test_methods_that_say_the_same_are_as_good():
    losses, said = night(4)
    found = compared(losses, {"one": said(1.0), "two": said(1.0), "three": said(1.0)})
    for table in (found.by_book, found.overall):
        assert (table["p_value"] == 1.0).all()
        assert table["standing"].tolist() == ["best", "as good", "as good"] * (len(table) // 3)


def test_a_method_alone_is_the_best():
    losses, said = night(5)
    found = compared(losses, {"one": said(3.0)})
    assert (found.by_book["standing"] == "best").all()
    assert (found.by_book["p_value"] == 1.0).all()


def test_a_single_day_puts_no_method_out():
    losses, said = night(5, n_days=1)
    found = compared(losses, {"true": said(1.0), "half": said(0.5)})
    for table in (found.by_book, found.overall):
        assert (table["p_value"] == 1.0).all()
        assert set(table["standing"]) == {"best", "as good"}
    assert found.overall["difference_standard_error"].isna().all()


@pytest.mark.parametrize("seed", range(4))
def test_no_method_is_better_than_the_best_by_rounding(seed):
    """Two of three say the same of the days in another order: their means differ by rounding."""
    draws = np.random.default_rng(seed)
    losses = np.zeros((300, 1))
    own = np.exp(draws.normal(size=losses.shape))
    methods = {
        str(number): Figures(each, 1.2 * each)
        for number, each in enumerate((own, own[::-1], draws.permutation(own)))
    }
    assert (compared(losses, methods).overall["difference"] >= 0.0).all()


def test_a_book_that_cannot_lose_has_no_standing_and_counts_for_nothing():
    losses, said = night(6)
    own = said(1.0)
    gaining = Figures(own.value_at_risk, own.expected_shortfall.copy())
    gaining.expected_shortfall[7, 2] = -1.0
    found = compared(losses, {"one": own, "two": gaining})
    alone = found.by_book[found.by_book["portfolio_id"] == "book 2"]
    assert (alone["standing"] == "undefined").all()
    assert alone[["joint_score", "p_value"]].isna().all(axis=None)
    assert alone["quantile_score"].notna().all()
    kept = [0, 1, 3, 4]
    others = {"one": own, "two": own}
    fewer = {
        name: Figures(each.value_at_risk[:, kept], each.expected_shortfall[:, kept])
        for name, each in others.items()
    }
    without = compare_methods(losses[:, kept], fewer, LEVEL, portfolio_ids=list("0134")).overall
    for column in ("n_portfolios", "quantile_score", "joint_score", "best_portfolios"):
        assert_array_equal(found.overall[column], without[column])


def test_no_book_with_a_score_leaves_all_undefined():
    losses, said = night(6, n_books=1)
    own = said(1.0)
    found = compared(losses, {"one": Figures(own.value_at_risk, -own.expected_shortfall)})
    assert found.overall["standing"].tolist() == ["undefined"]
    assert found.overall["n_portfolios"].tolist() == [0]


def test_a_book_is_judged_alike_whoever_stands_beside_it():
    losses, said = night(8)
    methods = {"true": said(1.0), "low": said(0.8)}
    alone = {
        name: Figures(own.value_at_risk[:, 3:4], own.expected_shortfall[:, 3:4])
        for name, own in methods.items()
    }
    among = compared(losses, methods).by_book.query("portfolio_id == 'book 3'")
    found = compare_methods(losses[:, 3:4], alone, LEVEL, portfolio_ids=["book 3"]).by_book
    assert_array_equal(among.to_numpy(), found.to_numpy())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"level": 1.0}, "level must be in (0, 1); got 1.0"),
        ({"confidence": 0.0}, "confidence must be in (0, 1); got 0.0"),
        ({"replicates": 99}, "replicates must be at least 100; got 99"),
        ({"figures": {}}, "methods must be at least 1; got 0"),
        ({"portfolio_ids": ["one"]}, "portfolio_ids must name 5 books; got 1"),
        ({"losses": np.zeros((0, 5))}, "days must be at least 1; got 0"),
    ],
)
def test_what_is_out_of_range_is_refused(change, said):
    losses, figures = night(9)
    whole = {
        "losses": losses,
        "figures": {"one": figures(1.0)},
        "level": LEVEL,
        "portfolio_ids": list("abcde"),
        **change,
    }
    with pytest.raises(BacktestError, match=said.replace("(", r"\(").replace(")", r"\)")):
        compare_methods(whole.pop("losses"), whole.pop("figures"), whole.pop("level"), **whole)
