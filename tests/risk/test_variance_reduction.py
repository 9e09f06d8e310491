"""Variance reduction: errors that are true, gains that are measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from risk import PlanError, RiskPlan, instrument_losses
from risk.market.revalue import Shifts, current_values, revalue
from risk.measures.randomised_errors import randomised_errors
from risk.measures.tail import measure_tail
from risk.requested_error import scenarios_for
from risk.scenarios import (
    LawTail,
    QuadraticLaw,
    covariance_loadings,
    factor_moves,
    quadratic_law,
    quadratic_losses,
    quadratic_tail,
)
from risk.scenarios.control_variates import corrected_tails
from tests.risk.markets import BOOKS, PLAN, mixed_market
from tests.risk.randomised import randomised_tail


def normal_tail(level):
    return LawTail(stats.norm.ppf(level), stats.norm.pdf(stats.norm.ppf(level)) / (1.0 - level))


def relative_error(tail, measure):
    return getattr(tail, f"{measure}_error") / getattr(tail, measure)


def gain(plain, tail, measure):
    """Return how many times as many plain scenarios would have the error of a tail."""
    return (getattr(plain, f"{measure}_error") / getattr(tail, f"{measure}_error")) ** 2


def controlled_tail(losses, control, level, known):
    return corrected_tails(losses, control, (level,), (known,))[0]


# The exact law of a delta-gamma loss.


@pytest.mark.parametrize("level", [0.01, 0.5, 0.975, 0.999])
def test_without_curvature_the_law_is_normal(level):
    law = QuadraticLaw(3.0, np.array([3.0, -4.0, 0.0]), np.zeros(3))
    found, unit = quadratic_tail(law, level), normal_tail(level)
    assert found.value_at_risk == pytest.approx(3.0 + 5.0 * unit.value_at_risk, abs=1e-10)
    assert found.expected_shortfall == pytest.approx(3.0 + 5.0 * unit.expected_shortfall, abs=1e-8)


def test_one_curved_direction_is_ores_delta_gamma():
    # ORE, test-suite/deltagammavar.cpp: variance 1e6, gamma 1, no delta, 99%: 3317448.3.
    law = quadratic_law(0.0, np.zeros(1), np.array([[-1.0]]), np.array([[1000.0]]))
    assert quadratic_tail(law, 0.99).value_at_risk == pytest.approx(3_317_448.3, abs=10.0)
    # Variance 1, gamma -10000: a loss of 5000 z**2, whose 1% quantile is .785439. The density is
    # infinite at zero, so a probability good to 1e-5 is all that can be asked.
    law = quadratic_law(0.0, np.zeros(1), np.array([[-10_000.0]]), np.ones((1, 1)))
    near = quadratic_tail(law, 0.01).value_at_risk
    assert stats.chi2(1).cdf(near / 5000.0) == pytest.approx(0.01, abs=5e-4)


@settings(max_examples=10)
@given(st.floats(-3.0, 3.0), st.floats(0.01, 2.0), st.sampled_from([0.9, 0.975, 0.99]))
def test_one_direction_is_a_noncentral_chi_square(shift, curvature, level):
    # The square of a shifted normal, times the curvature.
    law = QuadraticLaw(
        curvature * shift**2, np.array([2.0 * curvature * shift]), np.array([curvature])
    )
    found = quadratic_tail(law, level)
    exact = stats.ncx2(1, shift**2) if abs(shift) > 1e-8 else stats.chi2(1)
    assert found.value_at_risk == pytest.approx(
        curvature * exact.ppf(level), abs=1e-4 * law.deviation
    )


@pytest.mark.parametrize("n", [2, 6])
def test_many_alike_directions_are_a_chi_square_and_its_shortfall(n):
    law = QuadraticLaw(0.0, np.zeros(n), np.ones(n))
    quantile = stats.chi2(n).ppf(0.975)
    found = quadratic_tail(law, 0.975)
    assert found.value_at_risk == pytest.approx(quantile, rel=1e-5)
    # E[X; X > q] of chi-square n is n P(chi-square n+2 > q).
    expected = n * stats.chi2(n + 2).sf(quantile) / 0.025
    assert found.expected_shortfall == pytest.approx(expected, rel=1e-5)


def test_a_laws_tail_is_that_of_its_simulation():
    draws = np.random.default_rng(1)
    linear, quadratic = draws.normal(size=20), 0.4 * draws.normal(size=20)
    z = draws.normal(size=(400_000, 20))
    tail = measure_tail(1.5 + z @ linear + z**2 @ quadratic, 0.99)
    found = quadratic_tail(QuadraticLaw(1.5, linear, quadratic), 0.99)
    assert abs(tail.value_at_risk - found.value_at_risk) < 4.0 * tail.value_at_risk_error
    assert (
        abs(tail.expected_shortfall - found.expected_shortfall)
        < 4.0 * tail.expected_shortfall_error
    )


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), n_factors=st.integers(1, 5), n_rows=st.integers(1, 7))
def test_the_law_has_the_moments_of_the_losses(seed, n_factors, n_rows):
    draws = np.random.default_rng(seed)
    loadings = draws.normal(size=(n_factors, n_rows))
    delta, half = draws.normal(size=n_factors), draws.normal(size=(n_factors, n_factors))
    gamma = half + half.T
    law = quadratic_law(2.0, delta, gamma, loadings)
    covariance = loadings @ loadings.T
    # Moments of a quadratic form in normals, Mathai and Provost (1992), section 3.2b.
    assert law.mean == pytest.approx(2.0 - 0.5 * np.trace(gamma @ covariance), abs=1e-9)
    spread = delta @ covariance @ delta
    spread += 0.5 * np.trace(gamma @ covariance @ gamma @ covariance)
    assert law.deviation == pytest.approx(np.sqrt(spread), rel=1e-9)
    z = draws.normal(size=(n_rows, 50))
    moves = loadings @ z
    expected = [2.0 - delta @ move - 0.5 * move @ gamma @ move for move in moves.T]
    np.testing.assert_allclose(
        quadratic_losses(2.0, delta, gamma, moves), expected, rtol=0, atol=1e-9
    )


@pytest.mark.parametrize(
    ("law", "level", "message"),
    [
        (QuadraticLaw(0.0, np.ones(1), np.ones(1)), 1.0, r"level must be in \(0, 1\); got 1.0"),
        (QuadraticLaw(1.0, np.zeros(2), np.zeros(2)), 0.9, "deviation must be positive; got 0.0"),
    ],
)
def test_a_law_without_a_tail_is_refused(law, level, message):
    with pytest.raises(PlanError, match=message):
        quadratic_tail(law, level)


# Errors of plain scenarios.


@pytest.mark.parametrize(
    ("law", "level", "measure", "published"),
    [
        # Relative standard error times the root of n, by their asymptotic variances.
        (stats.norm(), 0.99, "value_at_risk", 1.60),
        (stats.norm(), 0.99, "expected_shortfall", 1.72),
        (stats.norm(), 0.975, "expected_shortfall", 1.37),
        (stats.t(4), 0.99, "value_at_risk", 3.06),
        (stats.t(4), 0.99, "expected_shortfall", 4.78),
        (stats.t(4), 0.975, "expected_shortfall", 3.22),
    ],
)
def test_the_error_of_a_pilot_is_the_published_one(law, level, measure, published):
    # A pilot of evenly spread quantiles: its error is the law's own, without a draw's luck.
    n = 400_000
    tail = measure_tail(law.ppf((np.arange(n) + 0.5) / n), level)
    # Three printed digits; the variance beyond the pilot's last quantile, of which the t has a
    # little.
    assert relative_error(tail, measure) * np.sqrt(n) == pytest.approx(published, rel=0.02)


def test_as_many_scenarios_as_asked_for_have_the_error_asked_for():
    pilot = measure_tail(np.random.default_rng(3).standard_t(5, 20_000), 0.975)
    needed = scenarios_for(relative_error(pilot, "expected_shortfall"), 20_000, 0.01)
    measured = [
        measure_tail(np.random.default_rng(seed).standard_t(5, needed), 0.975).expected_shortfall
        for seed in range(200)
    ]
    relative = np.std(measured, ddof=1) / np.mean(measured)
    # 200 seeds know a spread to 5%, the pilot its own error to about 5%; a tenth more scenarios
    # than it says are drawn.
    assert relative == pytest.approx(0.01 / np.sqrt(1.1), rel=0.25)


# Randomisations.


def test_randomisations_that_are_independent_samples_have_the_plain_error():
    gains, errors, measured = [], [], []
    for seed in range(60):
        losses = np.random.default_rng(seed).normal(size=16_000)
        found = randomised_tail(losses, 0.975, 16)
        gains.append(gain(measure_tail(losses, 0.975), found, "expected_shortfall"))
        errors.append(found.expected_shortfall_error)
        measured.append(found.expected_shortfall)
    # Each gain is one over a chi-square of 15 degrees: its median is near one.
    assert np.median(gains) == pytest.approx(1.0, abs=0.25)
    said = np.sqrt(np.mean(np.square(errors)))
    assert np.std(measured) == pytest.approx(said, rel=0.3)


def test_errors_of_levels_are_those_of_each_alone():
    losses = np.random.default_rng(2).standard_t(4, 1000)
    levels = (0.9, 0.975)
    found = randomised_errors(losses, levels, 8)
    for own, level in zip(found, levels, strict=True):
        np.testing.assert_array_equal(own, randomised_errors(losses, (level,), 8)[0])


@pytest.mark.parametrize("randomisations", [1, 501])
def test_randomisations_out_of_range_are_refused(randomisations):
    with pytest.raises(PlanError, match=f"2 to 500 of 1000 scenarios; got {randomisations}"):
        randomised_tail(np.arange(1000.0), 0.95, randomisations)


# Control variates.


@pytest.mark.parametrize("noise", [0.05, 0.3, 3.0])
def test_a_controls_stated_errors_are_the_spread_over_seeds(noise):
    level, n = 0.975, 4000
    deviation = np.sqrt(1.0 + noise**2)
    exact = normal_tail(level)
    found, uncontrolled = [], []
    for seed in range(200):
        draws = np.random.default_rng(seed)
        control = draws.normal(size=n)
        losses = control + noise * draws.normal(size=n)
        found.append(controlled_tail(losses, control, level, exact))
        uncontrolled.append(measure_tail(losses, level))
    for measure, expected in (
        ("value_at_risk", deviation * exact.value_at_risk),
        ("expected_shortfall", deviation * exact.expected_shortfall),
    ):
        values = np.array([getattr(one, measure) for one in found])
        said = np.sqrt(np.mean([getattr(one, f"{measure}_error") ** 2 for one in found]))
        spread = values.std(ddof=1)
        # 200 seeds know a spread to 5%; a quantile's stated error carries a few percent itself.
        assert spread == pytest.approx(said, rel=0.25)
        # Quantiles and regressions are off by order 1 / n, a share of an error.
        assert abs(values.mean() - expected) < 4.0 * spread / np.sqrt(200) + 0.15 * spread
        pairs = zip(uncontrolled, found, strict=True)
        gained = np.median([gain(*pair, measure) for pair in pairs])
        plain = np.std(
            [
                getattr(
                    measure_tail(deviation * np.random.default_rng(seed).normal(size=n), level),
                    measure,
                )
                for seed in range(200)
            ],
            ddof=1,
        )
        assert gained == pytest.approx((plain / spread) ** 2, rel=0.5)
    # The last is of expected shortfall.
    assert gained > (20.0 if noise < 0.1 else 1.0)


def test_a_control_without_a_tail_is_refused():
    with pytest.raises(PlanError, match="0 of 100 are beyond it"):
        controlled_tail(np.arange(100.0), np.arange(100.0), 0.99, LawTail(1e9, 2e9))


def delta_gamma(market, book):
    """Return constant, delta and gamma of a book's loss over a day, by central differences."""
    numbers = market.numbers()
    n_prices, n = len(market.factors.prices), len(market.factors.levels)
    steps = np.where(np.arange(n) < n_prices, 1e-3, 1e-5)

    def value(moves):
        worth = revalue(market, Shifts(moves, np.zeros((1, 1)), 1.0 / 252.0))
        return sum(quantity * worth[numbers[name]] for name, quantity in book.items())

    still = value(np.zeros((n, 1)))[0]
    now = sum(q * current_values(market)[numbers[name]] for name, q in book.items())
    delta = (value(np.diag(steps)) - value(-np.diag(steps))) / (2.0 * steps)
    gamma = np.empty((n, n))
    for i in range(n):
        up = value(steps[i] * np.eye(n)[:, [i]] + np.diag(steps))
        down = value(-steps[i] * np.eye(n)[:, [i]] - np.diag(steps))
        apart = value(steps[i] * np.eye(n)[:, [i]] - np.diag(steps))
        other = value(-steps[i] * np.eye(n)[:, [i]] + np.diag(steps))
        gamma[i] = (up + down - apart - other) / (4.0 * steps[i] * steps)
    return now - still, delta, 0.5 * (gamma + gamma.T)


@pytest.mark.parametrize("book", ["options", "mixed"])
def test_delta_gamma_and_quasi_random_scenarios_both_gain_on_real_revaluation(book):
    market = mixed_market()
    constant, delta, gamma = delta_gamma(market, BOOKS[book])
    tail = quadratic_tail(
        quadratic_law(constant, delta, gamma, covariance_loadings(market.factors.moves)), 0.975
    )
    plan = RiskPlan(history=PLAN.history, scenarios=16_384, seed=9)
    numbers = market.numbers()

    def book_losses(method):
        losses = instrument_losses(market, method, 1, plan)
        return sum(quantity * losses[numbers[name]] for name, quantity in BOOKS[book].items())

    drawn, dealt = book_losses("gaussian"), book_losses("quasi_gaussian")
    plain = measure_tail(drawn, 0.975)
    moves = factor_moves(market.factors, "gaussian", 1, plan)
    control = quadratic_losses(constant, delta, gamma, moves)
    controlled = controlled_tail(drawn, control, 0.975, tail)
    quasi = randomised_tail(dealt, 0.975, plan.randomisations)
    # Over a day a delta-gamma loss is nearly the loss; what is left of the error is little.
    assert gain(plain, controlled, "expected_shortfall") > 100.0
    assert gain(measure_tail(dealt, 0.975), quasi, "expected_shortfall") > 2.0
    for measure in ("value_at_risk", "expected_shortfall"):
        values = [getattr(one, measure) for one in (plain, controlled, quasi)]
        errors = [getattr(one, f"{measure}_error") for one in (plain, controlled, quasi)]
        assert abs(values[0] - values[1]) < 4.0 * errors[0]
        assert abs(values[2] - values[1]) < 5.0 * (errors[2] + errors[1])
    left = [relative_error(one, "expected_shortfall") for one in (controlled, quasi, plain)]
    assert left == sorted(left)
