"""A folder of Parquet files, and one manifest that says which of them count.

A publication writes its files under names of its own and then replaces the manifest in one
step, so that a reader sees the old night or the new one, and a crash leaves the old one.
"""

import hashlib
import json
import os
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd

from storage.errors import TerminalStoreError
from storage.sql import listing
from storage.stores.protocol import Publication
from storage.stores.shards import output_table, stage_shards
from storage.tables import OUTPUT_TABLES, RUNS

MANIFEST = "manifest.json"


class ParquetStore:
    """A folder with one Parquet file per table and run.

    Parameters
    ----------
    folder : the folder; it is made where it does not exist
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TerminalStoreError(f"store {folder}: {error.strerror}") from error

    def publish(self, publication: Publication) -> None:
        """Write the files, then make them count."""
        entries = self._entries()
        fresh = []
        with duckdb.connect() as connection:
            for name, shards in publication.shards.items():
                table = output_table(name)
                staged = stage_shards(connection, table, shards, publication.run_id)
                relation = connection.sql(f"SELECT * FROM {staged} ORDER BY {listing(table.key)}")  # noqa: S608
                fresh.append(self._write(name, publication, relation))
        replaced = {
            entry["run_id"]
            for entry in entries
            if (entry["job"], entry["as_of"]) == (publication.job, publication.as_of.isoformat())
        }
        kept = [
            entry
            for entry in entries
            if entry["table"] not in publication.shards
            or not (
                entry["run_id"] == publication.run_id
                or (entry["table"] != RUNS.name and entry["run_id"] in replaced)
            )
        ]
        self._replace_manifest([*kept, *fresh])
        self._sweep([*kept, *fresh])

    def _write(
        self, name: str, publication: Publication, relation: duckdb.DuckDBPyRelation
    ) -> dict[str, Any]:
        folder = self._folder / name / f"as_of={publication.as_of.isoformat()}"
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{publication.run_id}.{os.getpid()}"
        relation.write_parquet(str(temporary), compression="zstd")
        digest = hashlib.sha256(temporary.read_bytes()).hexdigest()
        final = folder / f"{publication.run_id}-{digest[:12]}.parquet"
        temporary.replace(final)
        return {
            "table": name,
            "run_id": publication.run_id,
            "job": publication.job,
            "as_of": publication.as_of.isoformat(),
            "file": final.relative_to(self._folder).as_posix(),
            "sha256": digest,
        }

    def _entries(self) -> list[dict[str, Any]]:
        manifest = self._folder / MANIFEST
        if not manifest.exists():
            return []
        try:
            return list(json.loads(manifest.read_text(encoding="utf-8"))["files"])
        except (ValueError, KeyError) as error:
            raise TerminalStoreError(f"store {self._folder}: {MANIFEST} is damaged") from error

    def _replace_manifest(self, entries: list[dict[str, Any]]) -> None:
        ordered = sorted(entries, key=lambda entry: (entry["table"], entry["as_of"], entry["file"]))
        temporary = self._folder / f".{MANIFEST}.{os.getpid()}"
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({"files": ordered}, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._folder / MANIFEST)

    def _sweep(self, entries: list[dict[str, Any]]) -> None:
        """Remove files that no longer count, crashed publications' among them."""
        counting = {self._folder / entry["file"] for entry in entries}
        for path in self._folder.glob("*/as_of=*/*"):
            if path not in counting:
                path.unlink(missing_ok=True)

    def read(
        self, table: str, *, run_id: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """Return rows of a table; an output table never published to is empty."""
        own = output_table(table)
        night = as_of.isoformat() if as_of is not None else None
        frames = [
            pd.read_parquet(self._intact(entry))
            for entry in self._entries()
            if entry["table"] == table
            and run_id in {None, entry["run_id"]}
            and night in {None, entry["as_of"]}
        ]
        if not frames:
            return own.empty()
        stacked = pd.concat([own.typed(frame) for frame in frames], ignore_index=True)
        return stacked.sort_values(list(own.key), kind="stable", ignore_index=True)

    def _intact(self, entry: dict[str, Any]) -> Path:
        path = self._folder / entry["file"]
        if not path.exists():
            raise TerminalStoreError(f"store {self._folder}: {entry['file']} is missing")
        if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            raise TerminalStoreError(
                f"store {self._folder}: {entry['file']} is not what was published (checksum)"
            )
        return path

    def tables(self) -> tuple[str, ...]:
        """Return the tables that the manifest names."""
        present = {entry["table"] for entry in self._entries()}
        return tuple(name for name in OUTPUT_TABLES if name in present)

    def published(self, run_id: str) -> bool:
        """Return whether `runs` has the run."""
        return any(
            entry["table"] == RUNS.name and entry["run_id"] == run_id for entry in self._entries()
        )

    def runs(self) -> pd.DataFrame:
        """Return `runs`."""
        return self.read(RUNS.name)

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
