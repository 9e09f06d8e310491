"""The store on bqemulator: a second opinion on what goes over the wire and on our SQL.

It is another project's reading of BigQuery. Version 1.4 takes no partition decorator, no upload
in one request, no ASSERT and no parameter within a script, and runs a job id again. So here loads
go to whole tables in two requests, and a publication's statements run one by one, without its
assertions; ids, decorators, transactions and assertions are proven on our own stand-in.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from unittest.mock import patch

import google.auth
import pandas as pd
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from storage.stores import bigquery_store, open_store
from storage.stores.bigquery_dataset import Dataset, Parameter, night, text
from storage.stores.bigquery_inputs import BigQueryInput, fetch_input
from storage.stores.bigquery_sql import commit_script
from storage.views import VIEWS
from tests.emulators.environments import FOLDER, environment, python_of
from tests.storage.nights import AS_OF, EVERY, RUN, publication
from tests.storage.nights import night as made_up

pytestmark = pytest.mark.slow
PROJECT = "stand-in-project"
SECONDS = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return the emulator's address, and its port for gRPC."""
    own = {**environment(), "TMPDIR": str(tmp_path_factory.mktemp("emulator"))}
    python = python_of("bqemulator")
    with socket.socket() as rest, socket.socket() as grpc:
        for free in (rest, grpc):
            free.bind(("127.0.0.1", 0))
        ports = rest.getsockname()[1], grpc.getsockname()[1]
    command = [python, FOLDER / "bqemulator" / "serve.py", *map(str, ports)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=own, **quiet) as process:
        url = f"http://127.0.0.1:{ports[0]}"
        wait_for(f"{url}/bigquery/v2/projects/{PROJECT}/datasets", process)
        yield url, ports
        process.stdin.close()


def wait_for(url, process):
    for _ in range(2 * SECONDS):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            assert process.poll() is None, "the emulator ended"
            time.sleep(0.5)
    pytest.fail(f"the emulator did not answer within {SECONDS} seconds")


def commit_one_by_one(self, loaded, publication):
    """Run what makes a publication visible, statement by statement."""
    dataset = self._dataset
    known = self.published(publication.run_id)
    script = commit_script(
        loaded, dataset.quoted("runs"), dataset.quoted("almanac_publications"), known=known
    )
    parameters = [
        text("run_id", publication.run_id),
        text("job", publication.job),
        night(publication.as_of),
        Parameter("version", "INT64", self._version(publication.as_of) + 1),
    ]
    for statement in script.split(";\n"):
        if not statement.startswith(("BEGIN", "COMMIT", "ASSERT")):
            dataset.rows(statement.removesuffix(";"), parameters)


@pytest.fixture
def address(server, tmp_path, monkeypatch):
    """Return a dataset of its own on the emulator, and take out what this does not know."""
    reference, load = Dataset.reference, bigquery.Client.load_table_from_file
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server[0])
    credentials = (AnonymousCredentials(), PROJECT)
    with (
        patch.object(google.auth, "default", lambda *_, **__: credentials),
        patch.object(Dataset, "reference", lambda own, name: reference(own, name.split("$")[0])),
        patch.object(bigquery_store.BigQueryStore, "_commit", commit_one_by_one),
        patch.object(
            bigquery.Client,
            "load_table_from_file",
            lambda own, file, table, **named: load(own, file, table, **{**named, "size": None}),
        ),
    ):
        yield f"bigquery://{PROJECT}/t{abs(hash(str(tmp_path)))}?location=EU"


def test_every_table_is_made_loaded_and_read_back(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1", tables=EVERY))
        for name, frame in made_up(tables=EVERY).items():
            pd.testing.assert_frame_equal(store.read(name, run_id=RUN), frame)


def test_a_newer_run_takes_the_place_of_the_older(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2", "night-b"))
        for name in store.tables():
            expected = [RUN, "night-b"] if name == "runs" else ["night-b"]
            assert store.read(name)["run_id"].unique().tolist() == expected, name


def test_a_correction_is_merged(address, tmp_path):
    changed = made_up()["champions"].iloc[1:].assign(score=0.125)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2", champions=changed))
        pd.testing.assert_frame_equal(store.read("champions"), changed.reset_index(drop=True))


def test_an_input_is_read(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1", tables=EVERY))
    dataset = address.partition("?")[0].rpartition("/")[2]
    wanted = BigQueryInput("demand", f"{PROJECT}.{dataset}.demand_actuals")
    assert fetch_input(wanted, AS_OF, tmp_path / "demand.parquet").rows == 3


def test_an_input_read_by_the_storage_read_api_is_the_same_bytes(server, tmp_path):
    """In a process of the emulator's environment, where the API's client is installed."""
    script = FOLDER / "bqemulator" / "read.py"
    done = subprocess.run(
        [python_of("bqemulator"), script, *map(str, server[1]), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**environment(), "PYTHONPATH": os.fspath(FOLDER.parents[1])},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["rows"] == 5000
    assert found["reads by storage read"] >= 1
    assert found["reads by pages"] == 0
    whole = (tmp_path / "by-storage-read.parquet").read_bytes()
    assert whole == (tmp_path / "by-pages.parquet").read_bytes()


def test_the_views_are_made_and_answer(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1", tables=EVERY))
        assert store.create_views() == tuple(VIEWS)
        for name in VIEWS:
            every = "as_of >= TIMESTAMP '0001-01-01 00:00:00+00'"
            rows = store._dataset.rows(f"SELECT * FROM {store._dataset.quoted(name)} WHERE {every}")
            assert rows.num_columns > 3, name
