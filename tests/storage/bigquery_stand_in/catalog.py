"""Datasets and tables: what they are, and how they may change."""

import re
import time

from tests.storage.bigquery_stand_in.errors import ApiError

PROJECT = "stand-in-project"
DUCKDB_TYPES = {
    "STRING": "VARCHAR",
    "FLOAT64": "DOUBLE",
    "INT64": "BIGINT",
    "BOOL": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMPTZ",
}
LEGACY = {"FLOAT64": "FLOAT", "INT64": "INTEGER", "BOOL": "BOOLEAN"}
STANDARD = {legacy: name for name, legacy in LEGACY.items()}


def kind(field):
    """Return a field's type by its name in standard SQL."""
    return STANDARD.get(field["type"], field["type"])


def quoted(*names):
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


class Catalog:
    """Datasets and their tables; rows are DuckDB's."""

    def __init__(self, connection):
        self.connection = connection
        self.datasets = {}
        self.tables = {}
        self.views = set()
        self._states = {}

    def create_dataset(self, resource):
        name = resource["datasetReference"]["datasetId"]
        if name in self.datasets:
            raise ApiError("duplicate", f"Already Exists: Dataset {name}")
        _check_labels(resource)
        self.datasets[name] = {"location": "US", **resource}
        self.connection.execute(f"CREATE SCHEMA {quoted(name)}")
        return self.datasets[name]

    def dataset(self, name):
        if name not in self.datasets:
            raise ApiError("notFound", f"Not found: Dataset {name}")
        return self.datasets[name]

    def table(self, dataset, name):
        self.dataset(dataset)
        found = self.tables.get((dataset, name))
        expires = found and found.get("expirationTime")
        if expires and int(expires) < time.time() * 1000:
            self._drop_table(dataset, name)
            found = None
        if found is None:
            raise ApiError("notFound", f"Not found: Table {dataset}.{name}")
        return found

    def describe(self, dataset, name):
        found = self.table(dataset, name)
        rows = self.connection.execute(f"SELECT count(*) FROM {quoted(dataset, name)}").fetchall()
        where = self.dataset(dataset)["location"]
        changed = self._changed(dataset, name)
        return {
            **found,
            "numRows": str(rows[0][0]),
            "location": where,
            "lastModifiedTime": str(changed),
            "etag": f"{dataset}.{name}.{changed}",
        }

    def _changed(self, dataset, name):
        """Return when a table was last seen to be another one than before, in milliseconds."""
        content = self.connection.execute(
            f"SELECT sum(hash(t)) FROM {quoted(dataset, name)} AS t"
        ).fetchall()
        state = repr((content, self.tables[dataset, name]))
        known, changed = self._states.get((dataset, name), (None, 0))
        if state != known:
            changed = max(int(time.time() * 1000), changed + 1)
            self._states[dataset, name] = state, changed
        return changed

    def create_table(self, dataset, resource):
        self.dataset(dataset)
        name = resource["tableReference"]["tableId"]
        try:
            self.table(dataset, name)
        except ApiError:
            pass
        else:
            raise ApiError("duplicate", f"Already Exists: Table {dataset}.{name}")
        _check_table(name, resource)
        fields = [_field(field) for field in resource["schema"]["fields"]]
        columns = ", ".join(_ddl(field) for field in fields)
        self.connection.execute(f"CREATE TABLE {quoted(dataset, name)} ({columns})")
        stored = {**resource, "schema": {"fields": fields}, "type": "TABLE"}
        self.tables[dataset, name] = stored
        return stored

    def update_table(self, dataset, name, changes):
        """Change a table; its schema may only grow."""
        found = self.table(dataset, name)
        fields = [_field(field) for field in changes.get("schema", found["schema"])["fields"]]
        before = {field["name"]: field for field in found["schema"]["fields"]}
        for field in fields:
            self._grow(dataset, name, before.pop(field["name"], None), field)
        if before:
            raise _mismatch(name, f"Field {next(iter(before))} is missing in new schema")
        self.tables[dataset, name] = {**found, **changes, "schema": {"fields": fields}}
        return self.tables[dataset, name]

    def _grow(self, dataset, name, before, field):
        alter = f"ALTER TABLE {quoted(dataset, name)}"
        if before is None:
            if field["mode"] == "REQUIRED":
                raise _mismatch(name, f"Cannot add required fields to an existing schema: {field}")
            self.connection.execute(f"{alter} ADD COLUMN {_ddl(field)}")
            return
        if kind(before) != kind(field):
            raise _mismatch(name, f"Field {field['name']} has changed type")
        if before["mode"] != field["mode"]:
            if field["mode"] == "REQUIRED":
                raise _mismatch(
                    name, f"Field {field['name']} has changed mode from NULLABLE to REQUIRED"
                )
            self.connection.execute(f"{alter} ALTER COLUMN {quoted(field['name'])} DROP NOT NULL")

    def listed(self, dataset):
        """Return the tables and views of a dataset, as a list of them has them."""
        self.dataset(dataset)
        own = [("TABLE", place) for place in self.tables] + [("VIEW", view) for view in self.views]
        return [
            {
                "tableReference": {"projectId": PROJECT, "datasetId": dataset, "tableId": name},
                "type": kind,
            }
            for kind, (holder, name) in own
            if holder == dataset
        ]

    def drop(self, dataset, name):
        if (dataset, name) in self.views:
            self.connection.execute(f"DROP VIEW {quoted(dataset, name)}")
            self.views.remove((dataset, name))
            return
        self.table(dataset, name)
        self._drop_table(dataset, name)

    def _drop_table(self, dataset, name):
        self.connection.execute(f"DROP TABLE {quoted(dataset, name)}")
        del self.tables[dataset, name]


def _mismatch(name, why):
    return ApiError("invalid", f"Provided Schema does not match Table {name}. {why}")


def _field(field):
    if kind(field) not in DUCKDB_TYPES:
        raise ApiError("invalid", f"Invalid value for type: {field['type']} is not a valid value")
    return {
        **field,
        "mode": field.get("mode", "NULLABLE"),
        "type": LEGACY.get(kind(field), kind(field)),
    }


def _ddl(field):
    rule = " NOT NULL" if field["mode"] == "REQUIRED" else ""
    return f"{quoted(field['name'])} {DUCKDB_TYPES[kind(field)]}{rule}"


def _check_table(name, resource):
    if not re.fullmatch(r"\w{1,1024}", name):
        raise ApiError("invalid", f"Invalid table ID {name!r}")
    columns = {field["name"]: field for field in resource["schema"]["fields"]}
    clusters = resource.get("clustering", {}).get("fields", [])
    if len(clusters) > 4 or not set(clusters) <= set(columns):
        raise ApiError("invalid", f"Clustering must be on at most 4 of the columns; got {clusters}")
    parts = resource.get("timePartitioning")
    if parts and kind(columns.get(parts["field"], {"type": ""})) != "TIMESTAMP":
        raise ApiError("invalid", "The field specified for partitioning cannot be found or used")
    if resource.get("requirePartitionFilter") and not parts:
        raise ApiError("invalid", "require_partition_filter needs a partitioned table")
    _check_labels(resource)


def _check_labels(resource):
    for key, value in (resource.get("labels") or {}).items():
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", key) or not re.fullmatch(
            r"[a-z0-9_-]{0,63}", value
        ):
            raise ApiError("invalid", f"Label {key}={value} is not allowed")


check_labels = _check_labels
