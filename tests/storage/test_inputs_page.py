"""docs/inputs.md has every input table as the schema has it."""

import pytest

from storage.tables import INPUT_TABLES
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
KINDS = {"float": "number", "integer": "whole number", "boolean": "true or false", "text": "text"}


def row_of(column):
    """Return the page's row of a column."""
    needed = "yes" if column.required else ""
    kind = KINDS.get(column.kind, "date")
    bounds = []
    if column.positive:
        bounds.append("above 0")
    elif column.minimum is not None and column.maximum is not None:
        bounds.append(f"{column.minimum:g} to {column.maximum:g}")
    elif column.minimum is not None:
        bounds.append(f"{column.minimum:g} or more")
    if column.choices:
        bounds.append(", ".join(f"`{choice}`" for choice in column.choices))
    told = column.description.replace("|", r"\|")
    return f"| `{column.name}` | {kind} | {needed} | {'; '.join((told, *bounds))} |"


@pytest.mark.parametrize("table", INPUT_TABLES.values(), ids=list(INPUT_TABLES))
def test_an_input_is_told_of_as_it_is_read(table):
    section = PAGE.partition(f"### {table.name}\n")[2].partition("\n### ")[0]
    key = ", ".join(f"`{name}`" for name in table.key)
    assert f"{table.description} A row is unique by {key}." in section
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert rows == [row_of(column) for column in table.columns]
