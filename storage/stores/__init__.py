"""Stores: where runs are published."""

from storage.errors import (
    StorageError,
    StoreError,
    TerminalStoreError,
    TransientStoreError,
)
from storage.stores.opening import open_store
from storage.stores.protocol import Publication, Store

__all__ = [
    "Publication",
    "StorageError",
    "Store",
    "StoreError",
    "TerminalStoreError",
    "TransientStoreError",
    "open_store",
]
