"""Runs the bundled sample and the real jobs as a user would, and writes a table of each step.

python -m benchmarks.nightly [JOB.toml ...]

Every job runs in a process of its own, Prefect's start included, against a fresh store. The
compiled kernels are cached from the first job on, as on any machine that has run a night before.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.machine import describe_machine
from flows.demo import write_demo
from flows.run import prepare_run
from flows.spec import JobSpec, Side, job_as_toml, load_job
from storage.stores import open_store

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "nightly.md"
STEPS = ("collect", "check", "predict", "decide", "risk", "publish", "report")


def main(arguments: list[str]) -> None:
    """Run the jobs named, or the sample and every ready job whose data is here."""
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        folder = Path(name)
        paths = [Path(argument) for argument in arguments] or _ready_jobs(folder)
        rows = [row for path in paths for row in _measure(path, folder)]
    text = _as_markdown(pd.DataFrame(rows))
    print(text)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(text, encoding="utf-8")


def _ready_jobs(folder: Path) -> list[Path]:
    demo = write_demo(folder / "demo")
    jobs = sorted((ROOT / "jobs").glob("*.toml"))
    here = [path for path in jobs if _has_data(load_job(path))]
    if len(here) < len(jobs):
        print(f"{len(jobs) - len(here)} jobs are left out: their data is not here")
    return [demo, *here]


def _has_data(job: JobSpec) -> bool:
    files = [
        file for source in job.inputs.given().values() for file in getattr(source, "files", ())
    ]
    return all(job.path(file).exists() for file in files)


def moved_to(job: JobSpec, folder: Path) -> JobSpec:
    """Return a job whose results go to a folder."""
    outputs = job.outputs.model_copy(
        update={
            "store": f"duckdb:{folder / 'almanac.duckdb'}",
            "report": str(folder / "report.html"),
            "staging": str(folder / ".almanac"),
        }
    )
    return job.model_copy(update={"outputs": outputs})


def run_night(
    job: JobSpec, beside: Path, only: Side | None = None, environment: dict[str, str] | None = None
) -> tuple[pd.DataFrame, float]:
    """Run a job as a command of its own; return its rows of run_steps, and seconds.

    Parameters
    ----------
    job : with absolute paths of results
    beside : the file of the job, at whose folder the paths of its inputs begin
    only : side of the job
    environment : variables beside those of this process
    """
    spec = beside.parent / f".benchmark-{job.name}.toml"
    spec.write_text(job_as_toml(job), encoding="utf-8")
    print(f"running {job.name} ...", file=sys.stderr)
    side = [] if only is None else ["--only", only]
    started = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "flows", "run", str(spec), *side],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        spec.unlink()
    seconds = time.perf_counter() - started
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"job {job.name} ended with {done.returncode}: {done.stderr[-2000:]}")
    run = prepare_run(job, only)
    with open_store(run.store_url) as store:
        return store.read("run_steps", run_id=run.run_id), seconds


def _measure(path: Path, folder: Path) -> list[dict[str, object]]:
    """Run a job into a fresh folder, and return a row for each of its steps."""
    job = load_job(path)
    results = folder / f"results-{job.name}"
    steps, seconds = run_night(moved_to(job, results), path)
    shutil.rmtree(results)
    rows: list[dict[str, Any]] = [
        {
            "job": job.name,
            "step": step.step,
            "entities": step.entities,
            "seconds": step.seconds,
            "peak": step.peak_memory_mb,
        }
        for step in steps.itertuples()
    ]
    whole = {
        "job": job.name,
        "step": "whole command",
        "entities": max(row["entities"] for row in rows if row["step"] in {"predict", "risk"}),
        "seconds": seconds,
        "peak": max(row["peak"] for row in rows),
    }
    return [*rows, whole]


def _as_markdown(rows: pd.DataFrame) -> str:
    machine = describe_machine("prefect", "statsforecast", "numba", "duckdb")
    lines = [
        "# A night, step by step",
        "",
        f"`python -m benchmarks.nightly`, {datetime.now(UTC):%Y-%m-%d}: {machine}.",
        "",
        "Entities are series or portfolios (all inputs' entities for check and publish); the whole",
        "command includes Python's and Prefect's start.",
        "",
        "| job | step | entities | seconds | entities per second | peak memory, MiB |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows.itertuples():
        rate = f"{row.entities / row.seconds:,.0f}" if row.entities and row.seconds > 0 else ""
        lines.append(
            f"| {row.job} | {row.step} | {row.entities:,} | {row.seconds:.1f} | {rate} "
            f"| {row.peak:,.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
