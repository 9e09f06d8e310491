"""A night on a machine that has compiled nothing yet, beside the next one.

python -m benchmarks.cold_start

The bundled sample is run as a command against a fresh store, first with an empty folder of compiled
kernels and then with what that night left in it. The libraries' own files are as the machine holds
them.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.nightly import moved_to, run_night
from flows.demo import write_demo
from flows.spec import load_job

RECORD = Path(__file__).parent / "records" / "cold_start.md"
NIGHTS = ("first", "second")


def main() -> None:
    """Measure both nights, and write the record."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = write_demo(folder / "demo")
        compiled = {"NUMBA_CACHE_DIR": str(folder / "compiled")}
        found = [_night(path, folder / night, compiled) for night in NIGHTS]
    seconds = pd.concat(found, axis=1, keys=NIGHTS)
    lines = [
        "# A night that compiles",
        "",
        f"`python -m benchmarks.cold_start`: {describe_machine('numba')}.",
        "",
        "Seconds of the sample's night where no kernel was compiled before, and of one after it.",
        "",
        "| step | nothing compiled | compiled |",
        "| --- | ---: | ---: |",
        *(f"| {row.Index} | {row.first:.1f} | {row.second:.1f} |" for row in seconds.itertuples()),
    ]
    print("\n".join(lines))
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _night(path: Path, folder: Path, compiled: dict[str, str]) -> pd.Series:
    """Return the seconds of each step of the sample's night, and of the whole command."""
    steps, seconds = run_night(moved_to(load_job(path), folder), path, environment=compiled)
    found = steps.set_index("step")["seconds"].copy()
    found["whole command"] = seconds
    return found


if __name__ == "__main__":
    main()
