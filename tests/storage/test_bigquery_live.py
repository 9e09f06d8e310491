"""BigQuery itself, with `--bigquery-live ADDRESS`: what the stand-in can only claim.

It publishes a few rows of every table, corrects and replaces them, refuses a query without a
filter, makes the views and reads an input, and then removes what it made.
"""

import pandas as pd
import pytest
from google.api_core import exceptions
from google.cloud import bigquery

from storage.stores import Publication, open_store
from storage.stores.bigquery_address import parse_address
from storage.stores.bigquery_inputs import BigQueryInput, estimate_input, fetch_input
from storage.views import VIEWS
from tests.storage.addresses import ENVIRONMENT, OWN
from tests.storage.nights import AS_OF, EVERY, JOB, RUN, night, publication


@pytest.fixture
def address(request, monkeypatch):
    """Return the dataset's address; it must be empty, and is empty again afterwards."""
    given = request.config.getoption("--bigquery-live")
    if given is None:
        pytest.skip("runs against Google, with --bigquery-live bigquery://PROJECT/DATASET")
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    parts = parse_address(given)
    open_store(given).close()
    client = bigquery.Client(project=parts.project)
    if list(client.list_tables(parts.dataset, max_results=1)):
        pytest.fail(f"{parts} is not empty; name a dataset made for these tests")
    yield given
    for table in client.list_tables(parts.dataset):
        client.delete_table(table.reference)
    client.close()


def test_a_night_is_published_corrected_and_replaced(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1", tables=EVERY))
        for name, frame in night(tables=EVERY).items():
            pd.testing.assert_frame_equal(store.read(name, run_id=RUN), frame)
        store.publish(publication(tmp_path / "1", tables=EVERY))
        assert len(store.read("champions")) == 3
        corrected = night()["champions"].iloc[1:].assign(score=0.125)
        path = tmp_path / "champions.parquet"
        corrected.to_parquet(path, index=False)
        store.publish(Publication(RUN, AS_OF, JOB, {"champions": [path]}))
        assert store.read("champions")["score"].tolist() == [0.125, 0.125]
        store.publish(publication(tmp_path / "2", "night-b", tables=EVERY))
        store.publish(publication(tmp_path / "3", "other", tables=EVERY, job="other job"))
        for name in EVERY:
            runs = set(store.read(name)["run_id"])
            assert runs == ({RUN, "night-b", "other"} if name == "runs" else {"night-b", "other"})
        assert store.create_views() == tuple(VIEWS)


def test_tables_ask_for_a_filter_and_inputs_are_estimated(address, tmp_path):
    parts = parse_address(address)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1", tables=EVERY))
    client = bigquery.Client(project=parts.project)
    query = f"SELECT COUNT(*) FROM `{parts.project}.{parts.dataset}.champions`"
    with pytest.raises(exceptions.BadRequest, match="without a filter over column"):
        client.query(query, location=client.get_dataset(parts.dataset).location).result()
    client.close()
    source = f"{parts.project}.{parts.dataset}.demand_actuals"
    wanted = BigQueryInput("demand", source, days_column="as_of", days=1)
    assert estimate_input(wanted, AS_OF) > 0
    assert fetch_input(wanted, AS_OF, tmp_path / "demand.parquet").rows == 3
