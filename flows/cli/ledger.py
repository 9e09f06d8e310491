"""Finding runs on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from flows.errors import JobRefusedError
from flows.run import Staging, read_state

# A job's staging folder lies beside its spec, which lies in a folder or one below it.
_PATTERNS = ("*/run.json", "*/*/run.json", "*/*/*/run.json")


def folder_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that says where runs are looked for."""
    return click.option(
        "--folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=Path(),
        help="Where to look for runs; the current folder by default.",
    )(command)


def find_states(folder: Path) -> list[dict[str, Any]]:
    """Return the state of every run below ``folder``, the newest first."""
    found = [path for pattern in _PATTERNS for path in folder.glob(pattern)]
    states = [{**read_state(Staging(path.parent)), "folder": str(path.parent)} for path in found]
    return sorted(states, key=lambda state: str(state["started_at"]), reverse=True)


def find_run(folder: Path, run_id: str) -> Path:
    """Return the folder of a run; the start of its id is enough where it is the only one.

    Raises
    ------
    JobRefusedError
        Where no run, or more than one, has that id.
    """
    found = find_states(folder)
    states = [state for state in found if state["run_id"].startswith(run_id)]
    if len(states) != 1:
        known = ", ".join(state["run_id"] for state in (states or found)[:5]) or "none"
        count = "no run" if not states else f"{len(states)} runs"
        raise JobRefusedError(
            f"run {run_id}: {count} of that id below {folder.resolve()}; there are: {known}"
        )
    return Path(states[0]["folder"])
