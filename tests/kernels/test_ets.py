"""Exponential smoothing in lanes: the oracles are the textbook's recursion and statsforecast."""

import platform
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.ets import fit_ets, forecast_ets
from kernels.ets_again import constant_means, start_from_means
from kernels.ets_candidates import MODEL_NAMES, information, model_number
from kernels.ets_fits import ALPHA, BETA, GAMMA, NO_MODEL, PHI
from kernels.ets_forward import update_ets
from kernels.ets_lanes import (
    BROKEN,
    LENGTHS,
    LOGS,
    SQUARES,
    lay_out,
    pass_lanes,
)
from kernels.ets_paths import ets_quantiles, simulate_ets
from kernels.ets_refit import refit_ets
from kernels.ets_search import turn_relative
from kernels.ets_shape import Shape
from kernels.lanes import LANES
from tests.kernels.flat import offsets_of
from tests.lanes import slow
from tests.oracles import ets as oracle

HORIZON = 18
MODELS = [
    (relative, trend, season)
    for relative in (False, True)
    for trend in (0, 1, 2)
    for season in (0, 1, 2)
    if relative or season != 2
]


def fit(series, season_length=12):
    return fit_ets(np.concatenate(series), offsets_of(series), season_length)


def of_period(real_data, period, season_length):
    m3 = pd.read_parquet(real_data / "m3.parquet")
    m3 = m3[m3["period"] == period]
    parts = []
    for held_out in (False, True):
        groups = m3[m3["is_test"] == held_out].groupby("unique_id", observed=True)
        parts.append([group["y"].to_numpy(float) for _, group in groups])
    return *parts, season_length


def random_point(draws, trend, season, m):
    theta = [draws.uniform(0.05, 0.6)]
    theta += [draws.uniform(0.01, 0.2)] * (trend > 0)
    theta += [draws.uniform(0.01, 0.3)] * (season > 0)
    theta += [draws.uniform(0.8, 0.98)] * (trend == 2)
    theta += [draws.uniform(0.8, 1.2)]
    theta += [draws.uniform(-0.01, 0.02)] * (trend > 0)
    if season:
        theta += list((season == 2) + draws.uniform(-0.2, 0.2, m - 1))
    return np.array(theta)


def measure(series, points, relative, trend, season, m):
    """Pass up to sixteen scaled series through the lanes; return shape, layout and room."""
    shape = Shape(relative, trend, season, m if season else 1)
    layout = lay_out(shape)
    room = np.zeros((layout.total, LANES))
    longest = max(len(y) for y in series)
    values = np.zeros(longest * LANES)
    theta = np.zeros(layout.size * LANES)
    for k, (y, point) in enumerate(zip(series, points, strict=True)):
        values[k : len(y) * LANES : LANES] = y
        room[LENGTHS, k] = len(y)
        theta[k::LANES] = point
    rings = np.zeros(layout.held * LANES)
    pass_lanes(values, longest, theta, shape, layout, room.reshape(-1), rings)
    return layout, room


@pytest.mark.parametrize(("relative", "trend", "season"), MODELS)
def test_lanes_measure_what_the_recursion_gives(relative, trend, season):
    m, draws = 4, np.random.default_rng(trend + 3 * season)
    series = [draws.uniform(0.7, 1.3, n) for n in (31, 30, 12, 9)]
    points = [random_point(draws, trend, season, m) for _ in series]
    _, room = measure(series, points, relative, trend, season, m)
    for k, (y, point) in enumerate(zip(series, points, strict=True)):
        errors, means = oracle.errors_of(
            y, relative, trend, season, m, *oracle.unpack(point, trend, season, m)
        )
        assert room[BROKEN, k] == 0.0
        assert room[SQUARES, k] == pytest.approx(np.sum(errors**2), rel=1e-10)
        if relative:
            assert room[LOGS, k] == pytest.approx(np.log(means).sum(), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize(("relative", "trend", "season"), MODELS)
def test_slope_and_curvature_are_those_of_the_errors(relative, trend, season):
    # With relative errors the likelihood's errors are multiplied by the geometric mean of means.
    m, draws = 4, np.random.default_rng(7 + trend + 3 * season)
    y = draws.uniform(0.7, 1.3, 23)
    point = random_point(draws, trend, season, m)
    layout, room = measure([y], [point], relative, trend, season, m)
    if relative:
        turn_relative(layout, room.reshape(-1))

    def weighed(theta):
        errors, means = oracle.errors_of(
            y, relative, trend, season, m, *oracle.unpack(theta, trend, season, m)
        )
        return errors * np.exp(np.log(means).mean()) if relative else errors

    size, step = len(point), 1e-6
    rows = np.array(
        [
            (weighed(point + step * unit) - weighed(point - step * unit)) / (2.0 * step)
            for unit in np.eye(size)
        ]
    )
    scale = (
        np.exp(
            np.log(
                oracle.errors_of(
                    y, relative, trend, season, m, *oracle.unpack(point, trend, season, m)
                )[1]
            ).mean()
        )
        ** 2
        if relative
        else 1.0
    )
    slope = room[layout.slope : layout.slope + size, 0] * scale
    products = room[layout.products :, 0] * scale
    # Central differences are good to about 1e-9 of the largest entry.
    expected = rows @ weighed(point)
    assert np.allclose(slope, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())
    square = rows @ rows.T
    assert np.allclose(products, square[np.tril_indices(size)], rtol=1e-6, atol=1e-6)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 assembly")
def test_the_passes_are_in_vector_registers():
    measure([np.ones(9)], [random_point(np.random.default_rng(1), 1, 1, 4)], False, 1, 1, 4)
    pass_lanes.recompile()
    assembly = max(pass_lanes.inspect_asm().values(), key=len)
    wide = re.findall(r"v(?:add|sub|mul|div|fn?m\w+)pd[^\n]*[yz]mm", assembly)
    single = re.findall(r"v(?:add|sub|mul|div|fn?m\w+)sd", assembly)
    assert len(wide) > 10 * len(single)


@pytest.mark.parametrize(
    ("period", "season_length", "every"), [("MONTHLY", 12, 48), slow("QUARTERLY", 4, 12)]
)
def test_criteria_and_accuracy_are_those_of_statsforecast(real_data, period, season_length, every):
    from statsforecast.ets import ets_f
    from statsforecast.ets import forecast_ets as forecast_theirs

    train, test, m = of_period(real_data, period, season_length)
    train, test = train[::every], test[::every]
    fits = fit(train, m)
    means = forecast_ets(fits, len(test[0]))
    worse, gain = [], []
    for number, (y, held) in enumerate(zip(train, test, strict=True)):
        theirs = ets_f(y.copy(), m=m)
        worse.append(fits.criterion[number] - theirs["aicc"] > 0.5)
        scale = np.mean(np.abs(y[m:] - y[:-m]))
        other = forecast_theirs(theirs, len(held))["mean"]
        gain.append((np.abs(other - held).mean() - np.abs(means[number] - held).mean()) / scale)
    # 1% of all series are worse by so much; of a sample of 30 to 63 one may be.
    assert sum(worse) <= 1
    assert np.mean(gain) > -3.0 * np.std(gain) / np.sqrt(len(gain))


@pytest.mark.slow
@pytest.mark.parametrize(("period", "season_length"), [("MONTHLY", 12), ("QUARTERLY", 4)])
def test_criteria_are_no_worse_on_99_of_100_series(real_data, period, season_length):
    from statsforecast.ets import ets_f

    train, _, m = of_period(real_data, period, season_length)
    criteria = fit(train, m).criterion
    theirs = np.array([ets_f(y.copy(), m=m)["aicc"] for y in train])
    assert np.mean(criteria - theirs > 0.5) <= 0.01


@pytest.mark.parametrize("model", ["ANN", "AAN", "AAdN", "MNN", "ANA", "AAdA", "MNM", "MAdM"])
def test_states_and_forecasts_are_those_of_statsforecast_at_its_own_parameters(real_data, model):
    # Its fit of one model, carried by our recursion: same likelihood, same forecast.
    from statsforecast.ets import ets_f
    from statsforecast.ets import forecast_ets as forecast_theirs

    y = of_period(real_data, "QUARTERLY", 4)[0][101]
    damped = "d" in model
    theirs = ets_f(y.copy(), m=4, model=model.replace("d", ""), damped=damped)
    relative, season = model[0] == "M", "NAM".index(model[-1])
    trend = 0 if model[1] == "N" else 2 if damped else 1
    alpha, beta, gamma, phi = np.nan_to_num(theirs["par"][:4])
    states = theirs["par"][4:]
    slope = states[1] if trend else 0.0
    seasons = states[1 + (trend > 0) :][::-1] if season else np.zeros(4)
    errors, means = oracle.errors_of(
        y, relative, trend, season, 4, alpha, beta, gamma, phi, states[0], slope, seasons
    )
    likelihood = oracle.twice_negative_log_likelihood(errors, means, relative)
    assert likelihood == pytest.approx(-2.0 * theirs["loglik"], rel=1e-10)
    fits = fit([y], 4)
    ours = fits._replace(
        model=np.array([9 * relative + 3 * trend + season]),
        smoothing=np.array([[alpha, beta, gamma, phi if damped else 1.0]]),
        level=np.array([states[0]]),
        trend=np.array([slope]),
        seasons=np.array([seasons]),
    )
    carried = update_ets(ours, y, offsets_of([y]))
    expected = forecast_theirs(theirs, 8)["mean"]
    found = forecast_ets(carried, 8)[0]
    # Its path of a damped trend adds phi twice (phi, 2 phi, 2 phi + phi^2, ...), as R's does.
    powers = phi ** np.arange(1, 9)
    excess = np.cumsum(np.concatenate([[phi], powers[:-1]]) - powers) if damped else np.zeros(8)
    excess = excess * carried.trend[0]
    factor = carried.seasons[0][np.arange(8) % 4] if season == 2 else 1.0
    assert np.allclose(found + excess * factor, expected, rtol=1e-10)


@pytest.mark.parametrize(("relative", "season"), [(False, 0), (True, 0), (False, 1), (True, 2)])
def test_constant_means_are_worth_what_a_model_that_stands_still_is(relative, season):
    m = 4 if season else 1
    y, shape = np.random.default_rng(season).gamma(20, 0.05, 30), Shape(relative, 0, season, m)
    means, start = np.empty(m), np.empty(1 + m + (season > 0))
    worth = constant_means(y, relative, means)
    assert np.allclose(means, [y[j::m].mean() for j in range(m)], rtol=1e-14)
    start_from_means(shape, np.zeros(1 + (season > 0)), means, start)
    errors, expected = oracle.errors_of(
        y, relative, 0, season, m, *oracle.unpack(start, 0, season, m)
    )
    assert np.allclose(expected, means[np.arange(30) % m], rtol=1e-12)
    likelihood = oracle.twice_negative_log_likelihood(errors, expected, relative)
    assert worth == pytest.approx(likelihood, rel=1e-12)


@given(st.integers(0, 2**31), st.sampled_from([1, 4]), st.integers(14, 60))
@settings(max_examples=30)
def test_no_model_is_worse_than_the_means_that_it_contains(seed, m, n):
    # Noise around still means, on which searches stop short of the bound of alpha.
    draws = np.random.default_rng(seed)
    y = np.tile(draws.uniform(5, 9, m), n // m + 1)[:n] + draws.normal(size=n)
    name = "ANA" if m > 1 else "ANN"
    found = fit_ets(y, np.array([0, n]), m, (name,)).criterion[0]
    size = m + 2 if m > 1 else 2
    means = information(constant_means(y, False, np.empty(m)), n, 1.0, size)
    # Starting from them costs the least smoothing, and a sign counts from a tenth on.
    assert found < means + 0.2


@given(st.integers(0, 2**31), st.integers(1, 40), st.sampled_from([1, 4, 7]))
@settings(max_examples=15)
def test_a_series_is_fitted_the_same_in_any_company(seed, n_series, season_length):
    draws = np.random.default_rng(seed)
    series = [draws.gamma(2, 10, draws.integers(1, 60)) for _ in range(n_series)]
    together = fit(series, season_length)
    for i in range(0, n_series, 7):
        alone = fit([series[i]], season_length)
        for ours, theirs in zip(alone, together, strict=True):
            assert np.array_equal(ours[0], theirs[i], equal_nan=True)


@given(st.integers(0, 2**31), st.sampled_from([0.5, 4.0, 1024.0]))
@settings(max_examples=15)
def test_a_fit_scales_with_the_series(seed, factor):
    # A power of two changes no digit.
    y = np.random.default_rng(seed).gamma(3, 5, 48)
    base, scaled = fit([y], 4), fit([factor * y], 4)
    assert np.array_equal(base.smoothing, scaled.smoothing)
    assert np.allclose(scaled.level, factor * base.level, rtol=1e-14)
    assert np.allclose(forecast_ets(scaled, 8), factor * forecast_ets(base, 8), rtol=1e-12)


def test_parameters_stay_in_their_bounds():
    draws = np.random.default_rng(5)
    smoothing = fit([np.cumsum(draws.normal(size=80)) + 50 for _ in range(40)], 4).smoothing
    assert (smoothing[:, ALPHA] >= 1e-4 - 1e-15).all()
    assert (smoothing[:, [ALPHA, BETA, GAMMA]] <= 0.9999 + 1e-15).all()
    assert ((smoothing[:, PHI] == 1.0) | (np.abs(smoothing[:, PHI] - 0.89) <= 0.09 + 1e-12)).all()


@pytest.mark.parametrize("y", [[3.0], [0.0] * 5, [5.0] * 30])
def test_a_constant_series_stays_where_it_is(y):
    fits = fit([np.array(y)])
    assert fits.model[0] == NO_MODEL
    assert np.array_equal(forecast_ets(fits, 3)[0], [y[-1]] * 3)


def test_six_periods_have_no_model():
    fits = fit([np.arange(6.0), np.arange(1.0, 9.0)], 1)
    assert np.isnan(forecast_ets(fits, 2)[0]).all()
    assert fits.model[1] != NO_MODEL


def test_zeros_and_negative_values_take_additive_models_alone():
    draws = np.random.default_rng(2)
    with_zeros = np.maximum(draws.normal(1, 2, 60), 0.0)
    assert (fit([with_zeros, draws.normal(0, 1, 60)], 4).model < 9).all()


def test_a_series_without_a_whole_season_has_no_seasonal_model():
    fits = fit([np.random.default_rng(0).gamma(2, 1, 12)], 12)
    assert fits.model[0] % 3 == 0


def test_simulated_quantiles_are_those_of_the_normal_law_where_the_model_is_linear():
    # ETS(A,N,N): variance v (1 + (h - 1) alpha^2), Hyndman et al. table 6.1.
    from scipy.stats import norm

    y = 50.0 + np.random.default_rng(1).normal(0, 3, 40)
    fits = fit([y], 1)._replace(model=np.array([0]))
    fits.smoothing[0], fits.trend[0] = [0.3, 0.0, 0.0, 1.0], 0.0
    levels = np.array([0.05, 0.5, 0.9])
    paths = 40_000
    found = ets_quantiles(fits, np.array([9], np.uint64), levels, paths, 6, 11)[0]
    deviation = np.sqrt(fits.variance[0] * (1.0 + np.arange(6) * 0.09))
    expected = fits.level[0] + deviation[:, None] * norm.ppf(levels)
    density = norm.pdf(norm.ppf(levels)) / deviation[:, None]
    error = np.sqrt(levels * (1.0 - levels) / paths) / density
    assert (np.abs(found - expected) < 5.0 * error).all()


def test_quantiles_are_those_of_the_paths(real_data):
    train, _, m = of_period(real_data, "QUARTERLY", 4)
    fits = fit(train[:5], m)
    entities = np.arange(5, dtype=np.uint64)
    paths = simulate_ets(fits, entities, 200, 8, 3)
    levels = np.array([0.1, 0.5, 0.99])
    expected = np.quantile(paths, levels, axis=1).transpose(1, 2, 0)
    assert np.allclose(ets_quantiles(fits, entities, levels, 200, 8, 3), expected, rtol=1e-12)


def test_paths_depend_on_seed_and_entity_alone():
    draws = np.random.default_rng(4)
    series = [draws.gamma(5, 4, 40) for _ in range(3)]
    fits, entities = fit(series, 4), np.array([7, 8, 9], np.uint64)
    together = simulate_ets(fits, entities, 5, 6, 1)
    alone = simulate_ets(fit(series[1:2], 4), entities[1:2], 3, 6, 1)
    assert np.array_equal(alone[0], together[1, :3])
    assert not np.array_equal(simulate_ets(fits, entities, 5, 6, 2), together)


def test_paths_average_to_the_forecast():
    y = np.random.default_rng(8).gamma(20, 2, 60)
    fits = fit([y], 1)
    paths = simulate_ets(fits, np.array([1], np.uint64), 20_000, 4, 1)[0]
    error = paths.std(axis=0) / np.sqrt(len(paths))
    assert (np.abs(paths.mean(axis=0) - forecast_ets(fits, 4)[0]) < 4.5 * error).all()


@given(st.integers(0, 2**31), st.integers(0, 30))
@settings(max_examples=15)
def test_states_carried_in_two_parts_are_those_carried_at_once(seed, cut):
    draws = np.random.default_rng(seed)
    fits = fit([draws.gamma(4, 3, 40), draws.gamma(4, 3, 9)], 4)
    news = draws.gamma(4, 3, (2, 30))
    at_once = update_ets(fits, news.reshape(-1), np.array([0, 30, 60]))
    halves = update_ets(fits, news[:, :cut].reshape(-1).copy(), np.array([0, cut, 2 * cut]))
    rest = 30 - cut
    halves = update_ets(halves, news[:, cut:].reshape(-1).copy(), np.array([0, rest, 2 * rest]))
    for one, two in zip(at_once, halves, strict=True):
        assert np.array_equal(one, two, equal_nan=True)


def test_only_the_models_asked_for_are_chosen_from():
    draws = np.random.default_rng(12)
    series = [draws.gamma(9, 2, 60) for _ in range(20)]
    values, offsets = np.concatenate(series), offsets_of(series)
    chosen = fit_ets(values, offsets, 4, ("AAdN", "MNM")).model
    assert set(chosen) <= {model_number("AAdN"), model_number("MNM")}
    everything = fit_ets(values, offsets, 4, tuple(MODEL_NAMES))
    assert np.array_equal(everything.criterion, fit_ets(values, offsets, 4).criterion)


def test_an_unknown_model_is_refused_by_name():
    with pytest.raises(ValueError, match=r"model must be one of AAA, .*MNN; got 'AAM'"):
        fit_ets(np.arange(1.0, 20.0), np.array([0, 19]), 4, ("AAM",))


@pytest.mark.parametrize("name", ["Holt", "HoltWinters"])
def test_holt_and_winters_forecast_as_statsforecasts_where_their_trend_is_not_damped(
    real_data, name
):
    # Damped trends add up differently there; see above.
    from statsforecast import models

    train, test, m = of_period(real_data, "QUARTERLY", 4)
    train, test = train[::12], test[::12]
    own = ("AAN", "AAdN") if name == "Holt" else ("AAA", "AAdA")
    fits = fit_ets(np.concatenate(train), offsets_of(train), m, own)
    found = forecast_ets(fits, 8)
    theirs = np.array(
        [getattr(models, name)(season_length=m).forecast(y=y, h=8)["mean"] for y in train]
    )
    distance = np.abs(found - theirs).mean(axis=1) / np.abs(theirs).mean(axis=1)
    # Searches that stop early, and damped trends, differ by a few percent.
    assert np.median(distance[fits.model % 9 // 3 == 1]) < 1e-2
    assert np.quantile(distance, 0.9) < 0.1


def test_a_fit_again_to_the_same_history_stays_where_it_is(real_data):
    train, _, m = of_period(real_data, "QUARTERLY", 4)
    train = train[:60]
    fits = fit(train, m)
    again = refit_ets(fits, np.concatenate(train), offsets_of(train))
    assert np.array_equal(again.model, fits.model)
    # What a search leaves, two more points may gain: less than its tolerance a point.
    gain = fits.criterion - again.criterion
    assert (gain > -1e-9).all()
    assert np.quantile(gain, 0.9) < 0.01
    assert again.points.mean() < 0.1 * fits.points.mean()


def test_a_fit_again_to_a_longer_history_is_as_likely_as_one_from_nothing(real_data):
    train, test, m = of_period(real_data, "QUARTERLY", 4)
    train, test = train[:100], test[:100]
    longer = [np.concatenate([y, held[:2]]) for y, held in zip(train, test, strict=True)]
    again = refit_ets(fit(train, m), np.concatenate(longer), offsets_of(longer))
    names = {number: name for name, number in MODEL_NAMES.items()}
    excess = np.empty(len(longer))
    for number, y in enumerate(longer):
        own = names[int(again.model[number])]
        anew = fit_ets(y, np.array([0, len(y)]), m, (own,))
        excess[number] = again.criterion[number] - anew.criterion[0]
    # Two quarters can move the best of several tops to another.
    assert np.median(np.abs(excess)) < 1e-3
    assert np.mean(excess > 0.5) < 0.1


def test_a_model_that_is_not_open_any_more_is_not_fitted_again():
    y = np.random.default_rng(1).gamma(9, 2, 60)
    fits = fit_ets(y, np.array([0, 60]), 4, ("MNM",))
    with_zero = np.concatenate([y, [0.0]])
    again = refit_ets(fits, with_zero, np.array([0, 61]))
    assert again.model[0] == NO_MODEL
    assert np.isnan(again.level[0])
