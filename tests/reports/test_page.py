"""The report: every number from a table, nothing from the network, ids inert."""

import html
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from plotly.offline import get_plotlyjs

from reports import render_report
from reports.figures.theme import DATES, LONGEST_NAME, METHODS
from reports.page import inert_json
from reports.sections.demand import demand_section
from reports.sections.evaluation import evaluation_listings, evaluation_pictures
from reports.sections.market import market_section
from reports.sections.risk import risk_section
from reports.sections.stock import stock_section
from reports.sections.summary import summary_section
from reports.tables import PageColumn, page_table
from tests.reports.builder import night

HOSTILE = "</script><script>alert(1)</script>"
SECTIONS = (
    "summary",
    "demand",
    "seasons",
    "drivers",
    "orders",
    "decisions",
    "risk",
    "market",
    "quality",
    "dictionary",
)


class Page(HTMLParser):
    """Ids of sections, texts of cells, sources of anything loaded, and inline scripts."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.cells, self.loads, self.scripts = [], [], [], 0
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self._open = tag
        if tag == "section":
            self.sections.append(named["id"])
        if tag == "script":
            self.scripts += 1
        if tag in {"script", "img", "iframe", "link", "source", "embed", "object"}:
            self.loads += [named[key] for key in ("src", "href", "data") if key in named]

    def handle_data(self, data):
        if self._open in {"td", "b"} and data.strip():
            self.cells.append(data.strip())


@pytest.fixture(scope="module")
def page():
    return render_report(night())


def embedded(page, name):
    opening = f'<script type="application/json" id="{name}">'
    found = re.search(rf"{opening}(.*?)</script>", page, re.DOTALL)
    return json.loads(found.group(1))


def test_every_section_is_there(page):
    assert tuple(Page(page).sections) == SECTIONS


def test_nothing_is_loaded_from_anywhere(page):
    assert Page(page).loads == []
    # The chart library's source names its makers' pages in texts; it is not ours to judge here.
    own = page.replace(get_plotlyjs(), "")
    assert len(own) < len(page)
    assert "://" not in own
    assert "@import" not in own


def test_numbers_on_the_page_are_those_of_the_tables(page):
    cells = Page(page).cells
    assert "12.3k" in cells  # order_value 12,345
    assert "12.3k USD" in cells
    assert "121.9%" in cells  # utilisation 975 / 800
    assert "81.0%" in cells  # coverage_80 of the champion
    figures = embedded(page, "figures")
    assert {"total-demand", "limits", "stress", "volatility"} <= set(figures)
    series = embedded(page, "explorers")["series"]["north / tea"]
    tables = night()
    assert series["ahead"]["mean"] == pytest.approx(tables["demand_forecasts"]["mean"], abs=1e-3)
    assert series["past"]["quantity"] == tables["demand_actuals"]["quantity"].tolist()


@pytest.mark.parametrize("where", ["warehouse", "item", "book", "instrument"])
def test_a_hostile_id_is_text_and_nothing_else(where, page):
    attacked = render_report(night(**{where: HOSTILE}))
    assert Page(attacked).scripts == Page(page).scripts
    assert "<script>alert" not in attacked


def test_coverage_is_told_before_and_after_calibration():
    cells = Page(render_report(night())).cells
    # Means of the two parts of the horizon.
    assert {"62.0%", "78.0%"} <= set(cells)


def test_demand_that_never_changes_has_no_scaled_error_and_a_page():
    tables = night()
    flat = tables["forecast_accuracy"].assign(mase=np.nan)
    assert "median MASE" in render_report({**tables, "forecast_accuracy": flat})


def test_accuracy_is_told_by_class_horizon_and_warehouse(page):
    for title in ("class", "horizon", "warehouse", "warehouse and horizon"):
        assert f"Accuracy by {title}<" in page
    cells = set(Page(page).cells)
    # Theta's MASE is 0.8 and seasonal naive's 1.1; the parts of the horizon have rows of their own.
    assert {"27.3%", "1-7", "8-14", "31.0%", "12.0%", "77.0%", "79.0%"} <= cells
    # A warehouse's parts of the horizon: coverage, and what is saved of seasonal naive's error.
    assert {"82.5%", "78.5%", "25.0%", "24.0%"} <= cells


def test_the_least_gaining_warehouses_are_drawn_first_over_the_horizon():
    parts = pd.DataFrame(
        [
            ("good", 1, 7, 0.5, 1.0),
            ("good", 8, 14, 0.5, 1.0),
            ("bad", 1, 7, 1.5, 1.0),
            ("bad", 1, 7, 3.5, 3.0),
            ("silent", 1, 7, np.nan, np.nan),
        ],
        columns=["warehouse_id", "first_step", "last_step", "matched_mase", "naive_mase"],
    ).assign(mase=1.0, bias=0.0, coverage_80=0.8)
    (picture,) = evaluation_pictures({"accuracy_by_horizon": parts})
    (heat,) = picture.figure.data
    assert list(heat.x) == ["1-7", "8-14"]
    assert list(heat.y) == ["bad", "good"]
    np.testing.assert_allclose(heat.z, [[-0.25, np.nan], [0.5, 0.5]])
    assert evaluation_pictures({"accuracy_by_horizon": parts[-1:]}) == []


def test_value_added_is_of_series_that_seasonal_naive_could_forecast():
    accuracy = pd.DataFrame(
        [
            ("north", "a", "SeasonalNaive", 2.0),
            ("north", "a", "Theta", 1.0),
            ("north", "b", "Theta", 9.0),
            ("south", "c", "Theta", 3.0),
        ],
        columns=["warehouse_id", "item_id", "model", "mase"],
    ).assign(demand_class="smooth", bias=0.5, coverage_80=0.8)
    scored = accuracy[accuracy["model"] == "Theta"]
    by_class, by_warehouse = evaluation_listings({"forecast_accuracy": accuracy}, scored)
    assert [row[-1][1] for row in by_class.table.rows] == [0.5]
    assert [row[-1][1] for row in by_warehouse.table.rows] == [0.5, ""]


def test_embedded_json_cannot_close_its_element():
    text = inert_json({HOSTILE: "&\u2028"})
    assert "<" not in text
    assert json.loads(text) == {HOSTILE: "&\u2028"}


def test_the_same_tables_give_the_same_bytes(page):
    assert render_report(night()) == page


@pytest.mark.parametrize(
    ("dropped", "gone"),
    [
        (
            (
                "demand_forecasts",
                "champions",
                "seasonal_profiles",
                "driver_effects",
                "order_plans",
            ),
            {"demand", "seasons", "drivers", "orders"},
        ),
        (("portfolio_risk", "market_outlook"), {"risk", "market"}),
        (("rejects", "repairs", "failures"), set()),
    ],
)
def test_an_absent_side_is_left_out_of_the_page(dropped, gone):
    tables = {name: frame for name, frame in night().items() if name not in dropped}
    emptied = {
        name: frame.iloc[:0] if name in dropped else frame for name, frame in night().items()
    }
    expected = [name for name in SECTIONS if name not in gone]
    assert Page(render_report(tables)).sections == expected
    assert Page(render_report(emptied)).sections == expected


def test_the_coverage_told_first_is_that_of_the_bands_as_published():
    tables = night()
    assert "78.0%" in {card.value for card in demand_section(tables).cards}
    del tables["forecast_coverage"]
    assert "81.0%" in {card.value for card in demand_section(tables).cards}


def test_value_at_risk_expected_shortfall_and_stress_are_told_in_money_largest_first():
    tables = night()
    small = tables["stress_losses"].assign(scenario_id="dip", loss=-5.0)
    tables["stress_losses"] = pd.concat([small, tables["stress_losses"]])
    listed = {listing.title: listing.table for listing in risk_section(tables).listings}
    risk = tables["portfolio_risk"]
    for title, measure, level in (
        ("Value at risk 99%, 1 day, USD", "value_at_risk", 0.99),
        ("Expected shortfall 97.5%, 1 day, USD", "expected_shortfall", 0.975),
    ):
        own = (risk["measure"] == measure) & (risk["level"] == level) & (risk["horizon"] == 1)
        (row,) = listed[title].rows
        assert {value for _, value in row[2:] if not isinstance(value, str)} == set(
            risk.loc[own, ["value", "standard_error"]].to_numpy().ravel()
        )
    stress = listed["Largest stress losses, USD"].rows
    assert [row[1][0] for row in stress] == ["crash", "dip"]


def test_what_concerns_the_whole_run_is_told_first():
    tables = night()
    row = tables["rejects"].iloc[[0]]
    told = "demand ends on 2025-12-28, so that 10 of 14 periods are left"
    run_wide = row.assign(number=99, severity="run", code="late", advice=told)
    tables["rejects"] = pd.concat([row, run_wide], ignore_index=True)
    lead = summary_section(tables).lead
    assert lead[1] == f"D{told[1:]}."
    assert not any(str(row["advice"].iloc[0]) in line for line in lead)


def test_a_drawing_that_a_telephone_is_too_narrow_for_is_moved_from_side_to_side(page):
    width = re.search(r'id="chart-driver-effects"[^>]*min-width:(\d+)px', page)
    assert width is not None
    assert int(width[1]) > 390


def test_no_drawing_has_a_margin_that_leaves_a_telephone_nothing():
    margins = [picture.figure.layout.margin for picture in demand_section(night()).pictures]
    assert all(margin.l + margin.r < 120 for margin in margins)


def test_how_many_portfolios_were_left_out_is_told_first():
    tables = night()
    tables["run_entities"] = tables["run_entities"].assign(
        input="positions", entities_in=4, published=1, rejected=3, failed=0
    )
    summary = summary_section(tables)
    told = "Risk of 1 of 4 portfolios is measured; 3 were rejected and 0 failed."
    assert told in summary.lead
    (card,) = [card for card in summary.cards if card.label == "entities rejected whole"]
    assert card.alarm


def test_ticks_of_per_cent_are_not_rounded_to_the_same_text(page):
    figures = json.dumps(embedded(page, "figures"))
    assert '"tickformat": ".4~p"' in figures
    assert not re.search(r'"tickformat": "\.\d%"', figures)


def test_limits_are_told_in_their_currency():
    titles = [listing.title for listing in risk_section(night()).listings]
    assert "Limits exceeded, USD" in titles


def test_the_chance_of_a_fall_is_not_told_as_a_fall():
    outlook = pd.DataFrame(
        {
            "instrument_id": "ACME",
            "horizon": [1, 250],
            "volatility": [0.2, 0.25],
            "probability_of_fall": [0.49, 0.4],
        }
    )
    (listing,) = market_section({**night(), "volatility_outlook": outlook}).listings[1:]
    heads = [column.title for column in listing.table.columns]
    assert [head for head in heads if "fall" in head] == [
        "chance of a fall, 1 day",
        "chance of a fall, 250 days",
    ]


@pytest.mark.parametrize(
    ("still", "told"),
    [(1, " 1 instrument without a fit is left out."), (2, " 2 instruments without a fit are left")],
)
def test_the_next_day_and_instruments_without_a_fit_are_told_in_their_number(still, told):
    outlook = pd.DataFrame(
        {
            "instrument_id": [f"I{n}" for n in range(still + 1)],
            "horizon": 1,
            "volatility": [0.2] + [float("nan")] * still,
            "probability_of_fall": 0.49,
        }
    )
    (listing,) = market_section({**night(), "volatility_outlook": outlook}).listings[1:]
    assert told in listing.note
    assert listing.gist == "I0 most over the next day, 20.0% a year"


def test_sensitivities_are_in_the_order_of_delta_and_without_it_of_the_next():
    rows = [("a", "delta", -5.0), ("a", "gamma", 900.0), ("b", "delta", 7.0), ("c", "dv01", 8.0)]
    own = pd.DataFrame(rows, columns=["portfolio_id", "sensitivity", "value"])
    own = own.assign(instrument_id="*", factor="ACME", unit="money", currency="USD")
    (listing,) = [
        one
        for one in risk_section({**night(), "sensitivities": own}).listings
        if one.title.startswith("Sensitivities")
    ]
    assert [row[0][0] for row in listing.table.rows] == ["b", "a", "c"]


def test_of_prices_that_all_stand_still_nothing_is_told_ahead():
    outlook = pd.DataFrame(
        {
            "instrument_id": "ACME",
            "horizon": [1, 250],
            "volatility": float("nan"),
            "probability_of_fall": float("nan"),
        }
    )
    (listing,) = market_section({**night(), "volatility_outlook": outlook}).listings
    assert listing.title.startswith("Instruments")


def test_tables_of_many_columns_are_set_closer():
    dense = [
        page_table(night()["runs"], [PageColumn("run_id", "run")] * n, source="runs").is_dense
        for n in (11, 12)
    ]
    assert dense == [False, True]


def test_coverage_of_the_usual_law_is_not_told_under_the_head_of_the_night_s_own():
    heads = {
        column.name: column.title
        for listing in demand_section(night()).listings
        for column in listing.table.columns
    }
    assert heads["coverage_80"] == "80% coverage, usual law"
    assert heads["before"] != heads["coverage_80"]


def test_nothing_more_is_not_told_of():
    assert "more are in" not in demand_section(night()).explorer.note


def test_a_telephone_has_the_sections_in_a_row_of_their_own(page):
    narrow = re.search(r"@media \(max-width: 700px\) \{(.*?)\n\}", page, re.DOTALL)
    assert narrow is not None
    assert "nav { flex: 1 1 100%" in narrow[1]


def test_the_address_of_a_section_leads_to_it_after_everything_is_drawn(page):
    assert page.rindex("location.hash") > page.rindex("Plotly.react(")


def test_zero_is_sorted_as_a_number_and_not_as_an_absent_one(page):
    assert 'key(row) === "" ? -Number.MAX_VALUE : parseFloat(key(row))' in page
    assert "parseFloat(key(a)) ||" not in page


def test_a_long_name_is_whole_in_tables_and_short_on_axes():
    name = "Gro\u00dfhandelslager f\u00fcr \u00c4rzte- & Apothekenbedarf <s\u00fcd-7>, Halle 12"
    text = render_report(night(book=name))
    cell = f'<td class="long" data-value="{escape(name)}">{escape(name)}</td>'
    assert cell in text
    assert "text-overflow" not in text.replace(get_plotlyjs(), "")
    axis = embedded(text, "figures")["limits"]["layout"]["yaxis"]
    ((whole, shown),) = axis["labelalias"].items()
    assert html.unescape(whole) == name
    assert len(html.unescape(shown)) == LONGEST_NAME
    assert "<" not in shown


def test_a_short_name_is_its_own_label(page):
    assert embedded(page, "figures")["limits"]["layout"]["yaxis"]["labelalias"] == {}


def test_what_is_drawn_later_has_its_room_before(page):
    """Or a section moves from under the link to it, while what is above it is drawn."""
    # A series has one drawing, a book two.
    assert page.count('<div class="panes"><div></div></div>') == 1
    assert page.count('<div class="panes"><div></div><div></div></div>') == 1
    (height,) = re.findall(r"\.panes > div \{[^}]*min-height: (\d+)px", page)
    heights = set(re.findall(r"base\((\d+), ", page))
    assert heights == {height}
    assert "scroll-behavior" not in page.replace(get_plotlyjs(), "")


def test_one_series_is_drawn_once_and_its_counts_are_left_to_tables():
    names = [picture.name for picture in demand_section(night()).pictures]
    assert names == ["total-demand", "coverage", "value-added-ahead"]


def test_a_night_without_an_order_says_so():
    tables = night()
    tables["order_plans"] = tables["order_plans"].assign(order_quantity=0.0, order_value=0.0)
    assert "No order is proposed." in summary_section(tables).lead


def test_one_method_is_compared_with_none():
    tables = night()
    drawn = [picture.name for picture in risk_section(tables).pictures]
    risk = tables["portfolio_risk"]
    tables["portfolio_risk"] = risk[risk["method"] == "historical"]
    alone = [picture.name for picture in risk_section(tables).pictures]
    assert set(drawn) - set(alone) == {"methods"}


def test_units_beyond_a_card_of_a_telephone_are_told_in_three_digits():
    tables = night()
    for size, told in ((448_146_033.0, "448m"), (297_096.0, "297,096")):
        ahead = tables["demand_forecasts"].assign(mean=0.0)
        ahead.loc[0, "mean"] = size
        (card, *_) = demand_section({**tables, "demand_forecasts": ahead}).cards
        assert card.value == told


def test_a_printed_table_may_break_and_has_its_head_on_every_page(page):
    printed = page[page.index("@media print") : page.index("</style>")]
    unbroken = re.findall(r"([^{}]*)\{ break-inside: avoid; \}", printed)
    assert ".listing" not in "".join(unbroken)
    assert "thead" in "".join(unbroken)
    # Chromium leaves out of a repeated head what sticks, and buttons.
    assert re.search(r"\bth, [^{]*\{ position: static;", printed)
    assert "th button { display: contents; }" in printed


def test_the_title_of_an_axis_has_room_beside_long_names_on_a_telephone():
    # There a plot beside names of 24 signs is 100 px wide, and a title of 12 px may reach 16 px
    # beyond it on both sides: 19 signs of 6.6 px do.
    tables = night()
    # Pictures of many warehouses, and of enough items.
    tables["order_plans"] = pd.concat(
        tables["order_plans"].assign(warehouse_id=f"w{n}") for n in range(6)
    )
    pictures = [
        picture
        for of in (stock_section, risk_section)
        for picture in of(tables).pictures
        if picture.figure.layout.yaxis.labelalias is not None and not picture.least_width
    ]
    assert {"orders-by-warehouse", "limits"} <= {picture.name for picture in pictures}
    for picture in pictures:
        assert len(picture.figure.layout.xaxis.title.text or "") < 20, picture.name


def test_names_of_positions_are_shortened_and_made_inert_as_those_of_pictures_are():
    name = "Gro\u00dfhandelslager & Apothekenbedarf <s\u00fcd-7>, Halle 12"
    explorer = risk_section(night(instrument=name)).explorer
    assert explorer is not None
    parts = explorer.data["alpha"]["parts"]
    assert parts["names"] == [html.escape(name, quote=False)]
    assert len(html.unescape(parts["axis"]["labelalias"][parts["names"][0]])) == LONGEST_NAME


def test_what_the_script_draws_has_the_dates_and_colours_of_pictures(page):
    theme = embedded(page, "theme")
    assert theme == {"palette": METHODS, "dates": DATES}
    assert "axis(DATES)" in page
