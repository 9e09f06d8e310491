"""The command itself, Prefect and all, killed and started again; and two of it at once."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from flows.spec import job_as_toml
from tests.survival.jobs import job_in
from tests.survival.verdict import assert_whole

COMMAND = [sys.executable, "-m", "flows"]
KILLS = 4


@pytest.fixture
def night(sample, tmp_path):
    """Return a job whose spec on disk is the small one."""
    job = job_in(tmp_path / "job", sample)
    (tmp_path / "job" / "small.toml").write_text(job_as_toml(job))
    return job


def start(job):
    """Start the command in a session of its own, whose processes end together."""
    return subprocess.Popen(
        [*COMMAND, "run", str(job.folder / "small.toml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=dict(os.environ),
    )


def finish(process):
    said, _ = process.communicate()
    return process.returncode, said


@pytest.mark.slow
def test_the_command_killed_at_random_moments_ends_as_if_it_had_not_been(night, undisturbed):
    draws = random.Random(20261031)
    for _ in range(KILLS):
        process = start(night)
        time.sleep(draws.uniform(4.0, 25.0))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        code, said = finish(process)
        assert code in {-9, 0}, said
    code, said = finish(start(night))
    assert code == 0, said
    assert_whole(night, undisturbed[0])


@pytest.mark.slow
def test_the_command_twice_at_once_publishes_once(night, undisturbed):
    both = [start(night), start(night)]
    ends = [finish(process) for process in both]
    codes = sorted(code for code, _ in ends)
    # The second is refused, or comes late enough to find the night done.
    assert codes in ([0, 0], [0, 2]), ends
    assert "Traceback" not in "".join(said for _, said in ends)
    assert_whole(night, undisturbed[0])
