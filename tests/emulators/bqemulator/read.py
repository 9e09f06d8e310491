"""Reads an input from bqemulator by the Storage Read API, and by pages; says as JSON how it went.

python read.py REST_PORT GRPC_PORT FOLDER

It runs in the emulator's environment, which has google-cloud-bigquery-storage: ours has not, or
every test would look for Google's gRPC address. The emulator keeps no result of a query, so the
session that the client asks for is turned to the table that the query reads whole.
"""

import json
import os
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from unittest.mock import patch

import google.auth
import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery_storage import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import (
    BigQueryReadGrpcTransport,
)

from storage.stores import bigquery_inputs
from storage.stores.bigquery_inputs import BigQueryInput, fetch_input

PROJECT = "stand-in-project"
ROWS = (
    "CREATE TABLE sales.sold AS SELECT 'north' AS warehouse_id, CONCAT('i', CAST(n AS STRING)) AS "
    "item_id, TIMESTAMP '2026-01-02 00:00:00+00' AS ds, IF(n = 7, NULL, CAST(n AS FLOAT64) / 3) "
    "AS quantity FROM UNNEST(GENERATE_ARRAY(1, 5000)) AS n"
)


def main(rest, port, folder):
    os.environ["BIGQUERY_EMULATOR_HOST"] = f"http://127.0.0.1:{rest}"
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    reader = BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))
    begin, read, reads = BigQueryReadClient.create_read_session, BigQueryReadClient.read_rows, []

    def session_of_the_table(own, *, read_session, **named):
        read_session.table = f"projects/{PROJECT}/datasets/sales/tables/sold"
        return begin(own, read_session=read_session, **named)

    def counted(own, *arguments, **named):
        reads.append(arguments)
        return read(own, *arguments, **named)

    credentials = (AnonymousCredentials(), PROJECT)
    with ExitStack() as patched:
        for owner, name, other in (
            (google.auth, "default", lambda *_, **__: credentials),
            (bigquery.Client, "_ensure_bqstorage_client", lambda *_, **__: reader),
            (BigQueryReadClient, "create_read_session", session_of_the_table),
            (BigQueryReadClient, "read_rows", counted),
        ):
            patched.enter_context(patch.object(owner, name, other))
        with bigquery.Client(project=PROJECT) as client:
            client.create_dataset("sales")
            client.query(ROWS).result()
        source = BigQueryInput("demand", f"{PROJECT}.sales.sold", location="EU")
        fetched = fetch_input(source, date(2026, 1, 4), folder / "by-storage-read.parquet")
        by_storage_read = len(reads)
        with patch.object(bigquery_inputs, "storage_read_is_here", lambda: False):
            fetch_input(source, date(2026, 1, 4), folder / "by-pages.parquet")
    found = {"rows": fetched.rows, "reads by storage read": by_storage_read}
    print(json.dumps({**found, "reads by pages": len(reads) - by_storage_read}))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
