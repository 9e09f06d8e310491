"""The report: every number from a table, nothing from the network, ids inert."""

import json
import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from reports import render_report
from reports.page import inert_json
from tests.reports.builder import night

HOSTILE = "</script><script>alert(1)</script>"
SECTIONS = (
    "summary",
    "demand",
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
            ("demand_forecasts", "champions", "driver_effects", "order_plans"),
            {"demand", "drivers", "orders"},
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
