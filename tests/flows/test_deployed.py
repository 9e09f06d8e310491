"""What the page of a run shows where a worker does it."""

import logging

import pytest
from prefect.logging.handlers import APILogHandler

from flows.demo import write_demo
from flows.deployed import heard_by_server, tell_server
from flows.errors import ExitCode
from flows.outcome import Outcome
from flows.progress import LOGGER, listener
from flows.run import prepare_run
from tests.flows.sample_nights import SMALL, night_in


@pytest.fixture
def as_before():
    level, handlers = LOGGER.level, [*LOGGER.handlers]
    LOGGER.setLevel(logging.NOTSET)
    yield
    LOGGER.setLevel(level)
    LOGGER.handlers[:] = handlers


@pytest.fixture
def deployed(as_before, monkeypatch):
    """Let this be a run of a deployment; what would go to the server is returned."""
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "some-deployment")
    sent = []
    monkeypatch.setattr(APILogHandler, "emit", lambda _, record: sent.append(record.getMessage()))
    return sent


def test_steps_of_a_deployed_run_are_on_its_page_and_no_line_is_twice(deployed):
    for _ in range(2):
        with heard_by_server():
            listener().started("predict")
    assert deployed == ["event=step_started step=predict"] * 2


def test_a_command_sends_nothing(as_before):
    with heard_by_server():
        listener().started("predict")
    assert LOGGER.level == logging.NOTSET


def test_how_a_deployed_run_ended_is_on_its_page(deployed, tmp_path):
    write_demo(tmp_path / "sample", SMALL)
    run = prepare_run(night_in(tmp_path / "job", tmp_path / "sample"))
    page = str(run.report)
    with heard_by_server():
        tell_server(run, Outcome(run.run_id, ExitCode.DONE, page, already_published=True))
        tell_server(run, Outcome(run.run_id, ExitCode.DONE, page, notices=("it is late",)))
    assert deployed[0].startswith(f"Run {run.run_id} is published already")
    assert "Note: it is late." in deployed
    assert f"store   {run.store_url}" in deployed
