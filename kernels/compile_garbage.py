"""Fewer rounds of garbage collection while the compiler works.

It makes objects by the million and drops few in cycles; by Python's own count of them, a tenth of
its time would go into looking for these.
"""

import gc

from numba.core.event import Event, Listener

# Objects until a young round, and rounds until an older one.
_RARELY = (50_000, 20, 20)


class RareCollection(Listener):  # type: ignore[misc]
    """Hears of the compiler, and has garbage collected rarely until it ends."""

    def __init__(self) -> None:
        self._depth = 0
        self._usual = gc.get_threshold()

    def on_start(self, _event: Event) -> None:
        """Collect rarely from now on; what is compiled for another kernel changes nothing."""
        if not self._depth:
            self._usual = gc.get_threshold()
            gc.set_threshold(*_RARELY)
        self._depth += 1

    def on_end(self, _event: Event) -> None:
        """Collect as before once the outermost kernel is done, or has failed."""
        self._depth -= 1
        if not self._depth:
            gc.set_threshold(*self._usual)
