"""The job of the S&P 500 with its inputs checked, for what is measured of it outside a night."""

from pathlib import Path

from flows.run import Run, prepare_run
from flows.spec import load_job
from flows.steps.check import check

JOB = Path(__file__).parents[1] / "jobs" / "sp500.toml"


def checked_run(folder: Path) -> Run:
    """Return the job's run, whose clean inputs lie below ``folder``.

    Parameters
    ----------
    folder : that exists, for everything the run writes
    """
    job = load_job(JOB)
    outputs = job.outputs.model_copy(
        update={
            "store": f"duckdb:{folder / 'almanac.duckdb'}",
            "report": str(folder / "report.html"),
            "staging": str(folder / ".almanac"),
        }
    )
    run = prepare_run(job.model_copy(update={"outputs": outputs}))
    run.save()
    check(run)
    return run
