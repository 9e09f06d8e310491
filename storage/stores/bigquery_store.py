"""BigQuery: each table loaded by a job of its own, all made visible by one transaction."""

import hashlib
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
from google.cloud import bigquery

from storage.errors import StoreBusyError, TerminalStoreError
from storage.sql import first_line
from storage.stores.bigquery_address import parse_address
from storage.stores.bigquery_dataset import LABEL, AbsentError, Dataset, Parameter, night, text
from storage.stores.bigquery_faults import faults_named
from storage.stores.bigquery_jobs import CALL_SECONDS, Jobs
from storage.stores.bigquery_sql import Loaded, commit_script, quoted
from storage.stores.bigquery_staging import Staged, stage_table
from storage.stores.bigquery_tables import (
    PARTITION,
    PUBLICATIONS,
    arrow_schema,
    define_table,
)
from storage.stores.protocol import Closing, Publication
from storage.stores.shards import output_table, refuse_unlisted_run
from storage.stores.staging import staging
from storage.tables import OUTPUT_TABLES, RUNS
from storage.tables.table import Table
from storage.views import ready_views

# How long a load is kept: a publication that is begun again within it loads nothing twice.
LOAD_HOURS = 24
# How often a commit gives way to another one before the store is called busy.
_TURNS = 5
# A filter on the partition that leaves none out; a table refuses a query without one.
_EVERY_NIGHT = f"{PARTITION} >= TIMESTAMP '0001-01-01 00:00:00+00'"


class BigQueryStore(Closing):
    """A BigQuery dataset; readers see the old night or the new one.

    A publication loads each table's rows, as Parquet, into the night's partition of a table of
    their own. One transaction then replaces the rows of earlier runs in all tables and notes it
    in ``almanac_publications``. Ids of jobs say what they do, so a publication that is cut off
    and begun again waits for what is under way and does nothing twice.

    Parameters
    ----------
    address : "bigquery://PROJECT/DATASET?location=EU&maximum_bytes_billed=BYTES"; credentials are
        the application default ones (a service account, Workload Identity, or gcloud's)

    Raises
    ------
    TransientStoreError
        Where BigQuery cannot be reached.
    TerminalStoreError
        Where there are no credentials, or the dataset is elsewhere or cannot be made.
    """

    def __init__(self, address: str) -> None:
        self._address = parse_address(address)
        self._dataset = Dataset(self._address)
        self._jobs = Jobs(self._dataset.client, self._dataset.location, self._dataset.place)

    def publish(self, publication: Publication) -> None:
        """Load every table by itself; then make all of them visible in one transaction."""
        tables = [output_table(name) for name in publication.shards]
        with tempfile.TemporaryDirectory(prefix="almanac-") as name:
            staged = self._stage(tables, publication, Path(name))
            with faults_named(self._dataset.place):
                for table in dict.fromkeys([*tables, RUNS, PUBLICATIONS]):
                    self._dataset.ensure(table)
                loaded = [self._load(part, publication) for part in staged]
                self._commit_in_turn(loaded, publication)

    def _stage(
        self, tables: Sequence[Table], publication: Publication, folder: Path
    ) -> list[Staged]:
        try:
            with staging() as (connection, _):
                staged = [stage_table(connection, t, publication, folder) for t in tables]
                known = self.published(publication.run_id)
                refuse_unlisted_run(connection, publication, known=known)
        except duckdb.Error as error:
            raise TerminalStoreError(f"{self._dataset.place}: {first_line(error)}") from error
        return staged

    def _load(self, part: Staged, publication: Publication) -> Loaded:
        """Load a table's rows into the night's partition of a table of their own."""
        dataset = self._dataset
        name = f"almanac_load_{part.table.name}_{part.digest}"
        labels = _labels(publication)
        expires = datetime.now(UTC) + timedelta(hours=LOAD_HOURS)
        wanted = define_table(dataset.reference(name), part.table, labels, expires)

        def begin(job_id: str) -> Any:  # noqa: ANN401 - the client's own type
            dataset.create(wanted)
            with part.path.open("rb") as file:
                return dataset.client.load_table_from_file(
                    file,
                    dataset.reference(f"{name}${publication.as_of:%Y%m%d}"),
                    size=part.path.stat().st_size,
                    num_retries=0,
                    job_id=job_id,
                    location=dataset.location,
                    job_config=_load_config(wanted, labels),
                    timeout=CALL_SECONDS,
                )

        def holds() -> bool:
            found = dataset.table(name)
            return found is not None and found.num_rows == part.rows

        job = f"almanac-load-{self._address.dataset}-{part.table.name}-{part.digest}"
        self._jobs.run(job, begin, holds=holds)
        return Loaded(
            part.table,
            dataset.quoted(part.table.name),
            dataset.quoted(name),
            part.rows,
            part.digest,
        )

    def _commit_in_turn(self, loaded: Sequence[Loaded], publication: Publication) -> None:
        """Commit; after another publication of the night that comes first, once more."""
        for _ in range(_TURNS - 1):
            with suppress(StoreBusyError):
                return self._commit(loaded, publication)
        return self._commit(loaded, publication)

    def _commit(self, loaded: Sequence[Loaded], publication: Publication) -> None:
        """Make the loaded tables visible, all or none.

        The job's id has the version that it makes, so a commit that is cut off and asked for
        again is found while it runs, and the same rows can be published again after others. A
        commit that is found counts only while its version is there: jobs are remembered longer
        than a dataset that was dropped and made again.
        """
        dataset = self._dataset
        number = self._version(publication.as_of) + 1
        known = self.published(publication.run_id)
        beside = sorted(publication.beside)
        script = commit_script(
            loaded,
            dataset.quoted(RUNS.name),
            dataset.quoted(PUBLICATIONS.name),
            known=known,
            n_beside=len(beside),
        )
        config = dataset.query_config(
            [
                text("run_id", publication.run_id),
                text("job", publication.job),
                night(publication.as_of),
                Parameter("version", "INT64", number),
                *(text(f"beside_{n}", run_id) for n, run_id in enumerate(beside)),
            ]
        )
        config.labels = _labels(publication)

        def begin(job_id: str) -> Any:  # noqa: ANN401 - the client's own type
            return dataset.client.query(
                script,
                job_config=config,
                job_id=job_id,
                location=dataset.location,
                retry=None,
                job_retry=None,
                timeout=CALL_SECONDS,
            )

        def holds() -> bool:
            return self._version(publication.as_of) >= number

        content = hashlib.sha256("\n".join(part.digest for part in loaded).encode()).hexdigest()
        step = f"{publication.as_of:%Y%m%d}-v{number}-{content[:20]}"
        self._jobs.run(f"almanac-commit-{self._address.dataset}-{step}", begin, holds=holds)

    def _version(self, as_of: date) -> int:
        found = self._dataset.rows(
            "SELECT COALESCE(MAX(version), 0) AS version "  # noqa: S608 - quoted
            f"FROM {self._dataset.quoted(PUBLICATIONS.name)} WHERE {PARTITION} = @as_of",
            [night(as_of)],
        )
        return int(found.column(0)[0].as_py())

    def read(
        self, table: str, *, run_id: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """Return rows of a table; an output table never published to is empty."""
        own = output_table(table)
        if table not in self.tables():
            return own.empty()
        rules = [_EVERY_NIGHT if as_of is None else f"{PARTITION} = @as_of"]
        parameters = [] if as_of is None else [night(as_of)]
        if run_id is not None:
            rules.append("run_id = @run_id")
            parameters.append(text("run_id", run_id))
        found = self._dataset.rows(
            f"SELECT * FROM {self._dataset.quoted(table)} "  # noqa: S608 - quoted
            f"WHERE {' AND '.join(rules)} ORDER BY {', '.join(map(quoted, own.key))}",
            parameters,
        )
        return own.typed(_frame(found, own))

    def tables(self) -> tuple[str, ...]:
        """Return the tables that have been published to."""
        try:
            found = self._dataset.rows(
                "SELECT DISTINCT table_name "  # noqa: S608 - quoted
                f"FROM {self._dataset.quoted(PUBLICATIONS.name)} WHERE {_EVERY_NIGHT}"
            )
        except AbsentError:
            return ()
        present = set(found.column(0).to_pylist())
        return tuple(name for name in OUTPUT_TABLES if name in present)

    def published(self, run_id: str) -> bool:
        """Return whether `runs` has the run."""
        return not self.read(RUNS.name, run_id=run_id).empty

    def runs(self) -> pd.DataFrame:
        """Return `runs`."""
        return self.read(RUNS.name)

    def create_views(self) -> tuple[str, ...]:
        """Create or renew the views whose tables are in the dataset."""
        views = ready_views("bigquery", self.tables())
        place = f"`{self._address.project}`.`{self._address.dataset}`"
        for name, query in views.items():
            placed = query.replace("`PROJECT`.`DATASET`", place)
            self._dataset.rows(f"CREATE OR REPLACE VIEW {self._dataset.quoted(name)} AS\n{placed}")
        return tuple(views)

    def close(self) -> None:
        """Let go of the connections."""
        self._dataset.client.close()  # type: ignore[no-untyped-call] # the client's own


def _load_config(wanted: bigquery.Table, labels: dict[str, str]) -> bigquery.LoadJobConfig:
    return bigquery.LoadJobConfig(
        source_format=bigquery.SourceFormat.PARQUET,
        schema=wanted.schema,
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
        create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
        time_partitioning=wanted.time_partitioning,
        clustering_fields=wanted.clustering_fields,
        labels=labels,
    )


def _labels(publication: Publication) -> dict[str, str]:
    """Return what bills and audit logs show of a job; labels allow few characters."""
    named = {
        "flow": publication.job,
        "run": publication.run_id,
        "version": version("almanac"),
    }
    shown = {key: re.sub(r"[^a-z0-9_-]", "_", value.lower())[:63] for key, value in named.items()}
    return {**LABEL, **shown}


def _frame(found: pa.Table, table: Table) -> pd.DataFrame:
    """Return our columns of rows, those that are there, in pandas types; times lose their zone."""
    naive = [
        pa.field(field.name, pa.timestamp("us"), nullable=True)
        if pa.types.is_timestamp(field.type)
        else pa.field(field.name, field.type)
        for field in arrow_schema(table)
        if field.name in found.column_names
    ]
    found = found.select([field.name for field in naive])
    types = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = found.cast(pa.schema(naive)).to_pandas(types_mapper=types.get)
    return frame
