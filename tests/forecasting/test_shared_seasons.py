"""What series share of a year: found where it is there, and not where it is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecasting import (
    DemandPanel,
    ForecastPlan,
    SharedSeasons,
    category_profiles,
    forecast_demand,
    know_seasons,
    learn_seasons,
)
from forecasting.models import find_model
from forecasting.plan import WITH_GROUPS
from forecasting.shared_seasons import _Members, _variance_between
from tests.forecasting.demand import START, frame_of, panel_of

WEEKS = 52.1775
PLAN = ForecastPlan("W", 52, 13, windows=2, step=13)
NIGHT = pd.Timestamp("2024-01-01").date()
NOTHING = pd.Series(dtype=object)


def demand(n_series, seed=1, n=156, amplitude=0.5, noise=0.4, phases=None):
    """Series of one sharp season, or each of a phase of its own, under noise of their own."""
    draws = np.random.default_rng(seed)
    t = np.arange(n)
    phases = np.zeros(n_series) if phases is None else phases
    angles = 2 * np.pi * (t / WEEKS + phases[:, None])
    level = 30.0 * (1.0 + amplitude * np.exp(4.0 * (np.cos(angles) - 1.0)))
    return np.maximum(level * (1.0 + noise * draws.normal(size=(n_series, n))), 0.0)


def shops(series, item="milk"):
    return panel_of({(f"W{n:02d}", item): y for n, y in enumerate(series)}, frequency="W")


def ahead(panel):
    """Return the year's profile of the horizon, as a model of the mean alone shows it."""
    batch = panel.uncensored(52)
    return find_model("YearlyETS").forecast(batch, PLAN.seasons, PLAN.horizon).means


def test_series_of_an_item_forecast_by_what_they_share():
    whole = demand(20, n=169, noise=0.0)[0]
    noisy = demand(20)
    panel = shops(noisy)
    told = know_seasons(panel, NOTHING, learn_seasons(panel, NOTHING, PLAN))
    own, shared = (np.abs(ahead(each) - whole[156:]).mean() for each in (panel, told))
    # A season of three noisy years is told from twenty shops to a fraction of one's error.
    assert shared < 0.6 * own


def test_series_that_have_nothing_in_common_keep_their_own_season():
    panel = shops(demand(40, phases=np.random.default_rng(5).uniform(size=40)))
    shared = learn_seasons(panel, NOTHING, PLAN)
    terms, spreads = shared.year.coefficients[-1, 0, 2:], shared.year.spreads[-1, 0]
    # Of forty random phases a mean keeps a fortieth of the squares, and shrinkage less.
    assert (terms**2).sum() < 0.5 * 2.0 * spreads.sum() / 40
    expected = know_seasons(panel, NOTHING, shared).batch.shared.expected(shared.year)
    assert (expected.spreads == spreads).all()


def test_a_short_series_takes_its_items_season():
    short = {("X", "milk"): demand(1, noise=0.1)[0][-40:]}
    known = {(f"W{n}", "milk"): y for n, y in enumerate(demand(10, noise=0.1))}
    begun = pd.Timestamp(START) + pd.Timedelta(weeks=116)
    frames = [frame_of(known, frequency="W"), frame_of(short, frequency="W", start=begun)]
    panel = DemandPanel.from_frame(pd.concat(frames, ignore_index=True), "W")
    told = know_seasons(panel, NOTHING, learn_seasons(panel, NOTHING, PLAN))
    assert np.isnan(ahead(panel)[-1]).all()
    truth = demand(1, n=169, noise=0.0)[0][156:]
    # The mean over the horizon is the level's, which a model within tells.
    found = ahead(told)[-1]
    np.testing.assert_allclose(found / found.mean(), truth / truth.mean(), rtol=0.06)


def test_series_that_are_the_same_differ_by_nothing():
    series = np.tile(demand(1)[0], (4, 1))
    shared = learn_seasons(shops(series), NOTHING, PLAN)
    assert (shared.year.spreads == 0.0).all()
    own = know_seasons(shops(series), NOTHING, shared)
    assert np.isfinite(ahead(own)).all()


def test_a_date_knows_nothing_of_what_came_later():
    series = demand(6)
    later = series.copy()
    later[:, 140:] *= 5.0
    first, second = (learn_seasons(shops(each), NOTHING, PLAN) for each in (series, later))
    # Its origins are 26 and 13 weeks before the end.
    np.testing.assert_array_equal(first.until, second.until)
    np.testing.assert_array_equal(first.year.coefficients[0], second.year.coefficients[0])
    assert not np.array_equal(first.year.coefficients[-1], second.year.coefficients[-1])


def test_a_series_takes_the_newest_of_what_was_known_at_its_end():
    panel = shops(demand(6))
    shared = learn_seasons(panel, NOTHING, PLAN)
    batch = know_seasons(panel, NOTHING, shared).batch
    for drop, vintage in ((0, 2), (1, 1), (13, 1), (14, 0), (26, 0)):
        cut = batch.cut(np.arange(6), np.full(6, drop), None).shared
        assert (shared.vintage_of(cut.periods) == vintage).all()
        assert (cut.expected(shared.year).since == cut.periods - shared.until[vintage]).all()
    before = batch.cut(np.arange(6), np.full(6, 27), None).shared
    assert np.isnan(before.expected(shared.year).seasons).all()


def test_an_item_has_what_its_category_leaves():
    kinds = {("W", f"{kind}{n}"): y for kind in "ab" for n, y in enumerate(demand(4))}
    third = demand(4, phases=np.full(4, 0.5), noise=0.05)
    series = {**kinds, **{(f"W{n}", "late"): y for n, y in enumerate(third)}}
    categories = pd.Series({item: "food" for _, item in series})
    panel = panel_of(series, frequency="W")
    shared = learn_seasons(panel, categories, PLAN)
    assert shared.groups == (("category", "food"), ("item", "late"))
    expected = know_seasons(panel, categories, shared).batch.shared.expected(shared.year).seasons
    late = panel.item_id.codes == list(panel.item_id.names).index("late")
    food, own = shared.year.coefficients[-1]
    np.testing.assert_allclose(expected[~late, 2:], np.tile(food[2:], (8, 1)))
    np.testing.assert_allclose(expected[late, 2:], np.tile(food[2:] + own[2:], (4, 1)))
    # Half a year apart their first cosines are of opposite signs.
    assert expected[late, 2].max() < 0.0 < food[2] - own[2]


def test_a_part_of_the_series_knows_what_all_of_them_taught():
    panel = shops(demand(9))
    shared = learn_seasons(panel, NOTHING, PLAN)
    kept = SharedSeasons.from_frame(shared.to_frame())
    told = PLAN, NIGHT, category_profiles(panel, NOTHING, PLAN), NOTHING
    whole = forecast_demand(know_seasons(panel, NOTHING, kept), *told).forecasts
    part = know_seasons(shops(demand(9)[:2]), NOTHING, shared)
    found = forecast_demand(part, *told).forecasts
    pd.testing.assert_frame_equal(found, whole.iloc[: len(found)], check_categorical=False)


@pytest.mark.parametrize(
    ("plan", "n_series"),
    [
        (PLAN, 2),
        (ForecastPlan("MS", 12, 6), 5),
        (replace(PLAN, frequency="MS", season_length=12), 5),
    ],
)
def test_nothing_is_learnt_of_two_series_or_of_months(plan, n_series):
    panel = panel_of(
        {(f"W{n}", "milk"): y for n, y in enumerate(demand(n_series))}, frequency=plan.frequency
    )
    shared = learn_seasons(panel, NOTHING, plan)
    assert len(shared.until) == 0
    batch = know_seasons(panel, NOTHING, SharedSeasons.from_frame(shared.to_frame())).batch
    assert np.isnan(batch.shared.expected(shared.year).seasons).all()


def test_the_variance_between_series_is_the_one_that_explains_their_scatter():
    draws = np.random.default_rng(6)
    variances = draws.uniform(0.5, 2.0, (300, 2)) ** 2
    groups = np.repeat([0, 1, 2], 100)
    spread = np.array([0.0, 1.0, 9.0])
    terms = draws.normal(size=(300, 2)) * np.sqrt(variances + spread[groups, None])
    found = _variance_between(terms, variances, _Members.of(groups))[:, 0]
    # Paule and Mandel's equation; at zero there is less scatter than the variances explain.
    for group in np.flatnonzero(found > 0.0):
        own = groups == group
        weights = 1.0 / (variances[own] + found[group])
        centre = (weights * terms[own]).sum(axis=0) / weights.sum(axis=0)
        assert (weights * (terms[own] - centre) ** 2).sum() == pytest.approx(2 * 99, rel=1e-9)
    # Of 200 squares, whose relative deviation is a tenth, and more where noise is subtracted.
    assert (np.abs(found - spread) < 0.4 + 0.3 * spread).all()


WEEK = np.array([0.6, 0.7, 0.8, 0.9, 1.1, 1.6, 1.3])
DAYS = ForecastPlan("D", 7, 14, windows=2, step=14)


def rare(n_series, days=84, mean=0.4, seed=8):
    """Poisson demand of a week in common, and what is expected of it, from a Monday on."""
    expected = mean * WEEK[np.arange(days) % 7]
    return np.random.default_rng(seed).poisson(expected, (n_series, days)).astype(float)


def in_days(series, item="bulb"):
    named = {(f"W{n:02d}", item): y for n, y in enumerate(series)}
    return panel_of(named, frequency="D", start="2024-01-01")


def test_rare_demand_has_the_week_of_its_kind():
    panel = in_days(rare(60))
    told = know_seasons(panel, NOTHING, learn_seasons(panel, NOTHING, DAYS)).batch
    for name, own in WITH_GROUPS.items():
        plain, found = (
            find_model(each).forecast(told, DAYS.seasons, 14).means for each in (name, own)
        )
        truth = 0.4 * WEEK[np.arange(84, 98) % 7]
        errors = [np.abs(means.mean(axis=0) - truth).mean() for means in (plain, found)]
        # Sixty shops of twelve weeks sell 288 on a weekday: its share is known to 6%.
        assert errors[1] < 0.1 * truth.mean(), name
        assert errors[1] < errors[0]


def test_a_warehouse_has_what_its_kinds_leave_of_a_week_and_nothing_of_what_has_no_kind():
    draws, days = np.random.default_rng(4), np.arange(84)
    own = 1.0 + 0.4 * np.cos(2 * np.pi * (days - 5) / 7)
    late = {(f"W{shop}", f"bulb{n}"): shop == 0 for shop in range(8) for n in range(12)}
    series = {
        key: draws.poisson(0.6 * WEEK[days % 7] * (own if apart else 1.0)).astype(float)
        for key, apart in late.items()
    }
    lamps = {("W0", f"lamp{n}"): y for n, y in enumerate(rare(4))}
    panel = panel_of({**series, **lamps}, frequency="D", start="2024-01-01")
    kinds = {item: "bulbs" for _, item in series}
    shared = learn_seasons(panel, kinds, DAYS)
    expected = know_seasons(panel, kinds, shared).batch.shared.expected(shared.season).seasons
    lamp = np.array([name.startswith("lamp") for name in panel.item_id.names])[panel.item_id.codes]
    assert np.isnan(expected[lamp]).all()
    first = panel.warehouse_id.codes == list(panel.warehouse_id.names).index("W0")
    apart = expected[first & ~lamp, 2].mean() - expected[~first, 2].mean()
    sine = expected[first & ~lamp, 3].mean() - expected[~first, 3].mean()
    # Twelve series of 84 days, about 600 units: a share is known to 4%, a wave to 6%.
    assert 0.25 < np.hypot(apart, sine) < 0.6


def test_without_a_kind_a_model_around_another_answers_as_it_does():
    batch = in_days(rare(2)).batch
    alone = in_days(rare(2))
    unknown = know_seasons(alone, NOTHING, learn_seasons(alone, NOTHING, DAYS)).batch
    for name, own in WITH_GROUPS.items():
        expected = find_model(name).forecast(batch, DAYS.seasons, 14).means
        for known in (batch, unknown):
            found = find_model(own).forecast(known, DAYS.seasons, 14).means
            np.testing.assert_array_equal(found, expected)


def test_a_series_of_a_kind_and_one_of_none_are_answered_side_by_side():
    several = {(f"W{n}", "bulb"): y for n, y in enumerate(rare(5))}
    panel = panel_of({**several, ("W0", "lamp"): rare(1, seed=2)[0]}, frequency="D")
    batch = know_seasons(panel, NOTHING, learn_seasons(panel, NOTHING, DAYS)).batch
    found = find_model("GroupSeasonalTheta").forecast(batch, DAYS.seasons, 14).means
    lamp = list(panel.item_id.names).index("lamp")
    own = panel.item_id.codes == lamp
    alone = batch.cut(np.flatnonzero(own), np.zeros(1, np.int64), None)
    expected = find_model("DynamicOptimizedTheta").forecast(alone, DAYS.seasons, 14).means
    np.testing.assert_array_equal(found[own], expected)
    assert np.isfinite(found).all()


def test_seasons_come_back_from_the_frame_that_keeps_them():
    panel = in_days(rare(4, days=800))
    shared = learn_seasons(panel, NOTHING, DAYS)
    kept = SharedSeasons.from_frame(shared.to_frame())
    assert kept.groups == shared.groups
    for own, back in ((shared.year, kept.year), (shared.season, kept.season)):
        assert back.period == own.period
        np.testing.assert_array_equal(back.coefficients, own.coefficients)
        np.testing.assert_array_equal(back.spreads, own.spreads)
        np.testing.assert_array_equal(back.variances, own.variances)
    assert shared.season.coefficients.shape == (3, 1, 8)
    assert shared.year.coefficients.shape == (3, 1, 54)
