"""The search around the best policy tried: what it saves of the cost that is expected, by policy.

python -m benchmarks.refinements

Car parts (monthly), Store-Item (daily) and Walmart (weekly), forecast as the jobs that come with
the repository forecast them, a sample of their items. Orders are planned by every policy with and
without the search, and both plans are walked on the same paths of the forecast that neither was
chosen on. `benchmarks.decisions` has what the search saves on demand that came.
"""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from benchmarks.decisions import ROOT, ROUNDS, checked
from benchmarks.machine import describe_machine
from flows.run import SERIES, Run, entity_words, read_by_series
from flows.spec import load_job
from flows.steps import calibrate, closures, predict, seasons
from flows.steps.decide import stock_plan
from forecasting import sample_paths
from inventory import PolicyKind, plan_orders

RECORD = ROOT / "benchmarks" / "records" / "refinements.md"
JOBS = ("carparts", "store_item", "walmart")
ITEMS, CHUNK = 300, 25
HELD_OUT = 2_000
COLUMNS = (
    "data",
    "policy",
    "items",
    "changed",
    "cost",
    "the search saves",
    "±",
    "share",
    "fill rate",
    "with search",
)
RULE = ["reorder_point", "order_up_to", "lot", "order_cap"]


def main() -> None:
    """Plan every job's orders by every policy, and write the record."""
    rows = [row for name in JOBS for row in _rows(name)]
    machine = describe_machine("numba", "statsforecast")
    lines = [
        "# The search around the best policy tried",
        "",
        f"`python -m benchmarks.refinements`, {datetime.now(UTC):%Y-%m-%d}: {machine}.",
        "",
        f"Tonight's orders of {ITEMS} items, on forecasts and by assumptions of the jobs. They are",
        "chosen on the job's own paths: the cheapest of those that reach the fill rate there, with",
        f"and without {ROUNDS} rounds of search. Costs, and mean fill rates, are of {HELD_OUT:,}",
        "other paths. Errors are of the sum over items, paired item by item; changed are the items",
        "whose policy is another with the search.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RECORD.write_text(text, encoding="utf-8")


def _rows(name: str) -> list[str]:
    job = load_job(ROOT / "jobs" / f"{name}.toml")
    assert job.stock is not None
    with tempfile.TemporaryDirectory(prefix="almanac-benchmark-") as folder:
        run = checked(
            job.model_copy(
                update={
                    "outputs": job.outputs.model_copy(update={"staging": folder}),
                    "stock": job.stock.model_copy(update={"backtest": None}),
                    "execution": job.execution.model_copy(update={"chunk_entities": CHUNK}),
                }
            )
        )
        closures.learn_closures(run)
        seasons.learn_shared_seasons(run)
        calibrate.calibrate(run)
        numbers = predict.prepare(run)[: ITEMS // CHUNK]
        plans = [_plans(run, number) for number in numbers]
    together = [pd.concat(parts, ignore_index=True) for parts in zip(*plans, strict=True)]
    pairs = zip(together[::2], together[1::2], strict=True)
    return [_row(job.name, *pair) for pair in pairs]


def _plans(run: Run, number: int) -> list[pd.DataFrame]:
    """Return the plans of a chunk of series by each policy, without the search and with it."""
    record = predict.forecast_chunk(run, number)
    champions = read_by_series([record.shard("champions")]).sort_values(SERIES, ignore_index=True)
    forecasts = read_by_series([record.shard("demand_forecasts")])
    forecasts = forecasts.sort_values([*SERIES, "ds"], ignore_index=True)
    series, spec = champions[SERIES], run.job.stock
    assert spec is not None
    words = entity_words(series, SERIES)
    paths = sample_paths(forecasts, champions, words, spec.paths + HELD_OUT, run.job.seed)
    stock = read_by_series(run.staging.clean("stock")).merge(series, on=SERIES)
    return [
        plan_orders(
            stock=stock,
            items=pd.read_parquet(run.staging.clean("items")),
            open_orders=None,
            paths=paths[:, : spec.paths],
            held_out=paths[:, spec.paths :],
            series=series,
            periods=forecasts["ds"].to_numpy().reshape(len(series), -1),
            entities=words,
            plan=replace(stock_plan(spec), policy=policy, refinements=rounds),
            seed=run.job.seed,
        ).plans
        for policy in PolicyKind
        for rounds in (0, ROUNDS)
    ]


def _row(name: str, without: pd.DataFrame, with_it: pd.DataFrame) -> str:
    own = without.set_index(SERIES)
    other = with_it.set_index(SERIES).loc[own.index]
    saved = (own["expected_cost"] - other["expected_cost"]).to_numpy(float)
    cost, error = own["expected_cost"].sum(), saved.std(ddof=1) * np.sqrt(len(saved))
    digits = 2 if cost < 1_000.0 else 0
    changed = (own[RULE].fillna(-1.0) != other[RULE].fillna(-1.0)).any(axis=1).sum()
    return (
        f"| {name} | {own['policy'].iloc[0]} | {len(own)} | {changed} | {cost:,.0f} "
        f"| {saved.sum():,.{digits}f} | {error:,.{digits}f} | {saved.sum() / cost:.2%} "
        f"| {own['fill_rate'].mean():.2%} | {other['fill_rate'].mean():.2%} |"
    )


if __name__ == "__main__":
    main()
