"""Report: the run's published tables as a page."""

from pathlib import Path

from flows.run import Run, write_text
from reports import render_report
from storage.stores import open_store
from storage.tables import OUTPUT_TABLES


def write_report(run: Run) -> Path:
    """Read the run's tables back from the store, and write the page; return where it is."""
    with open_store(run.store_url) as store:
        present = set(store.tables())
        tables = {
            name: store.read(name, run_id=run.run_id) for name in OUTPUT_TABLES if name in present
        }
    write_text(run.report, render_report(tables))
    return run.report
