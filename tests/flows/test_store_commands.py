"""`almanac views` and `almanac fetch`: what they make, and what they refuse in one sentence."""

import pandas as pd
import pytest
from click.testing import CliRunner
from google.cloud import bigquery

from flows.cli import main
from storage.stores import open_store
from tests.storage.addresses import PROJECT, address_of, stand_in
from tests.storage.nights import EVERY, publication


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_views_are_made_and_those_that_wait_are_named(tmp_path):
    address = f"duckdb:{tmp_path / 'store'}"
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", tables=("order_plans", "runs")))
    result = call("views", address)
    assert result.exit_code == 0, result.output
    assert "almanac_service: ready" in result.output
    assert "almanac_risk_limits: waits for limit_utilisation, runs" in result.output
    with open_store(address) as store:
        store.publish(publication(tmp_path / "2", tables=EVERY))
    assert "waits" not in call("views", address).output


def test_a_store_without_tables_has_no_views_to_make(tmp_path):
    address = f"duckdb:{tmp_path / 'store'}"
    open_store(address).close()
    result = call("views", address)
    assert result.exit_code == 3
    assert "none of the tables" in result.output


@pytest.mark.parametrize("scheme", ["duckdb", "parquet"])
def test_views_of_a_store_that_is_not_there_are_refused(tmp_path, scheme):
    address = f"{scheme}:{tmp_path / 'mistyped'}"
    result = call("views", address)
    assert result.exit_code == 3
    assert f"store {address}: there is none at that path" in result.output
    assert not any(tmp_path.iterdir())


@pytest.fixture
def sold(tmp_path):
    stand_in().calm()
    address = address_of("bigquery", tmp_path)
    open_store(address).close()
    client = bigquery.Client(project=PROJECT, location="EU")
    name = f"{PROJECT}.{address.partition('?')[0].rpartition('/')[2]}.sold"
    fields = [bigquery.SchemaField("item", "STRING"), bigquery.SchemaField("unit_cost", "FLOAT64")]
    client.create_table(bigquery.Table(name, schema=fields))
    client.query(f"INSERT INTO `{name}` VALUES ('tea', 2.5), ('jam', 1.5)").result()
    client.close()
    return name


def test_an_input_is_estimated_and_then_fetched(sold, tmp_path):
    """Two rows of a text of three letters (5 bytes) and a number (8)."""
    wanted = ["fetch", sold, "--table", "items", "--column", "item_id=item"]
    result = call(*wanted)
    assert result.exit_code == 0, result.output
    assert "would process 26 bytes" in result.output
    path = tmp_path / "items.parquet"
    result = call(*wanted[:2], path, *wanted[2:])
    assert result.exit_code == 0, result.output
    assert "2 rows, 26 bytes" in result.output
    assert pd.read_parquet(path)["item"].tolist() == ["jam", "tea"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--column", "item_id"], "--column must be OURS=THEIRS; got 'item_id'"),
        (["--days", "3"], "days, at least 1, and days_column go together"),
        (["--maximum-bytes-billed", "1"], "inputs.items"),
    ],
)
def test_what_cannot_be_fetched_is_refused_in_one_sentence(sold, tmp_path, arguments, says):
    path = tmp_path / "items.parquet"
    result = call("fetch", sold, path, "--table", "items", *arguments)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output
    assert not path.exists()
