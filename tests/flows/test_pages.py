"""The page of a night: an earlier one leaves that of a later one as it is."""

import io
from datetime import date, timedelta

import pandas as pd
import pytest
from click.testing import CliRunner
from rich.console import Console

from flows.cli import main
from flows.cli.dry import describe_dry_run
from flows.cli.running import say_outcome
from flows.run import prepare_run
from flows.spec import load_job
from flows.steps import publish as publishing
from flows.steps import report as reporting
from flows.steps.page import night_before, page_beside
from flows.steps.publish import replaced_in
from storage.stores import open_store
from tests.storage.addresses import address_of, stand_in
from tests.storage.inputs import demand_rows
from tests.storage.nights import publication
from tests.survival.plain import run_plain

JOB = """
name = "pages"
[inputs.demand]
path = "demand.csv"
[outputs]
report = "out/night.html"
[demand]
horizon = 5
windows = 2
aggregate_paths = 100
calibrate = false
[demand.line_up]
smooth = ["WindowAverage"]
erratic = ["WindowAverage"]
intermittent = ["WindowAverage"]
lumpy = ["WindowAverage"]
"""
EARLIER, LATER = date(2024, 3, 30), date(2024, 3, 31)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    pd.concat([demand_rows(), demand_rows(item="coffee")]).to_csv(
        folder / "demand.csv", index=False
    )
    (folder / "job.toml").write_text(JOB)
    return load_job(folder / "job.toml")


def of(job, night):
    return job.model_copy(update={"as_of": night})


def told(job, outcome):
    console = Console(file=io.StringIO(), width=200)
    say_outcome(prepare_run(job), outcome, console)
    return console.file.getvalue()


def statuses(folder):
    """Return the status of each run that `almanac runs` lists."""
    done = CliRunner().invoke(main, ["runs", "--folder", str(folder)])
    assert done.exit_code == 0
    rows = [line.split() for line in done.output.splitlines()[1:]]
    return {row[0]: row[4] for row in rows}


@pytest.fixture(scope="module")
def outcomes(job):
    later = run_plain(of(job, LATER))
    page = job.path("out/night.html").read_bytes()
    return later, page, run_plain(of(job, EARLIER))


def test_an_earlier_night_has_a_page_beside_that_of_the_later_one(job, outcomes):
    later, page, earlier = outcomes
    assert later.report == str(job.path("out/night.html"))
    assert job.path("out/night.html").read_bytes() == page
    dated = job.path("out/night-20240330.html")
    assert earlier.report == str(dated)
    assert earlier.run_id in dated.read_text(encoding="utf-8")
    assert later.run_id.encode() in page
    assert f"{dated} (night.html is that of a later night)" in told(of(job, EARLIER), earlier)
    assert "night.html\n" in told(of(job, LATER), later)


def test_a_night_is_compared_with_the_one_before_it_of_its_own_job(job, outcomes):
    later, _, earlier = outcomes
    other = job.model_copy(update={"name": "other"})
    with open_store(prepare_run(of(job, LATER)).store_url) as store:
        assert night_before(store.runs(), prepare_run(of(job, LATER))) == [earlier.run_id]
        assert night_before(store.runs(), prepare_run(of(job, EARLIER))) == []
        after = LATER + timedelta(days=1)
        assert night_before(store.runs(), prepare_run(of(job, after))) == [later.run_id]
        assert night_before(store.runs(), prepare_run(of(other, after))) == []


def test_a_page_is_handed_what_the_night_before_had_of_what_it_compares(job, outcomes, monkeypatch):
    handed = []

    def render(tables, before):
        handed.append((tables, before))
        return "page"

    monkeypatch.setattr(reporting, "render_report", render)
    monkeypatch.setattr(reporting, "write_text", lambda *_: None)
    monkeypatch.setattr(reporting, "COMPARED", ("champions",))
    for night in (LATER, EARLIER):
        reporting.write_report(prepare_run(of(job, night)))
    (own, before), (_, none) = handed
    assert set(own["champions"]["run_id"]) == {outcomes[0].run_id}
    assert set(before["champions"]["run_id"]) == {outcomes[2].run_id}
    assert none == {}


def test_a_night_before_is_that_of_all_its_runs(job, tmp_path, monkeypatch):
    """One had its tables taken by another, and a third is of another side."""
    handed = []
    own = job.model_copy(
        update={"outputs": job.outputs.model_copy(update={"store": f"duckdb:{tmp_path}/a.duckdb"})}
    )
    run = prepare_run(of(own, LATER))
    nights = [("given-way", EARLIER), ("risk", EARLIER), ("demand", EARLIER), (run.run_id, LATER)]
    with open_store(run.store_url) as store:
        for name, night in nights:
            side = "champions" if name == "demand" else "portfolio_risk"
            tables = ("runs", "run_entities", side)
            store.publish(publication(tmp_path / name, name, night, job.name, tables))
    monkeypatch.setattr(reporting, "render_report", lambda _, before: handed.append(before) or "")
    monkeypatch.setattr(reporting, "write_text", lambda *_: None)
    reporting.write_report(run)
    assert set(handed[0]["portfolio_risk"]["run_id"]) == {"risk"}


def test_a_night_that_is_published_already_names_its_own_page(job, outcomes):
    again = run_plain(of(job, EARLIER))
    assert again.already_published
    assert again.report == outcomes[2].report
    assert run_plain(of(job, LATER)).report == outcomes[0].report


def test_a_page_that_is_gone_is_said_to_be_and_is_written_again(job, outcomes):
    dated = job.path("out/night-20240330.html")
    dated.unlink()
    again = run_plain(of(job, EARLIER))
    assert f"not there; `almanac report {again.run_id}` writes it" in told(of(job, EARLIER), again)
    done = CliRunner().invoke(main, ["report", again.run_id, "--folder", str(job.folder)])
    assert done.output.strip() == str(dated)
    assert again.run_id in dated.read_text(encoding="utf-8")
    assert job.path("out/night.html").read_bytes() == outcomes[1]


@pytest.mark.parametrize(
    ("newest", "name"), [(EARLIER, "night.html"), (LATER, "night-20240330.html")]
)
def test_the_report_is_of_the_newest_night(job, newest, name):
    assert page_beside(prepare_run(of(job, EARLIER)), newest) == job.path(f"out/{name}")


def test_another_job_in_the_folder_leaves_the_page_and_has_its_own(job, outcomes):
    others = {
        night: job.model_copy(update={"name": "other", "as_of": night})
        for night in (LATER, EARLIER)
    }
    newest, older = (run_plain(other) for other in others.values())
    page = job.path("out/night-other.html")
    assert newest.report == str(page)
    assert older.report == str(job.path("out/night-other-20240330.html"))
    assert f"{page} (night.html is that of job 'pages')" in told(others[LATER], newest)
    assert run_plain(others[LATER]).report == newest.report
    console = Console(file=io.StringIO(), width=200)
    describe_dry_run(others[LATER], None, console)
    assert "report to out/night.html, beside that of job 'pages'" in console.file.getvalue()
    assert newest.run_id in page.read_text(encoding="utf-8")
    assert job.path("out/night.html").read_bytes() == outcomes[1]


def test_a_run_whose_store_is_gone_is_told_of_without_it(job, outcomes):
    store = job.path("almanac.duckdb")
    away = store.rename(store.with_suffix(".away"))
    named = [outcomes[0].run_id, "--folder", str(job.folder)]
    shown = CliRunner().invoke(main, ["runs", *named])
    refused = CliRunner().invoke(main, ["report", *named])
    assert not store.exists()
    open_store(f"duckdb:{store}").close()
    empty = CliRunner().invoke(main, ["report", *named])
    away.replace(store)
    assert shown.exit_code == 0
    assert f"It is not in store duckdb:{store}." in shown.output
    assert refused.exit_code == empty.exit_code == 3
    assert f"store duckdb:{store}: there is none at that path" in refused.output
    assert f"run {outcomes[0].run_id} is not published there" in empty.output


def test_of_two_runs_of_a_night_the_last_one_done_has_its_page_and_its_tables(job, tmp_path):
    """Corrected inputs make another run, and those of before make the first one again."""
    job = job.model_copy(update={"folder": tmp_path})
    demand, page = tmp_path / "demand.csv", tmp_path / "out" / "night.html"
    slip, right = demand_rows(), demand_rows(item="cocoa")
    ids = []
    for rows in (slip, right, slip):
        rows.to_csv(demand, index=False)
        outcome = run_plain(of(job, LATER))
        assert not outcome.already_published
        ids.append(outcome.run_id)
        run = prepare_run(of(job, LATER))
        with open_store(run.store_url) as store:
            assert set(store.read("demand_forecasts")["run_id"]) == {outcome.run_id}
        assert outcome.run_id in page.read_text(encoding="utf-8")
    assert ids[0] == ids[2] != ids[1]
    assert run_plain(of(job, LATER)).already_published
    written = page.read_bytes()
    refused = CliRunner().invoke(main, ["report", ids[1], "--folder", str(tmp_path)])
    assert refused.exit_code != 0
    assert page.read_bytes() == written
    assert f"took the place of {ids[1]}" in " ".join(refused.output.split())
    assert statuses(tmp_path) == {ids[0]: "published", ids[1]: "replaced"}
    one = CliRunner().invoke(main, ["runs", ids[1], "--folder", str(tmp_path)])
    assert ": replaced." in one.output
    store = tmp_path / "almanac.duckdb"
    store.write_bytes(b"no store")
    assert statuses(tmp_path) == dict.fromkeys(ids, "published")
    store.unlink()
    assert statuses(tmp_path) == dict.fromkeys(ids, "published")
    assert not store.exists()


def test_the_ledger_asks_no_server(monkeypatch):
    monkeypatch.setattr(publishing, "open_existing", None)
    assert replaced_in("postgresql://nobody@192.0.2.1/nothing") == {}
    assert replaced_in("parquet:gs://bucket/folder") == {}


@pytest.mark.parametrize("scheme", ["duckdb", "parquet", "postgresql", "bigquery"])
def test_a_store_that_is_asked_tells_which_run_gave_way(scheme, tmp_path):
    stand_in().calm()
    address = address_of(scheme, tmp_path / "store")
    tables = ("run_entities", "runs")
    with open_store(address) as store:
        for run_id in ("night-a", "night-b"):
            store.publish(publication(tmp_path / run_id, run_id, tables=tables))
    assert replaced_in(address, servers=True) == {"night-a": "replaced"}
