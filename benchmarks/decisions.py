"""The decision backtest on real demand: money and service of the plan, and of simpler planners.

python -m benchmarks.decisions

Car parts (monthly), Store-Item (daily) and Walmart (weekly), as the jobs that come with the
repository replay them, on a sample of their items. The plan is replayed once more with a search
around the best policy, and once with the levels of a night fixed for all its later reviews, on the
same forecasts; these differences are paired item by item, too.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from flows.run import Run, load_run, prepare_run
from flows.spec import JobSpec, load_job
from flows.steps import check, collect, decision_backtest
from flows.steps.past_forecasts import PastLearnt, PastPaths, forecast_past
from forecasting import Calibration
from inventory import compare_planners

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "decisions.md"
# Jobs, and how many items of each are replayed.
SAMPLES = {"carparts": 1_000, "store_item": 100, "walmart": 300}
ROUNDS = 6
SERIES = ["warehouse_id", "item_id"]
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


def main() -> None:
    """Replay every job, and write the record."""
    rows, searched, fixed = [], [], []
    for name, sample in SAMPLES.items():
        job = load_job(ROOT / "jobs" / f"{name}.toml")
        with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as folder:
            plain, with_search, with_fixed = _replay(job, sample, Path(folder))
        rows.extend(_rows(job, plain))
        searched.append(_paired_row(job, plain, with_search))
        fixed.append(_paired_row(job, with_fixed, plain))
    machine = describe_machine("numba", "statsforecast")
    lines = [
        "# Decision backtest",
        "",
        f"`python -m benchmarks.decisions`, {datetime.now(UTC):%Y-%m-%d}: {machine}.",
        "",
        "Past demand replayed period by period, each order placed with what was known then; stock",
        "and costs are the assumptions of the jobs. Items are chosen by their ids, of those known",
        "long enough. Service is of the demand that an order of the replay can reach. Errors of",
        "savings are of the sum over items, paired item by item; what moves all items alike in a",
        "period is not in them.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        f"What {ROUNDS} rounds of search around the best policy tried save of the plan's cost, on",
        "the same items and forecasts:",
        "",
        "| data | cost | the search saves | ± | fill rate | with search |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *searched,
        "",
        "What levels that move with the forecast over a night's horizon save of the cost of levels",
        "that stay, on the same items and forecasts:",
        "",
        "| data | cost of fixed levels | moving ones save | ± | fill rate | with moving levels |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *fixed,
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.write_text(text, encoding="utf-8")


def _replay(job: JobSpec, sample: int, folder: Path) -> list[pd.DataFrame]:
    """Return what items cost under all planners: as planned, with the search, with fixed levels."""
    assert job.stock is not None
    assert job.stock.backtest is not None
    backtest = job.stock.backtest.model_copy(update={"series": sample})
    runs = [
        checked(
            job.model_copy(
                update={
                    "outputs": job.outputs.model_copy(update={"staging": str(folder)}),
                    "stock": job.stock.model_copy(
                        update={"backtest": backtest, "refinements": rounds, "levels": levels}
                    ),
                    "execution": job.execution.model_copy(update={"chunk_entities": 25}),
                }
            )
        )
        for rounds, levels in ((0, "moving"), (ROUNDS, "moving"), (0, "fixed"))
    ]
    numbers, *_ = (decision_backtest.prepare(run) for run in runs)
    uris = [run.uri for run in runs]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(partial(_replay_chunk, uris), numbers))
    return [
        pd.concat(parts).sort_values(SERIES, ignore_index=True)
        for parts in zip(*found, strict=True)
    ]


def checked(job: JobSpec) -> Run:
    """Return the run of a job, its inputs read and checked."""
    run = prepare_run(job)
    run.save()
    collect.collect(run, run.staging.folder / "assumed")
    check.check(run)
    return run


def _replay_chunk(uris: Sequence[str], number: int) -> list[pd.DataFrame]:
    """Replay a chunk of each run on forecasts made once."""
    made: list[PastPaths] = []

    def forecast_once(
        run: Run,
        demand: pd.DataFrame,
        first: pd.Timestamp,
        profiles: pd.DataFrame,
        learnt: PastLearnt,
        calibration: Calibration,
    ) -> PastPaths:
        if not made:
            made.append(forecast_past(run, demand, first, profiles, learnt, calibration))
        return made[0]

    decision_backtest.forecast_past = forecast_once  # type: ignore[attr-defined]
    records = [decision_backtest.replay_chunk(load_run(uri), number) for uri in uris]
    frames = [pd.read_parquet(record.shard(decision_backtest.ITEMS)) for record in records]
    series = pd.read_parquet(load_run(uris[0]).staging.folder / "replay" / "series.parquet")
    return [frame.assign(known=int(series["known"].iloc[0])) for frame in frames]


def _rows(job: JobSpec, items: pd.DataFrame) -> list[str]:
    lines = []
    for row in compare_planners(items).itertuples():
        own = row.planner == "plan"
        saved = "" if own else f"{row.saving:,.0f}"
        error = "" if own else f"{row.saving_standard_error:,.0f}"
        share = "" if own else f"{row.saving / row.cost:.1%}"
        lines.append(
            f"| {job.name} | {row.planner} | {row.items:,} of {items['known'].iloc[0]:,} "
            f"| {row.periods} | {row.cost:,.0f} | {saved} | {error} | {share} "
            f"| {row.fill_rate:.1%} | {row.reached_share:.1%} |"
        )
    return lines


def _paired_row(job: JobSpec, without: pd.DataFrame, with_it: pd.DataFrame) -> str:
    own, other = (
        items[items["planner"] == "plan"].set_index(SERIES) for items in (without, with_it)
    )
    saved = (own["cost"] - other.loc[own.index, "cost"]).to_numpy(float)
    error = saved.std(ddof=1) * np.sqrt(len(saved))
    served = [f"{part['served'].sum() / part['reached_demand'].sum():.1%}" for part in (own, other)]
    return (
        f"| {job.name} | {own['cost'].sum():,.0f} | {saved.sum():,.0f} | {error:,.0f} "
        f"| {' | '.join(served)} |"
    )


if __name__ == "__main__":
    main()
