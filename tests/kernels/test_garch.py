"""The GARCH recursion, its likelihood with derivatives, and its fits, lane by lane."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from kernels.garch import (
    DEGREES,
    N_PARAMETERS,
    continue_histories,
    filter_days,
    filter_histories,
    filter_series,
)
from kernels.garch_degrees import (
    constant_slope,
    density_constant,
    digamma,
    information,
    trigamma,
)
from kernels.garch_fit import fit_garch
from kernels.garch_free import fixed_ewma, free_ewma, free_garch
from kernels.garch_likelihood import (
    DAYS,
    LANES,
    STATE,
    lane_moments,
    pass_alone,
    pass_lanes,
    pass_lanes_daily,
    read_lane,
    scores_at,
    start_lane,
)
from kernels.garch_search import Outcome
from kernels.garch_step import best_step, step_scratch
from tests.oracles import garch as oracle

PLAIN = np.array([0.01, 0.05, 0.08, 0.08, 0.88, np.inf])
SKEWED = np.array([-0.02, 0.04, 0.02, 0.15, 0.87, 6.0])


def simulated(n=400, seed=0, parameters=SKEWED, unit=1.0):
    generator = np.random.default_rng(seed)
    mean, constant, rise, fall, persisted, _ = parameters
    variance = constant / (1 - 0.5 * (rise + fall) - persisted)
    values = []
    for draw in generator.standard_t(6, n) * math.sqrt(4 / 6):
        surprise = math.sqrt(variance) * draw
        values.append(mean + surprise)
        weight = fall if surprise < 0 else rise
        variance = constant + weight * surprise**2 + persisted * variance
    return unit * np.array(values)


def likelihoods(values, points, *, student):
    scores = np.empty((len(points), N_PARAMETERS))
    fishers = np.empty((len(points), N_PARAMETERS, N_PARAMETERS))
    found = scores_at(values, np.asarray(points), student, scores, fishers)
    return found, scores, fishers


def garch_fits(values, *, asymmetric=False, student=False, fewest=60):
    free = free_garch(asymmetric=asymmetric, student=student)
    return fit_garch(values, free, student=student, centred=True, fewest=fewest)


def test_filter_gives_the_published_volatilities():
    """QuantLib's test of its GARCH filter, `garch.cpp`."""
    parameters = np.array([0.0, 0.2, 0.2, 0.2, 0.3, np.inf])
    variances, residuals = np.empty(6), np.empty(6)
    filter_series(np.full(6, 0.1), parameters, 0.1**2, variances, residuals)
    published = [0.452769, 0.513323, 0.530141, 0.5350841, 0.536558]
    np.testing.assert_allclose(np.sqrt(variances[1:]), published, atol=6e-7)


@pytest.mark.parametrize("n_series", [1, 16, 37, 515])
def test_days_side_by_side_are_each_series_alone_to_the_bit(n_series):
    draws = np.random.default_rng(3)
    moves = draws.normal(size=(90, n_series))
    starts = draws.integers(0, 60, n_series)
    starts[-1] = 90
    for series, start in enumerate(starts):
        moves[:start, series] = np.nan
    parameters = np.tile(SKEWED, (n_series, 1))
    parameters[:, :5] *= draws.uniform(0.8, 1.0, (n_series, 5))
    variances, alone = np.empty((2, n_series, 90))
    following = filter_histories(
        np.ascontiguousarray(moves.T), starts, parameters, variances, alone
    )
    volatility, residuals = np.empty((2, 90, n_series))
    tomorrow = filter_days(moves, starts, parameters, volatility, residuals)
    np.testing.assert_array_equal(volatility, np.sqrt(variances).T)
    np.testing.assert_array_equal(residuals, alone.T)
    np.testing.assert_array_equal(tomorrow, following)


@pytest.mark.parametrize("parameters", [PLAIN, SKEWED])
def test_filter_is_the_textbooks_loop(parameters):
    values = simulated()
    variances, residuals = np.empty((1, 400)), np.empty((1, 400))
    following = filter_histories(
        values[None], np.zeros(1, np.int64), parameters[None], variances, residuals
    )
    expected = oracle.variances(values, *parameters[:5])
    np.testing.assert_allclose(variances[0], expected[:-1], rtol=1e-12)
    np.testing.assert_allclose(following, expected[-1:], rtol=1e-12)
    np.testing.assert_allclose(
        residuals[0], (values - parameters[0]) / np.sqrt(expected[:-1]), rtol=1e-12
    )


def test_a_filter_that_goes_on_is_one_that_never_stopped():
    values, first = simulated()[None], np.array([1.3])
    whole, part, residuals = np.empty((1, 400)), np.empty((1, 150)), np.empty((1, 400))
    end = continue_histories(values, first, SKEWED[None], whole, residuals)
    middle = continue_histories(
        np.ascontiguousarray(values[:, :150]), first, SKEWED[None], part, residuals[:, :150].copy()
    )
    rest = np.empty((1, 250))
    late = continue_histories(
        np.ascontiguousarray(values[:, 150:]), middle, SKEWED[None], rest, np.empty((1, 250))
    )
    assert np.array_equal(np.hstack([part, rest]), whole)
    assert np.array_equal(late, end)


@pytest.mark.parametrize("x", [0.3, 1.0, 2.5, 9.999, 10.0, 251.0])
def test_gamma_derivatives_are_scipys(x):
    assert digamma(x) == pytest.approx(special.digamma(x), rel=1e-13)
    assert trigamma(x) == pytest.approx(special.polygamma(1, x), rel=1e-13)


@pytest.mark.parametrize("degrees", [2.1, 3.0, 6.5, 40.0])
def test_student_law_and_its_information_are_those_of_the_density(degrees):
    unit = math.sqrt((degrees - 2) / degrees)
    assert density_constant(degrees) == pytest.approx(
        stats.t(degrees, 0, unit).logpdf(0.0), abs=1e-12
    )
    step = 1e-5 * degrees
    slope = (density_constant(degrees + step) - density_constant(degrees - step)) / (2 * step)
    assert constant_slope(degrees) == pytest.approx(slope, rel=1e-4)

    def scores(z):
        tail = (degrees + 1) / (degrees - 2 + z * z)
        by_degrees = (
            constant_slope(degrees)
            - 0.5 * math.log1p(z * z / (degrees - 2))
            + 0.5 * tail * z * z / (degrees - 2)
        )
        return tail * z, 0.5 * (tail * z * z - 1), by_degrees

    def expected(first, second):
        law = stats.t(degrees, 0, unit)
        found, _ = integrate.quad(
            lambda z: scores(z)[first] * scores(z)[second] * law.pdf(z), -np.inf, np.inf, limit=400
        )
        return found

    mean, scale, mixed, own = information(degrees)
    assert mean == pytest.approx(expected(0, 0), rel=1e-5)
    assert scale == pytest.approx(expected(1, 1), rel=1e-5)
    assert mixed == pytest.approx(expected(1, 2), rel=1e-4)
    assert own == pytest.approx(expected(2, 2), rel=1e-4)


@pytest.mark.parametrize(("parameters", "student"), [(PLAIN, False), (SKEWED, True)])
def test_likelihood_and_score_of_a_lane_are_the_oracles(parameters, student):
    values = simulated(n=403)  # not a multiple of the days between logarithms
    found, scores, _ = likelihoods(values, [parameters], student=student)
    assert found[0] == pytest.approx(oracle.log_likelihood(values, *parameters), rel=1e-12)
    for place in range(N_PARAMETERS if student else N_PARAMETERS - 1):
        # A central difference of this step is good to about 1e-7 of the score's scale.
        step = np.zeros(N_PARAMETERS)
        step[place] = 1e-5 * max(abs(parameters[place]), 0.1)
        up = oracle.fast_log_likelihood(values, *(parameters + step))
        down = oracle.fast_log_likelihood(values, *(parameters - step))
        slope = (up - down) / (2 * step[place])
        assert scores[0, place] == pytest.approx(slope, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize(("parameters", "student"), [(PLAIN, False), (SKEWED, True)])
def test_a_thinned_pass_has_the_same_likelihood_and_score_to_the_bit(parameters, student):
    values, point = simulated(n=4003), np.array(parameters)
    beside, moments = np.zeros((len(values) + DAYS, LANES)), np.empty(2)
    beside[: len(values)] = values[:, None]
    lane_moments(values, 0, moments)

    def read(carry, every):
        state, score = np.empty(STATE), np.empty(N_PARAMETERS)
        for k in range(LANES):
            start_lane(state, k, point, student, moments, len(values))
        carry(beside, len(values), student, state)
        fisher = np.zeros((N_PARAMETERS, N_PARAMETERS))
        found = read_lane(state, 5, point[DEGREES], student, every, score, fisher)
        return found, score, fisher

    (whole, score, fisher), (thin, thin_score, thin_fisher) = (
        read(pass_lanes_daily, 1),
        read(pass_lanes, DAYS),
    )
    assert thin == whole
    assert np.array_equal(thin_score, score)
    # A quarter of the days, whose variances are much alike: some per cent of the information.
    scale = np.sqrt(np.outer(np.diag(fisher), np.diag(fisher)))
    assert (np.abs(thin_fisher - fisher) <= 0.1 * scale).all()


def test_oracles_agree():
    values = simulated()
    for parameters in (PLAIN, SKEWED):
        slow = oracle.log_likelihood(values, *parameters)
        assert oracle.fast_log_likelihood(values, *parameters) == pytest.approx(slow, rel=1e-12)


def test_information_is_the_mean_square_of_the_score():
    """Over many samples of the law itself: 300 samples, so 1 / sqrt(150) of error a variance."""
    parameters = SKEWED.copy()
    scores, expected = [], []
    for seed in range(300):
        _, score, fisher = likelihoods(simulated(seed=seed), [parameters], student=True)
        scores.append(score[0])
        expected.append(fisher[0])
    # The first day's variance is the sample's, not the law's: a few per cent of 400 days.
    ratio = np.mean(np.square(scores), axis=0) / np.diag(np.mean(expected, axis=0))
    assert (np.abs(ratio - 1) < 5 / math.sqrt(150) + 0.05).all()


@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_a_step_is_the_best_one_within_its_bounds(seed):
    generator = np.random.default_rng(seed)
    n, m = int(generator.integers(1, 6)), int(generator.integers(0, 7))
    factor = generator.normal(size=(n, n + 2))
    scale = 10.0 ** generator.uniform(-4, 4, n)
    curvature = (factor @ factor.T) * np.outer(scale, scale)
    slope = generator.normal(size=n) * scale
    rows, room = generator.normal(size=(m, n)) * scale, generator.uniform(0, 1, m)
    step, free = np.empty(n), np.empty(m)
    assert best_step(slope, curvature, rows, room, step, free, step_scratch(n, m))
    assert (rows @ step <= room + 1e-8 * (1 + np.abs(rows) @ np.abs(step))).all()
    # Optimality: what is left of the slope is a sum of binding rows with prices of one sign.
    left = (slope - curvature @ step) / scale
    binding = rows[free == 0.0] / scale
    prices = np.linalg.lstsq(binding.T, left, rcond=None)[0] if len(binding) else np.empty(0)
    np.testing.assert_allclose(binding.T @ prices, left, atol=1e-7 * np.abs(factor).max() ** 2)
    assert (prices >= -1e-7).all()


def test_a_singular_curvature_has_no_step():
    step, free = np.empty(2), np.empty(0)
    flat, scratch = np.ones((2, 2)), step_scratch(2, 0)
    for curvature in (flat, 0 * flat):
        unbounded = (np.empty((0, 2)), np.empty(0))
        assert not best_step(np.ones(2), curvature, *unbounded, step, free, scratch)


@pytest.mark.parametrize("asymmetric", [False, True])
@pytest.mark.parametrize("student", [False, True])
def test_fits_are_no_worse_than_a_general_optimisers(asymmetric, student):
    values = np.array([simulated(n=600, seed=seed, unit=0.01) for seed in range(6)])
    fits = garch_fits(values, asymmetric=asymmetric, student=student)
    assert (fits.outcomes == Outcome.FITTED).all()
    for own, parameters, found in zip(values, fits.parameters, fits.log_likelihood, strict=True):
        assert oracle.log_likelihood(own, *parameters) == pytest.approx(found, abs=1e-7)
        best = oracle.best_log_likelihood(own, asymmetric=asymmetric, student=student)
        # SLSQP may step over the bound of persistence by its own tolerance.
        assert found >= best - 1e-4


@pytest.mark.parametrize("n_days", [12, 30])
@pytest.mark.parametrize("student", [False, True])
def test_no_fit_of_a_few_days_is_beyond_its_bounds(student, n_days):
    free = free_garch(asymmetric=True, student=student)
    values = np.random.default_rng(n_days).standard_t(5, (600, n_days))
    fits = fit_garch(values, free, student=student, centred=True, fewest=n_days)
    found = fits.parameters.copy()
    unit = values.std(axis=1)
    found[:, 0] = (found[:, 0] - values.mean(axis=1)) / unit
    found[:, 1] /= unit**2
    # Free parameters are all six, or all but the degrees, which are fitted as one over them.
    found[:, 5] = 1.0 / found[:, 5]
    points = found[:, : free.design.shape[1]]
    assert (points @ free.rows.T - free.limits).max() < 1e-12


def test_a_fit_does_not_depend_on_its_neighbours_to_the_bit():
    values = np.array([simulated(n=300, seed=seed) for seed in range(2 * LANES + 5)])
    for i in range(0, len(values), 3):
        values[i, : 10 * i] = np.nan
    values[4, 100] = np.nan
    fits = garch_fits(values, asymmetric=True, student=True)
    for chosen in ([7], [20, 3, 9], list(range(30, 0, -1))):
        again = garch_fits(values[chosen], asymmetric=True, student=True)
        for name in fits._fields:
            assert np.array_equal(getattr(fits, name)[chosen], getattr(again, name), equal_nan=True)


def test_a_late_series_is_fitted_as_if_it_had_no_days_before():
    values = simulated(n=500)
    late = np.concatenate([np.full(77, np.nan), values])
    fits = garch_fits(np.array([late, np.concatenate([values, values[:77]])]))
    alone = garch_fits(values[None])
    assert fits.starts[0] == 77
    assert np.array_equal(fits.parameters[0], alone.parameters[0])
    assert fits.log_likelihood[0] == alone.log_likelihood[0]


@settings(max_examples=20)
@given(st.floats(-3, 3), st.floats(-5, 5))
def test_units_of_a_series_only_move_its_parameters(power, shift):
    values, unit = simulated(n=300), 10.0**power
    plain, moved = garch_fits(values[None]), garch_fits((unit * (values + shift))[None])
    gap = moved.log_likelihood[0] + 300 * math.log(unit) - plain.log_likelihood[0]
    assert abs(gap) < 1e-6
    # The top is flat: a likelihood equal to 1e-11 leaves parameters equal to its root.
    np.testing.assert_allclose(moved.parameters[0, 2:5], plain.parameters[0, 2:5], atol=1e-3)


@pytest.mark.parametrize(
    ("spoil", "outcome"),
    [
        (lambda v: v[:59], Outcome.TOO_SHORT),
        (lambda v: v[:0], Outcome.TOO_SHORT),
        (lambda v: np.where(np.arange(len(v)) == 30, np.nan, v), Outcome.NOT_FINITE),
        (lambda v: np.where(np.arange(len(v)) == 30, np.inf, v), Outcome.NOT_FINITE),
        (lambda v: np.full(len(v), 0.7), Outcome.CONSTANT),
        (lambda v: 0.7 + 1e-14 * v, Outcome.CONSTANT),
        (lambda v: 1e200 * v, Outcome.OUT_OF_RANGE),
        (lambda v: 1e-200 * v, Outcome.OUT_OF_RANGE),
    ],
)
def test_what_cannot_be_fitted_says_why(spoil, outcome):
    fits = garch_fits(spoil(simulated(n=200))[None])
    assert fits.outcomes[0] == outcome
    assert np.isnan(fits.parameters).all()
    assert np.isnan(fits.log_likelihood).all()


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize(("n_still", "decay"), [(400, 0.94), (140, 0.6), (30, 0.2)])
def test_days_without_a_move_have_the_oracles_likelihood(n_still, decay, student):
    """Variances fall to 1e-31 here, and the products of eight of them to 1e-245."""
    values = simulated(500)
    values = np.concatenate([values, np.zeros(n_still)])
    parameters = np.array([0.0, 0.0, 1 - decay, 1 - decay, decay, 5.0 if student else np.inf])
    found, scores, _ = likelihoods(values, [parameters], student=student)
    assert found[0] == pytest.approx(oracle.log_likelihood(values, *parameters), rel=1e-12)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("student", [False, True])
def test_a_move_after_endless_still_days_leaves_numbers(student):
    """A decay of 0.01 takes less than 200 days to the least number there is."""
    values = np.concatenate([simulated(100), np.zeros(600), simulated(100, seed=1)])
    points = [[0.0, 0.0, 1 - d, 1 - d, d, 5.0 if student else np.inf] for d in (0.9, 0.5)]
    found, _, _ = likelihoods(values, points, student=student)
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(oracle.log_likelihood(values, *points[0]), rel=1e-12)
    for decay in (None, 0.5):
        free = free_ewma(student=student) if decay is None else fixed_ewma(decay, student=student)
        fits = fit_garch(
            np.array([values, simulated(800)]), free, student=student, centred=False, fewest=60
        )
        alone = fit_garch(simulated(800)[None], free, student=student, centred=False, fewest=60)
        assert fits.outcomes[0] in {Outcome.FITTED, Outcome.NOT_CONVERGED}
        assert np.isfinite(fits.log_likelihood[0])
        np.testing.assert_array_equal(fits.parameters[1], alone.parameters[0])


def test_a_decay_is_the_likeliest_on_a_grid():
    values = simulated(n=500)
    fits = fit_garch(
        values[None], free_ewma(student=False), student=False, centred=False, fewest=60
    )
    decay = fits.parameters[0, 4]
    assert list(fits.parameters[0, :4]) == pytest.approx([0, 0, 1 - decay, 1 - decay])
    grid = [
        oracle.fast_log_likelihood(values, 0.0, 0.0, 1 - d, 1 - d, d)
        for d in np.linspace(0.5, 0.999, 500)
    ]
    assert fits.log_likelihood[0] >= max(grid) - 1e-9


def test_a_given_decay_is_kept():
    fits = fit_garch(
        simulated()[None], fixed_ewma(0.94, student=True), student=True, centred=False, fewest=60
    )
    np.testing.assert_allclose(fits.parameters[0, :5], [0, 0, 0.06, 0.06, 0.94], atol=1e-15)
    assert 2.05 < fits.parameters[0, 5] < 50


def test_a_calm_series_without_clusters_is_fitted_at_the_bound():
    """Alternating signs of one size: squares tell nothing, and no weight is likelier than zero."""
    values = np.where(np.arange(300) % 2, 1.0, -1.0)
    fits = garch_fits(values[None])
    assert fits.outcomes[0] == Outcome.FITTED
    assert fits.log_likelihood[0] >= stats.norm(0, 1).logpdf(values).sum() - 1e-6


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("n_days", [1, DAYS - 1, DAYS, 30])
def test_a_series_passed_alone_is_the_lane_of_many_to_the_bit(student, n_days):
    values = np.random.default_rng(n_days).standard_t(5, n_days)
    point = np.array([0.05, 0.02, 0.05, 0.1, 0.85, 6.0])
    moments, state = np.empty(2), np.full(STATE, np.nan)
    score, fisher = np.empty(N_PARAMETERS), np.empty((N_PARAMETERS, N_PARAMETERS))
    lane_moments(values, 0, moments)
    start_lane(state, 0, point, student, moments, n_days)
    pass_alone(values, student, 1, state)
    found = read_lane(state, 0, point[DEGREES], student, 1, score, fisher)
    scores, fishers = np.empty((1, N_PARAMETERS)), np.empty((1, N_PARAMETERS, N_PARAMETERS))
    expected = scores_at(values, point[None], student, scores, fishers)
    assert found == expected[0]
    np.testing.assert_array_equal(score, scores[0])
    np.testing.assert_array_equal(fisher, fishers[0])
