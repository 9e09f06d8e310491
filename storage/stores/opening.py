"""Opening a store by its address."""

from collections.abc import Callable, Mapping
from pathlib import Path

from storage.errors import TerminalStoreError
from storage.stores.duckdb_store import DuckDBStore
from storage.stores.parquet_store import ParquetStore
from storage.stores.protocol import Store

_BY_PATH: Mapping[str, Callable[[Path], Store]] = {
    "duckdb": DuckDBStore,
    "parquet": ParquetStore,
}


def is_path(address: str) -> bool:
    """Return whether a store's address names a place on disk, as "duckdb:FILE" does."""
    return address.partition(":")[0] in _BY_PATH


def open_store(address: str) -> Store:
    """Open the store at ``address``.

    It is "duckdb:FILE", "parquet:FOLDER", "postgresql://..." or "bigquery://PROJECT/DATASET".

    Raises
    ------
    TerminalStoreError
        Where the scheme is unknown, the path is missing, or the store cannot be made.
    TransientStoreError
        Where the store cannot be reached, or another process has it open and it takes one.
    """
    scheme, _, path = address.partition(":")
    if scheme in {"postgresql", "postgres"} and path:
        return _open_postgres(address)
    if scheme == "bigquery" and path:
        return _open_bigquery(address)
    if scheme not in _BY_PATH or not path:
        known = ", ".join(f"{name}:PATH" for name in _BY_PATH)
        raise TerminalStoreError(
            f"store {address!r}: the address must be {known}, postgresql://... or bigquery://..."
        )
    return _BY_PATH[scheme](Path(path))


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
