"""What only PostgreSQL does: loads are verified, swaps wait for locks, nothing is left lying."""

import threading

import numpy as np
import psycopg
import pytest

from storage.errors import StoreBusyError, TerminalStoreError, TransientStoreError
from storage.stores import open_store, postgres_store
from tests.storage.addresses import address_of
from tests.storage.nights import EVERY, RUN, night, publication, publish_at_once


@pytest.fixture
def address(tmp_path):
    return address_of("postgresql", tmp_path / "store")


def names_in(address, kind="r"):
    with psycopg.connect(address) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = %s "
            "AND relnamespace = 'public'::regnamespace",
            [kind],
        ).fetchall()
    return {name for (name,) in found}


def test_every_table_is_indexed_by_its_key_and_its_load_is_on_record(address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", tables=EVERY))
    with psycopg.connect(address) as connection:
        noted = dict(
            connection.execute("SELECT table_name, rows FROM almanac_partitions").fetchall()
        )
        keys = connection.execute(
            "SELECT count(*) FROM pg_index WHERE indisprimary AND indrelid IN "
            "(SELECT inhrelid FROM pg_inherits)"
        ).fetchone()
    assert noted == {name: len(frame) for name, frame in night(tables=EVERY).items()}
    assert keys == (len(EVERY),)


def test_what_is_replaced_or_failed_leaves_no_table_behind(address, tmp_path):
    broken = night("night-c")["champions"].assign(model=None)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        once = names_in(address)
        store.publish(publication(tmp_path / "2"))
        assert len(names_in(address)) == len(once)
        with pytest.raises(TerminalStoreError):
            store.publish(publication(tmp_path / "3", "night-c", champions=broken))
        assert len(names_in(address)) == len(once)


def test_a_load_that_lost_a_row_is_not_shown(address, tmp_path, monkeypatch):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        whole = postgres_store.index_partition

        def losing(table, name):
            lost = f'DELETE FROM "{name}" WHERE ctid = (SELECT min(ctid) FROM "{name}"); '
            return lost + whole(table, name)

        monkeypatch.setattr(postgres_store, "index_partition", losing)
        with pytest.raises(TransientStoreError, match="was sent 3 rows with checksum"):
            store.publish(publication(tmp_path / "2", "night-b"))
        assert not store.published("night-b")
        assert store.read("champions")["run_id"].unique().tolist() == [RUN]


def test_a_load_that_changed_a_bit_is_not_shown(address, tmp_path, monkeypatch):
    with open_store(address) as store:
        whole = postgres_store.index_partition

        def changing(table, name):
            bent = (
                f'UPDATE "{name}" SET score = score * (1 + 1e-15); '
                if "score" in str(table.column_names)
                else ""
            )
            return bent + whole(table, name)

        monkeypatch.setattr(postgres_store, "index_partition", changing)
        with pytest.raises(TransientStoreError, match="checksum"):
            store.publish(publication(tmp_path / "1"))
        assert store.tables() == ()


def test_numbers_come_back_to_the_bit(address, tmp_path):
    hard = np.array([5e-324, 1.7976931348623157e308, 0.1 + 0.2])
    champions = night()["champions"].assign(score=hard)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", champions=champions))
        assert (store.read("champions")["score"].to_numpy() == hard).all()


def test_a_locked_table_is_busy_and_the_old_night_stays(address, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres_store, "LOCK_SECONDS", 1)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        with psycopg.connect(address) as reader:
            reader.execute("SELECT * FROM champions")
            with pytest.raises(StoreBusyError, match="locks were not to be had in 1 seconds"):
                store.publish(publication(tmp_path / "2", "night-b"))
        assert store.read("champions")["run_id"].unique().tolist() == [RUN]
        store.publish(publication(tmp_path / "2", "night-b"))
        assert store.read("champions")["run_id"].unique().tolist() == ["night-b"]


def test_a_statement_sees_one_night_and_never_none(address, tmp_path):
    nights = [publication(tmp_path / name, name) for name in ("night-a", "night-b")]
    with open_store(address) as store:
        store.publish(nights[0])
    seen, done = [], threading.Event()

    def read():
        with psycopg.connect(address, autocommit=True) as reader:
            while not done.is_set():
                seen.append(
                    reader.execute(
                        "SELECT run_id FROM champions UNION SELECT run_id FROM order_plans"
                    ).fetchall()
                )

    thread = threading.Thread(target=read)
    thread.start()
    with open_store(address) as store:
        for number in range(6):
            store.publish(nights[(number + 1) % 2])
    done.set()
    thread.join()
    assert {len(rows) for rows in seen} == {1}
    assert {rows[0][0] for rows in seen} == {"night-a", "night-b"}


def test_two_writers_take_turns(address, tmp_path):
    names = ["night-a", "night-b", "night-c"]
    publish_at_once(address, [publication(tmp_path / name, name) for name in names])
    with open_store(address) as store:
        assert sorted(store.runs()["run_id"]) == names
        assert store.read("champions")["run_id"].nunique() == 1


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(TerminalStoreError, match="PGPASSWORD") as refusal:
        open_store("postgresql://me:secret-word@localhost/db")
    assert "secret-word" not in str(refusal.value)


def test_a_server_that_is_not_there_may_come_back(tmp_path):
    with pytest.raises(TransientStoreError, match="store postgresql://"):
        open_store(f"postgresql:///db?host={tmp_path}")


def test_an_address_that_is_none_is_refused():
    with pytest.raises(TerminalStoreError, match="address is not one"):
        open_store("postgresql://localhost/db?no_such_option=1")
