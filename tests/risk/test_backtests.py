"""Backtests: published acceptance regions and critical values, plain oracles, laws, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from risk.backtests import (
    BacktestError,
    BacktestPlan,
    backtest,
    conditional_coverage,
    critical_values,
    dynamic_quantile,
    find_exceptions,
    independence,
    proportion_of_failures,
    rolling_value_at_risk,
    simulate_true_figures,
    time_to_first_failure,
    traffic_light,
)
from risk.backtests.acerbi_szekely import find_severities, true_statistics
from risk.measures.tail import measure_tail
from tests.oracles import backtests as oracle

LEVEL = 0.95
PLAN = BacktestPlan(histories=2_000, seed=3)


def history(seed, n_days=300, n_books=6, scale=1.0):
    """Normal losses that are judged by their true figures, each book with its own volatility."""
    rng = np.random.default_rng(seed)
    deviation = np.exp(rng.normal(0.0, 0.4, (n_days, n_books)))
    losses = deviation * rng.normal(size=(n_days, n_books))
    quantile = stats.norm.ppf(LEVEL)
    shortfall = stats.norm.pdf(quantile) / (1.0 - LEVEL)
    return losses, scale * deviation * quantile, scale * deviation * shortfall


def judged(losses, value_at_risk, shortfall=None, level=LEVEL, **plan):
    names = [f"book {number}" for number in range(losses.shape[1])]
    settings = BacktestPlan(**{"histories": 2_000, "seed": 3, **plan})
    return backtest(
        losses,
        value_at_risk,
        shortfall,
        level,
        portfolio_ids=names,
        method="historical",
        plan=settings,
    )


def by_test(results, name, column="statistic"):
    return results.loc[results["test"] == name, column].to_numpy()


# Kupiec (1995), table 3: numbers of exceptions that a 5% test accepts (bounds are not accepted).
@pytest.mark.parametrize(
    ("share", "days", "low", "high"),
    [
        (0.01, 255, -1, 7),
        (0.01, 1000, 4, 17),
        (0.05, 255, 6, 21),
        (0.05, 1000, 37, 65),
        (0.10, 255, 16, 36),
        (0.10, 1000, 81, 120),
    ],
)
def test_proportion_of_failures_accepts_what_kupiec_tabulates(share, days, low, high):
    found = np.arange(days // 3)
    verdicts = proportion_of_failures(np.full(len(found), days), found, 1.0 - share).verdicts(0.05)
    # "N < 7" at 1% of 255 days has no lower bound in the table: no exception has the p-value
    # 0.0236, and is kept out of the comparison.
    first = 1 if low < 0 else 0
    accepted = found[first:][verdicts[first:] == "accepted"]
    assert_array_equal(accepted, np.arange(max(low + 1, 1), high))


# Basel Committee (1996), table 2: cumulative probability, %, of 250 days at 1%.
def test_the_traffic_light_is_the_supervisors():
    found = np.arange(12)
    light = traffic_light(np.full(12, 250), found, 0.99, "1996")
    published = [89.22, 95.88, 98.63, 99.60, 99.89, 99.97, 99.99]
    assert_allclose(100.0 * light.judgement.statistic[4:11], published, atol=0.005)
    assert list(light.zone) == ["green"] * 5 + ["yellow"] * 5 + ["red"] * 2
    assert_array_equal(light.plus_factor[4:11], [0.0, 0.4, 0.5, 0.65, 0.75, 0.85, 1.0])
    newer = traffic_light(np.full(12, 250), found, 0.99)
    assert_array_equal(newer.plus_factor[4:11], [0.0, 0.20, 0.26, 0.33, 0.38, 0.42, 0.50])


# Acerbi & Székely (2014), table 1: critical values at 5% of Z2 over 250 days at 97.5%, printed
# with two digits. The standard error of the quantile of 40,000 histories is about 0.006.
@pytest.mark.parametrize(
    ("degrees", "published"), [(np.inf, -0.69), (10.0, -0.71), (5.0, -0.74), (3.0, -0.82)]
)
def test_the_critical_value_of_the_second_severity_test_is_the_published_one(degrees, published):
    true = simulate_true_figures(0.975, 250, degrees)
    assert critical_values(true, 250, 0.05)[1] == pytest.approx(published, abs=0.005 + 4 * 0.006)


@pytest.mark.parametrize("seed", range(4))
def test_every_statistic_is_what_its_paper_writes(seed):
    losses, quantiles, shortfalls = history(seed)
    results = judged(losses, quantiles, shortfalls, lags=3).results
    for book in range(losses.shape[1]):
        columns = [figure[:, book].tolist() for figure in (losses, quantiles, shortfalls)]
        hits = [int(loss > said) for loss, said in zip(*columns[:2], strict=True)]
        first, second = oracle.severity_statistics(*columns, LEVEL)
        quantile_statistic, p_value = oracle.dynamic_quantile(*columns[:2], LEVEL, 3)
        markov = oracle.christoffersen(hits)
        expected = {
            "proportion_of_failures": oracle.kupiec(hits, LEVEL),
            "time_to_first_failure": oracle.first_failure(hits, LEVEL),
            "independence": markov,
            "conditional_coverage": markov + oracle.kupiec(hits[1:], LEVEL),
            "traffic_light": oracle.traffic_light(hits, LEVEL),
            "acerbi_szekely_1": first,
            "acerbi_szekely_2": second,
            "dynamic_quantile": quantile_statistic,
        }
        own = results[results["portfolio_id"] == f"book {book}"].set_index("test")
        assert set(own.index) == set(expected)
        for name, statistic in expected.items():
            assert_allclose(own.loc[name, "statistic"], statistic, rtol=1e-8, atol=1e-10)
        assert_allclose(own.loc["dynamic_quantile", "p_value"], p_value, rtol=1e-6)
        assert own.loc["proportion_of_failures", "exceptions"] == sum(hits)


def test_true_figures_are_rejected_as_often_as_the_significance_says():
    losses, quantiles, shortfalls = history(11, n_days=8_000, n_books=600)
    results = judged(losses, quantiles, shortfalls).results
    rates = (results["verdict"] == "rejected").groupby(results["test"]).mean()
    # The laws of the ratios are asymptotic, and first failures discrete: within 3 points of 5%
    # (the standard error of a rate is 0.9 points), and a red light is nearly never lit.
    assert rates["traffic_light"] < 0.005
    for name in rates.index.drop("traffic_light"):
        assert abs(rates[name] - 0.05) < 0.03, name


def test_figures_too_low_by_a_third_are_found_out():
    losses, quantiles, shortfalls = history(12, n_days=1_000, n_books=200, scale=2.0 / 3.0)
    results = judged(losses, quantiles, shortfalls).results
    rates = (results["verdict"] == "rejected").groupby(results["test"]).mean()
    for name in ("proportion_of_failures", "conditional_coverage", "acerbi_szekely_2"):
        assert rates[name] > 0.99, name
    assert rates["traffic_light"] > 0.9


def test_bursts_are_found_by_the_tests_of_independence_alone():
    rng = np.random.default_rng(13)
    n_days, n_books = 1_500, 100
    state = np.zeros((n_days, n_books), bool)
    for day in range(1, n_days):
        stay = np.where(state[day - 1], 0.5, 0.05 / 0.95 * 0.5)
        state[day] = rng.random(n_books) < stay
    losses = np.where(state, 2.0, 0.0)
    results = judged(losses, np.ones_like(losses)).results
    rates = (results["verdict"] == "rejected").groupby(results["test"]).mean()
    assert rates["independence"] > 0.99
    assert rates["dynamic_quantile"] > 0.99
    assert rates["proportion_of_failures"] < 0.5


@given(st.lists(st.booleans(), min_size=3, max_size=60), st.floats(0.8, 0.995))
def test_counts_and_coverage_agree_with_the_oracle_on_any_days(hits, level):
    losses = np.array(hits, float)[:, None]
    found = find_exceptions(losses, np.full_like(losses, 0.5))
    assert found.exceptions[0] == sum(hits)
    ratio = proportion_of_failures(found.n_days, found.exceptions, level).statistic[0]
    assert_allclose(ratio, oracle.kupiec([int(hit) for hit in hits], level), atol=1e-9)
    waited = time_to_first_failure(found.n_days, found.first, level).statistic[0]
    assert_allclose(waited, oracle.first_failure([int(hit) for hit in hits], level), atol=1e-9)
    assert_allclose(
        independence(found.transitions).statistic[0],
        oracle.christoffersen([int(hit) for hit in hits]),
        atol=1e-9,
    )
    both = conditional_coverage(found.transitions, level)
    assert 0.0 <= both.p_value[0] <= 1.0


def test_a_day_without_a_figure_is_not_judged_and_parts_its_neighbours():
    losses = np.array([[2.0], [2.0], [np.nan], [2.0], [0.0]])
    found = find_exceptions(losses, np.ones_like(losses))
    assert (found.n_days[0], found.exceptions[0], found.first[0]) == (4, 3, 1)
    assert_array_equal(found.transitions[0], [[0, 0], [1, 1]])
    severities = find_severities(losses, np.ones_like(losses), np.full_like(losses, 2.0))
    assert severities.n_days[0] == 4
    assert severities.total[0] == 3.0


def test_a_book_by_itself_is_judged_as_among_others():
    losses, quantiles, shortfalls = history(14)
    together = judged(losses, quantiles, shortfalls).results
    for book in range(losses.shape[1]):
        own = [figure[:, [book]] for figure in (losses, quantiles, shortfalls)]
        alone = judged(*own).results.drop(columns="portfolio_id").reset_index(drop=True)
        of_all = together[together["portfolio_id"] == f"book {book}"]
        assert alone.equals(of_all.drop(columns="portfolio_id").reset_index(drop=True))


def test_books_that_cannot_be_judged_are_failures_and_change_no_other():
    losses, quantiles, shortfalls = history(15)
    good = judged(losses[:, 2:], quantiles[:, 2:], shortfalls[:, 2:]).results
    losses[5, 0] = np.inf
    losses[:, 1] = np.nan
    found = judged(losses, quantiles, shortfalls)
    assert [failure.entity for failure in found.failures] == ["book 0", "book 1"]
    assert "infinite" in found.failures[0].message
    assert "no day" in found.failures[1].message
    columns = ["statistic", "p_value", "verdict"]
    kept = found.results[columns].reset_index(drop=True)
    assert kept.equals(good[columns].reset_index(drop=True))


def test_what_no_day_can_tell_is_undefined_and_not_a_verdict():
    losses = np.zeros((50, 1))
    results = judged(losses, np.ones_like(losses), np.ones_like(losses)).results
    verdicts = results.set_index("test")["verdict"]
    assert verdicts["independence"] == "undefined"
    assert verdicts["acerbi_szekely_1"] == "undefined"
    assert verdicts["traffic_light"] == "accepted"


def test_collinear_regressors_count_once():
    rng = np.random.default_rng(16)
    losses = rng.normal(size=(400, 1))
    still = dynamic_quantile(losses, np.full_like(losses, 1.645), LEVEL, lags=2)
    statistic, p_value = oracle.dynamic_quantile(losses[:, 0], np.full(400, 1.645), LEVEL, 2)
    assert_allclose(still.statistic[0], statistic, rtol=1e-8)
    assert_allclose(still.p_value[0], p_value, rtol=1e-6)


def test_true_histories_do_not_depend_on_how_many_are_simulated():
    few, many = (simulate_true_figures(0.975, 100, np.inf, n, seed=4) for n in (200, 500))
    kept = many.histories < 200
    assert_array_equal(many.multiples[kept], few.multiples)
    longer = simulate_true_figures(0.975, 300, np.inf, 200, seed=4)
    for short, long in zip(true_statistics(few, 100), true_statistics(longer, 100), strict=True):
        assert_array_equal(short, long)


def test_true_severities_are_zero_on_average():
    true = simulate_true_figures(0.975, 250, 5.0, 40_000, seed=5)
    for statistics in true_statistics(true, 250):
        error = statistics.std() / np.sqrt(len(statistics))
        assert abs(statistics.mean()) < 4.0 * error


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("window", [1, 40, 251])
def test_rolling_figures_are_those_of_each_window(level, window):
    losses = np.round(np.random.default_rng(17).standard_t(4, (300, 3)), 1)
    losses[100, 1] = np.nan
    rolled = rolling_value_at_risk(losses, window, level)
    for day in range(300):
        for book in range(3):
            eve = losses[max(day - window, 0) : day, book]
            figures = rolled.value_at_risk[day, book], rolled.expected_shortfall[day, book]
            if len(eve) < window or np.isnan(eve).any():
                assert np.isnan(figures).all()
            else:
                tail = measure_tail(eve, level)
                assert_allclose(figures, (tail.value_at_risk, tail.expected_shortfall), rtol=1e-12)


def test_volatility_scaled_figures_follow_the_volatility_of_the_day():
    signs = np.tile([1.0, -1.0], 400)
    losses = (signs * np.where(np.arange(800) < 600, 1.0, 3.0))[:, None]
    scaled = rolling_value_at_risk(losses, 250, 0.95, "volatility_scaled").value_at_risk[:, 0]
    plain = rolling_value_at_risk(losses, 250, 0.95).value_at_risk[:, 0]
    # Sixteen wild days: variance has come from 1 to 9 - 8 * 0.94**16, and the larger losses are
    # 8 of 250, too few to be the plain quantile.
    assert_allclose(scaled[599], 1.0, rtol=1e-12)
    assert_allclose(scaled[616], np.sqrt(9.0 - 8.0 * 0.94**16), rtol=1e-9)
    assert plain[616] == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"level": 1.0}, "level must be in"),
        ({"significance": 0.0}, "significance must be in"),
        ({"lags": -1}, "lags must be at least 0"),
        ({"framework": "2001"}, "framework must be one of"),
        ({"degrees": 1.0}, "degrees must be above 1"),
        ({"histories": 10}, "histories must be at least 100"),
        ({"seed": -1}, "seed must be in"),
    ],
)
def test_settings_out_of_range_are_refused_by_name(change, message):
    losses, quantiles, shortfalls = history(19, n_days=50)
    with pytest.raises(BacktestError, match=message):
        judged(losses, quantiles, shortfalls, **change)


def test_figures_of_other_days_or_names_are_refused():
    losses, quantiles, shortfalls = history(20, n_days=50)
    with pytest.raises(BacktestError, match="value_at_risk"):
        judged(losses, quantiles[1:], shortfalls)
    with pytest.raises(BacktestError, match="must name 6 books; got 2"):
        backtest(losses, quantiles, None, LEVEL, portfolio_ids=["a", "b"], method="historical")
    with pytest.raises(BacktestError, match="window must be at least 1"):
        rolling_value_at_risk(losses, 0, 0.95)
    with pytest.raises(BacktestError, match="method must be one of"):
        rolling_value_at_risk(losses, 10, 0.95, "guessed")
