"""What the page says of the seasons that series share."""

import numpy as np
import pandas as pd
import pytest

from reports.sections.seasons import MOST_KINDS, seasons_section

WEEK = (0.9, 0.8, 0.9, 1.0, 1.0, 1.3, 1.1)


def profile(season, name, ds, multiples, level="category", error=0.01):
    return pd.DataFrame(
        {
            "season": season,
            "level": level,
            "name": name,
            "ds": ds,
            "multiple": multiples,
            "standard_error": error,
        }
    )


def days(start="2026-11-04"):
    return pd.date_range(start, periods=7)


def section(*profiles):
    return seasons_section({"seasonal_profiles": pd.concat(profiles, ignore_index=True)})


@pytest.fixture
def week():
    # From a Wednesday on.
    return profile("season", "tea", days(), np.roll(WEEK, -2))


def test_the_lead_names_the_days_by_name_and_the_kind_that_swings_most(week):
    calm = profile("season", "oil", days(), 1.0)
    (said,) = section(calm, week).lead
    assert said == (
        "Over the week tea swings most of 2 categories: 30% above its mean on Saturday, 20% below "
        "it on Tuesday (± 1.0%, one standard error)."
    )


def test_a_picture_of_a_week_begins_on_monday_whenever_the_night_is(week):
    (picture,) = section(week).pictures
    (heat,) = picture.figure.data
    assert [heat.x[0], heat.x[-1]] == ["Monday", "Sunday"]
    np.testing.assert_allclose(heat.z[0], np.array(WEEK) - 1.0)


def test_a_picture_of_a_year_begins_in_january():
    ds = pd.date_range("2026-11-02", periods=52, freq="7D")
    multiples = 1.0 + 0.5 * (ds.month == 12)
    found = section(profile("year", "tea", ds, multiples))
    (heat,) = found.pictures[0].figure.data
    assert [heat.x[0], heat.x[-1]] == ["4 Jan", "28 Dec"]
    assert "50% above its mean around 7 Dec" in found.lead[0]


@pytest.mark.parametrize(
    ("ds", "cycle", "place"),
    [
        (pd.date_range("2026-11-04 05:00", periods=24, freq="h"), "day", "07:00"),
        (pd.date_range("2026-11-04 05:00", periods=168, freq="h"), "week", "Wednesday 07:00"),
        (pd.date_range("2026-11-04", periods=10), "season of 10 periods", "2026-11-06"),
    ],
)
def test_places_of_other_seasons_are_named_as_they_are_spoken_of(ds, cycle, place):
    multiples = np.where(np.arange(len(ds)) == 2, 2.0, 0.9)
    (said,) = section(profile("season", "tea", ds, multiples)).lead
    assert said.startswith(f"Over the {cycle} tea swings: 100% above its mean")
    assert place in said


def test_a_swing_within_its_error_is_not_told_as_one(week):
    (said,) = section(week.assign(standard_error=0.4)).lead
    assert said == "Over the week demand moves no more than chance would, in 1 category."


def test_a_warehouse_is_drawn_where_it_strays_by_more_than_chance(week):
    swings = 0.04 * (np.roll(WEEK, -2) - 1.0)
    shops = [
        profile("season", name, days(), 1.0 + share * swings, level="warehouse", error=0.003)
        for name, share in (("oslo", 1.0), ("turin", 0.5))
    ]
    _, picture = section(week, *shops).pictures
    assert "above its mean on " in picture.gist
    (heat,) = picture.figure.data
    assert list(heat.y) == ["oslo"]
    # A hundredth is pale: full colour is a tenth.
    assert heat.zmax == 0.1
    assert len(section(week, shops[1]).pictures) == 1


def test_items_are_drawn_only_where_there_are_no_categories(week):
    items = profile("season", "tea-1", days(), np.roll(WEEK, 1), level="item")
    assert list(section(week, items).pictures[0].figure.data[0].y) == ["tea"]
    assert list(section(items).pictures[0].figure.data[0].y) == ["tea-1"]
    (listing,) = section(week, items).listings
    assert [row[2][0] for row in listing.table.rows] == ["tea", "tea-1"]


def test_of_many_kinds_those_that_swing_most_are_drawn():
    many = [
        profile("season", f"kind {number:02d}", days(), 1.0 + 0.01 * number * (np.array(WEEK) - 1))
        for number in range(30)
    ]
    found = section(*many)
    assert "most of 30 categories" in found.lead[0]
    (picture,) = found.pictures
    assert "swing most" not in section(*many[:MOST_KINDS]).pictures[0].note
    assert list(picture.figure.data[0].y) == [f"kind {29 - n:02d}" for n in range(MOST_KINDS)]
    assert "swing most" in picture.note


def test_a_night_that_shares_nothing_has_no_section(week):
    assert seasons_section({}) is None
    assert seasons_section({"seasonal_profiles": week.iloc[:0]}) is None
