"""Progress on a terminal."""

import sys
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from flows.run.meter import StepRecord

TITLES = {
    "collect": "Collect inputs",
    "check": "Check inputs",
    "predict": "Predict demand",
    "decide": "Decide orders",
    "replay": "Replay orders",
    "risk": "Measure risk",
    "backtest": "Backtest risk",
    "publish": "Publish tables",
    "keep": "Keep models",
    "report": "Write report",
}


def wide_console() -> Console:
    """Return a console for tables: as wide as the terminal, or 120 columns without one."""
    return Console(width=None if sys.stdout.isatty() else 120)


def as_text(found: object) -> str:
    """Return anything as text that a console shows as it is: no markup, and nothing unprintable."""
    shown = (
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in str(found)
    )
    return escape("".join(shown))


class TerminalListener:
    """A line with a bar for each step."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:<16}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}[/]"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._progress.stop()

    def started(self, step: str) -> None:
        """Show a new line."""
        self._tasks[step] = self._progress.add_task(TITLES.get(step, step), total=None, note="")

    def planned(self, step: str, chunks: int) -> None:
        """Give the line's bar its length, or add to it."""
        task = self._tasks[step]
        known = next(t.total for t in self._progress.tasks if t.id == task)
        self._progress.update(task, total=(known or 0) + chunks)

    def advanced(self, step: str, chunks: int = 1) -> None:
        """Move the bar on."""
        self._progress.advance(self._tasks[step], chunks)

    def said(self, step: str, text: str) -> None:
        """Show what the step is at."""
        self._progress.update(self._tasks[step], note=text)

    def finished(self, record: StepRecord) -> None:
        """Fill the bar, and show what the step took."""
        task = self._tasks[record.step]
        total = next(t.total for t in self._progress.tasks if t.id == task) or 1
        reused = f", {record.reused_chunks} chunks reused" if record.reused_chunks else ""
        handled = f"{record.entities:,} entities, " if record.entities else ""
        note = f"{handled}{record.peak_memory_mb:,.0f} MiB{reused}"
        self._progress.update(task, total=total, completed=total, note=note)
