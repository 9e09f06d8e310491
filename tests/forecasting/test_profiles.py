"""Category profiles: what a new item takes, and how its own days count."""

import numpy as np
import pytest

from forecasting import CategoryProfiles, category_profiles, forecast_demand
from forecasting.labels import Labels
from forecasting.panel import Batch
from forecasting.profiles import EVERYTHING, forecast_by_profile
from tests.forecasting.demand import daily_plan, panel_of, week


@pytest.fixture(scope="module")
def profiles():
    draws, t = np.random.default_rng(1), np.arange(120)
    series = {("W", f"food-{n}"): draws.poisson((8 + n) * week(t)) for n in range(6)}
    series |= {("W", f"tool-{n}"): draws.poisson(0.5, 120) for n in range(4)}
    series |= {("W", "tool-new"): draws.poisson(90.0, 5)}
    categories = {item: item.split("-")[0] for _, item in series}
    return category_profiles(panel_of(series), categories, daily_plan())


def found_for(profiles, *categories):
    return profiles.find(Labels.of(categories))


def forecast_of(profiles, category, place, *histories):
    """Return the forecasts of items of one category."""
    own = found_for(profiles, *[category] * len(histories))
    offsets = np.cumsum([0, *map(len, histories)])
    places = np.full(len(histories), place)
    return forecast_by_profile(Batch(np.concatenate(histories), offsets), places, own, 14)


def test_a_category_has_the_level_and_the_week_of_its_series(profiles):
    food = found_for(profiles, "food")
    assert food.category[0] == "food"
    # Six Poisson means over 28 days, and a week over eight: three standard errors.
    assert food.level[0] == pytest.approx(10.5, abs=3 * np.sqrt(10.5 / 28 / 6))
    (index,) = food.index
    assert index.mean() == pytest.approx(1.0)
    # The series start on a Monday; the calendar's places start on a Thursday, as 1970 did.
    assert np.allclose(np.roll(index, 3), week(np.arange(7)), atol=3 * np.sqrt(1.7 / 10.5 / 48))


def test_a_series_without_history_enough_is_not_in_the_profile(profiles):
    assert found_for(profiles, "tool").level[0] < 1.0


def test_an_unknown_category_takes_the_profile_over_everything(profiles):
    found = found_for(profiles, "tool", "toys", "food")
    assert found.category.texts().tolist() == ["tool", EVERYTHING, "food"]
    assert (np.diff(found.level) > 0.0).all()


def test_profiles_survive_a_file(profiles, tmp_path):
    import pandas as pd

    profiles.to_frame().to_parquet(tmp_path / "profiles.parquet")
    back = CategoryProfiles.from_frame(pd.read_parquet(tmp_path / "profiles.parquet"))
    for column in ("level", "level_variance", "within", "whole", "index"):
        found, known = (getattr(found_for(each, "food"), column) for each in (back, profiles))
        np.testing.assert_array_equal(found, known)


def test_without_a_history_the_category_alone_speaks(profiles):
    food = found_for(profiles, "food")
    found = forecast_of(profiles, "food", 2, np.empty(0))
    assert np.allclose(found.means, food.level * food.index[:, (2 + np.arange(14)) % 7])
    assert found.variance == pytest.approx(food.within + food.level_variance)
    assert found.shared == pytest.approx(food.level_variance / found.variance)


def test_own_days_count_more_the_more_there_are(profiles):
    food = found_for(profiles, "food")
    histories = [40.0 * week(np.arange(days)) for days in (1, 7, 28, 700)]
    found = forecast_of(profiles, "food", 0, *histories)
    levels, unknown = found.means.mean(axis=1), found.shared * found.variance
    assert food.level[0] < levels[0] < levels[1] < levels[2] < levels[3] < 41.0
    assert levels[3] > 39.0
    assert (np.diff(unknown) < 0.0).all()


@pytest.mark.parametrize(("n", "least", "most"), [(1, 4.0, 5.9), (2, 2.5, 5.9), (40, 0.3, 2.0)])
def test_few_series_that_are_alike_hold_no_new_item_to_their_level(n, least, most):
    draws = np.random.default_rng(3)
    series = {("W", f"old-{k}"): draws.poisson(0.4, 200) for k in range(n)}
    categories = {item: "shoes" for _, item in series}
    found = category_profiles(panel_of(series), categories, daily_plan())
    sold = forecast_of(found, "shoes", 0, np.array([6.0, 5.0, 7.0, 4.0, 6.0, 7.0]))
    assert least < sold.means.mean() < most


def test_items_are_forecast_together_as_alone(profiles):
    draws = np.random.default_rng(5)
    histories = [draws.gamma(0.5, 9.0, days) for days in (3, 20, 9, 3, 0)]
    together = forecast_of(profiles, "food", 4, *histories)
    for item, history in enumerate(histories):
        alone = forecast_of(profiles, "food", 4, history)
        for column in ("means", "variance", "shared"):
            found, expected = getattr(together, column)[item], getattr(alone, column)[0]
            np.testing.assert_array_equal(found, expected)


def test_without_any_long_series_an_item_speaks_for_itself():
    panel = panel_of({("W", "A"): [4.0, 6.0, 5.0]})
    profiles = category_profiles(panel, {}, daily_plan())
    found = forecast_of(profiles, "x", 0, np.array([4.0, 6.0, 5.0]))
    assert np.allclose(found.means, 5.0)
    assert found.variance == pytest.approx(2.0 / 3.0)


def test_intervals_of_new_items_cover_their_demand():
    draws, t = np.random.default_rng(12), np.arange(150)
    levels = draws.gamma(3.0, 4.0, 260)
    truth = {("W", f"{n:03d}"): draws.poisson(level * week(t)) for n, level in enumerate(levels)}
    seen = {key: y if n < 60 else y[:10] for n, (key, y) in enumerate(truth.items())}
    categories = {item: "food" for _, item in truth}
    plan, panel = daily_plan(), panel_of(seen)
    profiles = category_profiles(panel, categories, plan)
    result = forecast_demand(panel, plan, np.datetime64("2022-01-01").item(), profiles, categories)
    new = result.champions["demand_class"] == "new"
    assert new.sum() == 200
    rows = result.forecasts[np.repeat(new.to_numpy(), 14)]
    actual = np.concatenate([y[10:24] for n, y in enumerate(truth.values()) if n >= 60])
    covered = (actual >= rows["q10"].to_numpy()) & (actual <= rows["q90"].to_numpy())
    # 200 levels: a standard error of about 2%; counts with both ends inside cover more than 80%.
    assert 0.78 < covered.mean() < 0.93
