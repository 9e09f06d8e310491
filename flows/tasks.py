"""Tasks: one chunk of work each, URIs in and URIs out."""

from prefect import Task, task
from prefect.client.schemas.objects import State, TaskRun

from flows.run import ChunkRecord, load_run
from flows.steps import check, decide, predict, risk
from flows.steps.failing import TRANSIENT

RETRIES = 2
RETRY_DELAYS = [2.0, 10.0]


def is_transient(_task: Task, _run: TaskRun, state: State) -> bool:  # type: ignore[type-arg]
    """Return whether what a task raised may pass by itself."""
    try:
        state.result()
    except TRANSIENT:
        return True
    except Exception:  # noqa: BLE001 - any other fault is final
        return False
    return False


def _summary(record: ChunkRecord) -> dict[str, object]:
    return {
        "uri": str(record.folder),
        "reused": record.reused,
        "failures": len(record.failures),
    }


@task(retries=RETRIES, retry_delay_seconds=RETRY_DELAYS, retry_condition_fn=is_transient)
def check_task(run_uri: str) -> dict[str, object]:
    """Check every input of the run."""
    return _summary(check.check(load_run(run_uri)))


@task(
    task_run_name="predict-{number}",
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def predict_task(run_uri: str, number: int) -> dict[str, object]:
    """Forecast the series of one chunk."""
    return _summary(predict.forecast_chunk(load_run(run_uri), number))


@task(
    task_run_name="decide-{number}",
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def decide_task(run_uri: str, number: int) -> dict[str, object]:
    """Plan the orders of one chunk."""
    return _summary(decide.plan_chunk(load_run(run_uri), number))


@task(retries=RETRIES, retry_delay_seconds=RETRY_DELAYS, retry_condition_fn=is_transient)
def market_task(run_uri: str) -> dict[str, object]:
    """Measure trend and volatility of every instrument."""
    return _summary(risk.outlook_chunk(load_run(run_uri)))


@task(
    task_run_name="scenarios-{number}",
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def scenario_task(run_uri: str, number: int) -> dict[str, object]:
    """Revalue every instrument under one set of common scenarios."""
    return _summary(risk.scenario_chunk(load_run(run_uri), number))


@task(
    task_run_name="risk-{number}",
    retries=RETRIES,
    retry_delay_seconds=RETRY_DELAYS,
    retry_condition_fn=is_transient,
)
def measure_task(run_uri: str, number: int) -> dict[str, object]:
    """Measure the books of one chunk."""
    return _summary(risk.measure_chunk(load_run(run_uri), number))
