"""Every statement that goes to BigQuery, in the grammar of GoogleSQL itself."""

import json
import subprocess
from pathlib import Path

import pytest

from storage.stores.bigquery_sql import Loaded, commit_script
from storage.tables import OUTPUT_TABLES
from storage.views import shipped as package
from tests.emulators.environments import FOLDER, environment, python_of

pytestmark = pytest.mark.slow
VIEWS = sorted((Path(package.__file__).parent / "bigquery").glob("*.sql"))


def verdicts(paths):
    """Return what the parser says of each file, None where it takes it."""
    done = subprocess.run(
        [python_of("zetasql"), FOLDER / "zetasql" / "parse.py"],
        input="\n".join(map(str, paths)),
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return json.loads(done.stdout)


def scripts(folder):
    """Write the scripts that publish every table, anew and as a correction."""
    loaded = [
        Loaded(table, f"`project.nights.{name}`", f"`project.nights.load_{name}`", 3, "d")
        for name, table in OUTPUT_TABLES.items()
    ]
    for known in (False, True):
        text = commit_script(loaded, "`project.nights.runs`", "`project.nights.p`", known=known)
        path = folder / f"commit-{known}.sql"
        path.write_text(text)
        yield path


# DuckDB's and PostgreSQL's own words: the parser is not one that takes everything.
WRONG = {"cast": "SELECT 1::BIGINT", "alias": 'SELECT x AS "y z" FROM t', "none": "SELECT FROM"}


def test_what_is_sent_to_bigquery_is_googlesql_and_other_words_are_not(tmp_path):
    """One call for all: the parser takes a minute to start."""
    paths = [*VIEWS, *scripts(tmp_path)]
    assert len(VIEWS) >= 3
    for name, text in WRONG.items():
        (tmp_path / name).write_text(text)
    found = verdicts([*paths, *(tmp_path / name for name in WRONG)])
    assert {path: found[str(path)] for path in paths} == dict.fromkeys(paths)
    assert all(found[str(tmp_path / name)] for name in WRONG)
