"""Rows that share a key, and entities that share a name."""

from storage.checks.bench import Bench, entities, rows, value_found
from storage.inputs.reader import FILE_NUMBER, ROW
from storage.sql import entity_of, identifier, listing, literal
from storage.tables import INPUT_TABLES


def refuse_duplicates(bench: Bench, table: str) -> None:
    """Keep the first row of each key; refuse the others as duplicates or as contradictions."""
    own = INPUT_TABLES[table]
    key = listing(own.key)
    values = [name for name in own.column_names if name not in own.key]
    cases = " ".join(
        f"WHEN {identifier(name)} IS DISTINCT FROM first_value({identifier(name)}) OVER same_key "
        f"THEN {literal(name)}"
        for name in values
    )
    differs = f"CASE {cases} END" if values else "NULL"
    bench.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT * FROM (SELECT *, "  # noqa: S608 - own names
        f"row_number() OVER same_key AS _nth, {differs} AS _differs FROM {rows(table)} "
        f"SEMI JOIN (SELECT {key} FROM {rows(table)} GROUP BY {key} HAVING count(*) > 1) "
        f"USING ({key}) WINDOW same_key AS (PARTITION BY {key} ORDER BY {FILE_NUMBER}, {ROW})) "
        "WHERE _nth > 1"
    )
    last = own.key[-1]
    bench.note_rows(
        table,
        "repeated WHERE _differs IS NULL",
        code="duplicate",
        column=literal(last),
        value=value_found(table, last),
        advice="the row repeats an earlier one; remove it at the source",
    )
    shown = " ".join(f"WHEN {literal(name)} THEN {value_found(table, name)}" for name in values)
    bench.note_rows(
        table,
        "repeated WHERE _differs IS NOT NULL",
        code="conflicting_duplicate",
        column="_differs",
        value=f"CASE _differs {shown} END" if values else "NULL",
        advice="the first row of this key is kept; decide at the source which one holds",
    )
    bench.delete_rows(table, "repeated")


def refuse_shared_names(bench: Bench, table: str) -> None:
    """Refuse entities whose joined ids are the same: ("a/b", "c") and ("a", "b/c").

    Results are kept by name, and neither may take the other's.
    """
    ids = INPUT_TABLES[table].entity
    holds_separator = " OR ".join(f"contains({identifier(name)}, '/')" for name in ids)
    counted = bench.connection.execute(
        f"SELECT count(*) FROM {rows(table)} WHERE {holds_separator}"  # noqa: S608 - own names
    ).fetchall()
    if len(ids) == 1 or not counted[0][0]:
        return
    bench.refuse_entities(
        table,
        f"SELECT entity, entity AS value FROM (SELECT {entity_of(ids)} AS entity "  # noqa: S608
        f"FROM (SELECT DISTINCT {listing(ids)} FROM {rows(table)})) "
        "GROUP BY entity HAVING count(*) > 1",
        code="shared_name",
        column=ids[-1],
        advice="two series have these ids when joined with '/'; leave '/' out of their ids",
    )


def refuse_lost(bench: Bench, table: str, lost: list[str]) -> None:
    """Refuse by name the entities of which no row was left, where no rule has named them yet."""
    bench.connection.execute("CREATE OR REPLACE TEMP TABLE lost (entity VARCHAR)")
    if lost:
        bench.connection.execute("INSERT INTO lost SELECT unnest($1)", [lost])
    bench.refuse_entities(
        table,
        f"SELECT entity, NULL AS value FROM lost SEMI JOIN {entities(table)} USING (entity) "  # noqa: S608
        "WHERE entity NOT IN (SELECT entity FROM rejects "
        f"WHERE input = {literal(table)} AND severity = 'entity')",
        code="no_valid_rows",
        column=INPUT_TABLES[table].entity[-1],
        advice="every row of it was refused; see its rows",
    )
