"""The lane for Google itself passes on the stand-in: it does not rot while nobody runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.addresses import PROJECT, stand_in

ROOT = Path(__file__).parents[2]
LANE = "tests/storage/test_bigquery_live.py"


def run_lane(*arguments):
    """Run the lane in a process whose own BigQuery is the stand-in."""
    stand_in().calm()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", LANE, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=dict(os.environ)
    )


@pytest.mark.slow
def test_the_lane_for_google_passes_on_the_stand_in_and_leaves_nothing():
    done = run_lane("--bigquery-live", f"bigquery://{PROJECT}/live?location=EU")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert stand_in().catalog.listed("live") == []


@pytest.mark.slow
def test_the_lane_for_google_keeps_its_hands_off_a_dataset_with_tables():
    place = {"projectId": PROJECT, "datasetId": "held"}
    held = {
        "tableReference": {**place, "tableId": "theirs"},
        "schema": {"fields": [{"name": "note", "type": "STRING"}]},
    }
    stand_in().calm()
    stand_in().catalog.create_dataset({"datasetReference": place})
    stand_in().catalog.create_table("held", held)
    done = run_lane("--bigquery-live", f"bigquery://{PROJECT}/held")
    assert done.returncode == 1, done.stdout
    assert "is not empty" in done.stdout
    (kept,) = stand_in().catalog.listed("held")
    assert kept["tableReference"]["tableId"] == "theirs"
