"""What a source's value means as one of our types; null where it is not of the type."""

from storage.tables.table import Column

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_BROKEN = ("FLOAT", "DOUBLE")
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")


def cast(column: Column, raw: str, source_type: str) -> str:
    """Return SQL for a column's typed value.

    DuckDB's own casts would round 1.5 to a whole number, take 2 for true, and drop the offset
    of a time; here the first two are not of the type, and an offset is turned into UTC.

    Parameters
    ----------
    column : ours
    raw : SQL for the value as the source has it
    source_type : DuckDB's type of it
    """
    if column.kind == "integer":
        return _whole_number(raw, source_type)
    if column.kind == "boolean":
        return _truth(raw, source_type)
    if column.kind == "timestamp":
        return _moment(raw, source_type)
    if column.kind == "text":
        return _text(raw, source_type)
    return f"TRY_CAST({raw} AS DOUBLE)"


def _text(raw: str, source_type: str) -> str:
    """Return a text; that of 42.0, as a table with an empty id has it, is 42."""
    text, whole = f"TRY_CAST({raw} AS VARCHAR)", f"TRY_CAST({raw} AS BIGINT)"
    if source_type not in _BROKEN:
        return text
    return f"CASE WHEN {whole} = {raw} THEN CAST({whole} AS VARCHAR) ELSE {text} END"


def _whole_number(raw: str, source_type: str) -> str:
    whole = f"TRY_CAST({raw} AS BIGINT)"
    if source_type in _WHOLE:
        return whole
    return f"CASE WHEN TRY_CAST({raw} AS DOUBLE) = {whole} THEN {whole} END"


def _truth(raw: str, source_type: str) -> str:
    if source_type == "BOOLEAN":
        return raw
    text = f"CAST({raw} AS VARCHAR)"
    return (
        f"TRY_CAST(CASE {text} WHEN '1.0' THEN '1' WHEN '0.0' THEN '0' ELSE {text} END AS BOOLEAN)"
    )


def _moment(raw: str, source_type: str) -> str:
    if source_type in _MOMENTS:
        return f"TRY_CAST({raw} AS TIMESTAMP)"
    zoned = f"CAST(TRY_CAST({raw} AS TIMESTAMPTZ) AS TIMESTAMP)"
    if source_type.startswith("TIMESTAMP"):
        return zoned
    text = f"CAST({raw} AS VARCHAR)"
    return (
        f"CASE WHEN contains({text}, ':') THEN "
        f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP) "
        f"ELSE coalesce(TRY_CAST({text} AS TIMESTAMP), {_without_signs(text)}) END"
    )


def _without_signs(text: str) -> str:
    """Return SQL for a day of eight digits, year first: no other order has such a year."""
    digits = f"regexp_full_match({text}, '\\s*\\d{{8}}\\s*')"
    return f"CASE WHEN {digits} THEN try_strptime(trim({text}), '%Y%m%d') END"
