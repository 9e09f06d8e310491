"""PostgreSQL, for look-ups: each run a part of each table, swapped in whole."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg
from psycopg.conninfo import conninfo_to_dict

from storage.errors import StoreBusyError, TerminalStoreError, TransientStoreError
from storage.sql import first_line, identifier, listing, literal
from storage.stores.postgres_ddl import (
    CREATE_PARTITIONS,
    add_columns,
    create_parent,
    create_partition,
    duckdb_checksum,
    index_partition,
    new_partition_name,
    postgres_checksum,
)
from storage.stores.protocol import Closing, Publication
from storage.stores.shards import output_table, refuse_unlisted_run, stage_shards
from storage.stores.staging import staging
from storage.tables import OUTPUT_TABLES, RUNS
from storage.tables.table import Table
from storage.views import ready_views

LOCK_SECONDS = 10
_CHUNK = 1 << 20
# Writers take turns by this number; readers never wait for it.
_WRITER_LOCK = 7_208_931_337_415
_NULL = "\\N"
_FAULTS_THAT_PASS = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.OperationalError,
)


@dataclass(frozen=True)
class _Part:
    """One run's rows of one table, loaded and not yet visible."""

    table: Table
    name: str
    rows: int
    checksum: int


class PostgresStore(Closing):
    """A PostgreSQL database; readers see the old night or the new one.

    A publication loads each table's rows into a table of its own, indexes it, and compares count
    and checksum with what was sent. Then one transaction attaches all of them, detaches those
    they replace, and notes the change in ``almanac_partitions``. It waits for locks ten seconds.

    Parameters
    ----------
    address : "postgresql://USER@HOST/DATABASE?..."; the password comes from PGPASSWORD or a
        password file, never from the address

    Raises
    ------
    TransientStoreError
        Where the server cannot be reached.
    TerminalStoreError
        Where the address is not one, or has a password in it.
    """

    def __init__(self, address: str) -> None:
        self._name = _shown(address)
        try:
            self._connection = psycopg.connect(address, autocommit=True)
        except psycopg.Error as error:
            raise TransientStoreError(f"store {self._name}: {first_line(error)}") from error

    def publish(self, publication: Publication) -> None:
        """Load, index and verify every table by itself; then swap all of them in at once."""
        tables = [output_table(name) for name in publication.shards]
        parts: list[_Part] = []
        with self._faults_named():
            try:
                with staging() as (connection, folder):
                    staged = {t.name: stage_shards(connection, t, publication) for t in tables}
                    known = self.published(publication.run_id)
                    refuse_unlisted_run(connection, publication, known=known)
                    for table in tables:
                        part = _Part(
                            table,
                            new_partition_name(table, publication.run_id),
                            *_counted(connection, table, staged[table.name]),
                        )
                        parts.append(part)
                        self._load(connection, staged[table.name], part, publication, folder)
                self._swap(parts, publication)
            except BaseException:
                self._drop(parts)
                raise

    def _load(
        self,
        held: duckdb.DuckDBPyConnection,
        staged: str,
        part: _Part,
        publication: Publication,
        folder: Path,
    ) -> None:
        path = folder / "rows.csv"
        texts = [column.name for column in part.table.columns if column.kind == "text"]
        held.execute(
            f"COPY {staged} TO {literal(str(path))} (FORMAT csv, HEADER false, "
            f"FORCE_QUOTE ({listing(texts)}), NULLSTR {literal(_NULL)})"
        )
        connection, name = self._connection, identifier(part.name)
        connection.execute(create_partition(part.table, part.name, publication.run_id))
        statement = f"COPY {name} FROM STDIN (FORMAT csv, NULL {literal(_NULL)})"
        with connection.cursor().copy(statement) as copy, path.open("rb") as rows:
            while chunk := rows.read(_CHUNK):
                copy.write(chunk)
        connection.execute(index_partition(part.table, part.name))
        found = self._rows(postgres_checksum(part.table, part.name))[0]
        if (int(found[0]), int(found[1])) != (part.rows, part.checksum):
            raise TransientStoreError(
                f"store {self._name}: table {part.table.name} was sent {part.rows} rows with "
                f"checksum {part.checksum} and holds {found[0]} with {found[1]}; load it again"
            )

    def _swap(self, parts: Sequence[_Part], publication: Publication) -> None:
        connection = self._connection
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITER_LOCK])
            connection.execute(CREATE_PARTITIONS)
            self._ensure(RUNS)
            earlier = self._rows(
                "SELECT run_id FROM runs WHERE job = %s AND as_of = %s",
                [publication.job, publication.as_of],
            )
            for part in parts:
                own, kept = {publication.run_id}, publication.kept_beside(part.table.name)
                others = {str(row[0]) for row in earlier} - kept
                gone = own if part.table is RUNS else others | own
                self._replace(part, sorted(gone), publication.run_id)

    def _replace(self, part: _Part, gone: Sequence[str], run_id: str) -> None:
        """Put a part in the place of those of other runs."""
        connection, table = self._connection, part.table.name
        self._ensure(part.table)
        replaced = self._rows(
            "DELETE FROM almanac_partitions WHERE table_name = %s AND run_id = ANY(%s) "
            "RETURNING partition_name",
            [table, list(gone)],
        )
        for (name,) in replaced:
            old = identifier(str(name))
            connection.execute(f"ALTER TABLE {identifier(table)} DETACH PARTITION {old}")
            connection.execute(f"DROP TABLE {old}")
        connection.execute(
            f"ALTER TABLE {identifier(table)} ATTACH PARTITION {identifier(part.name)} "
            f"FOR VALUES IN ({literal(run_id)})"
        )
        connection.execute(
            "INSERT INTO almanac_partitions (table_name, run_id, partition_name, rows, checksum) "
            "VALUES (%s, %s, %s, %s, %s)",
            [table, run_id, part.name, part.rows, part.checksum],
        )

    def _ensure(self, table: Table) -> None:
        """Make a table where it is not there, and add columns to one of an older version."""
        self._connection.execute(create_parent(table))
        present = self._columns(table.name)
        if not set(table.column_names) <= present:
            for statement in add_columns(table):
                self._connection.execute(statement)

    def _columns(self, table: str) -> set[str]:
        found = self._rows(
            "SELECT attname FROM pg_attribute "
            "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
            [identifier(table)],
        )
        return {str(row[0]) for row in found}

    def _drop(self, parts: Sequence[_Part]) -> None:
        """Remove what was loaded and is not part of a table; a lost server keeps it for later."""
        for part in parts:
            if self._connection.closed:
                return
            with self._connection.transaction():
                attached = self._rows(
                    "SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(%s)",
                    [identifier(part.name)],
                )
                if not attached:
                    self._connection.execute(f"DROP TABLE IF EXISTS {identifier(part.name)}")

    def read(
        self, table: str, *, run_id: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """Return rows of a table; an output table never published to is empty."""
        own = output_table(table)
        if table not in self.tables():
            return own.empty()
        present = self._columns(table)
        known = [name for name in own.column_names if name in present]
        rows = self._rows(
            f"SELECT {listing(known)} FROM {identifier(table)} "  # noqa: S608 - quoted
            "WHERE run_id = coalesce(%s, run_id) AND as_of = coalesce(%s, as_of) "
            f"ORDER BY {listing(own.key)}",
            [run_id, as_of],
        )
        return own.typed(pd.DataFrame(rows, columns=known, dtype=object))

    def tables(self) -> tuple[str, ...]:
        """Return the tables that are in the database."""
        with self._faults_named():
            found = self._rows(
                "SELECT c.relname FROM pg_class c "
                "WHERE c.relkind = 'p' AND pg_table_is_visible(c.oid)"
            )
        present = {str(row[0]) for row in found}
        return tuple(name for name in OUTPUT_TABLES if name in present)

    def published(self, run_id: str) -> bool:
        """Return whether `runs` has the run."""
        if RUNS.name not in self.tables():
            return False
        return bool(self._rows("SELECT 1 FROM runs WHERE run_id = %s", [run_id]))

    def runs(self) -> pd.DataFrame:
        """Return `runs`."""
        return self.read(RUNS.name)

    def create_views(self) -> tuple[str, ...]:
        """Create the views whose tables are in the database, anew: their columns may change."""
        views = ready_views("postgresql", self.tables())
        with self._faults_named(), self._connection.transaction():
            for name, query in views.items():
                self._connection.execute(f"DROP VIEW IF EXISTS {identifier(name)}")
                self._connection.execute(f"CREATE VIEW {identifier(name)} AS {query}")
        return tuple(views)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._faults_named():
            return self._connection.execute(statement, values or None).fetchall()

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        """Turn the database's errors into ours."""
        try:
            yield
        except psycopg.errors.LockNotAvailable as error:
            raise StoreBusyError(
                f"store {self._name}: locks were not to be had in {LOCK_SECONDS} seconds; "
                "somebody reads or writes for long, so try again"
            ) from error
        except _FAULTS_THAT_PASS as error:
            raise TransientStoreError(f"store {self._name}: {first_line(error)}") from error
        except (psycopg.Error, duckdb.Error) as error:
            raise TerminalStoreError(f"store {self._name}: {first_line(error)}") from error


def _shown(address: str) -> str:
    """Return the address as messages name it; refuse one with a password."""
    try:
        parts: Mapping[str, object] = conninfo_to_dict(address)
    except psycopg.Error as error:
        raise TerminalStoreError(f"the store's address is not one: {first_line(error)}") from None
    if parts.get("password"):
        raise TerminalStoreError(
            "the store's address must have no password in it; set PGPASSWORD or a password file"
        )
    return f"postgresql://{parts.get('host', 'localhost')}/{parts.get('dbname', '')}"


def _counted(held: duckdb.DuckDBPyConnection, table: Table, staged: str) -> tuple[int, int]:
    found = held.execute(duckdb_checksum(table, staged)).fetchall()[0]
    return int(found[0]), int(found[1])
