"""What the page says of drivers."""

import numpy as np
import pandas as pd
import pytest

from reports.sections.drivers import drivers_section
from reports.wording import NOTHING

ROWS = [
    ("promotion", "", "promoted", 0.38, 0.04, 30, 900),
    ("promotion", "tea", "promoted", 0.55, 0.06, 12, 80),
    ("promotion", "oil", "promoted", 0.31, 0.05, 9, 70),
    ("price", "", "10% below its usual", 0.01, 0.02, 90, 900),
    ("christmas", "", "in its period", -0.7, np.nan, 1, 900),
]
COLUMNS = ["driver", "category", "change", "effect", "standard_error", "occasions", "series"]


@pytest.fixture
def effects():
    return pd.DataFrame(ROWS, columns=COLUMNS)


def test_the_lead_says_what_is_beyond_chance_and_where_most(effects):
    section = drivers_section({"driver_effects": effects})
    assert section.lead == [
        "A promotion lifts demand by 38% (± 4%, one standard error); most of all tea, by 55% ± 6%."
    ]


def test_a_category_is_named_only_where_it_differs_by_more_than_chance(effects):
    effects.loc[effects["category"] == "tea", "standard_error"] = 0.1
    (said,) = drivers_section({"driver_effects": effects}).lead
    assert said == "A promotion lifts demand by 38% (± 4%, one standard error)."


def test_promotions_come_before_events_however_clear_these_are(effects):
    effects.loc[effects["driver"] == "christmas", "standard_error"] = 0.001
    first, second = drivers_section({"driver_effects": effects}).lead
    assert first.startswith("A promotion")
    assert second.startswith("Christmas")


def test_what_lowers_demand_is_said_to(effects):
    effects.loc[effects["driver"] == "christmas", "standard_error"] = 0.1
    (_, second) = drivers_section({"driver_effects": effects}).lead
    assert second == "Christmas (in its period) lowers demand by 70% (± 10%, one standard error)."


def test_where_nothing_is_beyond_chance_the_page_says_so(effects):
    section = drivers_section({"driver_effects": effects[effects["driver"] == "price"]})
    assert section.lead[0].startswith("No driver moves demand by more than chance")


def test_an_effect_seen_once_is_listed_without_an_error(effects):
    section = drivers_section({"driver_effects": effects})
    (listing,) = section.listings
    rows = {(row[0][0], row[1][0]): row for row in listing.table.rows}
    assert rows["christmas", "all together"][4][0] == NOTHING
    assert rows["promotion", "tea"][3][0] == "55.0%"
    assert [card.value for card in section.cards] == ["3", "1", "900"]


def test_a_night_without_drivers_has_no_section(effects):
    assert drivers_section({}) is None
    assert drivers_section({"driver_effects": effects.iloc[:0]}) is None
