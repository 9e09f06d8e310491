"""Where the page of a run is."""

import re
from datetime import date
from pathlib import Path

import pandas as pd

from flows.run import Run
from flows.steps.patience import patiently
from storage.stores import open_existing

# The title of `reports`' page, which comes before its style.
_TITLE = re.compile(r"<title>(?P<job>[^,<]+), [^<]* · Almanac</title>")
_HEAD = 1_000


def page_of(run: Run) -> Path:
    """Return where the page of a published run is, or would be written.

    The job's report is of its newest night; the page of an earlier one has its date in its name,
    and that of another job than the one whose page is there has its job.
    """

    def ask() -> date:
        with open_existing(run.store_url) as store:
            return newest_night(store.runs(), run)

    return page_beside(run, patiently(ask))


def newest_night(runs: pd.DataFrame, run: Run) -> date:
    """Return the newest night of the run's job among a store's runs; its own where none is."""
    nights = runs.loc[runs["job"] == run.job.name, "as_of"]
    return max((night.date() for night in nights), default=run.as_of)


def night_before(runs: pd.DataFrame, run: Run) -> list[str]:
    """Return those of a store's runs that are of its job's last night before the run's own.

    They are several where sides were run one by one, or a run took another one's place.
    """
    earlier = runs[(runs["job"] == run.job.name) & (runs["as_of"] < pd.Timestamp(run.as_of))]
    return [str(name) for name in earlier.loc[earlier["as_of"] == earlier["as_of"].max(), "run_id"]]


def page_beside(run: Run, newest: date) -> Path:
    """Return where a run's page is, where ``newest`` is the last night of its job."""
    report = run.report
    if other_job_at(report, run) is not None:
        report = report.with_stem(f"{report.stem}-{run.job.name}")
    dated = report.with_stem(f"{report.stem}-{run.as_of:%Y%m%d}")
    return dated if newest > run.as_of else report


def other_job_at(page: Path, run: Run) -> str | None:
    """Return the job whose page is at ``page``, None where there is none or it is the run's own."""
    try:
        with page.open(encoding="utf-8", errors="replace") as file:
            found = _TITLE.search(file.read(_HEAD))
    except OSError:
        return None
    return None if found is None or found["job"] == run.job.name else found["job"]
