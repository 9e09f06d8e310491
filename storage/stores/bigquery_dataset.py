"""A dataset: its client and location, its tables, and queries of them."""

import importlib.util
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pyarrow as pa
from google.api_core import exceptions
from google.cloud import bigquery

from storage.errors import TerminalStoreError
from storage.stores.bigquery_address import BigQueryAddress
from storage.stores.bigquery_faults import faults_named
from storage.stores.bigquery_jobs import CALL_SECONDS, call_retry
from storage.stores.bigquery_sql import quoted
from storage.stores.bigquery_tables import define_table, grown_schema
from storage.tables.table import Table

LABEL = {"application": "almanac"}
Parameter = bigquery.ScalarQueryParameter


class AbsentError(TerminalStoreError):
    """A table is not there."""


class Dataset:
    """A BigQuery dataset; it is made where it does not exist.

    Parameters
    ----------
    address : where it is, and what a query may cost

    Raises
    ------
    TransientStoreError
        Where BigQuery cannot be reached.
    TerminalStoreError
        Where there are no credentials, or the dataset is elsewhere or cannot be made.
    """

    def __init__(self, address: BigQueryAddress) -> None:
        self.address = address
        self.place = f"store {address}"
        self._reference = bigquery.DatasetReference(address.project, address.dataset)
        with faults_named(self.place):
            self.client = bigquery.Client(project=address.project)
            self.location: str = self._found().location
        asked = address.location
        if asked is not None and self.location.lower() != asked.lower():
            raise TerminalStoreError(
                f"{self.place}: the dataset is in {self.location}, not in {asked}"
            )

    def _found(self) -> bigquery.Dataset:
        try:
            return self.client.get_dataset(
                self._reference, retry=call_retry(), timeout=CALL_SECONDS
            )
        except exceptions.NotFound:
            wanted = bigquery.Dataset(self._reference)
            wanted.location = self.address.location
            wanted.labels = dict(LABEL)
            return self.client.create_dataset(
                wanted, exists_ok=True, retry=call_retry(), timeout=CALL_SECONDS
            )

    def reference(self, name: str) -> bigquery.TableReference:
        """Return the reference of a table; ``name`` may have a partition decorator."""
        return self._reference.table(name)

    def quoted(self, name: str) -> str:
        """Return a table's full name, quoted."""
        return quoted(self.address.project, self.address.dataset, name)

    def table(self, name: str) -> bigquery.Table | None:
        """Return a table as it stands, or None where there is none."""
        try:
            return self.client.get_table(
                self.reference(name), retry=call_retry(), timeout=CALL_SECONDS
            )
        except exceptions.NotFound:
            return None

    def create(self, table: bigquery.Table) -> bigquery.Table:
        """Create a table where it is not there yet."""
        return self.client.create_table(
            table, exists_ok=True, retry=call_retry(), timeout=CALL_SECONDS
        )

    def ensure(self, table: Table) -> None:
        """Create one of our tables, or let the one that is there grow.

        Raises
        ------
        TerminalStoreError
            Where the one that is there cannot grow to ours (see `grown_schema`).
        """
        wanted = define_table(self.reference(table.name), table, LABEL)
        found = self.table(table.name) or self.create(wanted)
        grown = grown_schema(found, table)
        if grown is not None:
            found.schema = grown
            self.client.update_table(found, ["schema"], retry=call_retry(), timeout=CALL_SECONDS)

    def rows(self, query: str, parameters: Sequence[Parameter] = ()) -> pa.Table:
        """Return the rows of a query, by the Storage Read API where its client is installed.

        Raises
        ------
        AbsentError
            Where a table it names is not there.
        TerminalStoreError
            Where it would bill more than the address allows, or is wrong.
        """
        with faults_named(self.place):
            try:
                job = self.client.query(
                    query,
                    job_config=self.query_config(parameters),
                    location=self.location,
                    retry=call_retry(),
                    job_retry=None,
                    timeout=CALL_SECONDS,
                )
                return job.result(retry=call_retry(), job_retry=None).to_arrow(
                    create_bqstorage_client=storage_read_is_here()
                )
            except exceptions.NotFound as error:
                raise AbsentError(f"{self.place}: {error.message}") from error

    def query_config(self, parameters: Sequence[Parameter]) -> bigquery.QueryJobConfig:
        """Return the settings of a query: its parameters, its label, and what it may cost."""
        return bigquery.QueryJobConfig(
            maximum_bytes_billed=self.address.maximum_bytes_billed,
            query_parameters=list(parameters),
            labels=dict(LABEL),
        )


def text(name: str, value: str) -> Parameter:
    """Return a text as a query's parameter."""
    return Parameter(name, "STRING", value)


def night(as_of: date) -> Parameter:
    """Return a night as the parameter ``@as_of``."""
    moment = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    return Parameter("as_of", "TIMESTAMP", moment)


def storage_read_is_here() -> bool:
    """Return whether the Storage Read API's client is installed: rows come faster by it."""
    return importlib.util.find_spec("google.cloud.bigquery_storage") is not None
