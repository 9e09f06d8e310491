"""Stores: where runs are published."""

from storage.errors import (
    InputRefusedError,
    StorageError,
    StoreBusyError,
    StoreError,
    TerminalStoreError,
    TransientStoreError,
)
from storage.stores.bigquery_address import DEFAULT_BYTES_BILLED
from storage.stores.opening import (
    is_absent,
    is_path,
    open_existing,
    open_store,
    refuse_unknown,
)
from storage.stores.protocol import Publication, Store
from storage.stores.secrets import has_secret, without_secrets

__all__ = [
    "DEFAULT_BYTES_BILLED",
    "InputRefusedError",
    "Publication",
    "StorageError",
    "Store",
    "StoreBusyError",
    "StoreError",
    "TerminalStoreError",
    "TransientStoreError",
    "has_secret",
    "is_absent",
    "is_path",
    "open_existing",
    "open_store",
    "refuse_unknown",
    "without_secrets",
]
