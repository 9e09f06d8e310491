"""What can go wrong with data and stores."""

LONGEST_NAME = 80


class StorageError(Exception):
    """Something about data or a store; the message is one sentence for the user."""


def shown(name: str) -> str:
    """Return a name from outside as a message shows it: on one line, and not without end."""
    plain = name if name.isprintable() else ascii(name)
    return plain if len(plain) <= LONGEST_NAME else f"{plain[:LONGEST_NAME]}…"


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
