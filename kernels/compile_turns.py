"""One process at a time compiles a kernel; another that needs it waits, and reads what was kept.

By itself numba compiles it in both, and where both keep one function for different arguments, the
code for the one may end under the name of the other.
"""

import fcntl
import time
from pathlib import Path
from typing import Any, BinaryIO

from numba.core.caching import FunctionCache
from numba.core.event import trigger_event

# What listeners of numba's events hear while a process waits for another's turn to end.
WAITING = "kernels:waiting"

# Seconds, more than any kernel takes: whoever has not ended by then has been stopped.
_LONGEST_WAIT, _PAUSE = 600.0, 0.05
# Numba lets one thread of a process compile, so this list is one thread's.
_held: list[tuple[Path, BinaryIO | None]] = []


def take_turn(path: Path) -> None:
    """Wait until no other process has its turn at a file, and take it until `end_turn`.

    It ends with the process, however that ends.

    Parameters
    ----------
    path : is made where it is not there
    """
    if any(path == held for held, _ in _held):
        _held.append((path, None))
        return
    file = path.open("ab")
    _held.append((path, file))
    if not _locked(file):
        with trigger_event(WAITING):
            _wait(file)


def _wait(file: BinaryIO) -> None:
    last = time.monotonic() + _LONGEST_WAIT
    while not _locked(file) and time.monotonic() < last:
        time.sleep(_PAUSE)


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def end_turn(path: Path) -> None:
    """End the turn at a file, and those that were taken since: what they were for has failed.

    Parameters
    ----------
    path : as of `take_turn`; of one that was not taken, nothing ends
    """
    if all(path != held for held, _ in _held):
        return
    ended = None
    while ended != path:
        ended, file = _held.pop()
        if file is not None:
            # Closing alone would not do while a process that was forked meanwhile lives.
            fcntl.flock(file, fcntl.LOCK_UN)
            file.close()


def is_kept(kernel: Any) -> bool:  # noqa: ANN401 - numba's own
    """Return whether any compiled code of a kernel is kept that its sources have not outlived."""
    cache = kernel._cache  # noqa: SLF001 - numba has no other way to ask without compiling
    return isinstance(cache, SharedCache) and cache.has_code()


class SharedCache(FunctionCache):  # type: ignore[misc]
    """Keeps a function's compiled code where several processes look for it at once."""

    def _turn(self) -> Path:
        self._impl.locator.ensure_cache_path()
        return Path(self.cache_path) / f"{self._impl.filename_base}.lock"

    def has_code(self) -> bool:
        """Return whether code is kept for any signature."""
        return bool(self._cache_file._load_index())  # noqa: SLF001 - numba's own

    def read_overload(self, sig: Any, target_context: Any) -> Any:  # noqa: ANN401 - numba's own
        """Return the code kept for a signature; or None, and no turn."""
        return super().load_overload(sig, target_context)

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # noqa: ANN401 - numba's own
        """Return the code kept for a signature; or None, and a turn until `save_overload`."""
        found = super().load_overload(sig, target_context)
        if found is None:
            turn = self._turn()
            take_turn(turn)
            found = super().load_overload(sig, target_context)
            if found is not None:
                end_turn(turn)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:  # noqa: ANN401 - numba's own
        """Keep the code for a signature, and end the turn."""
        try:
            super().save_overload(sig, data)
        finally:
            end_turn(self._turn())
