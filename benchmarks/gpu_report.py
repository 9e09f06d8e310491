"""The record of `benchmarks.gpu`: on disk after every row, and handed from process to process."""

import json
import math
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numba import config, cuda

from benchmarks.gpu_rows import XP, Line, Row, agreement_table
from benchmarks.machine import describe_machine

_DRIVER = Path("/proc/driver/nvidia/version")


@dataclass
class Report:
    """What is known so far, on disk after each row.

    Parameters
    ----------
    path : of the record; None keeps none
    kept : where other processes find what is known; None where there are none
    heading : of the record
    rows, lines : what was measured, and how figures agree
    spent : each part and its seconds, compilation and checks included
    troubles : what went wrong, or had no time
    begun : the parts that were
    """

    path: Path | None = None
    kept: Path | None = None
    heading: str = ""
    rows: list[Row] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    spent: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)

    def add(self, found: Row | Line) -> None:
        """Take a row or a line in, print it, and write the record."""
        if isinstance(found, Row):
            self.rows.append(found)
            print("\n".join(table_of([found])[2:]), flush=True)
        else:
            self.lines.append(found)
            print(*found, flush=True)
        self.write()

    def begin(self, part: str) -> None:
        """Take in that a part is begun: if its process ends, it is known which part that was in."""
        self.begun.append(part)
        self.write()

    def text(self) -> str:
        """Return the record."""
        parts = ["# GPU kernels", "", self.heading, "", *table_of(self.rows), ""]
        if self.lines:
            told = "Figures of whole nights, the processor's and the device's:"
            parts += [told, "", *agreement_table(self.lines), ""]
        if self.spent:
            parts += ["Seconds of each part, compilation and checks included:"]
            parts += [f"{', '.join(self.spent)}.", ""]
        parts += [f"- {trouble}" for trouble in self.troubles]
        return "\n".join(parts).rstrip() + "\n"

    def write(self) -> None:
        """Write the record, and what other processes read."""
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(self.text(), encoding="utf-8")
        if self.kept is not None:
            # Whoever reads it while it is written, or after a fault, reads the one before.
            whole = self.kept.with_suffix(".part")
            whole.write_text(json.dumps(asdict(self), default=_plain), encoding="utf-8")
            whole.replace(self.kept)

    @classmethod
    def read(cls, kept: Path) -> "Report":
        """Return what a process has kept for others."""
        told = json.loads(kept.read_text(encoding="utf-8"))
        told["path"] = None if told["path"] is None else Path(told["path"])
        told["rows"] = [Row(**row) for row in told["rows"]]
        told["lines"] = [tuple(line) for line in told["lines"]]
        return cls(**{**told, "kept": kept})


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)


def table_of(rows: list[Row]) -> list[str]:
    """Return the rows as Markdown, with their shares of the ceilings."""
    copied = next((row.moved / row.seconds for row in rows if row.name == "copy on the device"), 0)
    products = {
        row.name.split()[-1]: row.operations / row.seconds
        for row in rows
        if row.name.startswith("product")
    }
    names = "what | size | ms | transfer, ms | bytes | GB/s | of copy | operations"
    names += " | TFLOP/s | of product | error | note"
    lines = [f"| {names} |", "| --- | --- |" + " ---: |" * 9 + " --- |"]
    for row in rows:
        counted = row.operations > 0.0
        pace, work = row.moved / row.seconds, row.operations / row.seconds
        ceiling = products.get("float64" if "float64" in row.name else "float32", 0.0)
        cells = [
            row.name,
            row.size,
            f"{1e3 * row.seconds:,.2f}",
            f"{1e3 * row.transfer:,.2f}" if row.transfer else "",
            f"{row.moved:.3g}" if row.moved else "",
            f"{pace / 1e9:,.0f}" if row.moved else "",
            f"{pace / copied:.0%}" if row.moved and copied else "",
            "not counted" if math.isnan(row.operations) else f"{row.operations:.3g}" * counted,
            f"{work / 1e12:,.2f}" if counted else "",
            f"{work / ceiling:.0%}" if counted and ceiling else "",
            "" if math.isnan(row.error) else f"{row.error:.1e}",
            row.note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def heading(xp: XP) -> str:
    """Return what was run, and on what; a device that tells nothing of itself is measured too."""
    try:
        device = describe_device(xp)
    except Exception as error:  # noqa: BLE001 - the rows are worth more than the heading
        device = f"a device that could not be described ({type(error).__name__}: {error})"
    packages = ", ".join(f"{name} {_version(name)}" for name in ("numba-cuda", "pandas"))
    return (
        f"`python -m benchmarks.gpu`: {device}; {describe_machine('numba', 'numpy')}, {packages}."
    )


def describe_device(xp: XP) -> str:
    """Return one line on the device, its driver and CUDA's versions."""
    if config.ENABLE_CUDASIM or xp is np:
        return "the simulator: times mean nothing"
    device = cuda.get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else device.name
    interface, runtime = xp.cuda.runtime.driverGetVersion(), xp.cuda.runtime.runtimeGetVersion()
    memory = cuda.current_context().get_memory_info()[1] / 2**30
    return (
        f"{name}, {memory:.0f} GiB, compute capability {device.compute_capability}, "
        f"driver {driver_version()} (API {interface}), runtime {runtime}, CuPy {xp.__version__}"
    )


def driver_version(told: Path = _DRIVER) -> str:
    """Return the version of NVIDIA's driver, as its module or its own command says."""
    said = ""
    if told.exists():
        said = told.read_text(encoding="utf-8").splitlines()[0]
    elif (command := shutil.which("nvidia-smi")) is not None:
        asked = [command, "--query-gpu=driver_version", "--format=csv,noheader"]
        said = subprocess.check_output(asked, text=True, timeout=30)
    found = re.search(r"\b\d+\.\d+(\.\d+)?\b", said)
    return found.group() if found else "of no known version"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
