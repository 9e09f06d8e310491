"""Jobs whose inputs are in BigQuery: an estimate before, one read a night, an id for the rows."""

from datetime import date
from unittest.mock import patch

import pandas as pd
import pytest
from click.testing import CliRunner
from google.cloud import bigquery

from flows.cli import main
from flows.errors import JobRefusedError
from flows.run import prepare_run
from flows.spec import load_job
from flows.steps import collect as collecting
from storage.stores import open_store
from tests.storage.addresses import PROJECT, address_of, stand_in
from tests.survival.plain import run_plain

FIELDS = [
    bigquery.SchemaField("store", "STRING"),
    bigquery.SchemaField("item_id", "STRING"),
    bigquery.SchemaField("day", "TIMESTAMP"),
    bigquery.SchemaField("quantity", "FLOAT64"),
]
# Two stores, sixty days: 'north' and 'south' are 7 bytes, 'tea' 5, day and quantity 8 each.
BYTES = 2 * 60 * (7 + 5 + 8 + 8)
JOB = """
name = "night"
as_of = 2024-03-01
[outputs]
store = "duckdb:store.duckdb"
[demand]
horizon = 7
windows = 1
line_up = {{smooth = ["Naive"], intermittent = ["Naive"], erratic = ["Naive"], lumpy = ["Naive"]}}
[inputs.demand]
kind = "bigquery"
{source}
"""
TABLE = """
table = "{name}"
columns = {{warehouse_id = "store", ds = "day"}}
"""
QUERY = """
query = "SELECT store AS warehouse_id, item_id, day AS ds, quantity FROM `{name}`"
project = "stand-in-project"
location = "EU"
"""


@pytest.fixture
def sold(tmp_path):
    stand_in().calm()
    address = address_of("bigquery", tmp_path)
    open_store(address).close()
    name = f"{PROJECT}.{address.partition('?')[0].rpartition('/')[2]}.sold"
    client = bigquery.Client(project=PROJECT, location="EU")
    client.create_table(bigquery.Table(name, schema=FIELDS))
    client.close()
    rows = ", ".join(
        f"('{store}', 'tea', TIMESTAMP '{day:%Y-%m-%d} 00:00:00+00', {day.day % 5}.0)"
        for store in ("north", "south")
        for day in pd.date_range("2024-01-01", periods=60)
    )
    write(f"INSERT INTO `{name}` VALUES {rows}")
    return name


def write(statement):
    client = bigquery.Client(project=PROJECT, location="EU")
    client.query(statement).result()
    client.close()


def job_of(folder, name, source=TABLE, extra=""):
    path = folder / "job.toml"
    path.write_text(JOB.format(source=source.format(name=name) + extra))
    return load_job(path)


def call(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("source", [TABLE, QUERY])
def test_a_night_reads_its_demand_from_bigquery_once(sold, tmp_path, source):
    job = job_of(tmp_path, sold, source)
    before = len(stand_in().jobs.jobs)
    outcome = run_plain(job, report=False)
    assert len(stand_in().jobs.jobs) == before + 1
    assert not outcome.failed
    with open_store(f"duckdb:{tmp_path / 'store.duckdb'}") as store:
        found = store.read("demand_forecasts", run_id=outcome.run_id)
    assert set(found["warehouse_id"]) == {"north", "south"}
    assert found["ds"].max() == pd.Timestamp("2024-03-07")
    assert run_plain(job).already_published
    assert len(stand_in().jobs.jobs) == before + 1


def test_a_run_is_another_one_when_the_rows_are_others(sold, tmp_path):
    job = job_of(tmp_path, sold)
    first = prepare_run(job).run_id
    assert prepare_run(job).run_id == first
    write(f"UPDATE `{sold}` SET quantity = 9.0 WHERE store = 'north'")
    assert prepare_run(job).run_id != first


def test_rows_that_change_while_a_run_begins_are_none_of_its_rows(sold, tmp_path):
    run = prepare_run(job_of(tmp_path, sold))
    whole = collecting.fetch

    def overtaken(*arguments):
        write(f"UPDATE `{sold}` SET quantity = 9.0 WHERE store = 'north'")
        return whole(*arguments)

    with (
        patch.object(collecting, "fetch", overtaken),
        pytest.raises(JobRefusedError, match=r"inputs\.demand: .* changed while the run began"),
    ):
        collecting.collect(run, tmp_path / "assumed")
    assert list((tmp_path / "assumed").iterdir()) == []


def test_validate_says_what_reading_would_process_and_reads_nothing(sold, tmp_path):
    job_of(tmp_path, sold, extra="maximum_bytes_billed = 1_000_000")
    before = len(stand_in().jobs.jobs)
    result = call("validate", tmp_path / "job.toml")
    assert result.exit_code == 0, result.output
    assert f"would process {BYTES:,} bytes, of at most 1,000,000" in result.output
    assert len(stand_in().jobs.jobs) == before


@pytest.mark.parametrize(
    ("source", "extra", "says"),
    [
        (TABLE, "maximum_bytes_billed = 100", f"would process {BYTES:,} bytes"),
        (TABLE, "days = 3", "go together"),
        (TABLE, 'query = "SELECT 1"', "not both"),
        (TABLE, 'password = "x"', "unknown key"),
        (TABLE.replace("{name}", "{name}x"), "", "Not found: Table"),
        (TABLE.replace("{name}", "sold"), "", "PROJECT.DATASET.TABLE"),
        (QUERY.replace("SELECT store", "SELECT shop"), "", "shop"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "run"])
def test_what_cannot_be_read_is_refused_in_one_sentence(
    sold, tmp_path, command, source, extra, says
):
    path = tmp_path / "job.toml"
    path.write_text(JOB.format(source=source.format(name=sold) + extra))
    result = call(command, path)
    assert result.exit_code == 2, result.output
    assert says in result.output
    assert "Traceback" not in result.output
    assert [found.name for found in tmp_path.iterdir()] == ["job.toml"]


def test_the_days_asked_for_are_counted_from_the_night(sold, tmp_path):
    job = job_of(tmp_path, sold, extra='days_column = "day"\ndays = 30')
    sources = collecting.collect(prepare_run(job), tmp_path / "assumed")
    found = pd.read_parquet(sources["demand"].paths[0])
    assert found["day"].min().date() == date(2024, 1, 31)


def test_a_table_that_is_not_there_hides_no_file_that_cannot_be_read(sold, tmp_path):
    items = tmp_path / "items.csv"
    items.write_text("")
    more = '\n[inputs.items]\npath = "items.csv"\n'
    job_of(tmp_path, f"{sold}_of_none", extra=more)
    told = call("validate", tmp_path / "job.toml")
    items.unlink()
    beside = call("validate", tmp_path / "job.toml")
    assert told.exit_code == beside.exit_code == 2
    for said in (told.output, beside.output):
        assert "2 inputs cannot be read:" in said
        assert "sold_of_none" in said
    assert "inputs.items: items.csv has no header line" in told.output
    assert "inputs.items: items.csv does not exist" in beside.output
