"""Dirty tables at scale: each ends in named rejects, or in one clear refusal."""

from collections import defaultdict

import duckdb
import pandas as pd
import pytest

from storage.checks import CheckPlan, check_inputs
from storage.inputs import InputRefusedError, InputSource, read_input
from storage.sql import entity_of
from storage.tables import INPUT_TABLES
from tests.storage.dirt import dirty_file
from tests.storage.inputs import AS_OF

# Tables that are laid on a grid, so that clean rows are not rows that came in.
RESHAPED = {"demand", "prices"}
# So many files of one input are checked together.
BATCH = 60
PLANS = [
    CheckPlan(AS_OF, frequency, gaps, minimum_history=3, minimum_price_history=2)
    for frequency, gaps in (("D", "zero"), ("W", "carry"), ("MS", "reject"), ("h", "zero"))
]


def refusal_of(source):
    """Read one file by itself; return the sentence it is refused with, or None.

    Each has a database of its own, as an input of a night has: some damage takes it along.
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        try:
            read_input(connection, source, "found")
        except InputRefusedError as refusal:
            return str(refusal)
    return None


def assert_one_sentence(said, source):
    assert said.startswith(f"inputs.{source.table}: ")
    assert "\n" not in said
    assert "Traceback" not in said
    assert source.paths[0].name in said
    assert len(said) < 1_500


def assert_accounted_for(report, source):
    """Every row and every entity is in the clean file or named in the rejects."""
    checked = report.inputs[source.table]
    rejects = report.rejects
    assert set(rejects["input"]) <= {source.table}
    assert set(rejects["source"].dropna()) <= {path.name for path in source.paths}
    assert rejects["code"].str.len().min() > 0 or rejects.empty
    assert rejects["advice"].str.len().min() > 0 or rejects.empty
    by_row = rejects[rejects["severity"] == "row"]
    assert len(by_row) == checked.rows_rejected
    assert not by_row.duplicated(["source", "row"]).any()
    own = INPUT_TABLES[source.table].entity
    clean = duckdb.from_parquet(str(checked.clean)).project(entity_of(own)).distinct()
    admitted = {row[0] for row in clean.fetchall()}
    assert set(checked.entities_in) == admitted | set(checked.entities_rejected)
    assert not admitted & set(checked.entities_rejected)
    by_entity = set(rejects.loc[rejects["severity"] == "entity", "entity"])
    assert set(checked.entities_rejected) <= by_entity
    if source.table not in RESHAPED and not by_entity:
        kept = duckdb.from_parquet(str(checked.clean)).count("*").fetchall()[0][0]
        assert kept + checked.rows_rejected == checked.rows_in


def feed(folder, seed, count):
    """Feed so many dirty tables to the checks; return how many were refused."""
    accepted, refused = defaultdict(list), 0
    for number in range(count):
        table, path = dirty_file(folder, number, seed)
        source = InputSource(table, (path,))
        said = refusal_of(source)
        if said is None:
            accepted[table].append(path)
        else:
            assert_one_sentence(said, source)
            refused += 1
    for table, paths in accepted.items():
        for start in range(0, len(paths), BATCH):
            source = InputSource(table, tuple(paths[start : start + BATCH]))
            clean = folder / f"clean-{table}-{start}"
            clean.mkdir()
            plan = PLANS[start // BATCH % len(PLANS)]
            assert_accounted_for(check_inputs({table: source}, plan, clean, threads=1), source)
    return refused


@pytest.mark.parametrize("seed", [0])
def test_dirty_tables_end_in_named_rejects_or_one_refusal(tmp_path, seed):
    refused = feed(tmp_path, seed, 600)
    # Both ends are met, so neither half of the test is empty.
    assert 60 < refused < 540


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_ten_thousand_dirty_tables_end_in_named_rejects_or_one_refusal(tmp_path, seed):
    feed(tmp_path, seed, 1_100)


def test_a_dirty_table_checked_alone_ends_as_one_in_a_batch(tmp_path):
    """Each by itself, with its own plan: nothing hangs on the company of a file."""
    for number in range(60):
        table, path = dirty_file(tmp_path, number, "alone")
        source = InputSource(table, (path,))
        clean = tmp_path / f"clean-{number}"
        clean.mkdir()
        try:
            report = check_inputs({table: source}, PLANS[number % len(PLANS)], clean)
        except InputRefusedError as refusal:
            assert_one_sentence(str(refusal), source)
        else:
            assert_accounted_for(report, source)


@pytest.mark.parametrize("keep", [0, 1, 4, 40, 0.25, 0.5, 0.9, -12, -9, -5, -1])
def test_a_parquet_file_cut_anywhere_is_refused(tmp_path, keep):
    path = tmp_path / "prices.parquet"
    frame = pd.DataFrame({"instrument_id": ["A"] * 500, "ds": "2024-01-02", "close": range(500)})
    frame.to_parquet(path, row_group_size=100)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    source = InputSource("prices", (path,))
    said = refusal_of(source)
    assert said is not None
    assert_one_sentence(said, source)
