"""SQL: BigQuery's statements, checked as it would and run by DuckDB."""

from dataclasses import dataclass

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType

from tests.storage.bigquery_stand_in.catalog import DUCKDB_TYPES, quoted
from tests.storage.bigquery_stand_in.errors import ApiError
from tests.storage.bigquery_stand_in.partitions import LEAST_BILLED, bytes_of, check_filters, scans


@dataclass
class Assertion:
    """ASSERT: a query of one truth, and what to say where it is false."""

    query: exp.Expression
    message: str


class Engine:
    """Runs queries and scripts over a catalogue."""

    def __init__(self, catalog):
        self.catalog, self.connection = catalog, catalog.connection

    def parse(self, query, parameters):
        """Return the statements of a script, with parameters put in and tables found."""
        try:
            return [_parse_one(part, parameters) for part in _split(query)]
        except sqlglot.errors.SqlglotError as error:
            raise ApiError("invalidQuery", f"Syntax error: {error}") from error

    def estimate(self, statements):
        """Check statements without running them, and return the bytes they would read."""
        total = 0
        for statement in statements:
            query = statement.query if isinstance(statement, Assertion) else statement
            self._check(query)
            total += bytes_of(self.catalog, query)
        return total

    def tables(self, statements):
        """Return the datasets and names of the tables that statements read."""
        queries = [s.query if isinstance(s, Assertion) else s for s in statements]
        return {(table.db, table.name) for query in queries for table, _ in scans(query)}

    def described(self, statements):
        """Return the names and types of the last statement's columns, without running it."""
        last = statements[-1]
        if not isinstance(last, exp.Query):
            return []
        try:
            found = self.connection.execute(f"DESCRIBE {last.sql(dialect='duckdb')}").fetchall()
        except duckdb.Error as error:
            raise ApiError("invalidQuery", str(error).splitlines()[0]) from error
        return [(str(row[0]), str(row[1])) for row in found]

    def billed(self, statements, read):
        """Return the bytes billed of those read: ten megabytes a table at least."""
        return max(read, LEAST_BILLED * len(self.tables(statements)))

    def run(self, statements):
        """Run a script, and return the types and rows of its last statement.

        A script that stops within a transaction leaves no trace of it.
        """
        inside, answer = False, ([], [])
        try:
            for statement in statements:
                if isinstance(statement, exp.Transaction):
                    self.connection.begin()
                    inside = True
                elif isinstance(statement, exp.Commit):
                    self.connection.commit()
                    inside = False
                else:
                    answer = self._run_one(statement)
        except duckdb.Error as error:
            raise ApiError("invalidQuery", str(error).splitlines()[0]) from error
        finally:
            if inside:
                self.connection.rollback()
        return answer

    def _run_one(self, statement):
        if isinstance(statement, Assertion):
            return self._assert(statement)
        self._check(statement)
        if isinstance(statement, exp.Merge):
            self._check_matches(statement)
        found = self.connection.execute(statement.sql(dialect="duckdb"))
        if isinstance(statement, exp.Create):
            self.catalog.views.add((statement.this.db, statement.this.name))
        described = [(column[0], str(column[1])) for column in found.description or []]
        return described, found.fetchall()

    def _assert(self, assertion):
        self._check(assertion.query)
        held = self.connection.execute(assertion.query.sql(dialect="duckdb")).fetchall()
        if not held[0][0]:
            raise ApiError("invalidQuery", f"Query error: {assertion.message}")
        return [], []

    def _check(self, statement):
        made = statement.this if isinstance(statement, exp.Create) else None
        for table in statement.find_all(exp.Table):
            known = (table.db, table.name) in self.catalog.views
            if table.db and table is not made and not known:
                self.catalog.table(table.db, table.name)
        check_filters(self.catalog, statement)

    def _check_matches(self, merge):
        """Refuse a MERGE in which two source rows match one target row."""
        target, source = merge.this, merge.args["using"]
        alias = quoted(target.alias_or_name)
        twice = self.connection.execute(
            f"SELECT 1 FROM {target.sql(dialect='duckdb')} JOIN {source.sql(dialect='duckdb')} "
            f"ON {merge.args['on'].sql(dialect='duckdb')} GROUP BY {alias}.rowid "
            "HAVING count(*) > 1 LIMIT 1"
        ).fetchall()
        if twice:
            raise ApiError(
                "invalidQuery",
                "UPDATE/MERGE must match at most one source row for each target row",
            )


def _split(query):
    """Return a script's statements as text."""
    start, parts = 0, []
    for token in sqlglot.tokenize(query, read="bigquery"):
        if token.token_type is TokenType.SEMICOLON:
            parts.append(query[start : token.start])
            start = token.end + 1
    parts.append(query[start:])
    return [part.strip() for part in parts if part.strip()]


def _parse_one(text, parameters):
    if text.upper().startswith("ASSERT"):
        found = sqlglot.parse_one("SELECT" + text[len("ASSERT") :], read="bigquery")
        return Assertion(_bound(found, parameters), found.expressions[0].alias)
    found = sqlglot.parse_one(text, read="bigquery")
    if isinstance(found, (exp.Command, exp.Alias, exp.Anonymous)):
        raise ApiError("invalidQuery", f"the stand-in does not know {text!r}")
    return _bound(found, parameters)


def _bound(statement, parameters):
    """Return a statement with its parameters put in, and tables named as DuckDB has them."""

    def bind(node):
        if isinstance(node, exp.Parameter):
            if node.name not in parameters:
                raise ApiError("invalidQuery", f"Query parameter '{node.name}' not found")
            return _literal(*parameters[node.name])
        if isinstance(node, exp.Table) and node.db:
            return exp.table_(node.name, db=node.db, quoted=True, alias=node.alias or None)
        return node

    return statement.transform(bind)


def _literal(kind, value):
    if value is None:
        return exp.Null()
    return exp.cast(exp.Literal.string(str(value)), DUCKDB_TYPES[kind], dialect="duckdb")
