"""BigQuery's side of a table: schema, partitions, clusters, and how a schema may grow."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa
from google.cloud import bigquery

from storage.errors import TerminalStoreError
from storage.tables.table import Column, ColumnKind, Table, output_table

_TYPES: dict[ColumnKind, str] = {
    "text": "STRING",
    "float": "FLOAT64",
    "integer": "INT64",
    "boolean": "BOOL",
    "timestamp": "TIMESTAMP",
}
# The API answers with the names of legacy SQL.
_SAME = {"FLOAT": "FLOAT64", "INTEGER": "INT64", "BOOLEAN": "BOOL"}
_ARROW_TYPES: dict[ColumnKind, pa.DataType] = {
    "text": pa.string(),
    "float": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
_CLUSTERS = 4
PARTITION = "as_of"

# Which publication stands: one row per table and commit, written in the commit itself.
PUBLICATIONS = output_table(
    "almanac_publications",
    "Every publication: which table of which run became visible, and by which job.",
    columns=(
        Column("job", "text", "name of the job"),
        Column("table_name", "text", "the table that was published"),
        Column("version", "integer", "running number of the night's publications", minimum=1),
        Column("rows", "integer", "rows published", minimum=0),
    ),
    key=("table_name", "version"),
)


def fields_of(table: Table) -> list[bigquery.SchemaField]:
    """Return the columns of a table as BigQuery's schema."""
    return [
        bigquery.SchemaField(
            column.name,
            _TYPES[column.kind],
            mode="NULLABLE" if column.nullable else "REQUIRED",
            description=column.description,
        )
        for column in table.columns
    ]


def arrow_schema(table: Table) -> pa.Schema:
    """Return the columns as Arrow has them; a load refuses a nullable one for a required one."""
    return pa.schema(
        [
            pa.field(column.name, _ARROW_TYPES[column.kind], nullable=column.nullable)
            for column in table.columns
        ]
    )


def define_table(
    reference: bigquery.TableReference,
    table: Table,
    labels: Mapping[str, str],
    expires: datetime | None = None,
) -> bigquery.Table:
    """Return a table's definition: a partition a night, clustered by what the rows are about."""
    defined = bigquery.Table(reference, schema=fields_of(table))
    defined.description = table.description
    defined.time_partitioning = bigquery.TimePartitioning(
        type_=bigquery.TimePartitioningType.DAY, field=PARTITION
    )
    defined.require_partition_filter = True
    defined.clustering_fields = list(table.entity or ("run_id",))[:_CLUSTERS]
    defined.labels = dict(labels)
    defined.expires = expires
    return defined


def grown_schema(found: bigquery.Table, table: Table) -> Sequence[bigquery.SchemaField] | None:
    """Return the schema a table must grow to, or None where it is enough as it is.

    Columns are added, and required ones relaxed; nothing is ever taken away or retyped. A column
    that is added to a table with rows can only be nullable.

    Raises
    ------
    TerminalStoreError
        Where a column is of another type, a column we do not write is required, or the table is
        not partitioned by night.
    """
    _refuse_other_partitions(found)
    ours = {field.name: field for field in fields_of(table)}
    grown = [_relaxed(found, field, ours.get(field.name)) for field in found.schema]
    present = {field.name for field in found.schema}
    grown += [_nullable(field) for name, field in ours.items() if name not in present]
    before = [(field.name, field.mode) for field in found.schema]
    return None if [(field.name, field.mode) for field in grown] == before else grown


def _relaxed(
    found: bigquery.Table, theirs: bigquery.SchemaField, ours: bigquery.SchemaField | None
) -> bigquery.SchemaField:
    if ours is None:
        if theirs.mode == "REQUIRED":
            raise TerminalStoreError(
                f"table {found.table_id}: column {theirs.name} is required there and we have "
                "no such column; make it nullable or publish to another dataset"
            )
        return theirs
    kind = _SAME.get(theirs.field_type, theirs.field_type)
    wanted = _SAME.get(ours.field_type, ours.field_type)
    if kind != wanted or theirs.mode == "REPEATED":
        raise TerminalStoreError(
            f"table {found.table_id}: column {theirs.name} is {theirs.mode} {kind} there and must "
            f"be {wanted}; columns are only ever added, so publish to another dataset"
        )
    return _nullable(theirs) if ours.mode == "NULLABLE" else theirs


def _nullable(field: bigquery.SchemaField) -> bigquery.SchemaField:
    return bigquery.SchemaField.from_api_repr({**field.to_api_repr(), "mode": "NULLABLE"})


def _refuse_other_partitions(found: bigquery.Table) -> None:
    parts = found.time_partitioning
    if parts is None or parts.field != PARTITION or parts.type_ != "DAY":
        raise TerminalStoreError(
            f"table {found.table_id}: it is not partitioned by day of {PARTITION}; a table's "
            "partitions cannot be changed, so publish to another dataset"
        )
