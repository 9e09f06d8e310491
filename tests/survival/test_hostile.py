"""A night whose ids are SQL, markup and paths: they are names, from the input to the page."""

import html
import json
import re
from collections import Counter
from html.parser import HTMLParser

import pandas as pd
import pytest

from flows.errors import ExitCode
from flows.run import prepare_run
from storage.tables import OUTPUT_TABLES
from tests.flows.sample_nights import tables_of
from tests.storage.dirt import MARKUP, PATHS, SQL
from tests.survival.jobs import assert_identity, job_in
from tests.survival.plain import run_plain
from tests.survival.verdict import store_path

IDS = ("warehouse_id", "item_id", "portfolio_id", "instrument_id", "category")
# The warehouses that a lane joins.
ENDS = ("from_warehouse_id", "to_warehouse_id")
# What a driver says of every series.
ANY = "*"
HOSTILE = (
    *SQL,
    *MARKUP,
    *PATHS,
    "<b>bold</b>",
    "<a href='https://evil.example'>free</a>",
    "<br>",
    "%{x}",
    "$\\alpha$",
    "back\\slash",
    "new\nline",
    "\u202ebackwards",
    "__proto__",
    "constructor",
)


class Page(HTMLParser):
    """Elements and their attributes, and where anything leads."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.links, self.handlers = Counter(), [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements[tag] += 1
        self.links += [value for name, value in attributes if name in {"href", "src"}]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


def hostile_names(frames):
    """Return a hostile name for each id in the inputs, the same wherever it is."""
    known = {str(v) for f in frames.values() for c in IDS if c in f for v in f[c].dropna()}
    known = sorted(known - {ANY})
    # A number at the end keeps names apart that begin alike.
    return {name: f"{HOSTILE[n % len(HOSTILE)]} {n}" for n, name in enumerate(known)}


def make_hostile(folder):
    """Rename every warehouse, item, category, book and instrument of the sample."""
    inputs = folder / "inputs"
    paths = sorted(path for path in inputs.iterdir() if path.suffix in {".csv", ".parquet"})
    frames = {
        path: pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
        for path in paths
    }
    names = hostile_names(frames)
    for path, frame in frames.items():
        # What an option is written on is an instrument; what a rate is of, a currency, is not.
        for column in {*IDS, *ENDS, "underlying"} & set(frame.columns):
            frame[column] = [names.get(str(value), value) for value in frame[column]]
        if path.suffix == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False)
    return names


@pytest.fixture(scope="module")
def pages(sample, undisturbed_job, tmp_path_factory):
    """Return the job and names of a hostile night, and the pages of a plain one and of it."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile = job_in(folder / "hostile", sample)
    names = make_hostile(folder / "hostile")
    limits = {
        limit: {
            names.get(place, place): most for place, most in getattr(hostile.stock, limit).items()
        }
        for limit in ("budgets", "capacities")
    }
    stock = hostile.stock.model_copy(update=limits)
    hostile = hostile.model_copy(update={"stock": stock})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run_plain(hostile).exit_code is ExitCode.DONE
    nights = (undisturbed_job, hostile)
    read = [prepare_run(job).report.read_text(encoding="utf-8") for job in nights]
    return folder, hostile, set(names.values()), *read


def test_hostile_names_come_through_unchanged(pages):
    _, job, names, _, _ = pages
    tables = tables_of(job)
    assert_identity(tables)
    for name, column in (("champions", "item_id"), ("portfolio_risk", "portfolio_id")):
        assert set(tables[name][column]) <= names
        assert len(tables[name]) > 0


def test_hostile_names_write_no_file_and_touch_no_table(pages):
    folder, job, _, _, _ = pages
    assert {path.name for path in folder.iterdir()} == {"hostile"}
    beside = {path.name for path in (folder / "hostile").iterdir()}
    assert beside == {"demo.toml", "inputs", ".almanac", "report.html", store_path(job).name}
    assert set(tables_of(job)) == set(OUTPUT_TABLES)


def test_hostile_names_add_no_element_to_the_page(pages):
    """Sections and cards are the same; only where rows fall may options and cells differ."""
    *_, plain, hostile = pages
    expected, found = Page(plain), Page(hostile)
    assert found.handlers == []
    assert all(link.startswith("#") for link in found.links)
    assert set(found.elements) == set(expected.elements)
    for element in ("script", "style", "section", "a", "svg", "table", "html", "body"):
        assert found.elements[element] == expected.elements[element], element


def texts_of(content):
    """Return every text in a piece of JSON, names of keys aside."""
    if isinstance(content, dict):
        return [text for value in content.values() for text in texts_of(value)]
    if isinstance(content, list):
        return [text for value in content for text in texts_of(value)]
    return [content] if isinstance(content, str) else []


def embedded(page, name):
    """Return what the page hands to its scripts under a name, as it is written."""
    opening = f'<script type="application/json" id="{name}">'
    found = re.search(rf"{opening}(.*?)</script>", page, re.DOTALL)
    return found.group(1)


@pytest.mark.parametrize("name", ["figures", "explorers"])
def test_hostile_names_cannot_end_the_element_they_are_handed_over_in(pages, name):
    *_, hostile = pages
    assert not set(embedded(hostile, name)) & set("<>&")


def test_hostile_names_are_no_markup_in_a_chart(pages):
    """A chart takes a few tags in its texts for markup; only our own may get there."""
    *_, names, plain, hostile = pages
    tags = re.compile(r"</?\w[^>]*>")
    ours = {
        tag
        for text in texts_of(json.loads(embedded(plain, "figures")))
        for tag in tags.findall(text)
    }
    found = {
        tag
        for text in texts_of(json.loads(embedded(hostile, "figures")))
        for tag in tags.findall(text)
    }
    assert found <= ours
    # The names are there all the same.
    shown = " ".join(texts_of(json.loads(embedded(hostile, "figures"))))
    assert any(html.escape(name, quote=False) in shown for name in names if "<" in name)
