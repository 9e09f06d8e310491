"""Input files: read as their table, or refused in one sentence that names what is wrong."""

import errno
import gzip
from contextlib import nullcontext

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from storage.inputs import (
    InputRefusedError,
    InputSource,
    inspect_input,
    plain_text,
    query_input,
    read_input,
    reader,
)
from storage.inputs.each_file import of_each_file
from tests.storage.inputs import demand_rows

HEADER = "warehouse_id,item_id,ds,quantity"
# More rows than DuckDB looks at before it reads the file through.
LONG = f"{HEADER}\n" + "a,b,2024-01-01,3\n" * 30_000


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
        (lambda p: p.write_text("sku,ds\na,b\n"), "'warehouse_id', 'item_id', 'quantity'; it has"),
        (
            lambda p: p.write_text(f"{HEADER}\na,b,2024-01-01,3,4\n"),
            "row that begins in line 2 has 5 values and the header 4",
        ),
        (lambda p: p.write_text(f"{LONG}a,b,2024-01-01\n"), "Line: 30002: Expected .* 4 Found: 3"),
        (lambda p: p.write_text(f'{LONG}a,"b\n'), "Line: 30002: Value with unterminated quote"),
        (
            lambda p: p.write_text(f"{HEADER}\na,b,2024-01-01,3\na,b,2024-01-02\n"),
            "row that begins in line 3 has 3 values and the header 4",
        ),
        (
            lambda p: p.write_text(f'{HEADER}\na,"b,2024-01-01,3\na,b,2024-01-02,1\n'),
            "row that begins in line 2 has 2 values and the header 4, or a quote in it is not",
        ),
        (lambda p: p.write_text(f"sep=^\n{HEADER}\n"), "first line is 'sep=.', a note to Excel"),
        (lambda p: p.write_text(f'"sep=;"\n{HEADER}\n'), "a note to Excel; delete that line"),
        (lambda p: p.write_text(f"sep=,,,\n{HEADER}\n"), "first line is 'sep=,,,', a note to Exc"),
        (lambda p: p.write_text(f"sep=,\n\n{HEADER}\n"), "no header line: its second line is em"),
        (
            lambda p: p.write_text(f"sep=,\n{HEADER}\na,b,2024-01-01\n"),
            "row that begins in line 3 has 3 values and the header 4",
        ),
        (lambda p: p.write_text("warehouse_id,item_id,ds,quantity\n"), "has no rows"),
        (
            lambda p: p.write_bytes(f"{HEADER}\r\na,b,2024-01-01,3\na,b,2024-01-02\n".encode()),
            "row that begins in line 3 has 3 values and the header 4",
        ),
        (lambda p: p.write_bytes(gzip.compress(LONG.encode())[:-9]), "data are damaged or cut sh"),
        (lambda p: p.write_text(f"{HEADER}\n,,,\n,,,\n"), "has no rows"),
        (lambda p: p.write_bytes(b""), "has no header line"),
        (lambda p: p.write_text(f"\n{HEADER}\n"), "has no header line: its first line is empty"),
        (lambda p: p.write_bytes(b"PK\x03\x04\x14\x00"), "it is an Excel workbook, or another zip"),
        (lambda p: demand_rows().to_parquet(p), "it is a Parquet file named as CSV"),
        (
            lambda p: p.write_text("Warehouse,item_id,ds,units\n"),
            'map names as by columns = { warehouse_id = "Warehouse", quantity = "units" }',
        ),
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


def write(path, frame):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:  # as pandas would not write one name twice
        arrays = [pa.array(frame.iloc[:, n]) for n in range(frame.shape[1])]
        pq.write_table(pa.Table.from_arrays(arrays, names=list(frame.columns)), path)


@pytest.mark.parametrize("name", ["demand.csv", "demand.parquet"])
@pytest.mark.parametrize(
    ("again", "columns", "says"),
    [
        ("quantity", {}, r"has column 'quantity' 2 times \(quantity, quantity\); keep one"),
        ("Quantity", {}, r"has column 'quantity' 2 times \(quantity, Quantity\)"),
        ("sold", {"quantity": "sold"}, r"column 'sold' \(mapped from 'quantity'\) 2 times"),
        ("price", {}, r"has column 'price' 2 times"),
    ],
)
def test_a_column_that_is_there_twice_is_refused_by_name(tmp_path, name, again, columns, says):
    frame = demand_rows().assign(price=1.0, sold=2.0)
    path = tmp_path / name
    write(path, pd.concat([frame, frame[[again.lower()]].set_axis([again], axis=1)], axis=1))
    source = InputSource("demand", (path,), columns)
    for refuses in (inspect_input, read):
        with pytest.raises(InputRefusedError, match=says):
            refuses(source)


@pytest.mark.parametrize("name", ["demand.csv", "demand.parquet"])
def test_columns_that_are_not_read_may_be_there_twice(tmp_path, name):
    frame = demand_rows().assign(note="a", sold=2.0)
    path = tmp_path / name
    write(path, pd.concat([frame, frame[["note", "quantity"]]], axis=1))
    found = read(InputSource("demand", (path,), {"quantity": "sold"}))
    assert (found["quantity"] == 2.0).all()


def test_a_parquet_field_inside_another_is_no_second_column(tmp_path):
    path = tmp_path / "demand.parquet"
    frame = demand_rows()
    frame.assign(more=[{"quantity": 1}] * len(frame)).to_parquet(path)
    assert len(read(InputSource("demand", (path,)))) == len(frame)


@pytest.mark.parametrize(("order", "other"), [("%d.%m.%Y", "month-day"), ("%m/%d/%Y", "day-month")])
def test_dates_in_the_other_order_than_named_are_refused(tmp_path, order, other):
    """Days up to the twelfth would be read as months."""
    path = tmp_path / "demand.csv"
    frame = demand_rows()
    days = pd.to_datetime(frame["ds"])
    frame.assign(ds=days.dt.strftime(order)).to_csv(path, index=False)
    named = "day-month-year" if other == "month-day" else "month-day-year"
    with pytest.raises(InputRefusedError, match=rf'of 91 dates, such as .*; set dates = "{named}"'):
        read(InputSource("demand", (path,), dates=f"{other}-year"))
    assert read(InputSource("demand", (path,), dates=named))["ds"].tolist() == days.tolist()


def test_a_slip_in_dates_whose_order_is_known_is_a_row_and_no_other_order(tmp_path):
    path = tmp_path / "demand.csv"
    days = pd.to_datetime(demand_rows()["ds"]).dt.strftime("%d.%m.%Y")
    demand_rows().assign(ds=days.replace("14.01.2024", "01.14.2024")).to_csv(path, index=False)
    found = read(InputSource("demand", (path,), dates="day-month-year"))
    assert found.loc[found["ds"].isna(), "ds_found"].tolist() == ["01.14.2024"]


def test_a_column_with_two_origins_is_refused(tmp_path):
    path = tmp_path / "demand.csv"
    demand_rows().assign(sold=2.0).to_csv(path, index=False)
    source = InputSource("demand", (path,), {"quantity": "sold"}, {"quantity": 1.0})
    with pytest.raises(InputRefusedError, match=r"column 'quantity' is in columns and in const"):
        inspect_input(source)


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


def test_a_mapping_the_wrong_way_round_is_told_the_right_one(tmp_path):
    path = tmp_path / "demand.csv"
    demand_rows().rename(columns={"quantity": "units"}).to_csv(path, index=False)
    with pytest.raises(InputRefusedError, match=r'first: columns = \{ quantity = "units" \}$'):
        inspect_input(InputSource("demand", (path,), {"units": "quantity"}))


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


def read_text(tmp_path, text, table="prices", **settings):
    path = tmp_path / f"{table}.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(InputSource(table, (path,), **settings))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_header_decides_the_delimiter(tmp_path, delimiter):
    header = delimiter.join(["instrument_id", "ds", "close"])
    row = delimiter.join(['"a,b;c|d"', "2024-01-02", "3"])
    found = read_text(tmp_path, f"{header}\n{row}\n")
    assert found[["instrument_id", "close"]].to_numpy().tolist() == [["a,b;c|d", 3.0]]


def test_no_value_decides_how_a_file_is_read(tmp_path):
    ids = ["#comment", "'single'", 'a "quoted" one', "NULL", "nan", "007", "a b", "\\", "*"]
    frame = pd.DataFrame({"instrument_id": ids, "ds": "2024-01-02", "close": 1})
    found = read_text(tmp_path, frame.to_csv(index=False))
    assert found["instrument_id"].tolist() == ids


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    found = read_text(tmp_path, "\ufeffinstrument_id,ds,close\r\nA,2024-01-02,3\r\n")
    assert found["close"].tolist() == [3.0]


@pytest.mark.parametrize(
    "text",
    [
        "instrument_id,ds,close\nA,2024-01-02\n",
        "instrument_id,ds,close\nA,2024-01-02,3,4\n",
        "instrument_id,ds,close\ncaf\xe9,2024-01-02,3\n".encode("latin-1"),
    ],
)
def test_a_torn_or_foreign_file_is_refused_in_one_sentence(tmp_path, text):
    with pytest.raises(InputRefusedError, match=r"prices\.csv cannot be read") as refusal:
        read_text(tmp_path, text)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["a*.csv", "a?.csv", "a[b].csv", "a{b,c}.csv", "a'b.csv"])
def test_a_file_name_is_never_a_pattern(tmp_path, name):
    wanted, decoy = "instrument_id,ds,close\nA,2024-01-02,3\n", "instrument_id,ds,close\nB,,\n"
    for other in ("ab.csv", "ac.csv", "abc.csv", "b.csv"):
        (tmp_path / other).write_text(decoy)
    (tmp_path / name).write_text(wanted)
    found = read(InputSource("prices", (tmp_path / name,)))
    assert found["instrument_id"].tolist() == ["A"]


def test_a_folder_is_not_a_file(tmp_path):
    (tmp_path / "prices.csv").mkdir()
    with pytest.raises(InputRefusedError, match="is not a file"):
        inspect_input(InputSource("prices", (tmp_path / "prices.csv",)))


def test_an_unknown_input_and_one_without_files_are_refused(tmp_path):
    with pytest.raises(InputRefusedError, match="there is no such input; there are demand"):
        inspect_input(InputSource("tulips", (tmp_path,)))
    with pytest.raises(InputRefusedError, match="at least one file"):
        inspect_input(InputSource("prices", ()))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02 03:04:05", "2024-01-02 03:04:05"),
        ("2024-01-02T03:00:00Z", "2024-01-02 03:00:00"),
        ("2024-01-02T03:00:00+02:00", "2024-01-02 01:00:00"),
        ("2024-01-02 22:00:00-05:00", "2024-01-03 03:00:00"),
        ("01/02/2024", None),
        ("20240102", "2024-01-02"),
        ("20241302", None),
        ("02012024", None),
        ("45293", None),
        ("2024-02-30", None),
    ],
)
def test_a_time_is_read_in_utc_or_not_at_all(tmp_path, text, moment):
    found = read_text(tmp_path, f"instrument_id,ds,close\nA,{text},1\n").iloc[0]
    assert pd.isna(found["ds"]) if moment is None else found["ds"] == pd.Timestamp(moment)
    assert found["ds_found"] == text


def test_ids_that_are_whole_numbers_are_the_same_text_in_every_type(tmp_path):
    """A column of whole numbers with an empty one has decimals in pandas."""
    path = tmp_path / "prices.parquet"
    rows = {"instrument_id": [42.0, None, 1.5, 1e300], "ds": "2024-01-02", "close": 1.0}
    pd.DataFrame(rows).to_parquet(path)
    ids = read(InputSource("prices", (path,)))["instrument_id"]
    assert ids.where(ids.notna(), None).tolist() == ["42", None, "1.5", "1e+300"]


def test_text_of_windows_is_not_taken_for_latin_1(tmp_path):
    text = "instrument_id,ds,close\n5 €,2024-01-02,3\n".encode("cp1252")
    with pytest.raises(InputRefusedError, match="it is not latin-1 text: Windows has other signs"):
        read_text(tmp_path, text, encoding="latin-1")


def test_a_zoned_time_of_parquet_is_read_in_utc(tmp_path):
    path = tmp_path / "prices.parquet"
    zoned = pd.to_datetime(["2024-01-02 22:00"]).tz_localize("America/New_York")
    pd.DataFrame({"instrument_id": ["A"], "ds": zoned, "close": [1.0]}).to_parquet(path)
    found = read(InputSource("prices", (path,)))
    assert found["ds"].tolist() == [pd.Timestamp("2024-01-03 03:00")]


LIMIT = {"portfolio_id": "p", "measure": "value_at_risk", "level": 0.99, "limit": 1.0}


@pytest.mark.parametrize(
    ("given", "whole"), [(10, 10), (10.0, 10), ("10", 10), ("10.0", 10), (1.5, None), ("1.5", None)]
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_whole_number_is_never_rounded_to(tmp_path, given, whole, suffix):
    path = tmp_path / f"limits{suffix}"
    frame = pd.DataFrame([{**LIMIT, "horizon": given}])
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    found = read(InputSource("limits", (path,)))["horizon"].iloc[0]
    assert pd.isna(found) if whole is None else found == whole


@pytest.mark.parametrize(
    ("given", "truth"),
    [(True, True), ("false", False), (1, True), (0.0, False), ("t", True), (2, None), ("?", None)],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_truth_is_one_or_none(tmp_path, given, truth, suffix):
    path = tmp_path / f"demand{suffix}"
    frame = demand_rows().head(1).assign(in_stock=[given])
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    found = read(InputSource("demand", (path,)))["in_stock"].iloc[0]
    assert pd.isna(found) if truth is None else found == truth


def test_a_column_that_only_one_file_has_is_not_asked_of_the_others(tmp_path):
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    demand_rows().assign(in_stock="true").to_csv(first, index=False)
    demand_rows(item="coffee").to_csv(second, index=False)
    with duckdb.connect() as connection:
        result = read_input(connection, InputSource("demand", (first, second)), "found")
    assert "in_stock" not in result.present
    assert result.rows == 2 * 91


@pytest.mark.parametrize("constant", [0.5, 3, "0.5"])
def test_a_constant_is_read_like_a_value(tmp_path, constant):
    text = "instrument_id,ds\nA,2024-01-02\n"
    found = read_text(tmp_path, text, constants={"close": constant})
    assert found["close"].tolist() == [float(constant)]


TEXT = "instrument_id;ds;close\r\ncaf\xe9;2024-01-02;3\r\n"


@pytest.mark.parametrize("named", ["utf-8", "cp1252"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_mark_tells_the_encoding_whatever_is_named(tmp_path, encoding, named):
    found = read_text(tmp_path, f"\ufeff{TEXT}".encode(encoding), encoding=named)
    assert found[["instrument_id", "close"]].to_numpy().tolist() == [["caf\xe9", 3.0]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "cp1252", "cp1250", "cp850", "latin-1", "UTF8"])
def test_text_is_read_in_the_encoding_that_is_named(tmp_path, encoding):
    found = read_text(tmp_path, TEXT.encode(encoding), encoding=encoding)
    assert found["instrument_id"].tolist() == ["caf\xe9"]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-16-le", "utf-8"),
        ("utf-7", "utf-8"),
        ("latin-1", "utf-8"),
        ("latin-1", "shift_jis"),
        ("latin-1", "utf-16"),
    ],
)
def test_text_that_is_in_another_encoding_is_refused_in_one_sentence(tmp_path, encoding, named):
    with pytest.raises(InputRefusedError, match=r"prices\.csv") as refusal:
        read_text(tmp_path, ("\xe9;" + TEXT).encode(encoding), encoding=named)
    assert "\n" not in str(refusal.value)
    if encoding == "latin-1":
        assert f"it is not {named.replace('utf-8', 'UTF-8')} text" in str(refusal.value)


@pytest.mark.parametrize("name", ["prices.csv", "prices.csv.gz", "prices.TXT", "prices.tsv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_compressed_file_is_read_as_it_was_before(tmp_path, name, encoding):
    path = tmp_path / name
    path.write_bytes(gzip.compress(TEXT.encode(encoding)))
    source = InputSource("prices", (path,))
    inspect_input(source)
    found = read(source)
    assert found[["instrument_id", "close", "file"]].to_numpy().tolist() == [["caf\xe9", 3.0, name]]


# Rows end after 23, 48 and 63 characters; a beginning without one is no beginning.
@pytest.mark.parametrize(
    ("characters", "copied"), [(5, 63), (30, 23), (47, 23), (48, 48), (60, 48), (1000, 63)]
)
def test_of_a_long_file_whole_rows_of_the_beginning_are_inspected(
    tmp_path, monkeypatch, characters, copied
):
    text = 'instrument_id;ds;close\n"two\nlines";2024-01-02;3\nb;2024-01-02;4\n'
    path = tmp_path / "prices.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    monkeypatch.setattr(plain_text, "_CHARACTERS", characters)
    with plain_text.plain_files(InputSource("prices", (path,)), beginning=True) as plain:
        assert plain.paths[0].read_text() == text[:copied]


def test_files_of_one_name_are_each_read(tmp_path):
    paths = []
    for item in ("a", "b"):
        (tmp_path / item).mkdir()
        paths.append(tmp_path / item / "prices.csv")
        paths[-1].write_text(TEXT.replace("caf\xe9", item), encoding="utf-16")
    assert read(InputSource("prices", tuple(paths)))["instrument_id"].tolist() == ["a", "b"]


def odd_files(folder, *texts):
    """Return a source of files, of which those that end in a row of two values are damaged."""
    paths = tuple(folder / f"part-{number:02}.csv" for number in range(len(texts)))
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode())
    return InputSource("demand", paths)


@pytest.mark.parametrize("look", [inspect_input, read, lambda s: query_input(s, "FROM source")])
def test_every_file_of_an_input_that_cannot_be_read_is_told(tmp_path, look):
    row = "a,b,2024-01-01,3\n"
    no_date = f"warehouse_id,item_id,day,quantity\n{row}"
    mixed = f"{HEADER}\r\n{row}"
    source = odd_files(tmp_path, no_date, f"{HEADER}\n{row}", mixed, "", no_date)
    with pytest.raises(InputRefusedError) as refusal:
        look(source)
    head, *told = str(refusal.value).split("\n  ")
    assert head == "inputs.demand: 3 of 5 files cannot be read:"
    assert [line.partition(" has no ")[0] for line in told] == [
        f"part-{number}.csv" for number in ("00", "03", "04")
    ]


@pytest.mark.parametrize(
    "look", [read, lambda s: query_input(s, "SELECT sum(quantity) FROM source")]
)
def test_damage_far_down_is_told_of_every_file_that_has_it_and_of_no_other(tmp_path, look):
    source = odd_files(tmp_path, LONG, f"{LONG}a,b\n", LONG, f"{LONG}a,b\n")
    inspect_input(source)
    with pytest.raises(InputRefusedError, match="2 of 4 files cannot be read") as refusal:
        look(source)
    assert [name for name in ("00", "01", "02", "03") if f"part-{name}" in str(refusal.value)] == [
        "01",
        "03",
    ]


def test_files_after_one_that_took_the_database_along_are_not_blamed(tmp_path):
    source = InputSource("prices", tuple(tmp_path / f"{n}.parquet" for n in range(3)))
    asked = []

    def read(file, number):
        asked.append(number)
        if number > 0:
            raise InputRefusedError(f"{number} is wrong") from duckdb.FatalException("gone")

    with pytest.raises(InputRefusedError, match="1 is wrong"):
        of_each_file(source, read)
    assert asked == [0, 1]


@pytest.mark.parametrize(("files", "end"), [(11, "and 1 more"), (10, "")])
def test_of_many_files_that_cannot_be_read_the_first_are_told(tmp_path, files, end):
    source = odd_files(tmp_path, *[""] * files)
    with pytest.raises(InputRefusedError) as refusal:
        inspect_input(source)
    told = str(refusal.value).split("\n  ")[1:]
    assert len([line for line in told if line.startswith("part-")]) == 10
    assert told[-1] == end or not end


def test_a_file_that_shares_its_name_is_told_with_its_folder(tmp_path):
    for month in ("may", "june"):
        (tmp_path / month).mkdir()
        (tmp_path / month / "demand.csv").write_text(LONG if month == "may" else "")
    paths = tuple(tmp_path / month / "demand.csv" for month in ("may", "june"))
    with pytest.raises(InputRefusedError, match=r"\(the one in .*june\)"):
        inspect_input(InputSource("demand", paths))


def test_a_disk_without_room_is_not_the_file_s_fault(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(plain_text, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        read_text(tmp_path, TEXT.encode("utf-16"))


def test_a_machine_without_room_for_a_query_is_not_the_file_s_fault(tmp_path, monkeypatch):
    class Full:
        def execute(self, _):
            raise duckdb.OutOfMemoryException("failed to allocate")

    source = odd_files(tmp_path, LONG)
    monkeypatch.setattr(reader, "_in_memory", lambda: nullcontext(Full()))
    with pytest.raises(duckdb.OutOfMemoryException):
        reader._read_through(source, "SELECT 1")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_name_may_be_in_other_case(tmp_path, suffix):
    path = tmp_path / f"demand{suffix}"
    frame = demand_rows().rename(columns=str.upper).rename(columns={"QUANTITY": "Units"})
    write(path, frame.assign(quantity_note="x"))
    found = read(InputSource("demand", (path,), {"quantity": "UNITS"}))
    assert found["quantity"].tolist() == [float(value) for value in frame["Units"]]


def test_files_may_have_their_columns_in_other_orders_and_case(tmp_path):
    paths = tmp_path / "1.csv", tmp_path / "2.csv"
    frame = demand_rows()
    frame.to_csv(paths[0], index=False)
    frame[frame.columns[::-1]].rename(columns=str.title).to_csv(paths[1], index=False)
    found = read(InputSource("demand", paths)).drop(columns=["file", "_file_number"])
    pd.testing.assert_frame_equal(found.iloc[:91], found.iloc[91:].reset_index(drop=True))


def test_rows_of_separators_alone_are_no_rows_and_count_as_places(tmp_path):
    text = "instrument_id,ds,close\nA,2024-01-02,1\n,,\nB,2024-01-02,2\n,,3\n,,\n"
    found = read_text(tmp_path, text)
    assert found["_row"].tolist() == [1, 3, 4]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_spaces_around_an_id_are_none_of_it(tmp_path, suffix):
    """Columns of fixed width are filled with them."""
    path = tmp_path / f"prices{suffix}"
    write(path, pd.DataFrame({"instrument_id": ["A  ", " A", "A B "], "ds": "2024", "close": 1.0}))
    assert read(InputSource("prices", (path,)))["instrument_id"].tolist() == ["A", "A", "A B"]


@pytest.mark.parametrize("place", ["header", "row"])
def test_text_that_is_not_utf_8_is_refused_with_what_to_do(tmp_path, place):
    text = {"header": "caf\xe9,instrument_id,ds,close\nx,A,2024-01-02,3\n"}.get(
        place, "instrument_id,ds,close\ncaf\xe9,2024-01-02,3\n"
    )
    with pytest.raises(InputRefusedError, match="UTF-8") as refusal:
        read_text(tmp_path, text.encode("latin-1"))
    assert "\n" not in str(refusal.value)
    found = read_text(tmp_path, text.encode("latin-1"), encoding="latin-1")
    assert found["instrument_id"].tolist() == [{"header": "A"}.get(place, "caf\xe9")]


def test_quotes_hold_lines_and_doubled_quotes(tmp_path):
    text = 'instrument_id;ds;close\r\n"a\r\nb";2024-01-02;1\r\n"say ""x""";2024-01-02;2\r\n'
    found = read_text(tmp_path, text)
    assert found["instrument_id"].tolist() == ["a\r\nb", 'say "x"']
    assert found["_row"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("given", "value"),
    [("1,5", 1.5), ("-0,25", -0.25), ("3", 3.0), ("1e2", 100.0)]
    + [(text, None) for text in ("1.5", "1.234,5", "1,2,3", ",", "x")],
)
def test_decimal_commas_are_read_where_they_are_asked_for(tmp_path, given, value):
    """A point would be one of thousands: what it means is not guessed."""
    text = f"instrument_id;ds;close\nA;2024-01-02;{given}\n"
    found = read_text(tmp_path, text, decimal=",").iloc[0]
    assert pd.isna(found["close"]) if value is None else found["close"] == value
    assert found["close_found"] == given


def test_a_decimal_comma_that_nobody_named_is_no_number(tmp_path):
    found = read_text(tmp_path, "instrument_id;ds;close\nA;2024-01-02;1,5\n").iloc[0]
    assert pd.isna(found["close"])
    assert found["close_found"] == "1,5"


@pytest.mark.parametrize(
    ("decimal", "thousands", "given", "value"),
    [
        (",", ".", "1.234", 1234.0),
        (",", ".", "-1.234.567,5", -1234567.5),
        (",", ".", "1234,5", 1234.5),
        (",", ".", "1.5", None),
        (",", ".", "1.2345", None),
        (",", ".", "1234.567", None),
        (",", ".", "1,234.5", None),
        (".", ",", "1,234", 1234.0),
        (".", ",", "1,234,567.25", 1234567.25),
        (".", ",", "1,5", None),
        (".", ",", "1.234,5", None),
        (".", " ", "1 234", 1234.0),
        (",", " ", "1\u202f234,5", 1234.5),
        (",", " ", "12\u00a0345", 12345.0),
        (".", "'", "1'234.5", 1234.5),
        (".", "'", "1\u2019234", 1234.0),
        (".", "", "1,234", None),
        (",", "", "1.234", None),
    ],
)
def test_thousands_are_read_where_their_sign_is_named(tmp_path, decimal, thousands, given, value):
    text = f"instrument_id;ds;close\nA;2024-01-02;{given}\n"
    found = read_text(tmp_path, text, decimal=decimal, thousands=thousands).iloc[0]
    assert pd.isna(found["close"]) if value is None else found["close"] == value
    assert found["close_found"] == given


def closes(values):
    rows = "".join(f'A;2024-01-{n % 28 + 1:02};"{value}"\n' for n, value in enumerate(values))
    return f"instrument_id;ds;close\n{rows}"


@pytest.mark.parametrize(("decimal", "other"), [(".", ","), (",", ".")])
@pytest.mark.parametrize(
    "values",
    [["850", "0", "1.230"], ["7", *(f"{n}.{n}{n}1" for n in range(1, 10)), "8.001", "9.999"]],
)
def test_thousands_are_not_taken_for_decimals(tmp_path, values, decimal, other):
    text = closes(value.replace(".", decimal) for value in values)
    says = rf'thousands; where it does, set decimal = "{other}" and thousands = "\{decimal}"'
    with pytest.raises(InputRefusedError, match=says):
        read_text(tmp_path, text, decimal=decimal)
    meant = read_text(tmp_path, text, decimal=other, thousands=decimal)["close"]
    assert meant.tolist() == [float(value.replace(".", "")) for value in values]
    said = read_text(tmp_path, text, decimal=decimal, thousands=other)["close"]
    assert said.tolist() == [float(value) for value in values]


@pytest.mark.parametrize(
    "values",
    [
        ["1.000", "2.500", "3.250"],
        ["5", "0.500", "1.250"],
        ["5", "1.25", "1.250"],
        ["5", "1000", "1.250"],
        ["0", "1", "1.250"],
        ["3", "1.333", "2.667"],
        ["5", "7", "1234"],
    ],
)
def test_decimals_that_can_be_no_thousands_are_read(tmp_path, values):
    """All have three, one begins with 0 or has fewer, thousands have no sign, others are flags."""
    assert read_text(tmp_path, closes(values))["close"].tolist() == [float(v) for v in values]


@pytest.mark.parametrize(
    ("dates", "given", "day"),
    [
        ("day-month-year", "05.11.2024", "2024-11-05"),
        ("day-month-year", "5/11/2024", "2024-11-05"),
        ("day-month-year", "05-11-2024 13:30", "2024-11-05 13:30"),
        ("month-day-year", "11/05/2024", "2024-11-05"),
        ("day-month-year", "2024-11-05", None),
        ("day-month-year", "11/25/2024", None),
        ("day-month-year", "05.11.24", None),
        ("year-month-day", "05.11.2024", None),
    ],
)
def test_dates_are_read_in_the_order_that_is_asked_for(tmp_path, dates, given, day):
    text = f"instrument_id;ds;close\nA;{given};1\n"
    found = read_text(tmp_path, text, dates=dates).iloc[0]
    assert pd.isna(found["ds"]) if day is None else found["ds"] == pd.Timestamp(day)
    assert found["ds_found"] == given


@pytest.mark.parametrize(
    ("settings", "given", "value"),
    [
        ({}, "5-", -5.0),
        ({}, "1234.50 -", -1234.5),
        ({}, "(5)", -5.0),
        ({}, " ( .5 ) ", -0.5),
        ({"decimal": ","}, "1234,5-", -1234.5),
        ({"decimal": ",", "thousands": "."}, "(1.234,5)", -1234.5),
        ({"decimal": ",", "thousands": "."}, "1.234-", -1234.0),
        *(
            ({}, text, None)
            for text in ("(-5)", "-5-", "(5", "5)", "5--", "()", "-", "5-3", "(5)-")
        ),
        ({}, "1,5-", None),
        ({"decimal": ",", "thousands": "."}, "(1.23)", None),
    ],
)
def test_a_minus_may_be_behind_or_brackets(tmp_path, settings, given, value):
    text = f"instrument_id;ds;close\nA;2024-01-02;{given}\n"
    found = read_text(tmp_path, text, **settings).iloc[0]
    assert pd.isna(found["close"]) if value is None else found["close"] == value
    assert found["close_found"] == given


@pytest.mark.parametrize("minus", ["{}-", "({})", "-{}"])
def test_thousands_below_zero_are_not_taken_for_decimals(tmp_path, minus):
    text = closes(["850", "0", minus.format("1.230")])
    with pytest.raises(InputRefusedError, match="where it stands between thousands"):
        read_text(tmp_path, text)
    assert read_text(tmp_path, text, decimal=",", thousands=".")["close"].min() == -1230.0


def test_whole_numbers_may_have_their_minus_behind_too(tmp_path):
    path = tmp_path / "limits.csv"
    pd.DataFrame([{**LIMIT, "horizon": "10-"}]).to_csv(path, index=False)
    assert read(InputSource("limits", (path,)))["horizon"].tolist() == [-10]


@pytest.mark.parametrize(
    ("months", "dates", "given", "day"),
    [
        (True, "year-month-day", "2025-08", "2025-08-01"),
        (True, "year-month-day", "2025/8", "2025-08-01"),
        (True, "year-month-day", "2025-08-15", "2025-08-15"),
        (True, "day-month-year", "08.2025", "2025-08-01"),
        (True, "month-day-year", "8/2025", "2025-08-01"),
        (True, "year-month-day", "08.2025", None),
        (True, "day-month-year", "2025-08", None),
        (True, "year-month-day", "2025-13", None),
        (True, "year-month-day", "25-08", None),
        (True, "year-month-day", "202508", None),
        (False, "year-month-day", "2025-08", None),
        (False, "day-month-year", "08.2025", None),
    ],
)
def test_a_month_is_its_first_day_where_periods_are_months(tmp_path, months, dates, given, day):
    text = f"instrument_id;ds;close\nA;{given};1\n"
    found = read_text(tmp_path, text, dates=dates, months=months).iloc[0]
    assert pd.isna(found["ds"]) if day is None else found["ds"] == pd.Timestamp(day)
    assert found["ds_found"] == given


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("note", ["sep={}", "SEP={}"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_a_note_to_excel_names_the_separator(tmp_path, delimiter, note, end, mark):
    # The header has more of another one.
    header = delimiter.join(["instrument_id", "ds", '"a,;a,;a,;a,;a,;|||||||"', "close"])
    row = delimiter.join(["A", "2024-01-02", "x", "3"])
    text = mark + end.join([note.format(delimiter), header, row, ""])
    path = tmp_path / "prices.csv"
    path.write_bytes(text.encode())
    inspect_input(InputSource("prices", (path,)))
    found = read_text(tmp_path, text)
    assert found[["instrument_id", "close", "_row"]].to_numpy().tolist() == [["A", 3.0, 1]]


def mixed(where, rows):
    """Return rows of text of which some end in LF and others in CRLF."""
    header, row, quoted = (
        "instrument_id,ds,close",
        "A,2024-01-02,3",
        '"a\r\nb ""c\n""",2024-01-02,4',
    )
    lines = [header, quoted, *[row] * rows]
    ends = {
        "header": ["\n", *["\r\n"] * (rows + 1)],
        "last": [*["\r\n"] * (rows + 1), "\n"],
        "half": ["\n" if n < rows / 2 else "\r\n" for n in range(rows + 2)],
        "turns": ["\n" if n % 2 else "\r\n" for n in range(rows + 2)],
    }[where]
    return "".join(f"{line}{end}" for line, end in zip(lines, ends, strict=True))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("characters", [7, 2**20])
@pytest.mark.parametrize(
    ("where", "rows"),
    [("header", 2), ("last", 2), ("turns", 5), ("last", 30_000), ("half", 30_000)],
)
def test_lines_may_end_in_two_ways(tmp_path, monkeypatch, where, rows, characters, encoding, pack):
    if characters < rows:
        rows = 5
    monkeypatch.setattr(plain_text, "_CHARACTERS", characters)
    path = tmp_path / "prices.csv"
    path.write_bytes(pack(mixed(where, rows).encode(encoding)))
    source = InputSource("prices", (path, path))
    inspect_input(source)
    found = read(source)
    assert found["_row"].tolist() == [*range(1, rows + 2)] * 2
    assert found["instrument_id"].tolist()[:2] == ['a\r\nb "c\n"', "A"]
    total = query_input(source, "SELECT sum(close) AS total, count(*) AS rows FROM source")
    assert total.to_numpy().tolist() == [[2 * (4 + 3 * rows), 2 * (rows + 1)]]


def test_a_file_of_one_line_end_is_copied_for_none_in_its_quotes(tmp_path, monkeypatch):
    monkeypatch.setattr(plain_text, "_write", None)
    text = 'instrument_id,ds,close\n"a\r\nb",2024-01-02,1\n"a\nb",2024-01-02,1\n'
    assert read_text(tmp_path, text)["instrument_id"].tolist() == ["a\r\nb", "a\nb"]
    with pytest.raises(InputRefusedError, match="has 2 values and the header 3"):
        read_text(tmp_path, text + "A,2024-01-02\n")
