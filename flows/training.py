"""Training: one model of all series, taught in a flow of its own and kept for the nights."""

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from prefect import flow

from flows.errors import JobRefusedError
from flows.run import (
    Run,
    code_version,
    fingerprint_inputs,
    holding,
    prepare_run,
    read_by_series,
)
from flows.spec import JobSpec
from flows.steps import check
from flows.steps.collect import inspect_sources
from flows.steps.driver_rows import category_of, fit_pipeline, know_drivers, lay_rows
from flows.steps.model_folder import store_model
from flows.steps.predict_plan import forecast_plan
from forecasting import DemandPanel, ForecastError
from forecasting.drivers import group_series
from forecasting.training import TrainingPlan, train_global_model

_STAGING = "training"


@dataclass(frozen=True)
class Taught:
    """What was taught.

    Parameters
    ----------
    version : of the model, now the champion
    folder : where it is
    series : that it learnt from
    rows : taught for the backtest, and for the night
    """

    version: str
    folder: str
    series: int
    rows: tuple[int, ...]


@flow(name="train", flow_run_name="train-{job.name}")
def train(job: JobSpec) -> Taught:
    """Teach the job's global model from tonight's demand, and make it the champion.

    Raises
    ------
    JobRefusedError
        Where the job takes no global model, or its demand teaches nothing.
    """
    if job.demand is None or job.demand.global_model is None:
        raise JobRefusedError(f"job {job.name!r} has no [demand.global_model] to teach")
    run = prepare_run(_without_model(job), "demand")
    inspect_sources(run)
    with holding(run):
        check.check(run)
        try:
            return _teach(run, job)
        except ForecastError as error:
            raise JobRefusedError(str(error)) from error
        finally:
            run.staging.remove()


def _without_model(job: JobSpec) -> JobSpec:
    """Return the job as a night without the model would have it, in a staging folder of its own."""
    assert job.demand is not None
    staging = str(Path(job.outputs.staging) / _STAGING)
    changes = {
        "demand": job.demand.model_copy(update={"global_model": None}),
        "outputs": job.outputs.model_copy(update={"staging": staging}),
    }
    return job.model_copy(update=changes)


def _teach(run: Run, job: JobSpec) -> Taught:
    assert job.demand is not None
    spec = job.demand.global_model
    assert spec is not None
    demand = read_by_series(run.staging.clean("demand"))
    plan = forecast_plan(run)
    panel = DemandPanel.from_frame(demand, plan.frequency)
    rows = lay_rows(run, panel, demand)
    pipeline = fit_pipeline(run, panel, rows, plan)
    _, groups = group_series(category_of(run, panel))
    known = panel.with_drivers(know_drivers(run, panel, rows, pipeline, groups))
    training = TrainingPlan(
        rounds=spec.rounds, leaves=spec.leaves, most_rows=spec.most_rows, seed=run.job.seed
    )
    trained = train_global_model(known, pipeline.names, groups, plan, training)
    folder = job.path(spec.folder)
    facts = {
        "as_of": run.as_of.isoformat(),
        "data": fingerprint_inputs(run.job),
        "code": code_version(),
        "library": f"lightgbm {version('lightgbm')}",
        "series": len(panel),
        "training": asdict(training),
    }
    name = store_model(folder, trained, pipeline, facts)
    return Taught(name, str(folder), len(panel), tuple(trained.rows.tolist()))
