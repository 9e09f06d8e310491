"""ARIMA: the oracles are dense covariances, recursions from rest, and statsforecast."""

import platform
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from kernels.arima import Orders, fit_arima, forecast_arima
from kernels.arima_choice import NO_MODEL
from kernels.arima_determinant import log_determinant
from kernels.arima_forecast import expect_series
from kernels.arima_lanes import expect_before, pass_lanes
from kernels.arima_orders import choose_differences
from kernels.arima_shape import (
    LENGTHS,
    N_COEFFICIENTS,
    SLOPE,
    SQUARES,
    Shape,
    count_before,
    count_parameters,
    count_rings,
    count_room,
    expand,
)
from kernels.lanes import LANES
from tests.kernels.flat import offsets_of
from tests.lanes import slow
from tests.oracles import arima as oracle

NAMES = ("ar1", "ar2", "sar1", "ma1", "ma2", "sma1")
SHAPES = [
    Shape(1, 0, 0, 0, True, 1),
    Shape(0, 2, 0, 0, False, 1),
    Shape(2, 1, 0, 0, True, 1),
    Shape(0, 1, 0, 1, False, 4),
    Shape(1, 0, 1, 0, True, 4),
    Shape(2, 2, 1, 1, True, 12),
]


def fit(series, m=1, **choices):
    return fit_arima(np.concatenate(series), offsets_of(series), m, **choices)


def forecast(series, m=1, horizon=12, **choices):
    values, offsets = np.concatenate(series), offsets_of(series)
    fits = fit_arima(values, offsets, m, **choices)
    return forecast_arima(fits, values, offsets, m, horizon, exact=choices.get("exact", True))


@pytest.fixture(scope="module")
def monthly(real_data):
    m3 = pd.read_parquet(real_data / "m3.parquet")
    train = m3[(m3["period"] == "MONTHLY") & ~m3["is_test"]]
    groups = train.groupby("unique_id", observed=True, sort=False)
    return [group["y"].to_numpy(float) for _, group in groups][::40]


@pytest.fixture(scope="module")
def weekly(real_data):
    m4 = pd.read_parquet(real_data / "m4_weekly.parquet")
    groups = m4[~m4["is_test"]].groupby("unique_id", observed=True, sort=False)
    return [group["y"].to_numpy(float)[-260:] for _, group in groups][::20]


class Room:
    """Sixteen series and models with all that a pass over them needs."""

    def __init__(self, shape, seed, largest=0.5, n=60):
        draws = np.random.default_rng(seed)
        self.shape, self.n, self.before = shape, n, count_before(shape)
        self.size = count_parameters(shape)
        self.lengths = draws.integers(3 * shape.length + 4, n + 1, LANES).astype(float)
        self.values = draws.normal(size=(n, LANES))
        self.theta = draws.uniform(-largest, largest, (self.size, LANES))

    def run(self, theta, exact):
        before = self.before if exact else 0
        rows = np.zeros((before + self.n, LANES))
        rows[before:] = self.values
        values, theta = rows.ravel(), np.ascontiguousarray(theta).ravel()
        coefficients = np.zeros(N_COEFFICIENTS * LANES)
        rings = np.zeros(count_rings(self.shape) * LANES)
        room = np.zeros((count_room(self.shape), LANES))
        room[LENGTHS] = self.lengths
        expand(theta, self.shape, coefficients)
        if exact:
            expect_before(values, self.n, before, coefficients, self.shape, rings, self.lengths)
        scratch = np.zeros(self.size * LANES)
        pass_lanes(
            *(values, self.n, before, theta, coefficients),
            *(self.shape, rings, scratch, room.reshape(-1)),
        )
        return room, coefficients.reshape(N_COEFFICIENTS, LANES)

    def series(self, k):
        return self.values[: int(self.lengths[k]), k]


@pytest.mark.parametrize("shape", SHAPES)
def test_squares_from_rest_are_those_of_the_difference_equation(shape):
    case = Room(shape, 1)
    room, coefficients = case.run(case.theta, exact=False)
    for k in range(LANES):
        errors = oracle.errors_from_rest(case.series(k), coefficients[:, k], shape.length)
        assert np.isclose(room[SQUARES, k], errors @ errors, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_squares_and_determinant_are_those_of_the_dense_covariance(shape):
    case = Room(shape, 2)
    room, coefficients = case.run(case.theta, exact=True)
    slope, bend = np.zeros(case.size), np.zeros(case.size)
    theta = case.theta.ravel()
    for k in range(LANES):
        n = float(case.lengths[k])
        squares, logarithm = oracle.squares_and_determinant(
            case.series(k), coefficients[:, k], shape.length
        )
        # What is left out of the past falls off as the correlations' powers do.
        assert np.isclose(room[SQUARES, k], squares, rtol=5e-3)
        found = log_determinant(theta, shape, n, k, slope, bend)
        # Left out where there is a season: what its factors share with the period's. Fits that
        # differ by less than 0.5 pass for equal.
        assert abs(found - logarithm) < (0.02 if shape.length == 1 else 0.3)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 assembly")
def test_a_pass_multiplies_whole_vectors():
    # Compiled anew: what comes from the cache has no assembly to read.
    fresh = njit(pass_lanes.py_func)
    room, shape = Room(SHAPES[0], 0), SHAPES[0]
    fresh(
        np.ravel(room.values),
        room.n,
        0,
        np.ravel(room.theta),
        np.zeros(N_COEFFICIENTS * LANES),
        shape,
        np.zeros(count_rings(shape) * LANES),
        np.zeros(room.size * LANES),
        np.zeros(count_room(shape) * LANES),
    )
    (assembly,) = fresh.inspect_asm().values()
    packed = re.findall(r"\bv(?:mul|fn?m(?:add|sub)\d+)pd\b[^\n]*%[yz]mm", assembly)
    # Filters, derivatives and products, each at least one register wide.
    assert len(packed) >= 20


@pytest.mark.parametrize("shape", SHAPES)
def test_the_slope_is_what_the_squares_change_by(shape):
    case = Room(shape, 3, largest=0.7)
    room, _ = case.run(case.theta, exact=False)
    for p in range(case.size):
        moved = np.zeros_like(case.theta)
        moved[p] = 1e-6
        above, below = (case.run(case.theta + s * moved, exact=False)[0] for s in (1, -1))
        change = (above - below)[SQUARES] / 4e-6
        slope = room[SLOPE + p]
        # A central difference of 1e-6 in float64.
        assert np.allclose(slope, change, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_determinant_slopes_are_what_it_changes_by(shape):
    case = Room(shape, 4, largest=0.9)
    slope, bend, unused = (np.zeros(case.size) for _ in range(3))
    for k in range(LANES):
        log_determinant(case.theta.ravel(), shape, 50.0, k, slope, bend)
        for p in range(case.size):
            values = []
            for step in (1e-6, -1e-6):
                theta = case.theta.copy()
                theta[p, k] += step
                values.append(log_determinant(theta.ravel(), shape, 50.0, k, unused, bend))
            assert np.isclose((values[0] - values[1]) / 2e-6, slope[p], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_lanes_and_the_scalar_agree(shape, exact):
    case = Room(shape, 5)
    room, coefficients = case.run(case.theta, exact)
    before = case.before if exact else 0
    work = np.empty((4, before + case.n + 3))
    for k in range(LANES):
        own = np.ascontiguousarray(coefficients[:, k])
        squares = expect_series(case.series(k), own, shape.length, before, work, np.empty(3))
        assert np.isclose(room[SQUARES, k], squares, rtol=1e-11)


@pytest.mark.parametrize("shape", SHAPES)
def test_forecasts_are_the_conditional_expectation(shape):
    case = Room(shape, 6)
    _, coefficients = case.run(case.theta, exact=True)
    work = np.empty((4, case.before + case.n + 15))
    for k in range(4):
        own, ahead = np.ascontiguousarray(coefficients[:, k]), np.empty(15)
        y = case.series(k)
        expect_series(y, own, shape.length, case.before, work, ahead)
        expected = oracle.expected_ahead(y, own, shape.length, 15)
        # In units of the innovations' deviation.
        assert np.abs(ahead - expected).max() < 0.02


@pytest.mark.parametrize(("times", "season_times"), [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)])
def test_differenced_forecasts_add_up_to_the_forecasts(monthly, times, season_times):
    choices = {"differences": (times, season_times), "grid": (Orders(1, 1),)}
    series = monthly[:4]
    values, offsets = np.concatenate(series), offsets_of(series)
    fits = fit_arima(values, offsets, 12, **choices)
    means = forecast_arima(fits, values, offsets, 12, 30)
    work = np.empty((4, 400))
    for i, y in enumerate(series):
        rest = oracle.difference(y, times, season_times, 12)
        ahead = np.empty(30)
        expect_series(rest, fits.coefficients[i], 12, 11, work, ahead)
        again = oracle.difference(np.concatenate([y, means[i]]), times, season_times, 12)[-30:]
        assert np.allclose(again, ahead, rtol=1e-6, atol=1e-6 * np.abs(y).max())


@pytest.mark.parametrize(("name", "m"), [("monthly", 12), ("weekly", 52)])
def test_differences_are_those_that_statsforecast_takes(request, name, m):
    from statsforecast.arima import diff, ndiffs, nsdiffs

    series = request.getfixturevalue(name)
    found = np.zeros((len(series), 2), np.int64)
    choose_differences(np.concatenate(series), offsets_of(series), m, 2, found)
    for y, (times, season_times) in zip(series, found, strict=True):
        expected = nsdiffs(y, period=m, max_D=1) if len(y) > 2 * m else 0
        assert season_times == expected
        assert times == ndiffs(diff(y, m, expected) if expected else y, max_d=2)


def their_fit(y, orders, differences, mean, m, method):
    from statsforecast.models import ARIMA

    one = sum(differences) == 1
    model = ARIMA(
        order=(orders.ar, differences[0], orders.ma),
        seasonal_order=(orders.season_ar, differences[1], orders.season_ma),
        season_length=m,
        include_mean=mean and not one,
        include_drift=mean and one,
        method=method,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(y)


def their_coefficients(model, differences, m):
    named = model.model_["coef"]
    drift = named.get("drift", 0.0) * (m if differences[1] else 1)
    return np.array([*(named.get(name, 0.0) for name in NAMES), named.get("intercept", drift)])


# Without autoregression, statsforecast's conditional squares are those from rest.
@pytest.mark.parametrize(
    ("orders", "differences", "mean"),
    [
        (Orders(0, 1), (1, 0), False),
        (Orders(0, 1), (1, 0), True),
        (Orders(0, 2), (0, 0), True),
        (Orders(0, 1, 0, 1), (1, 1), False),
    ],
)
@pytest.mark.parametrize(("name", "m"), [("monthly", 12), ("weekly", 13)])
def test_conditional_fits_are_those_of_statsforecast(request, name, m, orders, differences, mean):
    series = request.getfixturevalue(name)
    choices = {"grid": (orders,), "differences": differences, "means": (not mean, mean)}
    found = fit(series, m, exact=False, **choices).coefficients
    worse, apart = [], []
    for y, own in zip(series, found, strict=True):
        theirs = their_coefficients(
            their_fit(y, orders, differences, mean, m, "CSS"), differences, m
        )
        rest = oracle.difference(y, *differences, m)
        squares = [np.sum(oracle.errors_from_rest(rest, c, m) ** 2) for c in (own, theirs)]
        worse.append(len(rest) * np.log(squares[0] / squares[1]))
        apart.append(np.abs(own - theirs)[:6].max())
    # We stop where a step gains less than 1e-3 of twice the log-likelihood, which may leave a few
    # such steps; they may go beyond the circle, or stop early.
    assert np.quantile(worse, 0.9) < 1e-2
    assert np.median(apart) < 5e-3


@pytest.mark.parametrize(
    ("orders", "differences", "mean"),
    [
        slow(Orders(1, 0), (1, 0), True),
        (Orders(2, 0), (0, 0), True),
        (Orders(0, 1), (1, 0), True),
        slow(Orders(0, 1, 0, 1), (1, 1), False),
        slow(Orders(1, 0, 1, 0), (1, 0), False),
    ],
)
def test_exact_fits_are_as_likely_as_those_of_statsforecast(monthly, orders, differences, mean):
    if differences == (0, 0):
        # What tests ask to difference has correlations beyond our bound.
        asked = fit(monthly, 12).orders
        monthly = [y for y, o in zip(monthly, asked, strict=True) if o[1] + o[4] == 0]
    choices = {"grid": (orders,), "differences": differences, "means": (not mean, mean)}
    found = fit(monthly, 12, **choices).coefficients
    worse = []
    for y, own in zip(monthly, found, strict=True):
        try:
            theirs = their_fit(y, orders, differences, mean, 12, "CSS-ML")
        except ValueError:
            # It does not go on where the conditional fit is not stationary.
            continue
        rest, likelihood = oracle.difference(y, *differences, 12), []
        for c in (own, their_coefficients(theirs, differences, 12)):
            squares, logarithm = oracle.squares_and_determinant(rest, c, 12)
            likelihood.append(len(rest) * np.log(squares) + logarithm)
        worse.append(likelihood[0] - likelihood[1])
    assert len(worse) > 0.7 * len(monthly)
    assert np.quantile(worse, 0.9) < 0.5


def test_a_random_walk_goes_on_where_it_is():
    y = np.random.default_rng(0).normal(size=80).cumsum()
    means = forecast([y], differences=(1, 0), grid=(Orders(0, 0),), means=(True, False))
    assert np.array_equal(means[0], np.full(12, y[-1]))


def test_white_noise_is_forecast_near_its_mean():
    series = [np.random.default_rng(seed).normal(5.0, 1.0, 200) for seed in range(50)]
    means = forecast(series)
    # Of the noise's deviation; the mean's own error is 0.07.
    assert np.abs(means - 5.0)[:, 5:].mean() < 0.12


@pytest.mark.parametrize("coefficients", [(0.7, 0.0), (0.5, 0.3), (1.2, -0.5)])
def test_an_autoregression_is_recovered_within_its_error(coefficients):
    n, draws = 4_000, np.random.default_rng(8)
    y = np.zeros(n)
    for t in range(2, n):
        y[t] = coefficients[0] * y[t - 1] + coefficients[1] * y[t - 2] + draws.normal()
    found = fit([y + 30.0], differences=(0, 0), grid=(Orders(2, 0),)).coefficients[0]
    # Four standard errors; one is at most the square root of one over n.
    assert np.abs(found[:2] - coefficients).max() < 4.0 / np.sqrt(n)


def test_the_criterion_finds_the_orders_of_a_long_series():
    n, draws = 3_000, np.random.default_rng(9)
    shocks = draws.normal(size=n + 13)
    y = (shocks[13:] + 0.6 * shocks[12:-1] + 0.5 * shocks[1:-12] + 0.3 * shocks[:-13]) + 9.0
    fits = fit([y], 12, differences=(0, 0))
    assert fits.orders[0, 2] >= 1
    assert fits.orders[0, 5] == 1
    assert np.abs(fits.coefficients[0, [3, 5]] - [0.6, 0.5]).max() < 0.1


@given(st.integers(0, 2**31), st.floats(-1e3, 1e3), st.floats(0.1, 50.0))
@settings(max_examples=15)
def test_forecasts_move_and_grow_with_the_series(seed, shift, factor):
    y = np.random.default_rng(seed).normal(size=60).cumsum()
    choices = {"differences": (1, 0), "grid": (Orders(1, 0), Orders(0, 1))}
    base = forecast([y], **choices)
    # Rounding of the shifted series moves where a search stops.
    near = {"rtol": 1e-4, "atol": 1e-4 * np.abs(y).max()}
    assert np.allclose(forecast([y + shift], **choices) - shift, base, **near)
    assert np.allclose(forecast([y * factor], **choices) / factor, base, **near)


@given(st.integers(0, 2**31), st.integers(1, 40))
@settings(max_examples=15)
def test_a_series_is_forecast_the_same_in_any_company(seed, n_series):
    draws = np.random.default_rng(seed)
    series = [draws.gamma(2, 10, draws.integers(1, 90)) for _ in range(n_series)]
    together = forecast(series, 7)
    for i in draws.permutation(n_series)[:5]:
        assert np.array_equal(forecast([series[i]], 7)[0], together[i], equal_nan=True)


@given(st.integers(0, 2**31), st.sampled_from([np.nan, np.inf, -np.inf, 1e300, -1e308]))
@settings(max_examples=15)
def test_a_broken_series_is_silent_and_leaves_the_others_alone(seed, broken):
    draws = np.random.default_rng(seed)
    series = [draws.normal(50.0, 5.0, draws.integers(10, 70)) for _ in range(5)]
    base = forecast(series, 4)
    hurt = [y.copy() for y in series]
    hurt[2][draws.integers(len(hurt[2]))] = broken
    found = forecast(hurt, 4)
    assert np.array_equal(np.delete(found, 2, axis=0), np.delete(base, 2, axis=0))
    assert np.isfinite(found[2]).all() or np.isnan(found[2]).all()
    if not np.isfinite(broken):
        assert np.isnan(found[2]).all()


@pytest.mark.parametrize("n", range(10))
def test_a_series_of_less_than_ten_periods_has_no_model(n):
    fits = fit([np.arange(float(n)) ** 2, np.arange(30.0) ** 2], 4)
    assert (fits.orders[0] == NO_MODEL).all()
    assert (fits.orders[1] != NO_MODEL).all()


@pytest.mark.parametrize("n", [10, 11, 13, 24, 25, 36, 40])
@pytest.mark.parametrize("m", [1, 4, 12])
def test_short_series_have_an_answer(n, m):
    y = np.random.default_rng(n).gamma(2.0, 10.0, n)
    assert np.isfinite(forecast([y], m)).all()


@pytest.mark.parametrize("m", [1, 4])
def test_what_does_not_vary_goes_on_as_it_does(m):
    t = np.arange(52.0)
    season = np.tile([5.0, 1.0, 4.0, 2.0], 13)
    assert np.array_equal(forecast([np.full(30, 7.0)], m)[0], np.full(12, 7.0))
    assert np.allclose(forecast([3.0 + 2.0 * t], m)[0], 3.0 + 2.0 * (t[-1] + np.arange(1, 13)))
    if m == 4:
        assert np.allclose(forecast([season], m)[0], season[:12])


def test_orders_out_of_range_are_named():
    with pytest.raises(ValueError, match=r"ar must be in \[0, 2\]; got 3"):
        fit([np.arange(20.0)], grid=(Orders(3, 0),))
    with pytest.raises(ValueError, match=r"season differences must be in \[0, 1\]; got 2"):
        fit([np.arange(20.0)], differences=(0, 2))
