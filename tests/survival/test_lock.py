"""One process at a time at a run, and no lock outlives its process."""

import os
import signal
import time

import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.errors import ExitCode, RunBusyError
from flows.run import holding, prepare_run
from tests.survival.jobs import digests_of, job_in, small_job
from tests.survival.plain import plain, run_plain
from tests.survival.verdict import assert_whole, store_path


def await_start(job, seconds=30.0):
    """Wait until a life of the night holds its run."""
    state = prepare_run(job).staging.state
    until = time.monotonic() + seconds
    while not state.exists():
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.fixture
def at_work(cradle, sample, tmp_path):
    """Begin a life of a night of demand, and return its job and its process."""
    job = job_in(tmp_path / "job", sample).restricted("demand")
    process = cradle.begin(tmp_path / "job", only="demand")
    await_start(job)
    return job, process


def test_a_second_run_of_a_night_is_refused_and_the_first_ends_as_if_alone(
    cradle, at_work, demand_night
):
    job, process = at_work
    # It is not done meanwhile, however slow the second is.
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(RunBusyError, match=f"is being done by process {process} on .* since"):
        run_plain(job)
    assert not store_path(job).exists()
    os.kill(process, signal.SIGCONT)
    assert cradle.end().code == 0
    assert_whole(job, demand_night[1])


def test_a_run_that_was_killed_bars_nobody(cradle, at_work, demand_night):
    job, _ = at_work
    assert cradle.end(0.0).code == -9
    assert run_plain(job).exit_code is ExitCode.DONE
    assert_whole(job, demand_night[1])


def test_whoever_waited_for_a_run_to_end_finds_it_done(cradle, at_work):
    job, _ = at_work
    assert cradle.end().code == 0
    state = prepare_run(job).staging.state
    before = state.stat().st_mtime_ns
    assert run_plain(job).already_published
    assert state.stat().st_mtime_ns == before


@pytest.fixture
def held(sample, tmp_path):
    job = job_in(tmp_path / "job", sample)
    (tmp_path / "job" / "small.toml").write_text(as_toml(job))
    return job


def as_toml(job):
    from flows.spec import job_as_toml

    return job_as_toml(job)


def test_a_run_is_held_once_even_within_one_process(held):
    run = prepare_run(held)
    with holding(run), pytest.raises(RunBusyError), holding(run):
        pass
    with holding(run):
        pass


def test_a_lock_that_says_nothing_still_holds(held):
    run = prepare_run(held)
    with holding(run):
        (run.staging.folder / "lock").write_text("")
        with pytest.raises(RunBusyError, match="another process"), holding(run):
            pass


def test_the_command_refuses_in_one_sentence(held):
    with plain(), holding(prepare_run(held)):
        result = CliRunner().invoke(main, ["run", str(held.folder / "small.toml")])
    assert result.exit_code == ExitCode.REFUSED, result.output
    assert "is being done by process" in result.output
    assert "Traceback" not in result.output
    assert not store_path(held).exists()


def test_runs_of_two_nights_do_not_bar_each_other(held):
    from datetime import date

    other = held.model_copy(update={"as_of": date(2026, 10, 30)})
    with holding(prepare_run(held)), holding(prepare_run(other)):
        pass


@pytest.mark.slow
def test_two_runs_of_a_night_that_share_only_the_store_publish_once(
    cradle, sample, undisturbed, tmp_path
):
    """Staged apart, they cannot see each other's lock; the store has one night all the same."""
    job = job_in(tmp_path / "job", sample)
    apart = small_job(tmp_path / "job", staging=".elsewhere", report="elsewhere.html")
    cradle.begin(tmp_path / "job")
    outcome = run_plain(apart)
    assert cradle.end().code in {0, 3}
    assert outcome.exit_code is ExitCode.DONE
    assert digests_of(job).keys() == undisturbed[0].keys()
    found = {name: digest for name, digest in digests_of(job).items() if name != "run_steps"}
    assert found.items() <= undisturbed[0].items()
