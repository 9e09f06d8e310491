"""What is folded is on the page, tells what it comes to, and opens for whoever is led to it."""

import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from reports import render_report
from reports.sections.backtest import backtest_section
from reports.sections.decisions import decision_section
from reports.sections.demand import demand_section
from reports.sections.market import market_section
from reports.sections.quality import quality_section
from reports.sections.risk import risk_section
from reports.sections.seasons import seasons_section
from reports.sections.stock import stock_section
from tests.reports.builder import night

VOID = {"input", "meta", "br", "link"}


class Folds(HTMLParser):
    """Ids, links, and of each element with an id the folds that it is in."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.summaries, self.within = [], [], [], {}
        self._open = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag == "summary":
            self.summaries.append([])
        if "id" in named:
            self.ids.append(named["id"])
            self.within[named["id"]] = self._open.count("details")
        if "href" in named:
            self.links.append(named["href"])
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if "summary" in self._open and data.strip():
            self.summaries[-1].append(data.strip())


@pytest.fixture(scope="module")
def page():
    return render_report(night())


@pytest.fixture(scope="module")
def folds(page):
    return Folds(page)


def test_every_element_has_an_id_of_its_own(folds):
    assert len(folds.ids) == len(set(folds.ids))


def test_every_link_leads_to_something_on_the_page(folds):
    assert len(folds.links) > 10
    assert {link[1:] for link in folds.links} <= set(folds.ids)


def test_a_fold_tells_what_is_in_it_and_what_it_comes_to(folds):
    assert len(folds.summaries) > 20
    assert all(len(told) >= 2 for told in folds.summaries), folds.summaries


def test_each_fold_has_a_number_or_a_name_from_the_tables(page):
    told = dict(
        re.findall(r"<summary><h3>([^<]*)</h3><span>([^<]*)</span></summary>", page, re.DOTALL)
    )
    assert told["Coverage of the 80% band"] == "78.0% of held-out actuals, by class"
    assert told["Accuracy by horizon"].endswith("12% to 31% of seasonal naive&#39;s error saved")
    assert told["Largest stress losses, USD"].startswith("alpha loses most, 9.00k ")
    assert told["How long it took"] == "1 s; longest check, 1 s"


@pytest.mark.parametrize("sign", [0.0, -1.0])
def test_of_nothing_or_of_gains_no_share_is_told(sign):
    tables = night()
    tables["portfolio_risk"]["value"] *= sign
    (told,) = (own.gist for own in risk_section(tables).pictures if own.name == "methods")
    assert re.fullmatch(r"[a-z ]+ says most, [a-z ]+ least", told)


def test_what_is_folded_is_in_the_page_with_every_row(page):
    tables = night()
    for of in (demand_section, stock_section, risk_section, quality_section):
        section = of(tables)
        folded = [block for block in section.folded if block.kind == "listing"]
        assert folded, section.name
        for listing in folded:
            place = page.index(f'<details id="{section.name}-{listing.anchor}">')
            body = page[place : page.index("</table>", place)]
            assert body.count("<tr") == 1 + len(listing.table.rows)
        for picture in (block for block in section.folded if block.kind == "picture"):
            assert f'id="chart-{picture.name}"' in page


def test_every_section_shows_something_beside_its_folds():
    tables = night()
    for of in (
        demand_section,
        seasons_section,
        stock_section,
        decision_section,
        risk_section,
        market_section,
        quality_section,
    ):
        section = of(tables)
        blocks = [*section.pictures, *section.listings]
        assert any(not block.gist for block in blocks), section.name
    assert backtest_section(tables) is None


def test_pictures_and_tables_within_folds_are_known_to_be(folds):
    # Of the dictionary, each table is a fold within one.
    assert folds.within["table-order_plans"] == 1
    assert folds.within["chart-coverage"] == 1
    assert folds.within["chart-total-demand"] == 0
    assert folds.within["orders-orders-ranked-by-money"] == 0


def test_folds_open_for_a_link_the_address_and_going_back(page):
    script = page[page.rindex("Plotly.newPlot(") :]
    assert '.closest("details"); outer;' in script
    assert "outer.open = true" in script
    assert 'addEventListener("hashchange", reveal)' in script
    assert "?.hash === location.hash) reveal()" in script
    # The address that the page is opened with.
    assert re.search(r"\n  reveal\(\);\n\}\)\(\);", script)


def test_a_picture_is_fitted_to_its_place_when_its_fold_opens(page):
    script = page.replace(get_plotlyjs(), "")
    # The event of a fold does not bubble: it has to be caught on its way down.
    caught = re.search(r'addEventListener\("toggle",.*?\}, true\);', script, re.DOTALL)
    assert caught is not None
    assert "Plotly.Plots.resize" in caught[0]


def test_print_has_all_that_is_folded_with_the_script_and_without(page):
    script = page[page.rindex("Plotly.newPlot(") :]
    opened = script[script.index('"beforeprint"') :]
    assert opened.index("fold.open = true") < opened.index("charts.forEach(draw)")
    printed = page[page.index("@media print") : page.index("</style>")]
    assert "details::details-content { content-visibility: visible;" in printed
    assert "fold.open = false" in script[script.index('"afterprint"') :]
