"""A stand-in for BigQuery's REST API (v2), over DuckDB, for the unmodified client.

It holds the client to what the store relies on: a job's id is used once; a partition is replaced
whole or not at all; a transaction commits or leaves no trace; MERGE matches a row once; tables
ask for a filter on their partition; schemas only grow; loads are counted. It says what BigQuery's
documentation says of these, and is no proof of how BigQuery itself behaves.
"""

from tests.storage.bigquery_stand_in.catalog import PROJECT
from tests.storage.bigquery_stand_in.faults import Fault, JobFault
from tests.storage.bigquery_stand_in.server import StandIn

__all__ = ["PROJECT", "Fault", "JobFault", "StandIn"]
