"""One sample, one cradle, and what undisturbed nights publish."""

import time

import pytest

from tests.survival.jobs import digests_of, job_in, write_small
from tests.survival.lives import Cradle
from tests.survival.plain import run_plain


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("survival") / "sample")


@pytest.fixture(scope="session")
def cradle():
    with Cradle() as lives:
        yield lives


@pytest.fixture(scope="session")
def undisturbed_job(cradle, sample, tmp_path_factory):
    """Return the job of a night that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed") / "job"
    job = job_in(folder, sample)
    assert cradle.live(folder).code == 0
    return job


@pytest.fixture(scope="session")
def undisturbed(cradle, undisturbed_job):
    """Return what that night published, and the seconds of a life that finds its chunks done."""
    job = undisturbed_job
    digests = digests_of(job)
    # The first life compiled what no cache had yet.
    started = time.monotonic()
    assert cradle.live(job.folder, again=True).code == 0
    assert digests_of(job) == digests
    return digests, time.monotonic() - started


@pytest.fixture(scope="session")
def demand_night(sample, tmp_path_factory):
    """Return the job of a night of demand alone, and what it published."""
    job = job_in(tmp_path_factory.mktemp("demand") / "job", sample).restricted("demand")
    run_plain(job)
    return job, digests_of(job)
