"""One sample, one cradle, and what an undisturbed night publishes."""

import time

import pytest

from tests.survival.jobs import digests_of, job_in, write_small
from tests.survival.lives import Cradle


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    return write_small(tmp_path_factory.mktemp("survival") / "sample")


@pytest.fixture(scope="session")
def cradle():
    with Cradle() as lives:
        yield lives


@pytest.fixture(scope="session")
def undisturbed(cradle, sample, tmp_path_factory):
    """Return what a night that nothing happened to published, and the seconds it took."""
    folder = tmp_path_factory.mktemp("undisturbed") / "job"
    job = job_in(folder, sample)
    # The first life compiles what no cache has yet.
    assert cradle.live(folder).code == 0
    digests = digests_of(job)
    started = time.monotonic()
    assert cradle.live(folder, again=True).code == 0
    assert digests_of(job) == digests
    return digests, time.monotonic() - started
