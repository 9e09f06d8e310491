"""A folder of Parquet files, and one manifest that says which of them count.

A publication writes its files under names of its own and then replaces the manifest in one
step, so that a reader sees the old night or the new one, and a crash leaves the old one.
"""

from datetime import date
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import duckdb
import pandas as pd

from storage.errors import TerminalStoreError
from storage.sql import ROW_GROUP, first_line, listing
from storage.stores.folder import Folder
from storage.stores.local_folder import LocalFolder
from storage.stores.manifest import Entry, Manifest, checksum
from storage.stores.protocol import Closing, Publication
from storage.stores.remote_folder import RemoteFolder
from storage.stores.shards import output_table, refuse_unlisted_run, stage_shards
from storage.stores.staging import staging
from storage.tables import OUTPUT_TABLES, RUNS


class ParquetStore(Closing):
    """A folder with one Parquet file per table and run.

    Parameters
    ----------
    place : the folder, on this machine's disk (it is made where it does not exist) or at a URL
        of fsspec such as "gs://bucket/nights"

    Raises
    ------
    TerminalStoreError
        Where it cannot be made or reached at all.
    """

    def __init__(self, place: Path | str) -> None:
        self._folder: Folder = (
            LocalFolder(place) if isinstance(place, Path) else RemoteFolder(place)
        )

    def publish(self, publication: Publication) -> None:
        """Write the files, then make them count."""
        try:
            with self._folder.writing():
                self._publish(publication)
        except duckdb.Error as error:
            reason = first_line(error)
            raise TerminalStoreError(f"store {self._folder}: {reason}") from error
        except OSError as error:
            reason = error.strerror or first_line(error)
            raise TerminalStoreError(f"store {self._folder}: {reason}") from error

    def _publish(self, publication: Publication) -> None:
        manifest = self._folder.manifest()
        with staging() as (connection, folder):
            tables = [output_table(name) for name in publication.shards]
            staged = [stage_shards(connection, table, publication) for table in tables]
            known = _lists(manifest, publication.run_id)
            refuse_unlisted_run(connection, publication, known=known)
            fresh = []
            for table, rows in zip(tables, staged, strict=True):
                path = folder / f"{table.name}.parquet"
                connection.sql(
                    f"SELECT * FROM {rows} ORDER BY {listing(table.key)}"  # noqa: S608 - quoted
                ).write_parquet(str(path), compression="zstd", row_group_size=ROW_GROUP)
                fresh.append(self._write(table.name, publication, path, manifest))
        entries = (*_kept(manifest, publication), *fresh)
        self._folder.replace(manifest, entries)
        self._folder.sweep(Manifest(entries, manifest.number + 1))

    def _write(self, table: str, publication: Publication, path: Path, manifest: Manifest) -> Entry:
        night, run = publication.as_of.isoformat(), quote(publication.run_id, safe="")
        digest = checksum(path.read_bytes())
        file = self._folder.name_of(
            f"{table}/as_of={night}/job={quote(publication.job, safe='')}/{run}-{digest[:12]}",
            manifest,
        )
        entry = Entry(table, night, publication.job, publication.run_id, file, digest)
        for counting in manifest.entries:
            if counting.stands_for(entry) and self._holds(counting):
                return counting
        self._folder.put(path, file)
        return entry

    def _holds(self, entry: Entry) -> bool:
        try:
            return checksum(self._folder.read(entry.file)) == entry.sha256
        except FileNotFoundError:
            return False

    def read(
        self, table: str, *, run_id: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """Return rows of a table; an output table never published to is empty."""
        own = output_table(table)
        while True:
            manifest = self._folder.manifest()
            wanted = [
                entry
                for entry in manifest.entries
                if entry.table == table
                and run_id in {None, entry.run_id}
                and (as_of is None or as_of.isoformat() == entry.as_of)
            ]
            try:
                frames = [pd.read_parquet(self._intact(entry)) for entry in wanted]
                break
            except TerminalStoreError:
                # Files go when a publication replaces them; what counts now is then elsewhere.
                if self._folder.manifest() == manifest:
                    raise
        if not frames:
            return own.empty()
        stacked = pd.concat([own.typed(frame) for frame in frames], ignore_index=True)
        return stacked.sort_values(list(own.key), kind="stable", ignore_index=True)

    def _intact(self, entry: Entry) -> BytesIO:
        try:
            content = self._folder.read(entry.file)
        except FileNotFoundError as error:
            raise TerminalStoreError(f"store {self._folder}: {entry.file} is missing") from error
        if checksum(content) != entry.sha256:
            raise TerminalStoreError(
                f"store {self._folder}: {entry.file} is not what was published (checksum)"
            )
        return BytesIO(content)

    def tables(self) -> tuple[str, ...]:
        """Return the tables that the manifest names."""
        present = {entry.table for entry in self._folder.manifest().entries}
        return tuple(name for name in OUTPUT_TABLES if name in present)

    def published(self, run_id: str) -> bool:
        """Return whether `runs` has the run."""
        return _lists(self._folder.manifest(), run_id)

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


def _lists(manifest: Manifest, run_id: str) -> bool:
    return any(entry.table == RUNS.name and entry.run_id == run_id for entry in manifest.entries)


def _kept(manifest: Manifest, publication: Publication) -> list[Entry]:
    """Return the entries that the publication leaves in place."""
    night = (publication.job, publication.as_of.isoformat())
    return [
        entry
        for entry in manifest.entries
        if entry.table not in publication.shards
        or (
            entry.run_id != publication.run_id
            and (
                entry.table == RUNS.name
                or (entry.job, entry.as_of) != night
                or entry.run_id in publication.kept_beside(entry.table)
            )
        )
    ]
