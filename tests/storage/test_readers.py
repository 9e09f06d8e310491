"""Readers beside a writer: each look is of one night, the old one or the new one, in all tables."""

import threading
import time
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
import pytest
from google.cloud import bigquery

from storage.stores import open_store
from storage.stores.local_folder import LocalFolder
from storage.stores.remote_folder import RemoteFolder
from tests.storage.addresses import EACH_KIND, PROJECT, address_of, stand_in
from tests.storage.nights import publication

NIGHTS = ("night-a", "night-b")
TABLES = ("champions", "order_plans", "run_steps")
PUBLICATIONS = 4


def union(quote="{}"):
    """Return one statement over several tables, as a user's query is."""
    return " UNION ALL ".join(
        f"SELECT '{name}', run_id FROM {quote.format(name)} WHERE as_of >= TIMESTAMP '2026-01-01'"
        for name in TABLES
    )


@contextmanager
def looking_into_duckdb(address):
    """Look by two statements of one transaction, and by one statement over all tables."""
    with duckdb.connect(address.partition(":")[2]) as connection:

        def look():
            connection.begin()
            found = connection.execute(union()).fetchall()
            for name in TABLES:
                rows = connection.execute(f"SELECT '{name}', run_id FROM {name}").fetchall()
                found += rows
            connection.commit()
            return found

        yield look


@contextmanager
def looking_into_postgresql(address):
    with psycopg.connect(address, autocommit=True) as connection:
        yield lambda: connection.execute(union()).fetchall()


@contextmanager
def looking_into_bigquery(address):
    client = bigquery.Client(project=PROJECT, location="EU")
    dataset = address.partition("?")[0].rpartition("/")[2]
    query = union(f"`{PROJECT}.{dataset}.{{}}`")
    yield lambda: [tuple(row) for row in client.query(query).result()]
    client.close()


@contextmanager
def looking_into_folder(address):
    """Look at the manifest once, and at every file that it names, while they are there."""
    place = address.partition(":")[2]
    folder = RemoteFolder(place) if "://" in place else LocalFolder(Path(place))

    def look():
        while True:
            manifest = folder.manifest()
            counting = [entry for entry in manifest.entries if entry.table in TABLES]
            try:
                assert all(folder.read(entry.file) for entry in counting)
            except FileNotFoundError:
                # A publication has replaced them meanwhile, and the manifest before.
                assert folder.manifest() != manifest
            else:
                return [(entry.table, entry.run_id) for entry in counting]

    yield look


LOOKING = {
    "duckdb": looking_into_duckdb,
    "parquet": looking_into_folder,
    "memory": looking_into_folder,
    "postgresql": looking_into_postgresql,
    "bigquery": looking_into_bigquery,
}


@pytest.mark.parametrize("scheme", EACH_KIND)
def test_a_reader_sees_one_night_in_all_tables_while_others_are_published(scheme, tmp_path):
    """By a statement of its own over several tables, and by a store's own `read` of one."""
    address = address_of(scheme, tmp_path / "store")
    stand_in().calm()
    nights = [publication(tmp_path / name, name) for name in NIGHTS]
    seen, failed, done = [], [], threading.Event()

    def read():
        try:
            with LOOKING[scheme](address) as look, open_store(address) as other:
                while not done.is_set():
                    rows = other.read("champions")["run_id"]
                    seen.append((frozenset(look()), tuple(rows.unique())))
        except Exception as error:  # noqa: BLE001 - whatever the reader meets
            failed.append(error)

    with open_store(address) as store:
        store.publish(nights[0])
        reader = threading.Thread(target=read)
        reader.start()
        for number in range(PUBLICATIONS):
            store.publish(nights[(number + 1) % 2])
            # Two more: the second one began after the publication.
            enough = len(seen) + 2
            while len(seen) < enough and not failed:
                time.sleep(0.001)
        done.set()
        reader.join()
    assert failed == []
    looks, reads = map(set, zip(*seen, strict=True))
    assert looks == {frozenset((table, night) for table in TABLES) for night in NIGHTS}
    assert reads == {(night,) for night in NIGHTS}
