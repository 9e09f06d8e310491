"""What if: the error of a difference is its spread over seeds, and far below independent ones."""

import numpy as np
import pytest
from scipy.special import ndtri

from kernels.sobol import sobol_uniforms
from risk import PlanError
from risk.measures.tail import measure_tail
from risk.what_if import compare_losses

LEVELS = (0.95, 0.99)


def draws(seed, n=20_000):
    generator = np.random.default_rng(seed)
    market = generator.standard_t(5, n)
    return market, generator.standard_normal(n)


def test_no_change_is_no_difference_and_no_error():
    market, _ = draws(1)
    compared = compare_losses(market, market.copy(), LEVELS)
    assert (compared["difference"] == 0.0).all()
    assert (compared["standard_error"] == 0.0).all()
    assert (compared["independent_error"] > 0.0).all()


def test_figures_are_those_of_each_book():
    market, other = draws(2)
    compared = compare_losses(market, 0.8 * market + 0.3 * other, LEVELS).set_index(
        ["measure", "level"]
    )
    for level in LEVELS:
        tail = measure_tail(0.8 * market + 0.3 * other, level)
        assert compared.loc[("value_at_risk", level), "after"] == tail.value_at_risk
        assert compared.loc[("expected_shortfall", level), "after"] == tail.expected_shortfall


def test_holding_more_of_the_same_has_the_error_of_the_increase():
    market, _ = draws(3)
    compared = compare_losses(market, 1.1 * market, (0.99,))
    shortfall = compared[compared["measure"] == "expected_shortfall"].iloc[0]
    own = measure_tail(market, 0.99).expected_shortfall_error
    assert shortfall["difference"] == pytest.approx(0.1 * shortfall["before"], rel=1e-12)
    # A tenth of the book's own error; both estimate the tail's spread, one from fewer losses.
    assert shortfall["standard_error"] == pytest.approx(0.1 * own, rel=0.02)


@pytest.mark.parametrize("measure", ["value_at_risk", "expected_shortfall"])
def test_the_error_of_a_difference_is_its_spread_over_seeds(measure):
    found = []
    for seed in range(400):
        market, other = draws(100 + seed, 4_000)
        compared = compare_losses(market, 0.9 * market + 0.2 * other, (0.95,))
        found.append(compared[compared["measure"] == measure].iloc[0])
    spread = np.std([row["difference"] for row in found])
    said = np.mean([row["standard_error"] for row in found])
    # A deviation of 400 has an error of 1 / sqrt(800) = 3.5%; the quantile's density is smoothed.
    assert said == pytest.approx(spread, rel=0.14)
    assert said < 0.5 * np.mean([row["independent_error"] for row in found])


def test_under_quasi_random_scenarios_the_error_is_the_spread_over_seeds():
    found, n, randomisations = [], 1024, 16
    for seed in range(200):
        points = sobol_uniforms(2, n, randomisations, seed)
        market, other = ndtri(points)
        compared = compare_losses(
            market, 0.9 * market + 0.2 * other, (0.95,), randomisations=randomisations
        )
        found.append(compared[compared["measure"] == "expected_shortfall"].iloc[0])
    spread = np.std([row["difference"] for row in found])
    said = np.sqrt(np.mean([row["standard_error"] ** 2 for row in found]))
    plain = compare_losses(market, 0.9 * market + 0.2 * other, (0.95,))
    # The spread of randomisations by themselves bounds that of all together, up to sampling.
    assert 0.9 * spread < said < 2.0 * spread
    assert said < 0.7 * plain["standard_error"].iloc[1]
    with pytest.raises(PlanError, match="randomisations must be 2 to 5 of 10 scenarios; got 6"):
        compare_losses(np.zeros(10), np.ones(10), (0.95,), randomisations=6)


def test_a_small_change_under_quasi_random_scenarios_has_no_smaller_error_than_its_spread():
    """Each randomisation by itself would tell an error of a quarter: it reorders too few."""
    found = []
    for seed in range(100):
        market, other = ndtri(sobol_uniforms(2, 4_096, 16, seed))
        compared = compare_losses(market, market + 0.003 * other, (0.95,), randomisations=16)
        found.append(compared[compared["measure"] == "value_at_risk"].iloc[0])
    spread = np.std([row["difference"] for row in found])
    said = np.sqrt(np.mean([row["standard_error"] ** 2 for row in found]))
    assert 0.9 * spread < said < 3.0 * spread


@pytest.mark.parametrize("overlap", [1, 10])
def test_what_is_bought_from_nothing_has_the_error_of_its_book(overlap):
    market, _ = draws(5)
    compared = compare_losses(np.zeros(len(market)), market, (0.99,), overlap)
    errors = compared["standard_error"] / compared["independent_error"]
    # Of value at risk two estimates of one density.
    assert errors[0] == pytest.approx(1.0, abs=0.25)
    assert errors[1] == pytest.approx(1.0, abs=0.02)


def test_losses_in_different_numbers_of_scenarios_are_refused():
    with pytest.raises(PlanError, match="same scenarios; got 3 and 4"):
        compare_losses(np.zeros(3), np.zeros(4), (0.9,))


def test_a_riskless_book_has_no_error():
    compared = compare_losses(np.zeros(1000), np.full(1000, 5.0), (0.975,))
    np.testing.assert_allclose(compared["difference"], 5.0, rtol=1e-12)
    assert (compared["standard_error"] == 0.0).all()
