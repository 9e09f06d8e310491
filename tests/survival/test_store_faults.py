"""A fault at every call to the store: the night goes on, or ends in a sentence and resumes."""

from contextlib import contextmanager
from unittest.mock import patch

import duckdb
import psycopg
import pytest

from flows.run import prepare_run
from flows.steps import patience
from flows.steps import publish as publishing
from flows.steps import report as reporting
from storage.errors import StoreError, TerminalStoreError, TransientStoreError
from storage.stores import bigquery_jobs, open_store
from storage.stores.bigquery_store import BigQueryStore
from storage.stores.duckdb_store import DuckDBStore
from storage.stores.parquet_store import ParquetStore
from storage.stores.postgres_store import PostgresStore
from tests.lanes import slow
from tests.storage.addresses import SCHEMES, address_of, stand_in
from tests.storage.bigquery_stand_in import Fault
from tests.survival.jobs import job_in
from tests.survival.plain import run_plain
from tests.survival.verdict import assert_old_or_new, assert_whole

KINDS = {"unavailable": TransientStoreError, "refusing": TerminalStoreError}
# Calls to the store of a night whose chunks are done: to learn whether it is published, to
# publish, to read for the report, to publish what the steps took.
CALLS = 29
ALWAYS = 10**6
# BigQuery waits for the slow lane, and memory is a Parquet folder too.
SLOWLY = [slow(scheme) if scheme in {"memory", "bigquery"} else scheme for scheme in SCHEMES]


class Faulty:
    """A store whose calls are counted, and fail from a certain one on for so many times."""

    def __init__(self, kind, first, times):
        self.kind, self.first, self.times = kind, first, times
        self.calls = []

    def struck(self, name):
        """Count a call; say whether it fails."""
        self.calls.append(name)
        return self.first <= len(self.calls) < self.first + self.times

    def open(self, address):
        if self.struck("open") and self.kind in KINDS:
            raise KINDS[self.kind](f"store {address}: no answer")
        return _Calls(self, open_store(address))


class _Calls:
    def __init__(self, faulty, store):
        self._faulty, self._store = faulty, store

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._store.close()

    def __getattr__(self, name):
        call = getattr(self._store, name)

        def counted(*arguments, **named):
            struck = self._faulty.struck(name)
            if struck and self._faulty.kind in KINDS:
                raise KINDS[self._faulty.kind](f"store: no answer to {name}")
            answer = call(*arguments, **named)
            if struck:
                raise TransientStoreError(f"store: the answer to {name} was lost")
            return answer

        return counted


@contextmanager
def faulty(kind, first, times):
    store = Faulty(kind, first, times)
    with (
        patch.object(publishing, "open_store", store.open),
        patch.object(reporting, "open_existing", store.open),
        patch.object(patience, "PATIENCE", (0.0, 0.0)),
    ):
        yield store


@pytest.fixture(scope="module")
def staged(demand_night, tmp_path_factory):
    """Return a demand night that is done but for its publication, and what it is to publish."""
    done, digests = demand_night
    folder = tmp_path_factory.mktemp("staged") / "job"
    return job_in(folder, done.folder).restricted("demand"), digests


def afresh(job, store):
    """Return the job with an empty store, its chunks done and its publication open."""
    fresh = job.model_copy(update={"outputs": job.outputs.model_copy(update={"store": store})})
    state = prepare_run(fresh).staging.state
    state.write_text(state.read_text().replace('"status": "published"', '"status": "open"'))
    job.path(job.outputs.report).unlink(missing_ok=True)
    return fresh


def error_of(job):
    """Run the night; return the error of the store that ended it, or None."""
    try:
        run_plain(job)
    except StoreError as error:
        return error
    return None


def strike(staged, store, kind, first, times):
    """Run with the fault, and again without where it ended the night; return the calls."""
    job, digests = staged
    job = afresh(job, store)
    with faulty(kind, first, times) as struck:
        error = error_of(job)
    if error is not None:
        assert "\n" not in str(error)
        # What passes by itself within the night's patience does not end it.
        assert kind == "refusing" or times > len(patience.PATIENCE)
    assert_old_or_new(job, digests)
    run_plain(job)
    assert_whole(job, digests)
    return struck.calls


def test_a_night_calls_its_store_so_often(staged, tmp_path):
    calls = strike(staged, address_of("duckdb", tmp_path / "store"), "unavailable", ALWAYS, 1)
    assert {"open", "runs", "publish", "tables", "read"} <= set(calls)
    assert len(calls) <= CALLS


@pytest.mark.parametrize(
    ("kind", "first"),
    [slow("unavailable", 1), ("refusing", 2), slow("unavailable", 4), ("lost", 4)],
)
def test_a_call_that_fails_while_it_publishes(staged, tmp_path, kind, first):
    """The first four: open, ask for the night's runs and for their inputs, publish."""
    strike(staged, address_of("duckdb", tmp_path / "store"), kind, first, 1)


@pytest.mark.parametrize("scheme", SLOWLY[:-1])
def test_a_store_that_stays_away_after_publication(staged, tmp_path, scheme):
    """A lost answer to a publication is what a committed night looks like to who asked for it."""
    strike(staged, address_of(scheme, tmp_path / "store"), "lost", 4, ALWAYS)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("kind", "times"),
    # What is unavailable twice is still answered within the night's patience; what refuses ends it.
    [*[("unavailable", times) for times in (1, 2, ALWAYS)], ("refusing", 1)]
    + [("lost", times) for times in (1, ALWAYS)],
)
def test_a_fault_at_any_call(staged, tmp_path, kind, times, scheme):
    for first in range(1, CALLS + 1):
        strike(staged, address_of(scheme, tmp_path / f"store-{first}"), kind, first, times)


# Where a store writes one table, and what it meets there when its disk or its server goes.
INNER = {
    "duckdb": (DuckDBStore, "_replace", duckdb.IOException("IO Error: the disk went away")),
    "parquet": (ParquetStore, "_write", duckdb.IOException("IO Error: the disk went away")),
    "memory": (ParquetStore, "_write", ConnectionError("the bucket went away")),
    "postgresql": (PostgresStore, "_replace", psycopg.OperationalError("the server went away")),
    "bigquery": (BigQueryStore, "_load", ConnectionError("the service went away")),
}


def die_between(staged, scheme, folder, table):
    """Let the store die at a table of the publication, as a server or a disk does."""
    job, digests = staged
    job = afresh(job, address_of(scheme, folder))
    owner, name, death = INNER[scheme]
    whole = getattr(owner, name)
    seen = []

    def dying(self, *arguments):
        seen.append(1)
        # What is away stays away, however often the night asks.
        if len(seen) >= table:
            raise death
        return whole(self, *arguments)

    with patch.object(owner, name, dying), patch.object(patience, "PATIENCE", (0.0, 0.0)):
        error = error_of(job)
    died = len(seen) >= table
    assert died == ("went away" in str(error))
    assert_old_or_new(job, digests)
    run_plain(job)
    assert_whole(job, digests)
    return died


@pytest.mark.parametrize("scheme", SLOWLY)
@pytest.mark.parametrize("table", [2])
def test_a_store_that_dies_between_tables(staged, tmp_path, scheme, table):
    assert die_between(staged, scheme, tmp_path / "store", table)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_store_that_dies_between_any_tables(staged, tmp_path, scheme):
    _, digests = staged
    died = [
        die_between(staged, scheme, tmp_path / f"store-{table}", table)
        for table in range(1, len(digests) + 1)
    ]
    assert all(died)


@pytest.fixture
def service(monkeypatch):
    """Return the stand-in of BigQuery, which nobody waits long for."""
    monkeypatch.setattr(bigquery_jobs, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(bigquery_jobs, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(patience, "PATIENCE", (0.0, 0.0))
    stand_in().calm()
    yield stand_in()
    stand_in().calm()


def cut_off(staged, service, folder, kind, call):
    """Let BigQuery answer so many requests of the night and no more; say whether it struck."""
    job, digests = staged
    job = afresh(job, address_of("bigquery", folder))
    fault = Fault(kind, "/v2/", skip=call, times=ALWAYS)
    service.faults.append(fault)
    error = error_of(job)
    service.calm()
    assert (error is not None) == (fault.times < ALWAYS)
    assert error is None or isinstance(error, TransientStoreError)
    assert_old_or_new(job, digests)
    run_plain(job)
    assert_whole(job, digests)
    return error is not None


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "call"), [("lost", 40)])
def test_a_night_that_bigquery_stops_answering(staged, service, tmp_path, kind, call):
    assert cut_off(staged, service, tmp_path / "store", kind, call)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["unavailable", "lost"])
@pytest.mark.parametrize("first", [3, 13, 23, 33])
def test_a_night_that_bigquery_stops_answering_at_any_request(
    staged, service, tmp_path, kind, first
):
    """Every fortieth request from each of these on: one in ten of them all."""
    call = first
    while cut_off(staged, service, tmp_path / f"{call}", kind, call):
        call += 40
    assert call > first
