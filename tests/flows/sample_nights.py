"""Nights of the bundled sample, small enough for a test, and what they publish."""

import shutil

from flows.run import prepare_run
from flows.sample import SampleSize
from flows.spec import BacktestSpec, load_job
from storage.stores import open_store

SMALL = SampleSize(warehouses=2, items=8, days=400, portfolios=6)


def night_in(folder, sample, **changes):
    """Return the job of a copy of the sample, made small, with changes to its plans."""
    shutil.copytree(sample, folder)
    job = load_job(folder / "demo.toml")
    past = BacktestSpec(days=70, window=60, scenarios=500)
    replayed = job.stock.backtest.model_copy(update={"periods": 28, "paths": 50})
    small = {
        "risk": job.risk.model_copy(update={"scenarios": 2_000, "history": 250, "backtest": past}),
        "stock": job.stock.model_copy(update={"paths": 50, "backtest": replayed}),
        "execution": job.execution.model_copy(
            update={"chunk_entities": 5, "failure_threshold": 0.0}
        ),
    }
    return job.model_copy(update={**small, **changes})


def without_backtests(job):
    """Return the job whose sides look at this night alone."""
    sides = {name: plan for name in ("stock", "risk") if (plan := getattr(job, name)) is not None}
    alone = {name: plan.model_copy(update={"backtest": None}) for name, plan in sides.items()}
    return job.model_copy(update=alone)


def tables_of(job):
    """Return what is published of the job's night."""
    run = prepare_run(job)
    with open_store(run.store_url) as store:
        return {name: store.read(name, run_id=run.run_id) for name in store.tables()}
