"""Opening a store by its address."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from storage.errors import TerminalStoreError
from storage.stores.duckdb_store import DuckDBStore
from storage.stores.parquet_store import ParquetStore
from storage.stores.protocol import Store
from storage.stores.secrets import has_secret

NO_SECRETS = "the store's address must have no password in it; set PGPASSWORD or a password file"
# A URL of fsspec, as in "parquet:gs://BUCKET/FOLDER"; its scheme is longer than a drive's letter.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://.+")
_BY_PATH: Mapping[str, Callable[[Path], Store]] = {
    "duckdb": DuckDBStore,
    "parquet": ParquetStore,
}
_POSTGRES = ("postgresql", "postgres")
_BIGQUERY = "bigquery"


def is_path(address: str) -> bool:
    """Return whether a store's address names a place on disk, as "duckdb:FILE" does."""
    scheme, _, path = address.partition(":")
    return scheme in _BY_PATH and not _is_remote(scheme, path)


def is_absent(address: str) -> bool:
    """Return whether a store has its place on disk and is not there: opened, it would be made."""
    return is_path(address) and not Path(address.partition(":")[2]).exists()


def _is_remote(scheme: str, path: str) -> bool:
    return scheme == "parquet" and _URL.fullmatch(path) is not None


def open_store(address: str) -> Store:
    """Open the store at ``address``; one on disk is made where it is not there.

    It is "duckdb:FILE", "parquet:FOLDER", "postgresql://..." or "bigquery://PROJECT/DATASET"; a
    Parquet folder may be at a URL of fsspec, as in "parquet:gs://BUCKET/FOLDER".

    Raises
    ------
    TerminalStoreError
        Where the scheme is unknown, the path is missing, the store cannot be made, or the
        address has a password in it.
    TransientStoreError
        Where the store cannot be reached, or another process has it open and it takes one.
    """
    refuse_unknown(address)
    scheme, _, path = address.partition(":")
    if scheme in _POSTGRES:
        return _open_postgres(address)
    if scheme == _BIGQUERY:
        return _open_bigquery(address)
    if _is_remote(scheme, path):
        return ParquetStore(path)
    return _BY_PATH[scheme](Path(path))


def refuse_unknown(address: str) -> None:
    """Refuse what is no store's address, or has a password in it; nothing is opened.

    Raises
    ------
    TerminalStoreError
        Which says what an address must be.
    """
    if has_secret(address):
        raise TerminalStoreError(NO_SECRETS)
    scheme, _, path = address.partition(":")
    if scheme not in {*_BY_PATH, *_POSTGRES, _BIGQUERY} or not path:
        known = ", ".join(f"{name}:PATH" for name in _BY_PATH)
        raise TerminalStoreError(
            f"store {address!r}: the address must be {known}, postgresql://... or bigquery://..."
        )


def open_existing(address: str) -> Store:
    """Open a store that is there already, as whoever reads does: nothing is made on disk.

    Raises
    ------
    TerminalStoreError
        Where nothing is at its path, or as `open_store`.
    TransientStoreError
        As `open_store`.
    """
    if is_absent(address):
        raise TerminalStoreError(f"store {address}: there is none at that path")
    return open_store(address)


def _open_postgres(address: str) -> Store:
    try:
        from storage.stores.postgres_store import PostgresStore  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise TerminalStoreError(
            "the PostgreSQL store needs psycopg: pip install 'almanac[postgres]'"
        ) from error
    return PostgresStore(address)


def _open_bigquery(address: str) -> Store:
    try:
        from storage.stores.bigquery_store import BigQueryStore  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise TerminalStoreError(
            "the BigQuery store needs google-cloud-bigquery: pip install 'almanac[bigquery]'"
        ) from error
    return BigQueryStore(address)
