"""Tables: one schema from which frames, DDL and stores agree."""

import duckdb
import pandas as pd
import pandera.errors
import pytest

from storage.stores.ddl import create_table
from storage.tables import INPUT_TABLES, OUTPUT_TABLES, QUANTILES
from tests.storage.nights import EVERY, night

TABLES = {**INPUT_TABLES, **OUTPUT_TABLES}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_made_of_its_columns(name):
    table = TABLES[name]
    assert table.name == name
    assert len(set(table.column_names)) == len(table.column_names)
    assert set(table.key) | set(table.entity) <= set(table.column_names)
    assert all(column.description for column in table.columns)
    assert not any(column.nullable for column in table.columns if column.name in table.key)


@pytest.mark.parametrize("name", OUTPUT_TABLES)
def test_every_output_says_whose_it_is_and_for_which_night(name):
    assert OUTPUT_TABLES[name].column_names[:2] == ("run_id", "as_of")
    assert OUTPUT_TABLES[name].key[0] == "run_id"


@pytest.mark.parametrize("name", TABLES)
def test_ddl_has_the_columns_in_order_with_their_nulls(name):
    table = TABLES[name]
    with duckdb.connect() as connection:
        connection.execute(create_table(table))
        connection.execute(create_table(table))
        found = connection.execute(f"DESCRIBE {name}").fetchall()
    assert tuple(row[0] for row in found) == table.column_names
    assert tuple(row[2] == "YES" for row in found) == tuple(c.nullable for c in table.columns)


@pytest.mark.parametrize("name", OUTPUT_TABLES)
def test_a_valid_frame_is_returned_sorted_and_typed(name):
    frame = night(tables=EVERY)[name]
    table = OUTPUT_TABLES[name]
    pd.testing.assert_frame_equal(table.validate(frame.sample(frac=1, random_state=1)), frame)
    assert list(table.empty().dtypes) == list(frame.dtypes)


def test_a_frame_with_a_repeated_key_is_not_valid():
    frame = night()["champions"]
    with pytest.raises(pandera.errors.SchemaErrors):
        OUTPUT_TABLES["champions"].validate(pd.concat([frame, frame]))


def test_quantiles_are_one_to_ninety_nine_percent():
    assert (len(QUANTILES), QUANTILES[0], QUANTILES[-1]) == (99, "q01", "q99")
