"""The workbench of a check: rows under examination, and what was refused or repaired."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from storage.checks.plan import CheckPlan
from storage.inputs import ReadInput
from storage.inputs.reader import FILE, FILE_NUMBER, ROW, SUFFIX_FOUND
from storage.sql import identifier, joined_ids, literal
from storage.tables import INPUT_TABLES
from storage.tables.table import Table

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
class Rule:
    """A rule that each row must keep.

    Parameters
    ----------
    code : what a broken rule is called
    column : the column concerned
    broken : SQL over the row's columns, true where the rule is broken
    advice : what the user can do
    """

    code: str
    column: str
    broken: str
    advice: str


@dataclass(frozen=True)
class Bench:
    """A DuckDB connection with ``rows_<table>`` for each input under examination.

    Parameters
    ----------
    connection : in-memory DuckDB
    plan : the rules' settings
    read : what was read, by table
    """

    connection: duckdb.DuckDBPyConnection
    plan: CheckPlan
    read: dict[str, ReadInput] = field(default_factory=dict)

    def open_ledger(self) -> None:
        """Create the empty tables of rejects and repairs."""
        self.connection.execute(_LEDGER)

    def has(self, table: str) -> bool:
        """Return whether the run has this input."""
        return table in self.read

    def start(self, table: str, read: ReadInput) -> None:
        """Put what was read of a table under examination."""
        self.read[table] = read
        self.connection.execute(
            f"CREATE TABLE {rows(table)} AS SELECT * FROM {identifier('read_' + table)}"  # noqa: S608
        )

    def keep_rules(self, table: str, rules: Sequence[Rule]) -> None:
        """Refuse each row that breaks a rule, by the first it breaks."""
        if not rules:
            return
        cases = " ".join(f"WHEN {rule.broken} THEN {n}" for n, rule in enumerate(rules))
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE judged AS SELECT *, CASE {cases} END AS _rule "  # noqa: S608
            f"FROM {rows(table)}"
        )
        broken = self.connection.execute(
            "SELECT DISTINCT _rule FROM judged WHERE _rule IS NOT NULL ORDER BY 1"
        ).fetchall()
        for (number,) in broken:
            self._note_rows(table, rules[number], f"judged WHERE _rule = {number}")
        if broken:
            self.connection.execute(
                f"CREATE OR REPLACE TABLE {rows(table)} AS "  # noqa: S608
                "SELECT * EXCLUDE _rule FROM judged WHERE _rule IS NULL"
            )
        self.connection.execute("DROP TABLE judged")

    def _note_rows(self, table: str, rule: Rule, found: str) -> None:
        value = identifier(rule.column + SUFFIX_FOUND)
        self.connection.execute(
            f"INSERT INTO rejects SELECT {literal(table)}, {FILE}, {ROW}, {entity_found(table)}, "  # noqa: S608
            f"'row', {literal(rule.code)}, {literal(rule.column)}, {value}, "
            f"{literal(rule.advice)} FROM {found}"
        )

    def refuse_entities(
        self, table: str, found: str, *, code: str, column: str, advice: str
    ) -> None:
        """Refuse whole entities with all their rows.

        Parameters
        ----------
        table : the input
        found : SQL query of (entity, value): who is refused, and the value to name
        code, column, advice : as in a `Rule`
        """
        own = INPUT_TABLES[table]
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE refused AS "  # noqa: S608
            f"SELECT entity, min(CAST(value AS VARCHAR)) AS value FROM ({found}) GROUP BY entity"
        )
        self.connection.execute(
            f"INSERT INTO rejects SELECT {literal(table)}, coalesce(r.source, ''), NULL, "  # noqa: S608
            f"refused.entity, 'entity', {literal(code)}, {literal(column)}, refused.value, "
            f"{literal(advice)} FROM refused LEFT JOIN (SELECT {joined_ids(own.entity)} AS entity, "
            f"min({FILE}) AS source FROM {rows(table)} GROUP BY 1) r USING (entity)"
        )
        self.connection.execute(
            f"DELETE FROM {rows(table)} WHERE {joined_ids(own.entity)} IN "  # noqa: S608
            "(SELECT entity FROM refused)"
        )

    def note_repairs(self, query: str) -> None:
        """Record repairs: SQL of (input, entity, ds, periods, code, column, detail)."""
        self.connection.execute(f"INSERT INTO repairs {query}")

    def refuse_duplicates(self, table: str) -> None:
        """Keep the first row of a key; name the others as duplicates or as contradictions."""
        own = INPUT_TABLES[table]
        key = ", ".join(identifier(name) for name in own.key)
        values = [identifier(name) for name in own.column_names if name not in own.key]
        same = " AND ".join(
            f"{value} IS NOT DISTINCT FROM first_value({value}) OVER same_key" for value in values
        )
        repeated = f"SELECT {key} FROM {rows(table)} GROUP BY {key} HAVING count(*) > 1"  # noqa: S608
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT *, "  # noqa: S608
            f"row_number() OVER same_key AS _nth, ({same or 'true'}) AS _same "
            f"FROM {rows(table)} SEMI JOIN ({repeated}) USING ({key}) "
            f"WINDOW same_key AS (PARTITION BY {key} ORDER BY {FILE_NUMBER}, {ROW})"
        )
        named = own.column_names[-1] if values else own.key[-1]
        for code, which, advice in (
            ("duplicate", "_same", "the row repeats an earlier one; remove it at the source"),
            (
                "conflicting_duplicate",
                "NOT _same",
                "the first row of this key is kept; decide at the source which one holds",
            ),
        ):
            rule = Rule(code, _value_column(own, named), "", advice)
            self._note_rows(table, rule, f"repeated WHERE _nth > 1 AND {which}")
        self.connection.execute(
            f"DELETE FROM {rows(table)} WHERE ({FILE_NUMBER}, {ROW}) IN "  # noqa: S608
            f"(SELECT ({FILE_NUMBER}, {ROW}) FROM repeated WHERE _nth > 1)"
        )
        self.connection.execute("DROP TABLE repeated")


def _value_column(table: Table, fallback: str) -> str:
    """Return the first column beyond the key: what a duplicate disagrees on, mostly."""
    return next((name for name in table.column_names if name not in table.key), fallback)


def rows(table: str) -> str:
    """Return the name of a table's rows under examination."""
    return identifier(f"rows_{table}")


def entity_found(table: str) -> str:
    """Return SQL for the entity as the source wrote it; a missing id is an empty part."""
    parts = [
        f"coalesce({identifier(name + SUFFIX_FOUND)}, '')" for name in INPUT_TABLES[table].entity
    ]
    return " || '/' || ".join(parts)
