"""Task runners: threads on one machine, Dask beyond it."""

from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.errors import JobRefusedError
from flows.spec import Execution


def task_runner(execution: Execution) -> TaskRunner[Any]:
    """Return the task runner that the job asks for.

    Raises
    ------
    JobRefusedError
        Where the runner's optional package is not installed.
    """
    if execution.task_runner == "threads":
        return ThreadPoolTaskRunner(max_workers=execution.workers)
    try:
        from prefect_dask import DaskTaskRunner  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise JobRefusedError(
            "execution.task_runner: 'dask' needs the extra: pip install almanac[dask]"
        ) from error
    runner: TaskRunner[Any] = DaskTaskRunner(
        cluster_kwargs={"n_workers": execution.workers, "threads_per_worker": 1}
    )
    return runner
