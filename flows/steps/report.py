"""Report: the run's published tables as a page."""

from datetime import date
from pathlib import Path

import pandas as pd

from flows.run import Run, write_text
from flows.steps.page import newest_night, night_before, page_beside
from flows.steps.patience import patiently
from reports import COMPARED, render_report
from storage.stores import TerminalStoreError, open_existing
from storage.tables import OUTPUT_TABLES, RUN_ENTITIES, RUNS


def write_report(run: Run) -> Path:
    """Read the run's tables back from the store, and write the page; return where it is.

    The page of a later night of the job stays: an earlier night's goes beside it.

    Raises
    ------
    TerminalStoreError
        Where the run is not in its store, or no longer, or the store is not there.
    """
    tables, before, newest = patiently(lambda: _published(run))
    page = page_beside(run, newest)
    write_text(page, render_report(tables, before))
    return page


def _published(run: Run) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame], date]:
    """Return the run's tables, what is compared of the night before, and its job's newest night."""
    with open_existing(run.store_url) as store:
        present = set(store.tables())
        tables = {
            name: store.read(name, run_id=run.run_id) for name in OUTPUT_TABLES if name in present
        }
        if not len(tables.get(RUN_ENTITIES.name, ())):
            listed = len(tables.get(RUNS.name, ())) > 0
            raise TerminalStoreError(_missing(run, listed=listed))
        runs = store.runs()
        before = night_before(runs, run)
        compared = {
            name: pd.concat([store.read(name, run_id=one) for one in before], ignore_index=True)
            for name in COMPARED
            if before and name in present
        }
        return tables, compared, newest_night(runs, run)


def _missing(run: Run, *, listed: bool) -> str:
    if not listed:
        return f"store {run.store_url}: run {run.run_id} is not published there"
    return (
        f"store {run.store_url}: another run of the night of {run.as_of} took the place of "
        f"{run.run_id}, whose tables are gone; its job, on the inputs that it had, publishes it "
        "again"
    )
