"""Environments of their own for packages that do not go with ours, from pinned and hashed lists."""

import os
import subprocess
import venv
from functools import cache
from pathlib import Path

import pytest

from tests.scratch import folder_until_end

FOLDER = Path(__file__).parent


@cache
def python_of(name):
    """Return the Python of an environment with the packages of ``name``, or skip the test.

    ALMANAC_EMULATORS names a folder in which environments are kept between runs.
    """
    kept = os.environ.get("ALMANAC_EMULATORS")
    root = (Path(kept) if kept else folder_until_end("emulators")) / name
    python = root / "bin" / "python"
    ready = root / "ready"
    if not ready.exists():
        venv.create(root, with_pip=True, clear=True)
        wanted = FOLDER / name / "requirements.txt"
        # The list names everything, as the locks do.
        install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
        done = subprocess.run([*install, "-r", wanted], capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"the packages of {name} cannot be had here: {last}")
        ready.touch()
    return python


def environment():
    """Return this process's environment without what leads the client elsewhere."""
    dropped = {"BIGQUERY_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in dropped}
