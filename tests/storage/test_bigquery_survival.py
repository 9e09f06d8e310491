"""A publication to BigQuery cut off at any call, or killed: published again, it is the same."""

import os
import random
import subprocess
import sys
import time

import pandas as pd
import pytest

from storage.errors import TransientStoreError
from storage.stores import bigquery_jobs, open_store
from tests.storage.addresses import address_of, stand_in
from tests.storage.bigquery_stand_in import Fault
from tests.storage.nights import RUN, night, publication

TABLES = ("champions", "runs", "run_steps")
# More than the calls of a publication: those beyond the last strike nothing.
CALLS = 38
# Of these one in so many is tried at the gate, and every other in the slow lane.
EVERY = 18
KILLS = 12


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(bigquery_jobs, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(bigquery_jobs, "RETRY_SECONDS", 0.02)
    stand_in().calm()
    yield stand_in()
    stand_in().calm()


def visible(address):
    with open_store(address) as store:
        return {name: store.read(name) for name in store.tables()}


def assert_night(found, run_id):
    """The night is that run's whole, and nothing of another's."""
    expected = night(run_id, tables=TABLES)
    assert set(found) == set(expected)
    for name, frame in expected.items():
        own = found[name] if name != "runs" else found[name].query("run_id == @run_id")
        pd.testing.assert_frame_equal(own.reset_index(drop=True), frame)


def cut_off(server, tmp_path, kind, call):
    address = address_of("bigquery", tmp_path / "store")
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1", tables=TABLES))
    server.faults.append(Fault(kind, "/v2/", skip=call, times=10_000))
    try:
        with open_store(address) as store:
            store.publish(publication(tmp_path / "2", "night-b", tables=TABLES))
    except TransientStoreError:
        pass
    else:
        assert server.faults[0].times == 10_000
    server.calm()
    found = visible(address)
    assert_night(found, "night-b" if "night-b" in set(found["runs"]["run_id"]) else RUN)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "2", "night-b", tables=TABLES))
    assert_night(visible(address), "night-b")


@pytest.mark.parametrize("kind", ["unavailable", "lost"])
@pytest.mark.parametrize("call", range(0, CALLS, EVERY))
def test_cut_off_at_a_call_the_night_is_the_old_or_the_new_one(server, tmp_path, kind, call):
    cut_off(server, tmp_path, kind, call)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["unavailable", "lost"])
@pytest.mark.parametrize("call", [call for call in range(CALLS) if call % EVERY])
def test_cut_off_at_any_call_the_night_is_the_old_or_the_new_one(server, tmp_path, kind, call):
    cut_off(server, tmp_path, kind, call)


PUBLISH = """
import sys
from datetime import date
from pathlib import Path
from storage.stores import Publication, open_store
address, folder = sys.argv[1], Path(sys.argv[2])
shards = {path.stem: [path] for path in folder.glob("*.parquet")}
print("begun", flush=True)
with open_store(address) as store:
    store.publish(Publication("night-b", date(2026, 1, 1), "night", shards))
"""


@pytest.mark.slow
def test_killed_at_any_moment_the_night_is_the_old_or_the_new_one(server, tmp_path):
    """Moments are drawn from the time that an undisturbed publication takes, and past it."""
    draws = random.Random(20260101)
    folder = tmp_path / "2"
    publication(folder, "night-b", tables=TABLES)
    for number in range(KILLS):
        address = address_of("bigquery", tmp_path / f"store {number}")
        with open_store(address) as store:
            store.publish(publication(tmp_path / f"{number}", tables=TABLES))
        process = subprocess.Popen(
            [sys.executable, "-c", PUBLISH, address, str(folder)],
            stdout=subprocess.PIPE,
            env=os.environ,
        )
        process.stdout.readline()
        time.sleep(draws.uniform(0.0, 3.0))
        process.kill()
        process.communicate()
        found = visible(address)
        assert_night(found, "night-b" if "night-b" in set(found["runs"]["run_id"]) else RUN)
        with open_store(address) as store:
            store.publish(publication(folder, "night-b", tables=TABLES))
        assert_night(visible(address), "night-b")
