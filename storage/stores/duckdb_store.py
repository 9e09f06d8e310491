"""The embedded store: one DuckDB file, one transaction a run."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from storage.errors import StoreBusyError, TerminalStoreError
from storage.sql import first_line, identifier, listing
from storage.stores.ddl import add_columns, create_table
from storage.stores.protocol import Closing, Publication
from storage.stores.shards import output_table, refuse_unlisted_run, stage_shards
from storage.stores.staging import MEMORY_LIMIT
from storage.tables import OUTPUT_TABLES, RUNS
from storage.tables.table import Table
from storage.views import ready_views


class DuckDBStore(Closing):
    """A DuckDB file; readers see the old night or the new one.

    Parameters
    ----------
    path : the file; it is made where it does not exist
    memory_limit : what DuckDB may use while it publishes and reads

    Raises
    ------
    StoreBusyError
        Where another process has the file open.
    TerminalStoreError
        Where it is not a DuckDB file, or cannot be made.
    """

    def __init__(self, path: Path, memory_limit: str = MEMORY_LIMIT) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = duckdb.connect(str(path))
            self._connection.execute(f"SET memory_limit = '{memory_limit}'")
        except OSError as error:
            raise TerminalStoreError(f"store {path}: {error.strerror}") from error
        except duckdb.Error as error:
            reason = first_line(error)
            if "lock" in reason.lower():
                raise StoreBusyError(
                    f"store {path}: another process has it open; close it and try again"
                ) from error
            raise TerminalStoreError(f"store {path}: {reason}") from error

    def publish(self, publication: Publication) -> None:
        """Publish in one transaction."""
        connection = self._connection
        connection.begin()
        try:
            tables = [output_table(name) for name in publication.shards]
            staged = {table.name: stage_shards(connection, table, publication) for table in tables}
            self._ensure(RUNS)
            known = self._is_listed(publication.run_id)
            refuse_unlisted_run(connection, publication, known=known)
            earlier = self._earlier_runs(publication)
            for table in tables:
                gone = set(earlier) - publication.kept_beside(table.name)
                self._replace(table.name, staged[table.name], gone, publication.run_id)
                connection.execute(f"DROP TABLE {staged[table.name]}")
            connection.commit()
        except duckdb.Error as error:
            self._roll_back()
            raise TerminalStoreError(f"store {self._path}: {first_line(error)}") from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        # A commit that failed, as on a full disk, has ended the transaction already.
        with suppress(duckdb.Error):
            self._connection.rollback()

    def _is_listed(self, run_id: str) -> bool:
        found = self._connection.execute("SELECT count(*) FROM runs WHERE run_id = $1", [run_id])
        return bool(found.fetchall()[0][0])

    def _earlier_runs(self, publication: Publication) -> list[str]:
        found = self._connection.execute(
            "SELECT run_id FROM runs WHERE job = $1 AND as_of = $2",
            [publication.job, publication.as_of],
        )
        return [str(row[0]) for row in found.fetchall()]

    def _replace(self, name: str, staged: str, earlier: set[str], run_id: str) -> None:
        """Replace earlier runs' rows, but keep the history of runs itself."""
        table = OUTPUT_TABLES[name]
        gone = {run_id} if name == RUNS.name else {*earlier, run_id}
        self._ensure(table)
        self._connection.execute(
            f"DELETE FROM {identifier(name)} WHERE run_id IN (SELECT unnest($1))",  # noqa: S608
            [sorted(gone)],
        )
        self._connection.execute(
            f"INSERT INTO {identifier(name)} BY NAME "  # noqa: S608
            f"SELECT * FROM {staged} ORDER BY {listing(table.key)}"
        )

    def _ensure(self, table: Table) -> None:
        """Make a table where it is not there, and add columns to one of an older version."""
        self._connection.execute(create_table(table))
        found = self._connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1",
            [table.name],
        )
        for statement in add_columns(table, {str(row[0]) for row in found.fetchall()}):
            self._connection.execute(statement)

    def read(
        self, table: str, *, run_id: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """Return rows of a table; an output table never published to is empty."""
        own = output_table(table)
        if table not in self.tables():
            return own.empty()
        found = self._connection.execute(
            f"SELECT * FROM {identifier(table)} WHERE run_id = coalesce($1, run_id) "  # noqa: S608
            f"AND as_of = coalesce($2, as_of) ORDER BY {listing(own.key)}",
            [run_id, as_of],
        )
        return own.typed(found.df())

    def tables(self) -> tuple[str, ...]:
        """Return the tables that are in the file."""
        found = self._connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
        )
        present = {str(row[0]) for row in found.fetchall()}
        return tuple(name for name in OUTPUT_TABLES if name in present)

    def published(self, run_id: str) -> bool:
        """Return whether `runs` has the run."""
        return RUNS.name in self.tables() and self._is_listed(run_id)

    def runs(self) -> pd.DataFrame:
        """Return `runs`."""
        return self.read(RUNS.name)

    def create_views(self) -> tuple[str, ...]:
        """Create or renew the views whose tables are in the file."""
        views = ready_views("duckdb", self.tables())
        for name, query in views.items():
            self._connection.execute(f"CREATE OR REPLACE VIEW {identifier(name)} AS {query}")
        return tuple(views)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
