"""What the command lets Prefect say on the console."""

import io
import logging
import subprocess
import sys

import pytest

from flows.cli.environment import drop_known_tracebacks
from flows.errors import RunBusyError
from storage.errors import TransientStoreError


@pytest.fixture(params=[None, "prefect.flow_runs"])
def console(request, monkeypatch):
    """Return what is said on a handler of the root, or of Prefect's own logger."""
    # A server that other tests started has handlers of its own, which send to it.
    for name in ("prefect", "prefect.flow_runs", "prefect.flow_runs.night"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    owner = logging.getLogger(request.param)
    owner.addHandler(handler)
    filters = {held: list(held.filters) for held in owner.handlers}
    yield said
    for held, kept in filters.items():
        held.filters = kept
    owner.removeHandler(handler)


def say(error):
    logging.getLogger("prefect.flow_runs.night").error("Encountered an exception", exc_info=error)


@pytest.mark.parametrize("error", [RunBusyError("busy"), TransientStoreError("away")])
def test_an_error_that_the_command_says_in_a_sentence_has_no_traceback(console, error):
    drop_known_tracebacks()
    say(error)
    assert console.getvalue() == ""


def test_an_error_that_nobody_expected_keeps_its_traceback(console):
    drop_known_tracebacks()
    say(ZeroDivisionError("division"))
    assert "ZeroDivisionError: division" in console.getvalue()


def test_no_command_loads_prefect_before_it_has_said_how_prefect_behaves():
    # Prefect reads its settings once, and sends statistics unless told otherwise, as it is loaded.
    loaded = "import sys, flows.cli.main; print('prefect' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True)
    assert told.stdout.split() == [b"False"]
