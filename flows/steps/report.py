"""Report: the run's published tables as a page."""

from pathlib import Path

import pandas as pd

from flows.run import Run, write_text
from flows.steps.patience import patiently
from reports import render_report
from storage.stores import open_store
from storage.tables import OUTPUT_TABLES


def write_report(run: Run) -> Path:
    """Read the run's tables back from the store, and write the page; return where it is."""
    write_text(run.report, render_report(patiently(lambda: _published_tables(run))))
    return run.report


def _published_tables(run: Run) -> dict[str, pd.DataFrame]:
    with open_store(run.store_url) as store:
        present = set(store.tables())
        return {
            name: store.read(name, run_id=run.run_id) for name in OUTPUT_TABLES if name in present
        }
