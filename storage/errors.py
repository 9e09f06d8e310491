"""What can go wrong with data and stores."""


class StorageError(Exception):
    """Something about data or a store; the message is one sentence for the user."""


class InputRefusedError(StorageError):
    """An input cannot be read as its table at all, so the run does not start."""


class StoreError(StorageError):
    """A store did not do what was asked."""


class TransientStoreError(StoreError):
    """The store may do it later: it is busy, or out of reach."""


class TerminalStoreError(StoreError):
    """The store will not do it, however often it is asked."""


class StoreBusyError(TransientStoreError):
    """Another process is writing to the store."""
