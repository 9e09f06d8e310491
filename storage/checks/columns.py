"""Rules that follow from a table's columns: type, presence, range, choices."""

from collections.abc import Iterator

from storage.checks.bench import Bench
from storage.checks.rules import Rule
from storage.inputs.reader import SUFFIX_FOUND
from storage.sql import identifier, literal
from storage.tables import INPUT_TABLES
from storage.tables.table import Column

# What moves a terminal's cursor, ends a line of a log, or cannot be seen, names nothing.
CONTROL = r"[\x00-\x1f\x7f-\x9f]"
# A mistyped year would be filled from then on, period by period.
EARLIEST = "1900-01-01"
# How spreadsheets write whole numbers of twelve digits and more: 4006381333931 is 4.00638E+12.
ROUNDED = r"\d[.,]\d+E\+\d+"
_SPOKEN = {
    "float": "a number without a unit, as 1234.5; where decimals have a comma, or thousands a sign "
    'between them, the input names these, by decimal = "," and thousands = "."',
    "integer": "a whole number",
    "boolean": "true or false, which may be 1 or 0, or yes or no",
    "timestamp": "a date, year-month-day as 2026-11-22, or in the order that the input names, by "
    'dates = "day-month-year" or dates = "month-day-year"; a year has four digits',
    "text": "text",
}


def check_columns(bench: Bench, table: str) -> None:
    """Refuse each row that breaks a rule of one of its columns."""
    own = INPUT_TABLES[table]
    present = bench.read[table].present
    rules = [
        rule
        for column in own.columns
        if column.name in present
        for rule in column_rules(column, is_id=column.name in own.entity)
    ]
    bench.keep_rules(table, rules)


def column_rules(column: Column, *, is_id: bool) -> Iterator[Rule]:
    """Yield the rules of one column, the most basic first."""
    name = identifier(column.name)
    if column.kind != "text":
        found = identifier(column.name + SUFFIX_FOUND)
        broken = f"{name} IS NULL AND trim({found}) <> ''"
        advice = f"{column.name} must be {_SPOKEN[column.kind]}{', or empty' * column.nullable}"
        yield Rule("wrong_type", column.name, broken, advice)
    if not column.nullable:
        yield Rule("missing", column.name, f"{name} IS NULL", f"give {column.name} a value")
    if is_id and column.kind == "text":
        advice = f"{column.name} must not be empty"
        yield Rule("empty", column.name, f"trim({name}) = ''", advice)
        advice = f"{column.name} must not have control characters, such as tabs or line ends"
        broken = f"regexp_matches({name}, {literal(CONTROL)})"
        yield Rule("control_character", column.name, broken, advice)
        advice = (
            f"{column.name} is a number that a spreadsheet has rounded; format it as text there"
        )
        broken = f"contains({name}, 'E+') AND regexp_full_match({name}, {literal(ROUNDED)})"
        yield Rule("rounded_id", column.name, broken, advice)
    yield from _range_rules(column, name)
    if column.choices:
        choices = ", ".join(literal(choice) for choice in column.choices)
        advice = f"{column.name} must be one of {', '.join(column.choices)}"
        yield Rule("unknown_choice", column.name, f"{name} NOT IN ({choices})", advice)


def _range_rules(column: Column, name: str) -> Iterator[Rule]:
    if column.kind == "timestamp":
        broken = f"NOT isfinite({name}) OR {name} < TIMESTAMP {literal(EARLIEST)}"
        advice = f"{column.name} must be a date from {EARLIEST} on; look for a mistyped year"
        yield Rule("too_early", column.name, broken, advice)
    if column.kind == "float":
        advice = f"{column.name} must be finite"
        yield Rule("not_finite", column.name, f"NOT isfinite({name})", advice)
    if column.kind not in {"float", "integer"}:
        return
    more = f"; {column.advice}" if column.advice else ""
    advice = f"{column.name} must be from {column.least:g} to {column.most:g}{more}"
    if column.positive:
        yield Rule("not_positive", column.name, f"{name} <= 0", advice)
    code = "negative" if column.minimum == 0 else "too_small"
    yield Rule(code, column.name, f"{name} < {column.least!r}", advice)
    yield Rule("too_large", column.name, f"{name} > {column.most!r}", advice)
