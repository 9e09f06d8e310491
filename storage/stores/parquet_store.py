"""A folder of Parquet files, and one manifest that says which of them count.

A publication writes its files under names of its own and then replaces the manifest in one
step, so that a reader sees the old night or the new one, and a crash leaves the old one.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import duckdb
import pandas as pd

from storage.errors import TerminalStoreError
from storage.sql import first_line, listing
from storage.stores.manifest import (
    Entry,
    checksum,
    read_manifest,
    replace_manifest,
    sync,
    writing,
)
from storage.stores.protocol import Publication
from storage.stores.shards import output_table, refuse_unlisted_run, stage_shards
from storage.tables import OUTPUT_TABLES, RUNS

# One group size whatever the threads, so that the same rows are the same bytes.
_ROW_GROUP = 122_880


class ParquetStore:
    """A folder with one Parquet file per table and run.

    Parameters
    ----------
    folder : the folder; it is made where it does not exist

    Raises
    ------
    TerminalStoreError
        Where it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TerminalStoreError(f"store {folder}: {error.strerror}") from error

    def publish(self, publication: Publication) -> None:
        """Write the files, then make them count."""
        try:
            with writing(self._folder):
                self._publish(publication)
        except duckdb.Error as error:
            reason = first_line(error)
            raise TerminalStoreError(f"store {self._folder}: {reason}") from error
        except OSError as error:
            raise TerminalStoreError(f"store {self._folder}: {error.strerror}") from error

    def _publish(self, publication: Publication) -> None:
        with duckdb.connect() as connection:
            tables = [output_table(name) for name in publication.shards]
            staged = [stage_shards(connection, table, publication) for table in tables]
            known = self.published(publication.run_id)
            refuse_unlisted_run(connection, publication, known=known)
            fresh = [
                self._write(
                    table.name,
                    publication,
                    connection.sql(f"SELECT * FROM {rows} ORDER BY {listing(table.key)}"),  # noqa: S608
                )
                for table, rows in zip(tables, staged, strict=True)
            ]
        entries = [*self._kept(publication), *fresh]
        replace_manifest(self._folder, entries)
        self._sweep(entries)

    def _kept(self, publication: Publication) -> list[Entry]:
        """Return the entries that the publication leaves in place."""
        night = (publication.job, publication.as_of.isoformat())
        return [
            entry
            for entry in read_manifest(self._folder)
            if entry.table not in publication.shards
            or (
                entry.run_id != publication.run_id
                and (entry.table == RUNS.name or (entry.job, entry.as_of) != night)
            )
        ]

    def _write(
        self, name: str, publication: Publication, relation: duckdb.DuckDBPyRelation
    ) -> Entry:
        night, job = publication.as_of.isoformat(), quote(publication.job, safe="")
        folder = self._folder / name / f"as_of={night}" / f"job={job}"
        folder.mkdir(parents=True, exist_ok=True)
        run = quote(publication.run_id, safe="")
        temporary = folder / f".{run}.parquet"
        relation.write_parquet(str(temporary), compression="zstd", row_group_size=_ROW_GROUP)
        digest = checksum(temporary)
        final = folder / f"{run}-{digest[:12]}.parquet"
        sync(temporary)
        temporary.replace(final)
        sync(folder)
        file = final.relative_to(self._folder).as_posix()
        return Entry(name, night, publication.job, publication.run_id, file, digest)

    def _sweep(self, entries: Sequence[Entry]) -> None:
        """Remove files that no longer count, crashed publications' among them."""
        counting = {self._folder / entry.file for entry in entries}
        for path in self._folder.glob("*/as_of=*/job=*/*"):
            if path not in counting:
                path.unlink(missing_ok=True)

    def read(
        self, table: str, *, run_id: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """Return rows of a table; an output table never published to is empty."""
        own = output_table(table)
        while True:
            manifest = read_manifest(self._folder)
            wanted = [
                entry
                for entry in manifest
                if entry.table == table
                and run_id in {None, entry.run_id}
                and (as_of is None or as_of.isoformat() == entry.as_of)
            ]
            try:
                frames = [pd.read_parquet(self._intact(entry)) for entry in wanted]
                break
            except (FileNotFoundError, TerminalStoreError):
                # Files go when a publication replaces them; what counts now is then elsewhere.
                if read_manifest(self._folder) == manifest:
                    raise
        if not frames:
            return own.empty()
        stacked = pd.concat([own.typed(frame) for frame in frames], ignore_index=True)
        return stacked.sort_values(list(own.key), kind="stable", ignore_index=True)

    def _intact(self, entry: Entry) -> Path:
        path = self._folder / entry.file
        if not path.exists():
            raise TerminalStoreError(f"store {self._folder}: {entry.file} is missing")
        if checksum(path) != entry.sha256:
            raise TerminalStoreError(
                f"store {self._folder}: {entry.file} is not what was published (checksum)"
            )
        return path

    def tables(self) -> tuple[str, ...]:
        """Return the tables that the manifest names."""
        present = {entry.table for entry in read_manifest(self._folder)}
        return tuple(name for name in OUTPUT_TABLES if name in present)

    def published(self, run_id: str) -> bool:
        """Return whether `runs` has the run."""
        return any(
            entry.table == RUNS.name and entry.run_id == run_id
            for entry in read_manifest(self._folder)
        )

    def runs(self) -> pd.DataFrame:
        """Return `runs`."""
        return self.read(RUNS.name)

    def create_views(self) -> tuple[str, ...]:
        """Refuse: a folder has no views."""
        raise TerminalStoreError(
            f"store {self._folder}: a Parquet folder has no views; DuckDB, PostgreSQL and "
            "BigQuery stores do"
        )

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
