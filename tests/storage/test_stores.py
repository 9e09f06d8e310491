"""Stores: one suite for all. A run is visible whole or not at all."""

import subprocess
import sys
from datetime import date

import pandas as pd
import pytest

from storage.stores import (
    Publication,
    TerminalStoreError,
    TransientStoreError,
    open_store,
    parquet_store,
)
from tests.reports.builder import AS_OF, RUN, night

SCHEMES = ["duckdb", "parquet"]


@pytest.fixture(params=SCHEMES)
def address(request, tmp_path):
    return f"{request.param}:{tmp_path / 'store'}"


def shards(folder, run_id=RUN, **changed):
    """Write a made-up night as shards, one file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, frame in {**night(), **changed}.items():
        path = folder / f"{name}.parquet"
        frame.assign(run_id=run_id).to_parquet(path)
        found[name] = [path]
    return found


def publication(folder, run_id=RUN, as_of=AS_OF.date(), **changed):
    return Publication(run_id, as_of, "night", shards(folder, run_id, **changed))


def test_what_is_published_is_read_back(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        assert store.published(RUN)
        for name, frame in night().items():
            pd.testing.assert_frame_equal(store.read(name, run_id=RUN), frame)
            pd.testing.assert_frame_equal(store.read(name, as_of=AS_OF.date()), frame)
    with open_store(address) as again:
        assert len(again.read("portfolio_risk")) == len(night()["portfolio_risk"])


def test_an_empty_store_has_nothing_and_says_so(address):
    with open_store(address) as store:
        assert store.tables() == ()
        assert not store.published(RUN)
        assert store.runs().empty
        assert list(store.read("failures").columns)[:2] == ["run_id", "as_of"]


def test_publishing_the_same_run_twice_changes_nothing(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        before = {name: store.read(name) for name in store.tables()}
        store.publish(publication(tmp_path / "s"))
        for name, frame in before.items():
            pd.testing.assert_frame_equal(store.read(name), frame)


def test_a_newer_run_of_the_same_night_takes_the_place_of_the_older(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2", "night-20260101-def"))
        assert store.read("demand_forecasts")["run_id"].unique().tolist() == ["night-20260101-def"]
        assert sorted(store.runs()["run_id"]) == [RUN, "night-20260101-def"]


def test_nights_and_jobs_stand_side_by_side(address, tmp_path):
    later = {
        name: frame.assign(as_of=pd.Timestamp("2026-01-02").as_unit("us"))
        for name, frame in night().items()
    }
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2", "night-2", date(2026, 1, 2), **later))
        assert store.read("champions")["run_id"].tolist() == [RUN, "night-2"]
        assert store.read("champions", as_of=date(2026, 1, 2))["run_id"].tolist() == ["night-2"]


@pytest.mark.parametrize(
    ("table", "change", "says"),
    [
        ("order_plans", {"order_quantity": -1.0}, "order_quantity = -1.0; it must be given and"),
        ("portfolio_risk", {"method": "guess"}, "one of historical, gaussian, student_t"),
        ("champions", {"model": None}, "champions: 1 rows have model = None"),
        ("market_outlook", {"volatility": float("inf")}, "finite"),
    ],
)
def test_a_row_that_breaks_its_table_refuses_the_whole_run(address, tmp_path, table, change, says):
    broken = night()[table].assign(**change)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        with pytest.raises(TerminalStoreError, match=says):
            store.publish(publication(tmp_path / "2", "night-2", **{table: broken}))
        assert not store.published("night-2")
        assert store.read("demand_forecasts")["run_id"].unique().tolist() == [RUN]


def test_a_repeated_key_refuses_the_run_and_is_named(address, tmp_path):
    twice = pd.concat([night()["champions"]] * 2)
    with open_store(address) as store, pytest.raises(TerminalStoreError, match="north/tea"):
        store.publish(publication(tmp_path / "1", champions=twice))


def test_a_row_of_another_run_refuses_the_run(address, tmp_path):
    found = shards(tmp_path / "s", "night-2")
    with (
        open_store(address) as store,
        pytest.raises(TerminalStoreError, match="row of run night-2"),
    ):
        store.publish(Publication(RUN, AS_OF.date(), "night", found))


def test_an_unknown_table_is_refused(address, tmp_path):
    found = {"tulips": shards(tmp_path / "s")["champions"]}
    with open_store(address) as store, pytest.raises(TerminalStoreError, match="'tulips' is not"):
        store.publish(Publication(RUN, AS_OF.date(), "night", found))


def test_a_shard_that_lacks_a_column_is_refused(address, tmp_path):
    found = shards(tmp_path / "s", champions=night()["champions"].drop(columns="model"))
    with open_store(address) as store, pytest.raises(TerminalStoreError, match="champions"):
        store.publish(Publication(RUN, AS_OF.date(), "night", found))


def test_a_crash_between_tables_leaves_the_old_night(tmp_path, monkeypatch):
    for scheme in SCHEMES:
        address = f"{scheme}:{tmp_path / scheme}"
        with open_store(address) as store:
            store.publish(publication(tmp_path / "1"))
        with open_store(address) as store:
            calls = []
            name = "_replace" if scheme == "duckdb" else "_write"
            whole = getattr(type(store), name)

            def dying(self, *arguments, calls=calls, whole=whole):
                calls.append(1)
                if len(calls) == 5:
                    raise KeyboardInterrupt
                return whole(self, *arguments)

            with monkeypatch.context() as patch:
                patch.setattr(type(store), name, dying)
                with pytest.raises(KeyboardInterrupt):
                    store.publish(publication(tmp_path / "2", "night-2"))
        with open_store(address) as store:
            assert not store.published("night-2")
            for table, frame in night().items():
                pd.testing.assert_frame_equal(store.read(table), frame)


def test_a_duckdb_file_that_another_process_holds_is_busy_not_broken(tmp_path):
    path = tmp_path / "store"
    with open_store(f"duckdb:{path}"):
        pass
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({str(path)!r}); print('held', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline().strip() == b"held"
        with pytest.raises(TransientStoreError, match="another process has it open"):
            open_store(f"duckdb:{path}")
    finally:
        holder.communicate(b"\n")


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "store"
    path.write_text("not a database")
    with pytest.raises(TerminalStoreError):
        open_store(f"duckdb:{path}")


def test_a_changed_file_of_a_parquet_store_is_noticed(tmp_path):
    with open_store(f"parquet:{tmp_path / 'store'}") as store:
        store.publish(publication(tmp_path / "1"))
        victim = next((tmp_path / "store" / "champions").rglob("*.parquet"))
        victim.write_bytes(victim.read_bytes()[:-1] + b"?")
        with pytest.raises(TerminalStoreError, match="checksum"):
            store.read("champions")


def test_a_damaged_manifest_is_noticed(tmp_path):
    with open_store(f"parquet:{tmp_path / 'store'}") as store:
        store.publish(publication(tmp_path / "1"))
        (tmp_path / "store" / parquet_store.MANIFEST).write_text("{")
        with pytest.raises(TerminalStoreError, match="damaged"):
            store.read("champions")


@pytest.mark.parametrize("address", ["mysql:x", "duckdb:", "nothing"])
def test_an_unknown_address_lists_those_there_are(address):
    with pytest.raises(TerminalStoreError, match="duckdb:PATH or parquet:PATH"):
        open_store(address)
