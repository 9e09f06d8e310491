"""The forecast of a panel: its laws, its failures, its frames."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import MODELS, category_profiles, forecast_demand
from forecasting.classes import CLASSES
from forecasting.distributions import QUANTILES
from forecasting.laws import COUNT_NAMES
from forecasting.models import BatchForecast
from forecasting.panel import SERIES
from storage.tables import CHAMPIONS, DEMAND_FORECASTS, FORECAST_ACCURACY
from tests.forecasting.demand import daily_plan, frame_of, mixed_series, panel_of, week
from tests.frames import in_text
from tests.oracles import forecasting as oracle

NIGHT = date(2023, 1, 1)
CATEGORIES = {"late": "food", "smooth": "food", "trend": "food"}


def forecast(series, plan=None, profiles=None, as_of=NIGHT, **given):
    plan, panel = plan or daily_plan(), panel_of(series, **given)
    profiles = profiles or category_profiles(panel, CATEGORIES, plan)
    return forecast_demand(panel, plan, as_of, profiles, CATEGORIES)


@pytest.fixture(scope="module")
def result():
    return forecast(mixed_series())


def test_what_is_not_asked_for_changes_no_forecast():
    surprising = np.random.default_rng(6).poisson(9.0, 120)
    surprising[60] = 500
    plan, panel = daily_plan(), panel_of({**mixed_series(), ("W", "surprising"): surprising})
    told = (panel, plan, NIGHT, category_profiles(panel, CATEGORIES, plan), CATEGORIES)
    result, found = forecast_demand(*told), forecast_demand(*told, judged=False)
    for part in ("forecasts", "champions"):
        pd.testing.assert_frame_equal(getattr(found, part), getattr(result, part), check_exact=True)
    assert found.failures == result.failures
    for part in ("accuracy", "weights", "anomalies"):
        assert len(getattr(result, part))
        assert getattr(found, part).empty
        assert list(getattr(found, part).columns) == list(getattr(result, part).columns)


def champion(result, item):
    return result.champions.set_index("item_id").loc[item]


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (DEMAND_FORECASTS, "forecasts"),
        (FORECAST_ACCURACY, "accuracy"),
        (CHAMPIONS, "champions"),
    ],
)
def test_frames_have_the_columns_of_their_tables(result, table, name):
    frame = getattr(result, name)
    expected = [c.name for c in table.columns if c.name not in {"run_id", "as_of"}]
    assert list(frame.columns) == expected
    assert not frame.duplicated([k for k in table.key if k in frame.columns]).any()
    for column in table.columns:
        if column.name in frame.columns:
            values = frame[column.name]
            assert column.nullable or values.notna().all(), column.name
            if column.minimum is not None:
                assert (values.dropna() >= column.minimum).all(), column.name
            if column.maximum is not None:
                assert (values.dropna() <= column.maximum).all(), column.name


def test_every_series_is_forecast_or_failed(result):
    series = mixed_series()
    assert len(result.champions) == len(series)
    assert not result.failures
    assert (result.forecasts.groupby(SERIES, observed=True).size() == 14).all()


def test_the_first_period_is_the_one_after_the_last(result):
    series = mixed_series()
    first = result.forecasts.groupby(SERIES, observed=True)["ds"].min()
    for key, values in series.items():
        assert first[key] == pd.Timestamp("2023-01-02") + pd.Timedelta(days=len(values))


def test_quantiles_are_not_negative_and_never_cross(result):
    quantiles = result.forecasts[QUANTILES].to_numpy()
    assert (quantiles >= 0.0).all()
    assert (np.diff(quantiles, axis=1) >= 0.0).all()


def test_the_mean_is_that_of_the_quantiles(result):
    forecasts = result.forecasts
    quantiles = forecasts[QUANTILES].to_numpy()
    spread = quantiles[:, 89] - quantiles[:, 9]
    distance = np.abs(forecasts["mean"] - quantiles.mean(axis=1))
    # What lies beyond 1% and 99% of a skewed law: at most a tenth of the width of its interval.
    assert (distance <= 0.1 * spread + 0.02 * forecasts["mean"] + 1e-9).all()


def test_each_series_has_the_class_and_the_champion_of_its_kind(result):
    for item, expected in [
        ("constant", "smooth"),
        ("smooth", "smooth"),
        ("high", "smooth"),
        ("intermittent", "intermittent"),
        ("lumpy", "lumpy"),
        ("late", "new"),
    ]:
        assert champion(result, item)["demand_class"] == expected
    assert champion(result, "late")["model"] == "CategoryProfile"
    assert "category 'food'" in champion(result, "late")["reason"]
    assert champion(result, "zero")["model"] == "Zero"
    assert champion(result, "zero")["reason"] == "no demand in its history"
    assert champion(result, "fractional")["distribution"] not in COUNT_NAMES
    assert champion(result, "intermittent")["distribution"] in COUNT_NAMES


def test_no_demand_is_forecast_where_there_was_none(result):
    rows = result.forecasts[result.forecasts["item_id"] == "zero"]
    assert (rows[["mean", *QUANTILES]].to_numpy() == 0.0).all()


def test_what_never_changes_goes_on(result):
    rows = result.forecasts[result.forecasts["item_id"] == "constant"]
    assert np.allclose(rows["mean"], 4.0)
    assert (rows[QUANTILES].to_numpy() == 4.0).all()
    assert champion(result, "constant")["distribution"] == "binomial"


@given(st.integers(0, 50), st.data())
@settings(max_examples=6)
def test_a_series_is_forecast_the_same_in_any_company(seed, data):
    series = mixed_series(seed)
    plan, panel = daily_plan(), panel_of(series)
    profiles = category_profiles(panel, CATEGORIES, plan)
    together = forecast(series, plan, profiles)
    chosen = sorted(data.draw(st.sets(st.sampled_from(sorted(series)), min_size=1)))
    alone = forecast({key: series[key] for key in chosen}, plan, profiles)
    names = {f"{w}/{i}" for w, i in chosen}
    for part in ("forecasts", "accuracy", "champions"):
        whole, some = (in_text(getattr(each, part)) for each in (together, alone))
        kept = whole[(whole["warehouse_id"] + "/" + whole["item_id"]).isin(names)]
        # A table without a row has no types to compare.
        pd.testing.assert_frame_equal(
            kept.reset_index(drop=True), some, check_exact=True, check_dtype=len(some) > 0
        )


@given(st.sampled_from([0.25, 4.0, 1024.0]), st.integers(0, 100))
@settings(max_examples=8)
def test_continuous_demand_in_another_unit_is_the_same_forecast(factor, seed):
    draws, t = np.random.default_rng(seed), np.arange(140)
    y = draws.gamma(6.0, 2.0 * week(t)) + 0.125
    plan = daily_plan(line_up={"smooth": ("SeasonalNaive", "SeasonalWindowAverage", "Naive")})
    base, scaled = forecast({("W", "A"): y}, plan), forecast({("W", "A"): factor * y}, plan)
    columns = ["mean", *QUANTILES]
    # Powers of two scale without rounding; the quantiles' own arithmetic rounds.
    assert np.allclose(scaled.forecasts[columns], factor * base.forecasts[columns], rtol=1e-9)
    for name in ("mase", "rmsse", "pinball", "coverage_80"):
        assert np.allclose(scaled.accuracy[name], base.accuracy[name], rtol=1e-9)


def test_accuracy_is_that_of_the_oracles():
    y = np.random.default_rng(9).poisson(15.0 * week(np.arange(150))).astype(float)
    plan = daily_plan(horizon=7, windows=2, step=7, line_up={"smooth": ("SeasonalNaive",)})
    found = forecast({("W", "A"): y}, plan).accuracy.iloc[0]
    history = y[:136]
    actuals, means = np.r_[y[143:], y[136:143]], np.r_[y[136:143], y[129:136]]
    assert found["windows"] == 2
    assert found["mase"] == pytest.approx(
        oracle.mean_absolute_scaled_error(history, actuals, means, 7)
    )
    assert found["rmsse"] == pytest.approx(
        oracle.root_mean_squared_scaled_error(history, actuals, means)
    )
    assert found["bias"] == pytest.approx((means - actuals).mean())


@pytest.mark.parametrize("combine", [False, True])
@pytest.mark.parametrize("score", ["pinball", "crps", "mase", "rmsse"])
def test_the_champion_has_the_least_of_its_score(score, combine):
    result = forecast(mixed_series(), daily_plan(score=score, combine=combine))
    # Twice the mean of pinball losses over levels is the continuous ranked probability score.
    result.accuracy["crps"] = 2.0 * result.accuracy["pinball"]
    contested = result.champions[~result.champions["model"].isin(["Zero", "CategoryProfile"])]
    assert len(contested) >= 6
    for row in contested.itertuples():
        same = result.accuracy["item_id"] == row.item_id
        scores = result.accuracy[same].set_index("model")[score]
        # A constant series has no scale, and any model of it no score.
        assert np.isnan(row.score) or scores[row.model] == row.score
        assert np.isnan(row.score) or combine or row.score == scores.min()
        assert row.score_name == score


class Broken:
    """A model that raises on series of one length and is infinite on those of another."""

    def forecast(self, batch, _seasons, horizon):
        means = np.full((len(batch), horizon), 1e9)
        means[batch.lengths % 100 == 21] = np.inf
        wrong = np.flatnonzero(batch.lengths % 100 == 20)
        means[wrong] = np.nan
        return BatchForecast(means, {int(n): ZeroDivisionError("by zero") for n in wrong})


def test_a_broken_model_costs_its_series_that_model_only(monkeypatch):
    monkeypatch.setitem(MODELS, "Broken", Broken())
    draws = np.random.default_rng(4)
    series = {("W", f"I{n}"): draws.poisson(9.0, n) for n in (120, 121, 122)}
    plan = daily_plan(line_up={"smooth": ("Broken", "SeasonalNaive")}, combine=False)
    without = daily_plan(line_up={"smooth": ("SeasonalNaive",)})
    result, expected = forecast(series, plan), forecast(series, without)
    pd.testing.assert_frame_equal(result.forecasts, expected.forecasts, check_exact=True)
    found = {(f.entity, f.stage, f.error_type, f.message) for f in result.failures}
    assert found == {
        ("W/I120", "backtest Broken", "ZeroDivisionError", "by zero"),
        ("W/I121", "backtest Broken", "NotFiniteError", "the forecast is not finite"),
    }


def test_a_series_that_no_model_can_forecast_is_a_failure_and_the_others_are_not(monkeypatch):
    monkeypatch.setitem(MODELS, "Broken", Broken())
    draws = np.random.default_rng(4)
    series = {("W", f"I{n}"): draws.poisson(9.0, n) for n in (120, 122)}
    result = forecast(series, daily_plan(line_up={"smooth": ("Broken",)}))
    assert result.champions["item_id"].tolist() == ["I122"]
    assert set(result.forecasts["item_id"]) == {"I122"}
    last = result.failures[-1]
    assert (last.entity, last.stage, last.error_type) == ("W/I120", "forecast", "NoModelError")
    assert last.message == "no model could forecast it: Broken"


@pytest.mark.parametrize(("offset", "winner"), [(3.0, "Even"), (0.0, "Late")])
def test_a_model_that_was_silent_at_a_hard_origin_wins_only_where_it_is_better(
    monkeypatch, offset, winner
):
    """By its own mean it would always win: the others were heard in a storm."""

    class Late:
        def forecast(self, batch, _seasons, horizon):
            means = np.full((len(batch), horizon), 20.0 + offset)
            means[batch.lengths < 100] = np.nan
            return BatchForecast(means)

    class Even:
        def forecast(self, batch, _seasons, horizon):
            return BatchForecast(np.full((len(batch), horizon), 21.0))

    monkeypatch.setitem(MODELS, "Late", Late())
    monkeypatch.setitem(MODELS, "Even", Even())
    y = np.random.default_rng(0).normal(20.0, 1.0, 120)
    y[92:106] += 8.0
    plan = daily_plan(
        combine=False,
        cap_outliers=False,
        line_up=dict.fromkeys(CLASSES, ("Even", "Late")),
    )
    result = forecast({("W", "A"): y}, plan)
    assert champion(result, "A")["model"] == winner
    rows = result.accuracy.set_index("model")
    # Seasonal naive stands beside what competes.
    assert rows["windows"].to_dict() == {"Even": 2, "Late": 1, "SeasonalNaive": 2}
    assert (rows.loc["Late", "mase"] < rows.loc["Even", "mase"]) == (winner == "Late")


def test_periods_until_the_night_are_not_forecast():
    last = date(2023, 1, 2) + pd.Timedelta(days=99)
    series = {("W", "A"): np.ones(100), ("W", "B"): np.full(100, 2.0)}
    result = forecast(series, as_of=last + pd.Timedelta(days=3))
    assert (result.forecasts.groupby(SERIES, observed=True).size() == 11).all()
    assert result.forecasts["ds"].min() == pd.Timestamp(last) + pd.Timedelta(days=4)


def test_a_series_that_ended_a_horizon_ago_is_a_failure():
    series = {("W", "A"): np.ones(100), ("W", "B"): np.ones(80)}
    result = forecast(series, as_of=date(2023, 1, 2) + pd.Timedelta(days=99))
    assert result.champions["item_id"].tolist() == ["A"]
    (failure,) = result.failures
    assert (failure.entity, failure.error_type) == ("W/B", "HistoryEndedError")


def test_sold_out_days_are_not_taken_for_low_demand():
    draws, t = np.random.default_rng(5), np.arange(210)
    y = draws.poisson(20.0 * week(t)).astype(float)
    censored = draws.random(210) < 0.15
    sold = np.where(censored, np.floor(y * 0.2), y)
    key = ("W", "A")
    honest = forecast({key: sold}, censored={key: censored}).forecasts["mean"].mean()
    fooled = forecast({key: sold}).forecasts["mean"].mean()
    # Demand is 20 a day; taking bounds for demand loses 0.15 * 0.8 of it.
    assert honest == pytest.approx(20.0, rel=0.07)
    assert fooled < 0.93 * honest


def test_a_short_history_without_demand_takes_its_category():
    series = mixed_series() | {("W2", "mute"): np.zeros(10)}
    result = forecast(series)
    assert champion(result, "mute")["model"] == "CategoryProfile"
    assert (result.forecasts[result.forecasts["item_id"] == "mute"]["mean"] > 0.0).all()


def test_intervals_cover_what_they_say_on_average():
    draws, t = np.random.default_rng(21), np.arange(350)
    truth = {
        ("W", f"{n:03d}"): draws.negative_binomial(level * week(t), 0.5)
        for n, level in enumerate(draws.uniform(20.0, 90.0, 60))
    }
    result = forecast(
        {key: y[:322] for key, y in truth.items()}, daily_plan(horizon=28, windows=4, step=28)
    )
    actual = np.concatenate([y[322:] for y in truth.values()])
    low, high = result.forecasts["q10"].to_numpy(), result.forecasts["q90"].to_numpy()
    # 1,680 periods, standard error 1%; both ends are inside, which adds about 3% at a deviation
    # of 11 units, and errors of one series depend on each other through its level.
    assert 0.77 < ((actual >= low) & (actual <= high)).mean() < 0.88
    best = result.accuracy.groupby(SERIES, observed=True)["pinball"].idxmin()
    assert 0.77 < result.accuracy.loc[best, "coverage_80"].mean() < 0.88


def test_a_frame_with_more_columns_is_the_same_panel():
    from forecasting import DemandPanel

    frame = frame_of(mixed_series())
    more = DemandPanel.from_frame(frame.assign(price=1.0, promotion=False), "D")
    assert np.array_equal(more.batch.values, panel_of(mixed_series()).batch.values)


def test_where_all_fail_the_frames_are_empty_and_have_their_columns(monkeypatch, result):
    monkeypatch.setitem(MODELS, "Broken", Broken())
    y = np.random.default_rng(4).poisson(9.0, 120)
    found = forecast({("W", "A"): y}, daily_plan(line_up={"smooth": ("Broken",)}))
    for part in ("forecasts", "accuracy", "champions"):
        assert getattr(found, part).empty
        assert list(getattr(found, part).columns) == list(getattr(result, part).columns)
    assert [f.error_type for f in found.failures] == ["ZeroDivisionError", "NoModelError"]
