"""A night of all sides, and then of one alone: what each run has, and what is said of it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.run import prepare_run
from storage.stores import open_store
from tests.flows.sample_nights import without_backtests
from tests.survival.jobs import assert_identity, job_in, write_small
from tests.survival.plain import run_plain

BOOKS = {"curves", "instruments", "limits", "positions", "prices", "stress_scenarios"}


def of_each_run(job):
    """Return each table's rows by run."""
    with open_store(prepare_run(job).store_url) as store:
        frames = {name: store.read(name) for name in store.tables()}
    return {
        name: {run_id: own.reset_index(drop=True) for run_id, own in frame.groupby("run_id")}
        for name, frame in frames.items()
    }


def runs_of(tables, name):
    return set(tables[name])


def lines_of(job, *arguments):
    """Return what a command prints, by the run that a line begins with."""
    done = CliRunner().invoke(main, [*arguments, "--folder", str(job.folder)])
    assert done.exit_code == 0, done.output
    return {line.split()[0]: line for line in done.output.splitlines() if line.strip()}


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sides")
    return without_backtests(job_in(folder / "job", write_small(folder / "sample")))


def test_one_side_run_again_leaves_the_others_with_their_rejects_and_their_name(job):
    whole = run_plain(job, report=False).run_id
    before = of_each_run(job)
    assert len(before["rejects"][whole])
    one = run_plain(job, "risk").run_id
    tables = of_each_run(job)
    assert runs_of(tables, "order_plans") == runs_of(tables, "demand_forecasts") == {whole}
    assert runs_of(tables, "portfolio_risk") == {one}
    for name in ("rejects", "repairs", "failures", "run_entities"):
        if name in before and whole in before[name]:
            assert tables[name][whole].equals(before[name][whole]), name
    assert set(tables["run_entities"][one]["input"]) == BOOKS
    told = lines_of(job, "runs")
    assert "replaced in part" in told[whole]
    assert " published " in told[one]
    assert "stock" in lines_of(job, "runs", whole)
    assert run_plain(job, "risk").already_published

    (page,) = lines_of(job, "report", whole)
    written = Path(page).read_text(encoding="utf-8")
    assert whole in written
    assert one not in written

    # The whole night takes its place back: one of its sides is another run's.
    again = run_plain(job, report=False)
    assert again.run_id == whole
    assert not again.already_published
    tables = of_each_run(job)
    assert set().union(*(found for name, found in tables.items() if name != "runs")) == {whole}
    assert_identity({"run_entities": tables["run_entities"][whole]})
    assert " replaced " in lines_of(job, "runs")[one]
    assert run_plain(job).already_published


def test_sides_run_one_after_the_other_leave_nothing_of_the_run_before_them(job):
    ids = [run_plain(job, only, report=False).run_id for only in (None, "risk", "stock")]
    tables = of_each_run(job)
    assert runs_of(tables, "run_entities") == set(ids[1:])
    told = lines_of(job, "runs")
    assert " replaced " in told[ids[0]]
    assert all(" published " in told[run_id] for run_id in ids[1:])
