"""Stores: where runs are published."""

from storage.errors import (
    InputRefusedError,
    StorageError,
    StoreBusyError,
    StoreError,
    TerminalStoreError,
    TransientStoreError,
)
from storage.stores.opening import is_path, open_store
from storage.stores.protocol import Publication, Store

__all__ = [
    "InputRefusedError",
    "Publication",
    "StorageError",
    "Store",
    "StoreBusyError",
    "StoreError",
    "TerminalStoreError",
    "TransientStoreError",
    "is_path",
    "open_store",
]
