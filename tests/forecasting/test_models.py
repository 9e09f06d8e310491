"""Models: the batched face gives what the model gives alone, and a failure is a value."""

from importlib import import_module

import numpy as np
import pytest

from forecasting.errors import NotFiniteError, UnknownModelError
from forecasting.models import MODELS, History, RollingForecaster, Seasons, find_model
from forecasting.models.statsforecast_model import StatsforecastModel
from forecasting.models.yearly_model import YearlyModel
from forecasting.panel import Batch
from tests.forecasting.demand import panel_of, week

WEEKS = Seasons(7, 365.25)


@pytest.fixture(scope="module")
def batch():
    draws, t = np.random.default_rng(6), np.arange(91)
    series = {
        ("W", "A"): draws.poisson(20 * week(t)),
        ("W", "B"): draws.poisson(0.4, 91),
        ("W", "C"): draws.poisson(3, 80),
    }
    return panel_of(series).batch


@pytest.mark.parametrize(
    ("name", "theirs", "arguments"),
    [
        ("Naive", "Naive", {}),
        ("HistoricAverage", "HistoricAverage", {}),
        ("SeasonalNaive", "SeasonalNaive", {"season_length": 7}),
        ("WindowAverage", "WindowAverage", {"window_size": 8}),
        ("SeasonalWindowAverage", "SeasonalWindowAverage", {"season_length": 7, "window_size": 4}),
        ("SimpleExponentialSmoothing", "SimpleExponentialSmoothingOptimized", {}),
        (
            "SeasonalExponentialSmoothing",
            "SeasonalExponentialSmoothingOptimized",
            {"season_length": 7},
        ),
        ("MSTL", "MSTL", {"season_length": 7}),
        ("CrostonClassic", "CrostonClassic", {}),
        ("CrostonOptimized", "CrostonOptimized", {}),
        ("CrostonSBA", "CrostonSBA", {}),
        ("TSB", "TSB", {"alpha_d": 0.2, "alpha_p": 0.2}),
        ("ADIDA", "ADIDA", {}),
        ("IMAPA", "IMAPA", {}),
    ],
)
def test_a_model_of_statsforecast_says_what_it_says_there(batch, name, theirs, arguments):
    found = find_model(name).forecast(batch, WEEKS, 9)
    build = getattr(import_module("statsforecast.models"), theirs)
    for number in range(len(batch)):
        expected = build(**arguments).forecast(y=batch.series(number), h=9)["mean"]
        # Batched models stop within 1e-6 of the optimum that the library's golden section finds.
        assert np.allclose(found.means[number], expected, rtol=1e-6)
    assert not found.errors


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_model_answers_or_names_an_error_or_has_too_short_a_history(name):
    series = {
        ("W", "1"): [3.0],
        ("W", "2"): [1.0, 2.0],
        ("W", "3"): np.zeros(30),
        ("W", "4"): np.full(30, 5.0),
        ("W", "5"): np.r_[np.zeros(50), 1.0],
    }
    found = find_model(name).forecast(panel_of(series).batch, WEEKS, 5)
    finite = np.isfinite(found.means)
    assert (finite.all(axis=1) | np.isnan(found.means).all(axis=1)).all()
    assert not finite[sorted(found.errors)].any()
    if "Yearly" not in name:
        assert finite[2:].all() or name in {"HoltWinters", "MSTL"}


def test_a_model_that_raises_on_one_series_answers_the_others(batch):
    class Picky:
        def forecast(self, y, h):
            if len(y) == 80:
                raise ZeroDivisionError("no such luck")
            return {"mean": np.full(h, np.inf if y.mean() < 1 else 2.0)}

    found = StatsforecastModel(lambda _: Picky(), lambda _: 1).forecast(batch, WEEKS, 3)
    assert (found.means[0] == 2.0).all()
    assert np.isnan(found.means[1:]).all()
    assert isinstance(found.errors[1], NotFiniteError)
    assert isinstance(found.errors[2], ZeroDivisionError)


def test_an_unknown_model_is_named():
    with pytest.raises(UnknownModelError, match="'Oracle' is not registered; there are ADIDA,"):
        find_model("Oracle")


def seasonal_history(days, seed=0):
    t = np.arange(days)
    year = 1.0 + 0.5 * np.cos(2 * np.pi * t / 365.25)
    return np.random.default_rng(seed).poisson(40.0 * week(t) * year).astype(float)


def test_a_yearly_model_follows_the_year_where_the_model_within_does_not():
    y = seasonal_history(1096 + 56)
    batch = Batch(y[:1096], np.array([0, 1096]))
    errors = {
        name: np.abs(find_model(name).forecast(batch, WEEKS, 56).means[0] - y[1096:]).mean()
        for name in ("YearlyTheta", "DynamicOptimizedTheta")
    }
    assert errors["YearlyTheta"] < 0.8 * errors["DynamicOptimizedTheta"]


def test_a_yearly_model_has_no_answer_below_two_years():
    batch = Batch(
        np.concatenate([seasonal_history(800), seasonal_history(500)]), np.array([0, 800, 1300])
    )
    found = find_model("YearlyTheta").forecast(batch, WEEKS, 7)
    assert np.isfinite(found.means[0]).all()
    assert np.isnan(found.means[1]).all()
    assert not found.errors


def test_a_yearly_model_passes_on_the_failures_within():
    class Failing:
        def forecast(self, **_history):
            raise ValueError("not today")

    within = StatsforecastModel(lambda _: Failing(), lambda _: 1)
    batch = Batch(
        np.concatenate([seasonal_history(500), seasonal_history(800)]), np.array([0, 500, 1300])
    )
    found = YearlyModel(within).forecast(batch, WEEKS, 7)
    assert list(found.errors) == [1]


def test_where_the_season_is_the_year_the_model_within_sees_none():
    seen = []

    class Watching:
        def forecast(self, y, h):
            return {"mean": np.full(h, y.mean())}

    def build(season_length):
        seen.append(season_length)
        return Watching()

    y = np.random.default_rng(0).poisson(50.0, 156).astype(float)
    YearlyModel(StatsforecastModel(build, lambda _: 1)).forecast(
        Batch(y, np.array([0, 156])), Seasons(52, 365.25 / 7), 4
    )
    assert seen == [1]


def test_a_short_series_is_answered_without_its_year_where_asked_for(batch):
    found = find_model("YearlyETS").forecast(batch, WEEKS, 7)
    expected = find_model("AutoETS").forecast(batch, WEEKS, 7)
    assert np.array_equal(found.means, expected.means)


def test_a_season_that_is_the_year_is_not_answered_by_a_model_that_would_not_see_it():
    weekly = Batch(np.random.default_rng(0).gamma(4, 5, 60), np.array([0, 60]))
    assert np.isnan(find_model("YearlyETS").forecast(weekly, Seasons(52, 52.18), 4).means).all()


def test_a_long_season_is_left_out_of_exponential_smoothing():
    batch = Batch(np.random.default_rng(0).gamma(4, 5, 120), np.array([0, 120]))
    found = find_model("AutoETS").forecast(batch, Seasons(53, 365.25), 4)
    plain = find_model("AutoETS").forecast(batch, Seasons(1, 365.25), 4)
    assert np.array_equal(found.means, plain.means)


def test_exponential_smoothing_knows_the_year_of_weeks():
    draws, t = np.random.default_rng(0), np.arange(169)
    weekly = 100.0 + 40.0 * np.sin(2.0 * np.pi * t / 52.0) + draws.normal(0.0, 2.0, 169)
    known = Batch(weekly[:156], np.array([0, 156]))
    found = find_model("AutoETS").forecast(known, Seasons(52, 52.18), 13)
    # Errors about the truth are of the noise's size; without the season they are those of the wave.
    assert np.abs(found.means[0] - weekly[156:]).mean() < 4.0


def histories_of(batch, drops):
    """Return a history for each number of observations left out; short series join later."""
    found = []
    for drop in drops:
        chosen = np.flatnonzero(batch.lengths - drop >= 20)
        found.append(History(chosen, batch.cut(chosen, np.full(len(chosen), drop), None)))
    return found


@pytest.mark.parametrize("name", ["AutoETS", "YearlyETS", "HoltWinters"])
def test_a_model_that_rolls_says_nearly_what_it_says_anew(name):
    draws, t = np.random.default_rng(4), np.arange(120)
    series = [draws.poisson(30 * week(t[:n])) for n in (120, 90, 34) * 10]
    batch = panel_of({("W", f"{n}"): y for n, y in enumerate(series)}).batch
    histories = histories_of(batch, [21, 14, 7, 0])
    model = find_model(name)
    assert isinstance(model, RollingForecaster)
    rolled = model.roll(histories, WEEKS, 7)
    for number, (history, found) in enumerate(zip(histories, rolled, strict=True)):
        anew = model.forecast(history.batch, WEEKS, 7)
        if number in {0, 3}:
            assert np.array_equal(found.means, anew.means)
        # Between, the model is that of the first origin: a week later it is seldom another.
        distance = np.abs(found.means - anew.means).mean(axis=1) / anew.means.mean(axis=1)
        assert np.median(distance) < 1e-3
        assert np.mean(distance > 0.05) < 0.1


def test_a_series_rolls_the_same_in_any_company():
    draws = np.random.default_rng(9)
    batch = panel_of(
        {("W", f"{n}"): draws.gamma(3, 4, length) for n, length in enumerate((80, 60, 45))}
    ).batch
    together = find_model("AutoETS").roll(histories_of(batch, [14, 7, 0]), WEEKS, 5)
    for number in range(3):
        alone = batch.cut(np.array([number]), np.zeros(1, np.int64), None)
        apart = find_model("AutoETS").roll(histories_of(alone, [14, 7, 0]), WEEKS, 5)
        for one, all_of_them in zip(apart, together, strict=True):
            assert np.array_equal(one.means[0], all_of_them.means[number])


def test_a_yearly_model_of_one_that_does_not_roll_forecasts_anew():
    batch = Batch(seasonal_history(900), np.array([0, 900]))
    histories = histories_of(batch, [30, 0])
    found = find_model("YearlyTheta").roll(histories, WEEKS, 7)
    for history, one in zip(histories, found, strict=True):
        expected = find_model("YearlyTheta").forecast(history.batch, WEEKS, 7)
        assert np.array_equal(one.means, expected.means)
