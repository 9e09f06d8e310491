"""VaR and ES: definitions, published values, coherence, and errors that are honest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from risk import PlanError
from risk.measures.overlap import design_effects
from risk.measures.tail import measure_tail, measure_tails, quantile_growth
from tests.oracles import tails

levels = st.sampled_from([0.6, 0.9, 0.95, 0.975, 0.99])
losses_of = st.integers(5, 120).flatmap(
    lambda n: arrays(float, n, elements=st.floats(-1e3, 1e3, width=32))
)
pairs = st.integers(5, 120).flatmap(
    lambda n: arrays(float, (2, n), elements=st.floats(-1e3, 1e3, width=32))
)
# Sums of at most 120 losses of size 1000, divided by 1 - level.
ROUNDING = 1e-9


def variance_matched(degrees, n):
    """Quantiles of a t of unit variance at n midpoints: a sample without sampling error."""
    middles = (np.arange(n) + 0.5) / n
    return stats.t.ppf(middles, degrees) * np.sqrt((degrees - 2) / degrees)


@given(losses_of, levels)
def test_var_and_es_are_their_definitions(losses, level):
    tail = measure_tail(losses, level)
    assert tail.value_at_risk == tails.value_at_risk(losses.tolist(), level)
    expected = tails.expected_shortfall(losses.tolist(), level)
    assert tail.expected_shortfall == pytest.approx(expected, abs=ROUNDING)


def test_var_is_the_ceil_n_level_th_loss_and_es_weighs_it_fractionally():
    losses = np.arange(1.0, 101.0)
    tail = measure_tail(losses, 0.975)
    assert tail.value_at_risk == 98.0
    assert tail.expected_shortfall == pytest.approx((100.0 + 99.0 + 0.5 * 98.0) / 2.5)
    assert measure_tail(losses, 0.99).value_at_risk == 99.0
    assert measure_tail(losses, 0.99).expected_shortfall == pytest.approx(100.0)


@given(losses_of, levels)
def test_es_is_at_least_var(losses, level):
    tail = measure_tail(losses, level)
    assert tail.expected_shortfall >= tail.value_at_risk - ROUNDING


@given(pairs, levels)
def test_es_is_subadditive(pair, level):
    first, second = (measure_tail(losses, level).expected_shortfall for losses in pair)
    both = measure_tail(pair[0] + pair[1], level).expected_shortfall
    assert both <= first + second + ROUNDING


@given(losses_of, levels, st.floats(0.0, 100.0), st.floats(-1e3, 1e3))
def test_measures_scale_with_size_and_shift_with_cash(losses, level, size, cash):
    plain, moved = measure_tail(losses, level), measure_tail(size * losses + cash, level)
    for name in ("value_at_risk", "expected_shortfall"):
        expected = size * getattr(plain, name) + cash
        assert getattr(moved, name) == pytest.approx(expected, abs=1e-7)


@given(losses_of, levels)
def test_weights_are_a_distribution_over_the_worst_losses(losses, level):
    tail = measure_tail(losses, level)
    assert tail.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert (tail.weights >= -1e-12).all()
    rest = np.setdiff1d(np.arange(len(losses)), tail.scenarios)
    assert losses[tail.scenarios].min() >= max(losses[rest], default=-np.inf)


@pytest.mark.parametrize(
    ("degrees", "level", "var", "es"),
    [
        (None, 0.975, 247.9, 295.7),
        (4, 0.975, 248.3, 357.2),
        (None, 0.99, 294.3, 337.1),
        (4, 0.99, 335.1, 466.9),
    ],
)
def test_elliptical_figures_are_the_textbooks(degrees, level, var, es):
    # McNeil, Frey & Embrechts (2015), ex. 2.14 and 2.15: 10,000 at 20% a year, 250 days; the t
    # with 4 degrees has the same variance. Printed to one decimal; the midpoints of a million
    # cells miss the mean beyond the last one, which for t4 is below 0.1.
    n = 1_000_000
    unit = stats.norm.ppf((np.arange(n) + 0.5) / n) if degrees is None else variance_matched(4, n)
    tail = measure_tail(10_000 * 0.2 / np.sqrt(250) * unit, level)
    assert tail.value_at_risk == pytest.approx(var, abs=0.05 + 1e-3)
    assert tail.expected_shortfall == pytest.approx(es, abs=0.15)


@pytest.mark.parametrize(
    ("degrees", "measure", "level", "constant"),
    [
        (None, "value_at_risk", 0.99, 1.60),
        (None, "expected_shortfall", 0.99, 1.72),
        (None, "expected_shortfall", 0.975, 1.37),
        (4, "value_at_risk", 0.99, 3.06),
        (4, "expected_shortfall", 0.99, 4.78),
        (4, "expected_shortfall", 0.975, 3.22),
    ],
)
def test_relative_error_times_root_n_is_the_asymptotic_constant(degrees, measure, level, constant):
    # Published to two decimals. On a sample without sampling error only the missing extreme tail
    # is left; it lowers the second moment of t4 beyond the level by about 1 / sqrt(n (1 - level)).
    n = 1_000_000
    unit = stats.norm.ppf((np.arange(n) + 0.5) / n) if degrees is None else variance_matched(4, n)
    tail = measure_tail(unit, level)
    found = getattr(tail, f"{measure}_error") / getattr(tail, measure) * np.sqrt(n)
    assert found == pytest.approx(constant, rel=0.01)


@pytest.mark.parametrize("level", [0.975, 0.99])
@pytest.mark.parametrize("degrees", [None, 6])
def test_standard_errors_are_the_spread_over_seeds(level, degrees):
    n, repeats = 4000, 800
    draws = np.random.default_rng(21)
    samples = (
        draws.normal(size=(repeats, n)) if degrees is None else draws.standard_t(6, (repeats, n))
    )
    measured = [measure_tail(sample, level) for sample in samples]
    for name in ("value_at_risk", "expected_shortfall"):
        values = np.array([getattr(tail, name) for tail in measured])
        errors = np.array([getattr(tail, f"{name}_error") for tail in measured])
        # The spread of 800 values is itself known to 2.5% (5% for the fatter tail, whose
        # estimate has excess kurtosis); four of those, and 3% for the bias of small tails.
        slack = 4 * (0.025 if degrees is None else 0.035) + 0.03
        assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(ddof=1), rel=slack)


def test_intervals_of_two_errors_hold_the_truth_as_often_as_they_claim():
    n, repeats = 5000, 500
    samples = np.random.default_rng(22).normal(size=(repeats, n))
    truth = stats.norm.pdf(stats.norm.ppf(0.975)) / 0.025
    measured = [measure_tail(sample, 0.975) for sample in samples]
    held = sum(
        abs(tail.expected_shortfall - truth) < 1.96 * tail.expected_shortfall_error
        for tail in measured
    )
    # 95% of 500, within four binomial deviations; the skew of a tail mean costs a point or so.
    assert abs(held / repeats - 0.945) < 4 * np.sqrt(0.05 * 0.95 / repeats)


def test_the_error_of_es_is_manistre_and_hancocks():
    # Eq. 8: (variance within the tail + level (ES - VaR)^2) / (n (1 - level)). The worst ten of
    # 1..100 have mean 95.5 and variance (10^2 - 1) / 12. Besides, by Bessel's correction, eleven
    # losses make the tail and its start.
    tail = measure_tail(np.arange(1.0, 101.0), 0.9)
    assert (tail.value_at_risk, tail.expected_shortfall) == (90.0, pytest.approx(95.5))
    expected = np.sqrt((99.0 / 12.0 + 0.9 * 5.5**2) / 10.0 * 11.0 / 10.0)
    assert tail.expected_shortfall_error == pytest.approx(expected)


def test_overlapping_windows_enlarge_the_errors_and_leave_the_figures():
    losses = np.random.default_rng(23).normal(size=500)
    alone, shared = measure_tail(losses, 0.975), measure_tail(losses, 0.975, overlap=10)
    for name in ("value_at_risk", "expected_shortfall"):
        assert getattr(shared, name) == getattr(alone, name)
    growth = quantile_growth(500, 0.975, 10)
    assert shared.value_at_risk_error == pytest.approx(growth * alone.value_at_risk_error)
    # Runs of ten, and of 12.5 losses in the tail as many tell of it as the design effect leaves.
    told = 12.5 / design_effects(0.975, 10).shortfall
    growth = np.sqrt(10.0 * (1.0 + 1.0 / told) / (1.0 + 1.0 / 12.5))
    assert shared.expected_shortfall_error == pytest.approx(growth * alone.expected_shortfall_error)


def test_errors_of_short_windows_are_their_spread_over_windows():
    """At 99% of 250 days two and a half losses make the tail: their spread alone is too small."""
    tails = [
        measure_tail(np.random.default_rng(seed).normal(size=250), 0.99) for seed in range(4_000)
    ]
    said = np.mean([tail.expected_shortfall_error for tail in tails])
    spread = np.std([tail.expected_shortfall for tail in tails])
    # A deviation of four thousand is off by a hundredth; without the correction 0.78 would be said.
    assert said / spread == pytest.approx(1.0, abs=0.12)


def test_equal_losses_have_no_error():
    tail = measure_tail(np.full(200, 7.0), 0.99)
    assert (tail.value_at_risk, tail.expected_shortfall) == pytest.approx((7.0, 7.0))
    assert tail.value_at_risk_error == pytest.approx(0.0, abs=1e-12)
    assert tail.expected_shortfall_error == pytest.approx(0.0, abs=1e-12)


def test_levels_are_measured_as_one_by_one():
    losses = np.random.default_rng(24).normal(size=1000)
    for level, tail in zip((0.9, 0.99), measure_tails(losses, (0.9, 0.99)), strict=True):
        alone = measure_tail(losses, level)
        assert tail.expected_shortfall == alone.expected_shortfall
        assert tail.value_at_risk_error == alone.value_at_risk_error


@pytest.mark.parametrize("level", [0.0, 1.0, 97.5])
def test_a_level_out_of_range_is_refused(level):
    with pytest.raises(PlanError, match=rf"level must be in \(0, 1\); got {level}"):
        measure_tail(np.zeros(10), level)


def test_a_loss_that_is_no_number_is_not_left_out_of_a_tail():
    losses = np.random.default_rng(4).normal(size=5_000)
    losses[17] = np.nan
    assert np.isnan(measure_tail(losses, 0.99).expected_shortfall)
