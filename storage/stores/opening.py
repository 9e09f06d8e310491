"""Opening a store by its address."""

from collections.abc import Callable, Mapping
from pathlib import Path

from storage.errors import TerminalStoreError
from storage.stores.duckdb_store import DuckDBStore
from storage.stores.parquet_store import ParquetStore
from storage.stores.protocol import Store

_SCHEMES: Mapping[str, Callable[[Path], Store]] = {
    "duckdb": DuckDBStore,
    "parquet": ParquetStore,
}


def open_store(address: str) -> Store:
    """Open the store at ``address``: "duckdb:FILE" or "parquet:FOLDER".

    Raises
    ------
    TerminalStoreError
        Where the scheme is unknown, the path is missing, or the store cannot be made.
    StoreBusyError
        Where another process has the store open and it takes one at a time.
    """
    scheme, _, path = address.partition(":")
    if scheme not in _SCHEMES or not path:
        known = " or ".join(f"{name}:PATH" for name in _SCHEMES)
        raise TerminalStoreError(f"store {address!r}: the address must be {known}")
    return _SCHEMES[scheme](Path(path))
