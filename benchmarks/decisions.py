"""The decision backtest on real demand: money and service of the plan, and of simpler planners.

python -m benchmarks.decisions

Car parts (monthly), Walmart (weekly) and Store-Item (daily) run as the jobs that come with the
repository, every step of the night. Each runs again without the search around the best policy, on
a sample of its items; the difference is paired item by item.
"""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.nightly import ROOT, run_afresh
from flows.spec import JobSpec, load_job
from storage.stores import open_store

RECORD = ROOT / "benchmarks" / "records" / "decisions.md"
JOBS = ("carparts", "store_item", "walmart")
SAMPLE = 300
COLUMNS = (
    "data",
    "planner",
    "items",
    "periods",
    "cost",
    "the plan saves",
    "±",
    "share",
    "fill rate",
    "items at target",
)
SERIES = ["warehouse_id", "item_id"]


def main() -> None:
    """Run every job, and write the record."""
    rows, searched, seconds = [], [], []
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as name:
        for job_name in JOBS:
            path = ROOT / "jobs" / f"{job_name}.toml"
            job = load_job(path)
            tables = _replayed(job, path.parent, Path(name))
            rows.extend(_rows(job, tables))
            without = _replayed(_unsearched(job), path.parent, Path(name))
            searched.append(_search_row(job, tables["items"], without["items"]))
            seconds.append(_seconds(job, tables))
    machine = describe_machine("prefect", "statsforecast", "numba")
    lines = [
        "# Decision backtest",
        "",
        f"`python -m benchmarks.decisions`, {datetime.now(UTC):%Y-%m-%d}: {machine}.",
        "",
        "Past demand replayed period by period, each order placed with what was known then; stock",
        "and costs are the assumptions of the jobs. Service is of the demand that an order of the",
        "replay can reach. Errors of savings are of the sum over items, paired item by item; what",
        "moves all items alike in a period is not in them.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        "The plan's cost without the search around the best policy tried, less that with it, on",
        f"{SAMPLE} items at most of each, chosen by their ids:",
        "",
        "| data | items | cost | the search saves | ± | fill rate | without search |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *searched,
        "",
        f"Seconds of the step that replays, with the search: {'; '.join(seconds)}; load average",
        f"{os.getloadavg()[0]:.1f} at the end.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.write_text(text, encoding="utf-8")


def _unsearched(job: JobSpec) -> JobSpec:
    assert job.stock is not None
    assert job.stock.backtest is not None
    backtest = job.stock.backtest.model_copy(update={"series": SAMPLE})
    stock = job.stock.model_copy(update={"refinements": 0, "backtest": backtest})
    return job.model_copy(update={"stock": stock})


def _replayed(job: JobSpec, beside: Path, folder: Path) -> dict[str, pd.DataFrame]:
    run, _ = run_afresh(job, beside, folder)
    with open_store(run.store_url) as store:
        found = {
            "planners": store.read("decision_backtests", run_id=run.run_id),
            "items": store.read("decision_backtest_items", run_id=run.run_id),
            "steps": store.read("run_steps", run_id=run.run_id).set_index("step"),
        }
    shutil.rmtree(folder / f"results-{job.name}")
    return found


def _seconds(job: JobSpec, tables: dict[str, pd.DataFrame]) -> str:
    n_items = int(tables["planners"]["items"].iloc[0])
    seconds = tables["steps"].loc["replay", "seconds"]
    return f"{job.name} {seconds:.0f} s for {n_items:,} items"


def _rows(job: JobSpec, tables: dict[str, pd.DataFrame]) -> list[str]:
    lines = []
    for row in tables["planners"].itertuples():
        own = row.planner == "plan"
        saved = "" if own else f"{row.saving:,.0f}"
        error = "" if own else f"{row.saving_standard_error:,.0f}"
        share = "" if own else f"{row.saving / row.cost:.1%}"
        lines.append(
            f"| {job.name} | {row.planner} | {row.items:,} of {row.known_items:,} | {row.periods} "
            f"| {row.cost:,.0f} | {saved} | {error} | {share} | {row.fill_rate:.1%} "
            f"| {row.reached_share:.1%} |"
        )
    return lines


def _search_row(job: JobSpec, searched: pd.DataFrame, plain: pd.DataFrame) -> str:
    own = searched[searched["planner"] == "plan"].set_index(SERIES)
    other = plain[plain["planner"] == "plan"].set_index(SERIES)
    own = own.loc[other.index]
    saved = (other["cost"] - own["cost"]).to_numpy(float)
    error = saved.std(ddof=1) * np.sqrt(len(saved))
    served = [f"{part['served'].sum() / part['reached_demand'].sum():.1%}" for part in (own, other)]
    return (
        f"| {job.name} | {len(own):,} | {own['cost'].sum():,.0f} | {saved.sum():,.0f} "
        f"| {error:,.0f} | {' | '.join(served)} |"
    )


if __name__ == "__main__":
    main()
