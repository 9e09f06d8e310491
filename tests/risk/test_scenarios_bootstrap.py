"""The block bootstrap of a market: how long its runs are, and the variance they keep."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from risk import RiskPlan
from risk.scenarios import factor_moves, market_block_length, optimal_block_length
from tests.risk.scenario_factors import factors_of, heavy_moves

PLAN = RiskPlan(history=250, scenarios=50_000, seed=5)


def formula_noise(n=300):
    return np.sin(np.arange(n) ** 2 * 0.37)


def autoregression(noise, weight):
    series = np.zeros(len(noise))
    for day in range(1, len(noise)):
        series[day] = weight * series[day - 1] + noise[day]
    return series


@pytest.mark.parametrize(
    ("series", "published"),
    [
        # arch 8.0.0, arch.bootstrap.optimal_block_length, column "stationary".
        (autoregression(formula_noise(), 0.7), 10.21716326544928),
        (formula_noise(), 1.6384233629298046),
        (np.cumsum(formula_noise()), 25.432392379099852),
        (np.abs(formula_noise(40)), 1.202615608574507),
    ],
)
def test_block_lengths_are_those_of_arch(series, published):
    assert optimal_block_length(series) == pytest.approx(published, rel=1e-10)


def test_a_block_length_stays_within_its_bounds_and_follows_no_unit():
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=100)
        for weight in (-0.8, 0.0, 0.9, 1.0):
            series = autoregression(noise, weight)
            found = optimal_block_length(series)
            assert 1.0 <= found <= 30.0
            assert optimal_block_length(5.0 - 1000.0 * series) == pytest.approx(found, rel=1e-9)


def test_a_series_that_remembers_longer_has_longer_runs():
    noise = np.random.default_rng(3).normal(size=5000)
    lengths = [optimal_block_length(autoregression(noise, weight)) for weight in (0.0, 0.5, 0.9)]
    assert lengths == sorted(lengths)
    # Politis and White (2004): (2 G**2 / D)**(1/3) n**(1/3) with the AR(1)'s own G and D.
    for weight, found in zip((0.5, 0.9), lengths[1:], strict=True):
        best = np.cbrt((2.0 * weight / (1.0 - weight**2)) ** 2 * 5000)
        # Their tables find it with a spread of a tenth to a fifth at such lengths.
        assert found == pytest.approx(best, rel=0.4)


def test_a_market_that_clusters_has_longer_runs_than_one_that_does_not():
    draws = np.random.default_rng(4)
    shocks = draws.normal(size=(1000, 3))
    calm = np.repeat(np.where(np.arange(50) % 2 == 0, 0.5, 2.0), 20)[:, None]
    assert market_block_length(shocks) < 4.0
    assert market_block_length(shocks * calm) > 2.0 * market_block_length(shocks)
    assert market_block_length(np.zeros((100, 2))) == 1.0


def circular_variance(series, horizon, length):
    """Politis and Romano (1994), lemma 1, for paths of any length: closed in autocovariances."""
    centred = series - series.mean()
    stay, total = 1.0 - 1.0 / length, (centred**2).mean()
    variance = horizon * total
    for lag in range(1, horizon):
        covariance = (centred * np.roll(centred, -lag)).mean()
        variance += 2.0 * (horizon - lag) * stay**lag * covariance
    return variance


@pytest.mark.parametrize("length", [1.0, 5.0, 40.0])
@pytest.mark.parametrize("horizon", [1, 10, 60])
def test_sums_have_the_variance_that_the_papers_lemma_gives(length, horizon):
    series = 0.01 * autoregression(np.random.default_rng(6).normal(size=250), 0.6)
    plan = replace(PLAN, block_length=length)
    made = factor_moves(factors_of(series[:, None]), "block_bootstrap", horizon, plan)[0]
    expected = circular_variance(series, horizon, length)
    kurtosis = stats.kurtosis(made, fisher=False)
    error = np.sqrt((kurtosis - 1.0) / len(made))
    assert made.var() == pytest.approx(expected, rel=4.5 * error)
    mean_error = np.sqrt(expected / len(made))
    assert made.mean() == pytest.approx(horizon * series.mean(), abs=4.5 * mean_error)


def test_one_day_scenarios_are_days_of_the_window():
    factors = factors_of(heavy_moves())
    made = factor_moves(factors, "block_bootstrap", 1, replace(PLAN, scenarios=500))
    days = {day.tobytes() for day in factors.moves}
    assert all(np.ascontiguousarray(scenario).tobytes() in days for scenario in made.T)


def test_the_window_chooses_the_length_where_the_plan_does_not():
    factors = factors_of(heavy_moves())
    chosen = market_block_length(factors.moves)
    own, given = (
        factor_moves(factors, "block_bootstrap", 20, replace(PLAN, block_length=length))
        for length in (None, chosen)
    )
    assert np.array_equal(own, given)
