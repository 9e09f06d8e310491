"""Saying that kernels are being compiled, which a first run waits for and no later one does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.event import Event, install_listener
from numba.core.event import Listener as CompilerListener

from flows.progress import Listener
from flows.run.meter import StepRecord
from kernels.compile_turns import WAITING

NOTE = "compiling kernels, once"


class _Compilation(CompilerListener):  # type: ignore[misc]
    """Hears of the compiler, and tells the step that waits for it."""

    def __init__(self, hears: "CompilingListener") -> None:
        self._hears = hears

    def on_start(self, event: Event) -> None:
        """Say so where it is one of our kernels, and not a cached one; whoever compiles it."""
        if event.kind == WAITING or _is_kernel(event.data["dispatcher"]):
            self._hears.compiles()

    def on_end(self, event: Event) -> None:
        """Leave the note: kernels come one after the other."""


def _is_kernel(dispatcher: Any) -> bool:  # noqa: ANN401 - numba's own
    return bool(dispatcher.py_func.__module__.startswith("kernels."))


class CompilingListener:
    """Passes on what it hears of a run, and notes once a step that it waits for the compiler.

    Parameters
    ----------
    inner : who is told
    """

    def __init__(self, inner: Listener) -> None:
        self._inner = inner
        self._step = ""
        self._noted = ""

    def compiles(self) -> None:
        """Note that the step at work waits for the compiler."""
        if self._step and self._noted != self._step:
            self._noted = self._step
            self._inner.said(self._step, NOTE)

    def started(self, step: str) -> None:
        """Pass on that a step has begun."""
        self._step = step
        self._inner.started(step)

    def planned(self, step: str, chunks: int) -> None:
        """Pass on how many chunks of work a step has."""
        self._inner.planned(step, chunks)

    def advanced(self, step: str, chunks: int = 1) -> None:
        """Pass on that chunks of a step are done."""
        self._inner.advanced(step, chunks)

    def said(self, step: str, text: str) -> None:
        """Pass on what a step is at."""
        self._inner.said(step, text)

    def finished(self, record: StepRecord) -> None:
        """Pass on that a step has ended."""
        self._step = ""
        self._inner.finished(record)


@contextmanager
def noting_compilation(inner: Listener) -> Iterator[CompilingListener]:
    """Let ``inner`` hear of the compiler too, while the block lasts."""
    hears = CompilingListener(inner)
    compilation = _Compilation(hears)
    with install_listener("numba:compile", compilation), install_listener(WAITING, compilation):
        yield hears
