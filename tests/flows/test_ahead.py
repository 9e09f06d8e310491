"""What later steps need is compiled beside a first night, which it never fails."""

import os
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest

from flows.cli import ahead
from flows.demo import demo_job
from tests.conftest import ROOT

WAITS = "import time; time.sleep(600)"


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


@pytest.fixture
def cold(monkeypatch, two_processors):
    monkeypatch.setattr(ahead, "_to_compile", lambda _: ["risk"])


@pytest.fixture
def begun(monkeypatch):
    """Begin what waits for ever, and return it."""
    found = []

    def begin(_):
        found.append(subprocess.Popen([sys.executable, "-c", WAITS]))
        return found[-1]

    monkeypatch.setattr(ahead, "_begin", begin)
    return found


def test_compiling_ahead_ends_with_the_night(cold, begun):
    with ahead.compiling_ahead(demo_job()):
        assert begun[0].poll() is None
    assert begun[0].poll() is not None


def test_compiling_ahead_ends_with_a_night_that_fails(cold, begun):
    with pytest.raises(ValueError, match="of the night"), ahead.compiling_ahead(demo_job()):
        raise ValueError("of the night")
    assert begun[0].poll() is not None


def test_a_night_goes_on_where_nothing_can_be_compiled_ahead(cold, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with ahead.compiling_ahead(demo_job()):
        pass


def test_a_lone_processor_compiles_nothing_beside_a_night(cold, begun, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with ahead.compiling_ahead(demo_job()):
        assert not begun


def test_what_is_compiled_is_not_compiled_ahead(two_processors, begun, monkeypatch):
    monkeypatch.setattr("kernels.compile_turns.is_kept", lambda _: True)
    with ahead.compiling_ahead(demo_job()):
        assert not begun


@pytest.mark.parametrize(
    ("only", "wanted"),
    [
        (None, ["forecasts", "stock", "risk"]),
        ("demand", ["forecasts"]),
        ("risk", ["risk"]),
    ],
)
def test_only_what_the_job_asks_for_is_compiled_ahead(monkeypatch, only, wanted):
    monkeypatch.setattr("kernels.compile_turns.is_kept", lambda _: False)
    job = demo_job()
    assert ahead._to_compile(job.restricted(only)) == wanted
    assert set(wanted) <= set(ahead.AHEAD)


KILLED = """
import os, subprocess, sys
begin = "from threading import Thread; from flows.cli import ahead; import time; "
begin += "Thread(target=ahead._end_with_the_night, daemon=True).start(); time.sleep(600)"
process = subprocess.Popen([sys.executable, "-c", begin], stdin=subprocess.PIPE)
print(process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_compiling_ahead_ends_with_a_night_that_is_killed():
    done = subprocess.run(
        [sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT
    )
    with suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(timeout=120)


STATED = """
from flows.cli import ahead
from flows.demo import demo_job
print(*ahead._to_compile(demo_job()))
"""


@pytest.mark.slow
def test_compiled_ahead_is_where_a_night_looks(tmp_path):
    """In a cache of its own, which takes minutes to fill."""

    def say(*arguments):
        told = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        own = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        with subprocess.Popen([sys.executable, *arguments], env=own, **told) as process:
            said = process.stdout.read().split()
        assert process.returncode == 0
        return said

    assert say("-c", STATED) == list(ahead.AHEAD)
    say("-m", "flows.cli.ahead", *ahead.AHEAD)
    assert say("-c", STATED) == []
