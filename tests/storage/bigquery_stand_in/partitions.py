"""Filters on partitions: which tables a statement scans, and what of them."""

from sqlglot import exp

from tests.storage.bigquery_stand_in.catalog import kind, quoted
from tests.storage.bigquery_stand_in.errors import ApiError

COMPARED = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)
LEAST_BILLED = 10 * 2**20


def scans(statement):
    """Return each table that a statement reads, with the conditions that hold for its rows."""
    found = []
    for table in statement.find_all(exp.Table):
        holder = table.find_ancestor(exp.Select, exp.Delete, exp.Update, exp.Merge)
        if isinstance(holder, exp.Merge):
            found.append((table, [*_conjuncts(holder.args["on"])]))
        elif holder is not None and not _is_written(table, statement):
            where = holder.args.get("where")
            found.append((table, _conjuncts(where.this) if where else []))
    return found


def _is_written(table, statement):
    if not isinstance(statement, (exp.Insert, exp.Create)):
        return False
    target = statement.this
    return table is target or table in list(target.find_all(exp.Table))


def _conjuncts(condition):
    return list(condition.unnest().flatten()) if isinstance(condition, exp.And) else [condition]


def filters(table, conditions, field):
    """Return the conditions that compare the partition's column with constants."""
    names = {"", table.alias_or_name}
    kept = []
    for condition in conditions:
        plain = condition.unnest()
        if not isinstance(plain, COMPARED) or plain.find(exp.Subquery, exp.Select):
            continue
        columns = list(plain.find_all(exp.Column))
        if len(columns) == 1 and columns[0].name == field and columns[0].table in names:
            kept.append(plain)
    return kept


def check_filters(catalog, statement):
    """Refuse a statement that scans a table without the filter that the table requires."""
    for table, conditions in scans(statement):
        found = catalog.tables.get((table.db, table.name))
        if found is None or not found.get("requirePartitionFilter"):
            continue
        field = found["timePartitioning"]["field"]
        if not filters(table, conditions, field):
            raise ApiError(
                "invalidQuery",
                f"Cannot query over table '{table.db}.{table.name}' without a filter over "
                f"column(s) '{field}' that can be used for partition elimination",
            )


def bytes_of(catalog, statement):
    """Return how many bytes a statement reads: all columns it names, in the partitions it needs."""
    total = 0
    names = {column.name for column in statement.find_all(exp.Column)}
    for table, conditions in scans(statement):
        found = catalog.tables.get((table.db, table.name))
        if found is None:
            continue
        fields = [field for field in found["schema"]["fields"] if field["name"] in names]
        size = " + ".join(_size(field) for field in fields) or "0"
        parts = found.get("timePartitioning", {}).get("field")
        rules = [_bare(rule) for rule in filters(table, conditions, parts)] or ["TRUE"]
        total += catalog.connection.execute(
            f"SELECT coalesce(sum({size}), 0) FROM {quoted(table.db, table.name)} "
            f"WHERE {' AND '.join(rules)}"
        ).fetchall()[0][0]
    return int(total)


def _bare(rule):
    plain = rule.copy()
    for column in plain.find_all(exp.Column):
        column.set("table", None)
    return plain.sql(dialect="duckdb")


def _size(field):
    name = quoted(field["name"])
    return {"STRING": f"coalesce(2 + strlen({name}), 0)", "BOOL": "1"}.get(kind(field), "8")
