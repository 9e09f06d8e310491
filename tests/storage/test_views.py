"""Views: one source, three dialects, and the same figures in every store."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args

import duckdb
import pandas as pd
import psycopg
import pytest
import sqlglot
from google.cloud import bigquery

from storage.stores import TerminalStoreError, open_store
from storage.tables import OUTPUT_TABLES
from storage.views import VIEWS, Dialect, ready_views, view_query
from storage.views import shipped as package
from storage.views.transpile import transpile
from tests.storage.addresses import PROJECT, address_of, stand_in
from tests.storage.nights import EVERY, RUN, night, publication

DIALECTS = get_args(Dialect)
PARSED_AS = {"bigquery": "bigquery", "duckdb": "duckdb", "postgresql": "postgres"}
FOLDER = Path(package.__file__).parent
# What the views read; nights of all other tables are for the stores' own tests.
READ = tuple(sorted({"runs"}.union(*VIEWS.values())))


def order_plans():
    """Return orders of one warehouse and category, of which the last misses what it is asked."""
    return night(tables=EVERY)["order_plans"].assign(
        warehouse_id="north",
        category="tea",
        currency="EUR",
        order_quantity=[0.0, 4.0, 2.0],
        order_value=[0.0, 8.0, 1.0],
        service_target=0.9,
        target_measure=["cost", "fill rate", "cycle service"],
        fill_rate=[0.5, 0.9, 0.95],
        cycle_service=[0.5, 0.7, 0.8],
    )


def limits():
    """Return limits that are exceeded, nearly exceeded and kept."""
    return night(tables=EVERY)["limit_utilisation"].assign(
        limit=100.0, value=[101.0, 99.0, 50.0], standard_error=1.0, utilisation=[1.01, 0.99, 0.5]
    )


def accuracy():
    """Return scores, of which the third is of a model not chosen, and the last of the benchmark."""
    scores = night(tables=EVERY)["forecast_accuracy"].assign(bias=[1.0, 3.0, 9.0], coverage_80=0.75)
    scores = scores.assign(mase=[0.5, 1.5, 9.0], model=["ets", "ets", "other"])
    return pd.concat([scores, scores[:1].assign(mase=2.0, model="SeasonalNaive")])


def horizons():
    """Return how good two parts of the horizon were, and how often 80% bands held in the first."""
    made = night(tables=EVERY)
    parts = made["forecast_horizons"][:2].assign(
        demand_class="smooth", band=[0, 1], first_step=[1, 8], last_step=[7, 28], mase=[0.5, 0.75]
    )
    held = made["forecast_coverage"].assign(
        demand_class="smooth", band=0, nominal=[50, 80, 90], before=[0.4, 0.7, 0.8], after=0.75
    )
    split = made["accuracy_by_horizon"].assign(
        warehouse_id="north",
        item_id=["a", "b", "b"],
        demand_class="lumpy",
        band=[0, 0, 1],
        first_step=[1, 1, 8],
        last_step=[7, 7, 28],
        mase=[0.5, 1.5, None],
        bias=[1.0, -2.0, 4.0],
        bias_scaled=[0.25, 0.5, None],
        coverage_80=[0.5, 1.0, 0.75],
        matched_mase=[0.5, None, None],
        naive_mase=[2.0, None, None],
    )
    return {"forecast_horizons": parts, "forecast_coverage": held, "accuracy_by_horizon": split}


def publish_with_views(dialect, folder):
    """Publish a night to a store of the dialect, with its views; return the store's address."""
    address = address_of(dialect, folder / "store")
    stand_in().calm()
    champions = night(tables=EVERY)["champions"].assign(
        model="ets", warehouse_id="north", demand_class="smooth"
    )
    with open_store(address) as store:
        store.publish(
            publication(
                folder / "s",
                tables=READ,
                order_plans=order_plans(),
                limit_utilisation=limits(),
                champions=champions,
                forecast_accuracy=accuracy().assign(warehouse_id="north"),
                **horizons(),
            )
        )
        assert store.create_views() == tuple(VIEWS)
        assert store.create_views() == tuple(VIEWS)
    return address


@pytest.fixture(scope="module", params=DIALECTS)
def address(request, tmp_path_factory):
    """Return the address of a night that no test adds to."""
    return publish_with_views(request.param, tmp_path_factory.mktemp("views"))


def query(address, sql):
    """Run a user's query on a store, as the store's own clients would."""
    if address.startswith("duckdb:"):
        with duckdb.connect(address.partition(":")[2], read_only=True) as connection:
            return connection.execute(sql).fetchall()
    if address.startswith("postgresql:"):
        with psycopg.connect(address) as connection:
            return connection.execute(sql).fetchall()
    client = bigquery.Client(project=PROJECT, location="EU")
    dataset = f"{PROJECT}.{address.partition('?')[0].rpartition('/')[2]}"
    for name in VIEWS:
        sql = sql.replace(name, f"`{dataset}.{name}`")
    rows = [tuple(row) for row in client.query(sql.replace('"', "`")).result()]
    client.close()
    return rows


def test_service_sums_orders_and_counts_what_misses_its_target(address):
    found = query(
        address,
        "SELECT job, run_id, items, items_ordered, order_value, mean_fill_rate, "
        "items_below_target FROM almanac_service",
    )
    assert [row[:5] for row in found] == [("night", RUN, 3, 2, 9.0)]
    assert found[0][5] == pytest.approx((0.5 + 0.9 + 0.95) / 3, rel=1e-15)
    assert found[0][6] == 1


def test_accuracy_is_the_champions_alone_and_counts_the_unscored(address):
    found = query(address, "SELECT series, series_scored, mean_mase FROM almanac_accuracy")
    assert found == [(3, 2, 1.0)]


def test_evaluation_is_by_warehouse_over_the_horizon_and_by_its_parts_over_warehouses(address):
    found = query(
        address,
        "SELECT warehouse_id, first_step, last_step, mase, bias_units, coverage_80_uncalibrated, "
        "coverage_80_calibrated, value_added FROM almanac_evaluation "
        "WHERE demand_class = 'smooth' ORDER BY COALESCE(first_step, 0)",
    )
    # The benchmark answered for one of the series that were scored.
    assert found[0] == ("north", None, None, 1.0, 2.0, 0.75, None, 0.75)
    assert [row[:-1] for row in found[1:]] == [
        (None, 1, 7, 0.5, None, 0.7, 0.75),
        (None, 8, 28, 0.75, None, None, None),
    ]
    assert all(row[-1] is not None for row in found)


def test_evaluation_is_by_class_warehouse_and_part_of_the_horizon_together(address):
    found = query(
        address,
        "SELECT warehouse_id, first_step, last_step, series, mase, bias_units, bias_scaled, "
        "coverage_80_uncalibrated, coverage_80_calibrated, value_added FROM almanac_evaluation "
        "WHERE demand_class = 'lumpy' ORDER BY first_step",
    )
    # Seasonal naive answered for one of the two series.
    assert found == [
        ("north", 1, 7, 2, 1.0, -0.5, 0.375, 0.75, None, 0.75),
        ("north", 8, 28, 1, None, 4.0, None, 0.75, None, None),
    ]


def test_risk_stands_against_limits_with_its_error(address):
    found = query(
        address,
        'SELECT "value", headroom, status FROM almanac_risk_limits ORDER BY "value"',
    )
    assert found == [
        (50.0, 50.0, "kept"),
        (99.0, 1.0, "within two standard errors"),
        (101.0, -1.0, "exceeded"),
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_views_follow_the_next_publication(dialect, tmp_path):
    address = publish_with_views(dialect, tmp_path)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "2", "night-b", tables=READ))
        assert set(store.tables()) == set(READ)
    for name in VIEWS:
        found = query(address, f"SELECT DISTINCT run_id FROM {name} WHERE run_id <> '{RUN}'")
        assert found == [("night-b",)], name
        older = query(address, f"SELECT DISTINCT run_id FROM {name} WHERE run_id = '{RUN}'")
        assert bool(older) == (name == "almanac_runs"), name


@pytest.mark.parametrize("dialect", DIALECTS)
def test_runs_says_which_run_of_a_night_gave_way(dialect, tmp_path):
    address = publish_with_views(dialect, tmp_path)
    statuses = "SELECT run_id, status FROM almanac_runs ORDER BY run_id"
    with open_store(address) as store:
        (ended,) = set(store.runs()["status"])
        store.publish(publication(tmp_path / "2", "night-b", tables=READ))
        store.publish(publication(tmp_path / "3", "night-c", date(2026, 1, 2), tables=READ))
    last = [("night-b", ended), ("night-c", ended)]
    assert query(address, statuses) == [(RUN, "replaced"), *last]
    with open_store(address) as store:
        store.publish(publication(tmp_path / "4", tables=READ))
        assert set(store.runs()["status"]) == {ended}
    assert query(address, statuses) == [(RUN, ended), ("night-b", "replaced"), last[1]]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_runs_says_which_run_of_a_night_gave_way_in_part(dialect, tmp_path):
    address = publish_with_views(dialect, tmp_path)
    later = night("night-b", tables=READ)
    one_input = later["run_entities"].head(1)
    finished = later["runs"]["finished_at"] + pd.Timedelta(hours=1)
    own = publication(
        tmp_path / "2",
        "night-b",
        tables=READ,
        run_entities=one_input,
        runs=later["runs"].assign(finished_at=finished),
    )
    with open_store(address) as store:
        (ended,) = set(store.runs()["status"])
        store.publish(replace(own, beside=frozenset({RUN})))
    statuses = "SELECT run_id, status FROM almanac_runs ORDER BY run_id"
    assert query(address, statuses) == [(RUN, "replaced in part"), ("night-b", ended)]


def test_only_views_whose_tables_are_there_are_made(tmp_path):
    some = night(tables=("champions", "forecast_accuracy", "runs"))
    with open_store(f"duckdb:{tmp_path / 'store'}") as store:
        assert store.create_views() == ()
        store.publish(publication(tmp_path / "s", tables=tuple(some)))
        assert store.create_views() == ("almanac_accuracy",)


def test_a_folder_has_no_views_and_says_who_has(tmp_path):
    with (
        open_store(f"parquet:{tmp_path}") as store,
        pytest.raises(TerminalStoreError, match="DuckDB, PostgreSQL and BigQuery stores do"),
    ):
        store.create_views()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", VIEWS)
def test_what_is_shipped_is_what_the_source_says(name, dialect):
    assert view_query(name, dialect) == transpile(name, dialect)


def test_every_shipped_statement_parses_in_its_dialect():
    shipped = sorted(FOLDER.glob("*/*.sql"))
    assert len(shipped) == len(VIEWS) * (len(DIALECTS) + 1)
    for path in shipped:
        dialect = PARSED_AS.get(path.parent.name, "bigquery")
        text = path.read_text(encoding="utf-8")
        (parsed,) = sqlglot.parse(text, read=dialect, error_level=sqlglot.ErrorLevel.RAISE)
        assert isinstance(parsed, sqlglot.exp.Query), path


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_reads_the_tables_it_is_said_to_read(name):
    parsed = sqlglot.parse_one(view_query(name, "duckdb"), read="duckdb")
    read = {table.name for table in parsed.find_all(sqlglot.exp.Table)} & set(OUTPUT_TABLES)
    assert read == set(VIEWS[name])
    assert name not in ready_views("duckdb", sorted(read)[1:])
    assert name in ready_views("duckdb", sorted(read))
