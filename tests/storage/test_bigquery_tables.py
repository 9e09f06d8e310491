"""Tables in BigQuery grow, and never shrink or turn into others; addresses are held to a shape."""

from dataclasses import replace

import pytest

from storage.errors import TerminalStoreError
from storage.stores import open_store
from storage.stores.bigquery_address import DEFAULT_BYTES_BILLED, BigQueryAddress, parse_address
from storage.stores.bigquery_dataset import Dataset
from storage.tables import CHAMPIONS
from storage.tables.table import Column
from tests.storage.addresses import address_of, stand_in
from tests.storage.nights import RUN, night, publication


@pytest.fixture
def address(tmp_path):
    stand_in().calm()
    return address_of("bigquery", tmp_path / "store")


@pytest.fixture
def dataset(address):
    opened = Dataset(parse_address(address))
    yield opened
    opened.client.close()


def with_columns(change):
    """Return champions with its columns changed, by name; None takes one away."""
    columns = {column.name: column for column in CHAMPIONS.columns} | change
    return replace(CHAMPIONS, columns=tuple(column for column in columns.values() if column))


def modes(dataset):
    return {field.name: field.mode for field in dataset.table("champions").schema}


def test_a_table_of_an_older_version_gets_the_columns_it_lacks(address, dataset, tmp_path):
    older = with_columns({"score": None, "reason": None})
    dataset.ensure(older)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        assert store.read("champions", run_id=RUN).equals(night()["champions"])
    assert modes(dataset)["reason"] == "NULLABLE"


def test_rows_from_before_a_column_have_null_in_it(dataset):
    dataset.ensure(with_columns({"reason": None}))
    dataset.ensure(CHAMPIONS)
    assert modes(dataset)["reason"] == "NULLABLE"
    dataset.ensure(CHAMPIONS)
    assert modes(dataset)["reason"] == "NULLABLE"


def test_a_column_of_the_users_own_stays_and_is_left_empty(address, dataset, tmp_path):
    dataset.ensure(with_columns({"theirs": Column("theirs", "text", "a note", nullable=True)}))
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        store.publish(publication(tmp_path / "2"))
        assert store.read("champions").equals(night()["champions"])
    assert modes(dataset)["theirs"] == "NULLABLE"


def test_a_required_column_that_may_now_be_null_is_relaxed(dataset):
    dataset.ensure(with_columns({"score": Column("score", "float", "its score")}))
    assert modes(dataset)["score"] == "REQUIRED"
    dataset.ensure(CHAMPIONS)
    assert modes(dataset)["score"] == "NULLABLE"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"score": Column("score", "text", "", nullable=True)}, "score is NULLABLE STRING there"),
        ({"theirs": Column("theirs", "text", "")}, "theirs is required there"),
    ],
)
def test_a_table_that_cannot_grow_into_ours_is_refused(address, dataset, tmp_path, change, says):
    dataset.ensure(with_columns(change))
    with open_store(address) as store:
        with pytest.raises(TerminalStoreError, match=says):
            store.publish(publication(tmp_path / "s"))
        assert store.tables() == ()


def test_a_table_without_nights_is_refused(address, dataset, tmp_path):
    from google.cloud import bigquery

    from storage.stores.bigquery_tables import fields_of

    dataset.create(bigquery.Table(dataset.reference("champions"), schema=fields_of(CHAMPIONS)))
    with (
        open_store(address) as store,
        pytest.raises(TerminalStoreError, match="not partitioned by day of as_of"),
    ):
        store.publish(publication(tmp_path / "s"))


def test_an_address_names_project_dataset_place_and_price():
    found = parse_address("bigquery://my-project/nights?location=EU&maximum_bytes_billed=5")
    assert found == BigQueryAddress("my-project", "nights", "EU", 5)
    assert parse_address("bigquery://my-project/nights").maximum_bytes_billed == (
        DEFAULT_BYTES_BILLED
    )
    assert str(found) == "bigquery://my-project/nights"


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("bigquery://my-project", "the address must be bigquery://PROJECT/DATASET"),
        ("bigquery://my-project/a-b", "the address must be"),
        ("bigquery://my-project/a/b", "the address must be"),
        ("bigquery://`; DROP/nights", "the address must be"),
        ("bigquery://my-project/nights?key=secret.json", "no option 'key'"),
        ("bigquery://my-project/nights?maximum_bytes_billed=0", "must be a number of bytes"),
        ("bigquery://my-project/nights?maximum_bytes_billed=lots", "got 'lots'"),
    ],
)
def test_an_address_that_is_none_is_refused(address, says):
    with pytest.raises(TerminalStoreError, match=says):
        open_store(address)


def test_a_dataset_elsewhere_is_refused(address):
    open_store(address).close()
    with pytest.raises(TerminalStoreError, match="the dataset is in EU, not in US"):
        open_store(address.replace("location=EU", "location=US"))
    open_store(address.partition("?")[0]).close()


def test_without_credentials_the_refusal_says_how_to_get_some(address, monkeypatch, tmp_path):
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(TerminalStoreError, match="gcloud auth application-default login"):
        open_store(address)
