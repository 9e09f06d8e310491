"""A job whose nights keep their models, and the nights of it."""

import numpy as np
import pandas as pd

from flows.run import prepare_run
from flows.spec import load_job
from storage.stores import open_store
from tests.survival.plain import run_plain

FIRST = pd.Timestamp("2024-01-01")
JOB = """
name = "kept"
as_of = {as_of}
[inputs.demand]
path = "demand.csv"
[demand]
horizon = 7
windows = 2
calibrate = false
aggregate_paths = 100
[demand.line_up]
smooth = ["AutoETS", "SeasonalNaive"]
erratic = ["AutoETS", "SeasonalNaive"]
[demand.registry]
[execution]
chunk_entities = {chunk}
"""
DAYS = 150
TABLES = (
    "champions",
    "demand_forecasts",
    "failures",
    "forecast_accuracy",
    "forecast_coverage",
    "forecast_weights",
    "repairs",
    "run_steps",
)


def demand_until(days, count=6):
    """Return demand of so many days, of items that do not depend on how many there are."""
    t = np.arange(days)
    season = np.array([0.6, 0.8, 0.9, 1.0, 1.2, 1.7, 0.8])[t % 7]
    parts = []
    for n in range(count):
        draws = np.random.default_rng(n)
        drawn = draws.poisson((5.0 + 7.0 * n) * season)
        parts.append(
            pd.DataFrame(
                {
                    "warehouse_id": f"w{n % 2}",
                    "item_id": f"item{n}",
                    "ds": (FIRST + pd.to_timedelta(t, unit="D")).strftime("%Y-%m-%d"),
                    "quantity": drawn,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def night_of(folder, days, *, chunk=180, change=None, text=JOB):
    """Write the inputs of the night after so many days, and return its job."""
    folder.mkdir(parents=True, exist_ok=True)
    frame = demand_until(days)
    if change is not None:
        frame = change(frame)
    frame.to_csv(folder / "demand.csv", index=False)
    as_of = (FIRST + pd.Timedelta(days=days - 1)).date()
    (folder / "job.toml").write_text(text.format(as_of=as_of, chunk=chunk))
    return load_job(folder / "job.toml")


def run_night(folder, days, **given):
    """Run the night after so many days, but for its report; return its outcome, run and tables."""
    job = night_of(folder, days, **given)
    run = prepare_run(job)
    outcome = run_plain(job, report=False)
    with open_store(run.store_url) as store:
        names = TABLES
        tables = {name: store.read(name, run_id=run.run_id) for name in names}
    return outcome, run, tables
