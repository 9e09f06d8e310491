"""Dirty tables: valid rows, with dirt in cells, columns, dialect, encoding or bytes."""

import csv
import io
import random
from datetime import date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from storage.tables import INPUT_TABLES

SQL = (
    "'; DROP TABLE rejects; --",
    '"; DROP TABLE rows_demand; --',
    "x' OR '1'='1",
    "'); ATTACH '/tmp/evil.duckdb' AS evil; --",
    "1); COPY rejects TO '/tmp/evil.csv'; --",
    "$1",
    "{file}",
)
MARKUP = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "<!--",
    "&lt;b&gt;",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "javascript:alert(1)",
    "]]>",
    "[bold]rich[/bold]",
    "[/red]",
    "end\\[/]",
)
PATHS = (
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows",
    "a/b",
    "a/",
    "/",
    "*.csv",
    "~",
    "file://x",
)
ODD = (
    "",
    " ",
    "\t",
    "\u00a0",
    "\u202eevil",
    "é",
    "日本語",
    "😀",
    "a\nb",
    "a\r\nb",
    'a"b',
    "a'b",
    "a,b;c|d",
    "\\",
    "\\N",
    "NULL",
    "null",
    "None",
    "nan",
    "#N/A",
    "=1+1",
    "%s%n",
    "a" * 3000,
    "\x01",
    "\x7f",
    "\x00",
)
NUMBERS = (
    "-1",
    "-0.0",
    "1e308",
    "1e400",
    "-1e400",
    "inf",
    "-Infinity",
    "NaN",
    "9" * 400,
    "1,5",
    "1_000",
    "0x10",
    "\uff11\uff12",
    "1e-400",
    "9223372036854775808",
    "1.5",
    " 3 ",
    "+4",
    "true",
    "2",
)
MOMENTS = (
    "2024-02-30",
    "2024-13-01",
    "0000-00-00",
    "0001-01-01",
    "1899-12-31",
    "9999-12-31",
    "294247-01-10",
    "infinity",
    "-infinity",
    "epoch",
    "now",
    "today",
    "01/02/2024",
    "2024-01-05T25:61:00",
    "2024-01-05T03:00:00+99:00",
    "2024-01-05 00:00:00 Mars/Olympus",
    "45292",
)
HOSTILE = (*SQL, *MARKUP, *PATHS, *ODD, *NUMBERS, *MOMENTS)
FIRST = date(2024, 1, 1)


def valid_value(column, row, draws):
    """Return a value that the column takes."""
    if column.choices:
        return draws.choice(column.choices)
    if column.kind == "timestamp":
        return (FIRST + timedelta(days=row)).isoformat()
    if column.kind == "boolean":
        return draws.choice(["true", "false"])
    if column.kind == "integer":
        return str(draws.randint(1, 9))
    if column.kind == "float":
        return str(draws.choice([1, 0.5, 0.99]))
    return draws.choice(["north", "tea", "ACME", "p1", "USD"])


def rows_of(table, draws):
    """Return the header and a few rows of a table, some of their cells dirty."""
    columns = [column for column in table.columns if column.required or draws.random() < 0.7]
    share = draws.choice([0.0, 0.1, 0.5, 1.0])
    rows = [
        [
            draws.choice(HOSTILE) if draws.random() < share else valid_value(column, row, draws)
            for column in columns
        ]
        for row in range(draws.randint(1, 8))
    ]
    if draws.random() < 0.3:
        rows += draws.choices(rows, k=2)
    return [column.name for column in columns], rows


def dirty_columns(header, rows, draws):
    """Drop, double, rename, add or shuffle columns, or leave them as they are."""
    what = draws.random()
    place = draws.randrange(len(header))
    if what < 0.04 and len(header) > 1:
        header, rows = _without(header, place), [_without(row, place) for row in rows]
    elif what < 0.08:
        header, rows = [*header, header[place]], [[*row, row[place]] for row in rows]
    elif what < 0.12:
        name = draws.choice([header[place].upper(), f" {header[place]}", *HOSTILE])
        header = [*header[:place], name, *header[place + 1 :]]
    elif what < 0.3:
        header = [*header, draws.choice(["_row", "_file_number", "quantity_found", *HOSTILE])]
        rows = [[*row, draws.choice(HOSTILE)] for row in rows]
    return header, rows


def _without(values, place):
    return [*values[:place], *values[place + 1 :]]


def as_csv(header, rows, draws):
    """Return the bytes of a CSV file in some dialect and encoding."""
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=draws.choice([",", ",", ",", ";", "\t", "|", ":"]),
        quoting=draws.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        lineterminator=draws.choice(["\n", "\n", "\r\n", "\r"]),
        quotechar=draws.choice(['"', '"', '"', "'"]),
    )
    writer.writerow(header)
    for row in rows:
        writer.writerow(row if draws.random() < 0.98 else row[:-1])
    encoding = draws.choice(["utf-8"] * 12 + ["utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-7"])
    return text.getvalue().encode(encoding, errors="replace")


TYPES = (
    pa.string(),
    pa.large_string(),
    pa.dictionary(pa.int32(), pa.string()),
    pa.binary(),
    pa.int8(),
    pa.uint64(),
    pa.float32(),
    pa.decimal128(30, 4),
    pa.bool_(),
    pa.date32(),
    pa.time64("us"),
    pa.timestamp("ns"),
    pa.timestamp("ms", tz="America/New_York"),
    pa.duration("s"),
    pa.list_(pa.int64()),
    pa.struct([("a", pa.string())]),
    pa.null(),
)


def typed_values(kind, count, draws):
    """Return values of an Arrow type, some of them null."""
    makers = {
        "binary": lambda: draws.choice([b"\xff\xfe", b"abc"]),
        "int8": lambda: draws.randint(-128, 127),
        "uint64": lambda: draws.randint(0, 2**64 - 1),
        "float": lambda: draws.choice([1.5, float("nan"), float("inf"), -1.0]),
        "decimal128(30, 4)": lambda: Decimal(draws.randint(-(10**20), 10**20)),
        "bool": lambda: draws.random() < 0.5,
        "date32[day]": lambda: FIRST + timedelta(days=draws.randint(0, 40)),
        "time64[us]": lambda: datetime(2024, 1, 1, 3, 4).time(),  # noqa: DTZ001 - a time of day
        "duration[s]": lambda: timedelta(days=draws.randint(0, 9)),
        "list<item: int64>": lambda: [1, 2],
        "list<element: int64>": lambda: [1, 2],
        "struct<a: string>": lambda: {"a": draws.choice(HOSTILE)},
        "null": lambda: None,
    }
    moment = pd.Timestamp(FIRST)
    maker = makers.get(
        str(kind),
        (lambda: moment + pd.Timedelta(days=draws.randint(0, 9)))
        if str(kind).startswith("timestamp")
        else (lambda: draws.choice(HOSTILE).replace("\x00", "")),
    )
    return [None if draws.random() < 0.2 else maker() for _ in range(count)]


def as_parquet(header, rows, draws):
    """Return the bytes of a Parquet file, some of its columns of types nobody asked for."""
    arrays = {}
    for place, name in enumerate(header):
        if draws.random() < 0.3:
            kind = draws.choice(TYPES)
            arrays[name] = pa.array(typed_values(kind, len(rows), draws), kind)
        else:
            arrays[name] = pa.array([row[place] for row in rows], pa.string())
    file = io.BytesIO()
    compression = draws.choice(["zstd", "snappy", "gzip", "none"])
    pq.write_table(pa.table(arrays), file, compression=compression)
    return file.getvalue()


def dirty_bytes(content, draws):
    """Cut a file short, flip its bits, pad it, or leave it as it is."""
    what = draws.random()
    if what < 0.05:
        return content[: draws.randrange(len(content) + 1)]
    if what < 0.1 and content:
        damaged = bytearray(content)
        for _ in range(draws.choice([1, 3, 30])):
            damaged[draws.randrange(len(damaged))] ^= 1 << draws.randrange(8)
        return bytes(damaged)
    if what < 0.12:
        return draws.choice([b"", b"\n", b"\x00" * 50, b"PAR1", b"\x1f\x8b\x08", content * 2])
    return content


def dirty_file(folder, number, seed):
    """Write a dirty table of some input; return the input's name and the file's path."""
    draws = random.Random(f"{seed}/{number}")
    table = draws.choice(list(INPUT_TABLES.values()))
    header, rows = dirty_columns(*rows_of(table, draws), draws)
    csv_file = draws.random() < 0.6
    content = as_csv(header, rows, draws) if csv_file else as_parquet(header, rows, draws)
    path = folder / f"{number}.{'csv' if csv_file else 'parquet'}"
    path.write_bytes(dirty_bytes(content, draws))
    return table.name, path
