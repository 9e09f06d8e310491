"""Tasks: one chunk of work each, URIs in and URIs out."""

from typing import Any

from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun

from flows.device_slot import device_slot
from flows.run import ChunkRecord, load_run
from flows.steps import (
    aggregate,
    backtest,
    calibrate,
    check,
    closures,
    decide,
    decision_backtest,
    drivers,
    outlook,
    predict,
    risk,
    scenarios,
    seasons,
    share,
    transfer,
    verdicts,
)
from flows.steps.failing import TRANSIENT


def is_transient(_task: Task, _run: TaskRun, state: State) -> bool:  # type: ignore[type-arg]
    """Return whether what a task raised may pass by itself."""
    try:
        state.result()
    except TRANSIENT:
        return True
    except Exception:  # noqa: BLE001 - any other fault is final
        return False
    return False


PATIENT: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": [2.0, 10.0],
    "retry_condition_fn": is_transient,
}


def _summary(record: ChunkRecord) -> dict[str, object]:
    return {
        "uri": str(record.folder),
        "reused": record.reused,
        "failures": len(record.failures),
    }


@task(task_run_name="check", **PATIENT)
def check_task(run_uri: str) -> dict[str, object]:
    """Check every input of the run."""
    return _summary(check.check(load_run(run_uri)))


@task(task_run_name="drivers", **PATIENT)
def drivers_task(run_uri: str) -> dict[str, object]:
    """Learn what the run's drivers do to demand."""
    return _summary(drivers.learn_drivers(load_run(run_uri)))


@task(task_run_name="closures", **PATIENT)
def closures_task(run_uri: str) -> dict[str, object]:
    """Find the days on which the run's warehouses are shut."""
    return _summary(closures.learn_closures(load_run(run_uri)))


@task(task_run_name="seasons", **PATIENT)
def seasons_task(run_uri: str) -> dict[str, object]:
    """Learn what the run's items and categories share of seasons."""
    return _summary(seasons.learn_shared_seasons(load_run(run_uri)))


@task(task_run_name="calibrate", **PATIENT)
def calibrate_task(run_uri: str) -> dict[str, object]:
    """Learn how far the run's quantiles are to be moved."""
    run = load_run(run_uri)
    with device_slot(predict.device_of(run)):
        return _summary(calibrate.calibrate(run))


@task(task_run_name="predict-{number}", **PATIENT)
def predict_task(run_uri: str, number: int) -> dict[str, object]:
    """Forecast the series of one chunk."""
    run = load_run(run_uri)
    with device_slot(predict.device_of(run)):
        return _summary(predict.forecast_chunk(run, number))


@task(task_run_name="aggregate", **PATIENT)
def aggregate_task(run_uri: str, blocks: list[str]) -> dict[str, object]:
    """Add the forecasts of all chunks up to every level."""
    return _summary(aggregate.add_up(load_run(run_uri), blocks))


@task(task_run_name="decide-{number}", **PATIENT)
def decide_task(run_uri: str, number: int) -> dict[str, object]:
    """Plan the orders of one chunk."""
    run = load_run(run_uri)
    with device_slot(run.device):
        return _summary(decide.plan_chunk(run, number))


@task(task_run_name="share", **PATIENT)
def share_task(run_uri: str, blocks: list[str]) -> dict[str, object]:
    """Share the warehouses' budgets and capacities among the orders of all chunks."""
    return _summary(share.share_limits(load_run(run_uri), blocks))


@task(task_run_name="transfer-{number}", **PATIENT)
def transfer_task(run_uri: str, number: int, blocks: list[str]) -> dict[str, object]:
    """Plan the transfers of the items of one chunk."""
    return _summary(transfer.transfer_chunk(load_run(run_uri), number, blocks))


@task(task_run_name="replay-{number}", **PATIENT)
def replay_task(run_uri: str, number: int) -> dict[str, object]:
    """Replay the past of the items of one chunk."""
    return _summary(decision_backtest.replay_chunk(load_run(run_uri), number))


@task(task_run_name="compare", **PATIENT)
def compare_task(run_uri: str, blocks: list[str]) -> dict[str, object]:
    """Compare the planners over all items replayed."""
    return _summary(decision_backtest.compare_chunks(load_run(run_uri), blocks))


@task(task_run_name="market", **PATIENT)
def market_task(run_uri: str) -> dict[str, object]:
    """Measure trend and volatility of every instrument."""
    run = load_run(run_uri)
    with device_slot(run.device):
        return _summary(outlook.outlook_chunk(run))


@task(task_run_name="profile", **PATIENT)
def profile_task(run_uri: str) -> dict[str, object]:
    """Describe every book by its past days."""
    return _summary(risk.profile_chunk(load_run(run_uri)))


@task(task_run_name="scenarios-{number}", **PATIENT)
def scenario_task(run_uri: str, number: int) -> dict[str, object]:
    """Revalue every instrument under one set of common scenarios."""
    run = load_run(run_uri)
    with device_slot(run.device):
        return _summary(scenarios.scenario_chunk(run, number))


@task(task_run_name="risk-{number}", **PATIENT)
def measure_task(run_uri: str, number: int) -> dict[str, object]:
    """Measure the books of one chunk."""
    run = load_run(run_uri)
    with device_slot(run.device):
        return _summary(risk.measure_chunk(run, number))


@task(task_run_name="backtest-{number}", **PATIENT)
def backtest_task(run_uri: str, number: int) -> dict[str, object]:
    """Judge every book on one block of past days."""
    run = load_run(run_uri)
    with device_slot(run.device):
        return _summary(backtest.judge_block(run, number))


@task(task_run_name="verdicts", **PATIENT)
def verdict_task(run_uri: str, blocks: list[str]) -> dict[str, object]:
    """Put the figures of all judged days to every test."""
    return _summary(verdicts.judge_figures(load_run(run_uri), blocks))
