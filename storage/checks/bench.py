"""The workbench of a check: rows under examination, and what was refused or repaired."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from storage.checks.plan import CheckPlan
from storage.checks.rules import Rule
from storage.inputs import InputSource, ReadInput, read_input
from storage.inputs.reader import FILE_NUMBER, ROW, SUFFIX_FOUND
from storage.sql import entity_of, identifier, literal
from storage.tables import INPUT_TABLES

_LEDGER = """
CREATE TABLE rejects (
    input VARCHAR, source VARCHAR, row BIGINT, entity VARCHAR, severity VARCHAR,
    code VARCHAR, "column" VARCHAR, value VARCHAR, advice VARCHAR
);
CREATE TABLE repairs (
    input VARCHAR, entity VARCHAR, ds TIMESTAMP, periods BIGINT,
    code VARCHAR, "column" VARCHAR, detail VARCHAR
);
"""


@dataclass(frozen=True)
class Bench:
    """A DuckDB connection with ``rows_<table>`` for each input under examination.

    Parameters
    ----------
    connection : DuckDB, time zone UTC
    plan : the rules' settings
    expected : the tables that come in all
    read : what was read, by table
    """

    connection: duckdb.DuckDBPyConnection
    plan: CheckPlan
    expected: frozenset[str]
    read: dict[str, ReadInput] = field(default_factory=dict)

    def open_ledger(self) -> None:
        """Create the empty tables of rejects and repairs."""
        self.connection.execute(_LEDGER)

    def has(self, table: str) -> bool:
        """Return whether the run has this input."""
        return table in self.read

    def start(self, source: InputSource) -> None:
        """Read an input, and put its rows under examination in ``rows_<table>``.

        ``entities_<table>`` keeps every entity that came in, and the first file it is in.
        """
        table = source.table
        self.read[table] = read_input(self.connection, source, f"rows_{table}")
        self.connection.execute(
            f"CREATE TABLE {entities(table)} AS "  # noqa: S608 - own names
            f"SELECT {entity_of(INPUT_TABLES[table].entity)} AS entity, "
            f"min({FILE_NUMBER}) AS {FILE_NUMBER} FROM {rows(table)} GROUP BY 1"
        )

    def keep_rules(self, table: str, rules: Sequence[Rule]) -> None:
        """Refuse each row that breaks a rule, by the first it breaks.

        They are in ``broken`` until the next rules, with the name of the ``_column`` concerned.
        """
        cases = " ".join(f"WHEN {rule.broken} THEN {n}" for n, rule in enumerate(rules))
        columns = ", ".join(literal(rule.column) for rule in rules)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE broken AS SELECT *, [{columns}][_rule + 1] AS _column "  # noqa: S608 - own names
            f"FROM (SELECT *, CASE {cases} END AS _rule FROM {rows(table)}) "
            "WHERE _rule IS NOT NULL"
        )
        found = self.connection.execute("SELECT DISTINCT _rule FROM broken ORDER BY 1").fetchall()
        for (number,) in found:
            rule = rules[number]
            self.note_rows(
                table,
                f"broken WHERE _rule = {number}",
                code=rule.code,
                column=literal(rule.column),
                value=value_found(table, rule.column),
                advice=rule.advice,
            )
        if found:
            self.delete_rows(table, "broken")

    def note_rows(
        self, table: str, found: str, *, code: str, column: str, value: str, advice: str
    ) -> None:
        """Record rows as refused.

        Parameters
        ----------
        table : the input
        found : SQL of the rows, to follow FROM
        code, advice : as in a `Rule`
        column, value : SQL for the column's name and for the value to show
        """
        self.connection.execute(
            f"INSERT INTO rejects SELECT {literal(table)}, {self._source(table)}, {ROW}, "  # noqa: S608
            f"{entity_of(INPUT_TABLES[table].entity)}, 'row', {literal(code)}, {column}, {value}, "
            f"{literal(advice)} FROM {found}"
        )

    def delete_rows(self, table: str, found: str) -> None:
        """Take rows from examination: those of which ``found`` has the place."""
        place = f"({FILE_NUMBER}, {ROW})"
        self.connection.execute(
            f"DELETE FROM {rows(table)} WHERE {place} IN (SELECT {place} FROM {found})"  # noqa: S608
        )

    def refuse_entities(
        self, table: str, found: str, *, code: str, column: str, advice: str
    ) -> int:
        """Refuse whole entities with all their rows and repairs.

        Parameters
        ----------
        table : the input
        found : SQL query of (entity, value): who is refused, and the value to name
        code, column, advice : as in a `Rule`

        Returns
        -------
        how many were refused
        """
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE refused AS "  # noqa: S608 - own names
            f"SELECT entity, min(CAST(value AS VARCHAR)) AS value FROM ({found}) GROUP BY entity"
        )
        counted = self.connection.execute("SELECT count(*) FROM refused").fetchall()
        if not counted[0][0]:
            return 0
        self.connection.execute(
            f"INSERT INTO rejects SELECT {literal(table)}, {self._source(table)}, NULL, "  # noqa: S608
            f"entity, 'entity', {literal(code)}, {literal(column)}, value, {literal(advice)} "
            f"FROM refused JOIN {entities(table)} USING (entity)"
        )
        own = entity_of(INPUT_TABLES[table].entity)
        gone = "IN (SELECT entity FROM refused)"
        self.connection.execute(f"DELETE FROM {rows(table)} WHERE {own} {gone}")  # noqa: S608
        self.connection.execute(
            f"DELETE FROM repairs WHERE input = {literal(table)} AND entity {gone}"  # noqa: S608
        )
        return int(counted[0][0])

    def note_repairs(self, query: str) -> None:
        """Record repairs: SQL of (input, entity, ds, periods, code, column, detail)."""
        self.connection.execute(f"INSERT INTO repairs {query}")

    def _source(self, table: str) -> str:
        """Return SQL for the name of a row's file."""
        files = ", ".join(literal(name) for name in self.read[table].files)
        return f"[{files}][{FILE_NUMBER} + 1]"


def rows(table: str) -> str:
    """Return the name of a table's rows under examination."""
    return identifier(f"rows_{table}")


def entities(table: str) -> str:
    """Return the name of the table of an input's entities."""
    return identifier(f"entities_{table}")


def value_found(table: str, column: str) -> str:
    """Return SQL for a value as the source had it, or as it was understood."""
    kinds = {known.name: known.kind for known in INPUT_TABLES[table].columns}
    if kinds[column] == "text":
        return identifier(column)
    found, typed = identifier(column + SUFFIX_FOUND), identifier(column)
    spoken = f"regexp_replace(CAST({typed} AS VARCHAR), '(\\.0| 00:00:00)$', '')"
    return f"coalesce({found}, {spoken})"
