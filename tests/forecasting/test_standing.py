"""Choices that stand from one night to the next, and those that are made anew."""

import io
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from forecasting import (
    Choices,
    PanelError,
    RefitRules,
    RollForward,
    SeriesStates,
    Standing,
    category_profiles,
    forecast_demand,
)
from forecasting.anomalies import find_anomalies
from forecasting.backtest import forecast_ahead
from kernels.ets_fits import no_fits
from tests.forecasting.demand import daily_plan, mixed_series, panel_of
from tests.frames import in_text

DAYS, FIRST = 240, date(2023, 1, 2)
CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
LINE_UP = dict.fromkeys(CLASSES, ("SeasonalNaive", "AutoETS", "SimpleExponentialSmoothing"))
NONE = Standing(Choices.none(), 28)
SERIES = ["warehouse_id", "item_id"]


@pytest.fixture(scope="module")
def plan():
    return daily_plan(line_up=LINE_UP)


@pytest.fixture(scope="module")
def series():
    return mixed_series(seed=4, days=DAYS + 40)


def panel_until(series, days, change=None):
    """Return the panel of the first days; the short series stays whole."""
    cut = {key: y[:days].copy() if key[1] != "late" else y for key, y in series.items()}
    if change is not None:
        change(cut)
    return panel_of(cut, start=pd.Timestamp(FIRST))


def night(panel, plan, standing=NONE, days=DAYS, before=None):
    nothing = pd.Series(dtype=object)
    as_of = FIRST + timedelta(days=days - 1)
    profiles = category_profiles(panel, nothing, plan)
    return forecast_demand(panel, plan, as_of, profiles, nothing, None, before, standing)


@pytest.fixture(scope="module")
def first(series, plan):
    return night(panel_until(series, DAYS), plan)


def standing_of(result, periods=28):
    return Standing(result.choices, periods)


def outcomes(result):
    return dict(zip(result.stood["item_id"], result.stood["outcome"], strict=True))


def of_items(frame, items):
    return in_text(frame[frame["item_id"].isin(items)]).reset_index(drop=True)


def test_choices_change_nothing_on_the_night_that_they_are_made(series, plan, first):
    plain = night(panel_until(series, DAYS), plan, None)
    assert plain.choices is None
    assert set(outcomes(first).values()) == {"new"}
    for name in ("forecasts", "champions", "accuracy", "weights"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(plain, name))


def test_the_same_night_with_its_own_choices_forecasts_the_same(series, plan, first):
    again = night(panel_until(series, DAYS), plan, standing_of(first))
    assert set(outcomes(again).values()) == {"kept"}
    pd.testing.assert_frame_equal(again.forecasts, first.forecasts, check_exact=True)
    pd.testing.assert_frame_equal(again.weights, first.weights, check_exact=True)
    same = first.champions.columns.drop("reason")
    pd.testing.assert_frame_equal(again.champions[same], first.champions[same], check_exact=True)
    pd.testing.assert_frame_equal(
        again.choices.to_frame(), first.choices.to_frame(), check_exact=True
    )


def test_the_accuracy_of_what_is_kept_is_its_own_and_the_benchmarks(series, plan, first):
    again = night(panel_until(series, DAYS), plan, standing_of(first))
    champions = in_text(first.champions[[*SERIES, "model"]])
    told = in_text(first.accuracy).merge(champions, on=SERIES, how="left")
    kept = told[(told["model_x"] == told["model_y"]) | (told["model_x"] == "SeasonalNaive")]
    expected = kept.drop(columns="model_y").rename(columns={"model_x": "model"})
    pd.testing.assert_frame_equal(
        in_text(again.accuracy), expected.reset_index(drop=True), check_exact=True
    )
    assert len(again.by_horizon) > 0
    pd.testing.assert_frame_equal(again.by_horizon, first.by_horizon, check_exact=True)


def test_choices_of_an_older_program_stand_without_parts_of_the_horizon(series, plan, first):
    frame = first.choices.to_frame()
    older = Choices.from_frame(frame.drop(columns=frame.filter(like="part_").columns))
    again = night(panel_until(series, DAYS), plan, Standing(older, 28))
    assert set(outcomes(again).values()) == {"kept"}
    assert again.by_horizon.empty


def test_a_later_night_weighs_the_same_models_of_longer_histories(series, plan, first):
    panel = panel_until(series, DAYS + 3)
    later = night(panel, plan, standing_of(first), DAYS + 3)
    kept = [item for item, outcome in outcomes(later).items() if outcome == "kept"]
    assert len(kept) >= 3
    learnt = find_anomalies(panel, panel.uncensored(7), plan.seasons).capped
    names = sorted(set(first.weights["model"]))
    ahead = {name: forecast_ahead(name, learnt, plan) for name in names}
    numbers = {item: number for number, item in enumerate(panel.item_id)}
    weights = of_items(first.weights, kept).set_index(["item_id", "model"])["weight"]
    for item in kept:
        own = weights.loc[item]
        expected = sum(weight * ahead[name][numbers[item]] for name, weight in own.items())
        found = of_items(later.forecasts, [item])["mean"].to_numpy()
        assert found == pytest.approx(expected, rel=1e-12)
    columns = [*SERIES, "distribution", "score", "autocorrelation", "model"]
    pd.testing.assert_frame_equal(
        of_items(later.champions, kept)[columns], of_items(first.champions, kept)[columns]
    )
    reasons = of_items(later.champions, kept)["reason"]
    assert reasons.str.contains("backtest over .* on 2023-08-29, kept").all()


def test_a_series_does_not_depend_on_the_others(series, plan, first):
    later = night(panel_until(series, DAYS + 3), plan, standing_of(first), DAYS + 3)
    items = ["smooth", "late"]
    some = {key: y for key, y in series.items() if key[1] in items}
    alone = night(panel_until(some, DAYS + 3), plan, standing_of(first), DAYS + 3)
    pd.testing.assert_frame_equal(
        in_text(alone.forecasts), of_items(later.forecasts, items), check_exact=True
    )


def test_choices_are_kept_as_a_file_keeps_them(first):
    file = io.BytesIO()
    frame = first.choices.to_frame()
    frame.to_parquet(file)
    back = Choices.from_frame(pd.read_parquet(file))
    pd.testing.assert_frame_equal(back.to_frame(), frame, check_exact=True)
    assert list(back.of(np.array([1, 0])).item_id) == [back.item_id[1], back.item_id[0]]
    with pytest.raises(PanelError, match="score"):
        Choices.from_frame(frame.drop(columns="score"))


def test_a_choice_stands_for_the_periods_that_it_may(series, plan, first):
    def outcome(days, periods):
        panel = panel_until(series, DAYS + days)
        return outcomes(night(panel, plan, standing_of(first, periods), DAYS + days))["smooth"]

    assert outcome(6, 7) == "kept"
    assert outcome(7, 7) == "aged"
    assert outcome(0, 0) == "aged"


def test_a_kept_choice_ages_from_the_night_of_its_backtest(series, plan, first):
    later = night(panel_until(series, DAYS + 4), plan, standing_of(first, 7), DAYS + 4)
    last = night(panel_until(series, DAYS + 7), plan, standing_of(later, 7), DAYS + 7)
    assert outcomes(last)["smooth"] == "aged"
    anew = night(panel_until(series, DAYS + 7), plan, NONE, DAYS + 7)
    pd.testing.assert_frame_equal(
        of_items(last.forecasts, ["smooth"]), of_items(anew.forecasts, ["smooth"]), check_exact=True
    )


def test_a_changed_history_is_chosen_for_anew(series, plan, first):
    def restate(cut):
        cut["W1", "smooth"][100] += 5.0

    panel = panel_until(series, DAYS + 1, restate)
    later = night(panel, plan, standing_of(first), DAYS + 1)
    assert outcomes(later)["smooth"] == "changed"
    anew = night(panel, plan, NONE, DAYS + 1)
    pd.testing.assert_frame_equal(
        of_items(later.forecasts, ["smooth"]), of_items(anew.forecasts, ["smooth"])
    )


@pytest.mark.parametrize(
    "other",
    [
        {"line_up": dict.fromkeys(CLASSES, ("SeasonalNaive", "AutoETS"))},
        {"windows": 3},
        {"score": "mase"},
        {"combine": False},
        {"cap_outliers": False},
    ],
)
def test_another_line_up_or_plan_chooses_anew(series, plan, first, other):
    changed = night(panel_until(series, DAYS), replace(plan, **other), standing_of(first))
    assert set(outcomes(changed).values()) == {"asked otherwise"}


def test_a_series_that_is_new_is_chosen_for(series, plan, first):
    known = first.choices.of(np.flatnonzero(~first.choices.item_id.are("smooth")))
    later = night(panel_until(series, DAYS), plan, Standing(known, 28))
    assert outcomes(later)["smooth"] == "new"


def test_a_series_whose_stored_model_drifted_is_chosen_for_anew(series, plan):
    before = RollForward({"AutoETS": SeriesStates.none(no_fits(0, 7))}, RefitRules(2.8, 365))
    made = night(panel_until(series, DAYS), plan, before=before)

    def jump(cut):
        cut["W1", "smooth"][DAYS:] += 8

    panel = panel_until(series, DAYS + 10, jump)
    stored = RollForward(made.states, before.rules)
    later = night(panel, plan, standing_of(made), DAYS + 10, before=stored)
    assert outcomes(later)["smooth"] == "drifted"


def test_a_model_that_falls_silent_is_chosen_without(series, plan, first, monkeypatch):
    member = of_items(first.weights, ["smooth"])["model"].iloc[0]
    real = forecast_ahead

    def silent(name, batch, asked):
        means = real(name, batch, asked)
        return means * np.nan if name == member else means

    monkeypatch.setattr("forecasting.standing.forecast_ahead", silent)
    later = night(panel_until(series, DAYS), plan, standing_of(first))
    assert outcomes(later)["smooth"] == "silent"
    pd.testing.assert_frame_equal(
        of_items(later.forecasts, ["smooth"]), of_items(first.forecasts, ["smooth"])
    )
