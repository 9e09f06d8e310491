"""`almanac retry` redoes what failed, and what stops it midway can be taken up again."""

from dataclasses import replace
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from rich.console import Console

from flows.cli import main, running
from flows.errors import ExitCode, JobRefusedError
from flows.run import entity_names, is_retrying, load_run, prepare_run
from flows.steps import calibrate, decide, predict, publish, risk
from forecasting.errors import Failure
from storage.errors import TerminalStoreError
from storage.stores import open_store
from storage.stores.duckdb_store import DuckDBStore
from tests.flows.sample_nights import tables_of
from tests.lanes import slow
from tests.storage.addresses import SCHEMES, address_of, stand_in
from tests.survival.jobs import assert_identity, digests_of, job_in
from tests.survival.plain import plain, run_plain
from tests.survival.verdict import assert_whole

QUIET = Console(quiet=True)


def tolerant(job):
    """Return the job, which publishes whatever fails."""
    execution = job.execution.model_copy(update={"failure_threshold": 1.0})
    return job.model_copy(update={"execution": execution})


def stock_job(folder, sample, **outputs):
    """Return a job of which nothing is as slow as its replay, which no forecast goes into."""
    job = tolerant(job_in(folder, sample, **outputs).restricted("stock"))
    return job.model_copy(update={"stock": job.stock.model_copy(update={"backtest": None})})


def demand_job(folder, sample, **outputs):
    return tolerant(job_in(folder, sample, **outputs).restricted("demand"))


def with_failures(job):
    """Run the night, whose first chunk of forecasts fails, and return its job."""
    with patch.object(predict, "_forecast_slice", no_luck(predict._forecast_slice, 0)):
        outcome = run_plain(job, report=False)
    assert outcome.exit_code is ExitCode.DONE_WITH_FAILURES
    return job


def risk_job(folder, sample):
    job = tolerant(job_in(folder, sample).restricted("risk"))
    return job.model_copy(update={"risk": job.risk.model_copy(update={"backtest": None})})


@pytest.fixture(scope="module")
def sound(sample, tmp_path_factory):
    """Return what the night publishes where nothing fails."""
    job = stock_job(tmp_path_factory.mktemp("sound") / "job", sample)
    assert run_plain(job, report=False).exit_code is ExitCode.DONE
    return digests_of(job)


@pytest.fixture(scope="module")
def sound_demand(sample, tmp_path_factory):
    """Return what a night of demand publishes where nothing fails."""
    job = demand_job(tmp_path_factory.mktemp("sound") / "job", sample)
    assert run_plain(job, report=False).exit_code is ExitCode.DONE
    return digests_of(job)


def no_luck(whole, number):
    """Let one chunk of forecasts fail."""

    def broken(run, chunk, only):
        if chunk == number:
            raise ValueError("no such luck")
        return whole(run, chunk, only)

    return broken


@pytest.fixture(scope="module")
def failed_once(sample, tmp_path_factory):
    """Return the folder of a night that was published with failures, for all to copy."""
    folder = tmp_path_factory.mktemp("failed") / "job"
    with_failures(demand_job(folder, sample))
    return folder


@pytest.fixture
def failed(failed_once, tmp_path):
    """Return a night of demand that was published with failures."""
    job = demand_job(tmp_path / "job", failed_once)
    prepare_run(job).save()
    return job


@pytest.fixture(scope="module")
def healed(sample, tmp_path_factory):
    """Return a night with stock that was retried, what it had published, and the command's end."""
    job = with_failures(stock_job(tmp_path_factory.mktemp("healed") / "job", sample))
    before, run_id = tables_of(job), prepare_run(job).run_id
    with plain():
        said = CliRunner().invoke(main, ["retry", run_id[:-3], "--folder", str(job.folder)])
    return job, before, said


def retry(job):
    with plain():
        return running.rerun(load_run(prepare_run(job).uri), QUIET)


def chunks_done_again(job):
    steps = tables_of(job)["run_steps"].set_index("step")
    return (steps["chunks"] - steps["reused_chunks"]).to_dict()


def test_a_retry_redoes_what_failed_and_publishes_the_whole(healed, sound):
    job, before, _ = healed
    failures = before["failures"]
    assert set(failures["message"]) >= {"no such luck"}
    # A stock entity whose forecast failed has no order, and is named too.
    assert set(failures["stage"]) == {"predict", "decide"}
    assert_identity(before)
    assert_whole(job, sound)
    done = chunks_done_again(job)
    # New forecasts are added up anew; new plans are shared out anew in both warehouses, and
    # looked at for transfers.
    assert (done["check"], done["predict"], done["decide"]) == (0, 1 + 1, 1 + 2 + 1)


def luckless(whole, failure, lost):
    """Let the first series of a chunk fail, and leave all others as they are."""

    def without_luck(*given):
        result = whole(*given)
        lost.append("/".join(result.forecasts[predict.SERIES].iloc[0]))
        changes = {
            name: frame.loc[entity_names(frame, predict.SERIES) != lost[0]]
            for name in ("forecasts", "accuracy", "champions", "weights")
            for frame in [getattr(result, name)]
        }
        failures = [*result.failures, failure(lost[0], "forecast", "ValueError", "no such luck")]
        return replace(result, **changes, failures=failures)

    return without_luck


def once(first, then):
    """Call ``first`` once, and the other from then on."""
    calls = iter([first])

    def call(*given):
        return next(calls, then)(*given)

    return call


def asked_for(whole, asked):
    """Keep the last argument of each call: the entities that are to be done."""

    def spied(*given):
        asked.append(given[-1])
        return whole(*given)

    return spied


def test_a_retry_redoes_the_series_that_failed_alone(sample, tmp_path, sound):
    job, lost = stock_job(tmp_path / "job", sample), []
    first = luckless(predict.forecast_demand, Failure, lost)
    with patch.object(predict, "forecast_demand", once(first, predict.forecast_demand)):
        outcome = run_plain(job, report=False)
    assert outcome.exit_code is ExitCode.DONE_WITH_FAILURES
    failures = tables_of(job)["failures"]
    assert set(zip(failures["entity"], failures["stage"], strict=True)) == {
        (lost[0], "forecast"),
        (lost[0], "decide"),
    }
    forecast, planned = [], []
    with (
        patch.object(predict, "_forecast_slice", asked_for(predict._forecast_slice, forecast)),
        patch.object(decide, "_plan", asked_for(decide._plan, planned)),
    ):
        assert retry(job) is ExitCode.DONE
    assert (forecast, planned) == ([frozenset(lost)], [frozenset(lost)])
    assert_whole(job, sound)


@pytest.mark.parametrize(
    "scheme",
    [SCHEMES[1], *map(slow, SCHEMES[2:])],
)
def test_a_retry_s_whole_night_takes_the_place_of_the_failed_one_in_every_store(
    sample, sound_demand, tmp_path, scheme
):
    """In BigQuery by a MERGE within the night's partition."""
    stand_in().calm()
    store = address_of(scheme, tmp_path / "store")
    job = with_failures(demand_job(tmp_path / "job", sample, store=store))
    assert digests_of(job)["demand_forecasts"] != sound_demand["demand_forecasts"]
    assert retry(job) is ExitCode.DONE
    assert_whole(job, sound_demand)


def test_a_retry_redoes_the_book_that_failed_alone(sample, tmp_path):
    whole, job = (risk_job(tmp_path / name, sample) for name in ("whole", "job"))
    assert run_plain(whole, report=False).exit_code is ExitCode.DONE
    lost = []

    def without_luck(*given):
        measured = risk_whole(*given)
        lost.append(measured.risk["portfolio_id"].iloc[0])
        failure = risk.Failure(lost[0], "measure", "ValueError", "no such luck")
        return replace(measured, failures=[*measured.failures, failure])

    risk_whole = risk.measure_portfolios
    with patch.object(risk, "measure_portfolios", once(without_luck, risk_whole)):
        outcome = run_plain(job, report=False)
    assert outcome.exit_code is ExitCode.DONE_WITH_FAILURES
    assert lost[0] in set(tables_of(job)["failures"]["entity"])
    asked = []
    with patch.object(risk, "_measure", asked_for(risk._measure, asked)):
        assert retry(job) is ExitCode.DONE
    assert asked == [lost]
    assert_whole(job, digests_of(whole))


def test_a_night_without_failures_has_nothing_to_retry(healed):
    job, *_ = healed
    state = prepare_run(job).staging.state
    before = state.stat().st_mtime_ns
    assert retry(job) is ExitCode.DONE
    assert state.stat().st_mtime_ns == before


def killed(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        pytest.param(predict, "_forecast_slice", id="while it forecasts", marks=pytest.mark.slow),
        pytest.param(publish, "publish", id="before it publishes", marks=pytest.mark.slow),
        pytest.param(DuckDBStore, "_replace", id="while it publishes"),
    ],
)
def test_a_retry_that_is_killed_is_taken_up_by_the_next(failed, sound_demand, owner, name):
    """Its chunks are healed by then, or gone; only the mark in the state tells of it."""
    published = digests_of(failed)
    with patch.object(owner, name, killed), pytest.raises(KeyboardInterrupt):
        retry(failed)
    assert is_retrying(prepare_run(failed))
    assert digests_of(failed) == published
    assert retry(failed) is ExitCode.DONE
    assert_whole(failed, sound_demand)
    assert not is_retrying(prepare_run(failed))


def test_a_retry_that_is_killed_is_taken_up_by_a_plain_run_too(failed, sound_demand):
    with patch.object(publish, "publish", killed), pytest.raises(KeyboardInterrupt):
        retry(failed)
    assert not run_plain(failed).already_published
    assert_whole(failed, sound_demand)


def test_a_retry_whose_store_refuses_leaves_what_was_published(failed, sound_demand):
    published = digests_of(failed)

    def refusing(*_):
        raise TerminalStoreError("store: no")

    with patch.object(DuckDBStore, "publish", refusing), pytest.raises(TerminalStoreError):
        retry(failed)
    assert digests_of(failed) == published
    assert retry(failed) is ExitCode.DONE
    assert_whole(failed, sound_demand)


def test_what_fails_again_is_published_as_failed_again(failed, sound_demand):
    with patch.object(predict, "_forecast_slice", no_luck(predict._forecast_slice, 0)):
        assert retry(failed) is ExitCode.DONE_WITH_FAILURES
    assert not is_retrying(prepare_run(failed))
    assert_identity(tables_of(failed))
    assert retry(failed) is ExitCode.DONE
    assert_whole(failed, sound_demand)


def test_a_calibration_that_failed_is_learnt_anew_and_every_forecast_made_with_it(sample, tmp_path):
    def judged_twice(folder):
        """An origin is judged by the law of an earlier one, so there must be two."""
        job = demand_job(folder, sample)
        return job.model_copy(update={"demand": job.demand.model_copy(update={"windows": 2})})

    sound, job = judged_twice(tmp_path / "sound"), judged_twice(tmp_path / "job")
    assert run_plain(sound, report=False).exit_code is ExitCode.DONE
    expected = digests_of(sound)

    def broken(*_):
        raise ValueError("nothing learnt")

    with patch.object(calibrate, "learn_calibration", broken):
        run_plain(job, report=False)
    assert digests_of(job)["demand_forecasts"] != expected["demand_forecasts"]
    assert retry(job) is ExitCode.DONE
    assert_whole(job, expected)


def test_a_run_whose_inputs_have_changed_is_not_retried(failed):
    published = digests_of(failed)
    run = load_run(prepare_run(failed).uri)
    store = run.store_url
    items = failed.folder / "inputs" / "items.csv"
    items.write_text(items.read_text().replace("Almond", "Hazelnut") + "\n")
    with plain(), pytest.raises(JobRefusedError, match="have changed since"):
        running.rerun(run, QUIET)
    assert not is_retrying(run)
    with open_store(store) as opened:
        assert opened.runs()["run_id"].tolist() == [run.run_id]
    assert len(published) > 0


def test_the_command_retries_by_the_start_of_the_id(healed):
    *_, said = healed
    assert said.exit_code == ExitCode.DONE, said.output
