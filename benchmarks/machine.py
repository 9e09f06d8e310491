"""What a benchmark ran on, and how it takes the time."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import psutil

Part = TypeVar("Part")


def processor() -> str:
    """Return the processor's model name."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def peak_memory() -> float:
    """Return the most memory that this process has held, MiB."""
    # What the system says of resources begins with the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return float(line.split()[1]) / 1024


def describe_machine(*packages: str) -> str:
    """Return one line on the machine, Python and the versions of packages."""
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()}, {versions}"
    )


def median_seconds(
    work: Callable[[], object], runs: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the median seconds of some work, after one run that warms up.

    Parameters
    ----------
    work : what to measure
    runs : how often it counts
    clock : says seconds
    """
    times = []
    for _ in range(runs + 1):
        started = clock()
        work()
        times.append(clock() - started)
    return statistics.median(times[1:])


def seconds_in_two(work: Callable[[Part], object], halves: Sequence[Part], runs: int) -> float:
    """Return the median seconds by the clock of two threads, after one run that warms up.

    Parameters
    ----------
    work : what each does with its part
    halves : the parts, one a thread
    runs : how often it counts
    """
    with ThreadPoolExecutor(2) as pool:
        return median_seconds(lambda: list(pool.map(work, halves)), runs)
