"""Parts of `benchmarks.gpu` run in processes of their own, under one clock.

A kernel that reads what is not there leaves its process without a device, whatever that process
tries next, and with memory that only its end gives back. So this one never touches the device: the
parts that are left go on in another.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.gpu_canary import NO_KERNEL, WELL
from benchmarks.gpu_report import Report
from benchmarks.gpu_rows import ROOT

# What a process ends with that the device answers no more.
LOST = 3
TOOLKIT = Path("/usr/local/cuda")
_CANARY_SECONDS = 120.0
_CORES_LEFT = 2
Command = Callable[[Sequence[str], Path], list[str]]


def working_environment(
    command: Sequence[str] = (sys.executable, "-m", "benchmarks.gpu_canary"),
    toolkit: Path = TOOLKIT,
) -> tuple[dict[str, str], str | None]:
    """Return variables under which a kernel runs here, and what is to be known of them.

    Parameters
    ----------
    command : that tries kernels
    toolkit : where CUDA may be, if its libraries are not found otherwise

    Raises
    ------
    SystemExit
        Where no kernel runs; what was tried has said why.
    """
    own = dict(os.environ)
    ended = _try(command, own)
    if ended == WELL:
        return own, None
    told = "CuPy's part of the canary fails: see what it printed"
    if not {"CUDA_HOME", "CUDA_PATH"} & set(own) and toolkit.is_dir():
        print(f"canary: again with CUDA_HOME={toolkit}", flush=True)
        there = {**own, "CUDA_HOME": str(toolkit)}
        if (again := _try(command, there)) < ended:
            own, ended = there, again
            told = f"libraries are found with CUDA_HOME={toolkit} alone"
    if ended >= NO_KERNEL:
        raise SystemExit("no kernel runs here: the lines of the canary above say why")
    return own, told


def _try(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Return how the canary ended; whatever it dies of, no kernel runs."""
    try:
        ended = subprocess.run(
            command, env=environment, cwd=ROOT, timeout=_CANARY_SECONDS, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"canary: no answer in {_CANARY_SECONDS:.0f} s", flush=True)
        return NO_KERNEL
    return ended if WELL <= ended <= NO_KERNEL else NO_KERNEL


def run_apart(
    names: Sequence[str],
    report: Report,
    command: Command,
    until: float,
    environment: Mapping[str, str],
) -> Report:
    """Run parts in a process, and those that it leaves in the next, and return what is known.

    Parameters
    ----------
    names : of the parts
    report : what is known before
    command : for parts and the file in which what is known is kept, what runs them
    until : by `time.time`, when a process is ended
    environment : of the processes
    """
    left = list(names)
    with TemporaryDirectory() as folder:
        report.kept = Path(folder) / "report.json"
        report.write()
        while left:
            ended = _run(command(left, report.kept), until, environment)
            report = Report.read(report.kept)
            begun = [name for name in left if name in report.begun]
            left = [name for name in left if name not in begun]
            if ended == 0:
                break
            if ended != LOST:
                report.troubles.append(f"{begun[-1] if begun else 'before any part'}: {ended}")
            if not begun or time.time() >= until:
                report.troubles += [f"{name}: not run" for name in left]
                break
            report.write()
        report.kept = None
    report.write()
    return report


def _run(command: Sequence[str], until: float, environment: Mapping[str, str]) -> int | str:
    """Return how a process ended: its status, or in words; one that has no time left is killed."""
    with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
        try:
            status = process.wait(max(until - time.time(), 0.0))
        except subprocess.TimeoutExpired:
            process.kill()
            return "stopped there, for no time was left"
        except BaseException:
            process.kill()
            raise
    return status if status in {0, LOST} else f"its process ended with {status}"


@contextmanager
def compiling_beside(commands: Sequence[Sequence[str]]) -> Iterator[None]:
    """Run what compiles the processor's kernels, in the simulator of a GPU, on all cores but two.

    What they have compiled by the time that a part needs it is found in numba's cache; what is
    not there, that part compiles itself.
    """
    simulated = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", *command],
            env=simulated,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands[: max((os.cpu_count() or 1) - _CORES_LEFT, 0)]
    ]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
