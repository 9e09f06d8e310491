"""Input files: read as their table, or refused in one sentence that names what is wrong."""

import duckdb
import pandas as pd
import pytest

from storage.inputs import InputRefusedError, InputSource, inspect_input, read_input
from tests.storage.inputs import demand_rows


def read(source):
    with duckdb.connect() as connection:
        files = read_input(connection, source, "found").files
        found = connection.sql("SELECT * FROM found").df()
    return found.assign(file=[files[number] for number in found["_file_number"]])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_columns_are_mapped_and_constants_added(tmp_path, suffix):
    frame = demand_rows().rename(columns={"quantity": 'odd "name"', "warehouse_id": "w"})
    path = tmp_path / f"it's{suffix}"
    frame.drop(columns="item_id").to_csv(path, index=False) if suffix == ".csv" else frame.drop(
        columns="item_id"
    ).to_parquet(path)
    columns = {"quantity": 'odd "name"', "warehouse_id": "w"}
    found = read(InputSource("demand", (path,), columns, {"item_id": "o'brien"}))
    assert found["item_id"].unique().tolist() == ["o'brien"]
    assert found["quantity"].tolist() == [float(value) for value in frame['odd "name"']]
    assert found["_row"].tolist() == list(range(1, len(frame) + 1))


def test_files_follow_each_other_and_each_counts_its_rows(tmp_path):
    for number, item in enumerate(("tea", "coffee")):
        demand_rows(item=item).to_csv(tmp_path / f"{number}.csv", index=False)
    found = read(InputSource("demand", (tmp_path / "0.csv", tmp_path / "1.csv")))
    assert found.groupby("file")["_row"].max().to_dict() == {"0.csv": 91, "1.csv": 91}


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda p: p.unlink(), "does not exist"),
        (lambda p: p.write_text("warehouse_id,item_id,ds\na,b,c\n"), "has no column 'quantity'"),
        (lambda p: p.write_text("warehouse_id,item_id,ds,quantity\n"), "has no rows"),
        (lambda p: p.write_bytes(b""), "has no header line"),
    ],
)
def test_an_input_that_is_not_its_table_is_refused_in_one_sentence(tmp_path, break_it, says):
    path = tmp_path / "demand.csv"
    demand_rows().to_csv(path, index=False)
    break_it(path)
    with pytest.raises(InputRefusedError, match=says) as refusal:
        read(InputSource("demand", (path,)))
    assert "\n" not in str(refusal.value)
    assert "demand" in str(refusal.value)


def test_a_parquet_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "demand.parquet"
    demand_rows().to_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputRefusedError, match=r"demand\.parquet cannot be read"):
        inspect_input(InputSource("demand", (path,)))


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "demand.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(InputRefusedError, match="neither CSV nor Parquet"):
        inspect_input(InputSource("demand", (path,)))


def test_a_mapping_of_an_unknown_column_is_refused(tmp_path):
    path = tmp_path / "demand.csv"
    demand_rows().to_csv(path, index=False)
    with pytest.raises(InputRefusedError, match="no column 'amount'"):
        inspect_input(InputSource("demand", (path,), {"amount": "quantity"}))


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE rejects; --", '"quoted"', "../../etc/passwd", "<script>", "a,b", "é"]
)
def test_a_hostile_id_is_only_an_id(tmp_path, hostile):
    path = tmp_path / "demand.csv"
    demand_rows(item=hostile).to_csv(path, index=False)
    found = read(InputSource("demand", (path,)))
    assert found["item_id"].unique().tolist() == [hostile]


def test_types_of_parquet_are_taken_as_they_are(tmp_path):
    path = tmp_path / "prices.parquet"
    pd.DataFrame(
        {
            "instrument_id": pd.Categorical(["A", "B"]),
            "ds": pd.to_datetime(["2024-01-01", "2024-01-02"]),
            "close": pd.array([1, 2], dtype="int16"),
        }
    ).to_parquet(path)
    found = read(InputSource("prices", (path,)))
    assert found["close"].tolist() == [1.0, 2.0]
