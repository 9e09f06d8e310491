"""The Parquet store's own laws: what counts is what the manifest says, to the byte."""

import fcntl

import pandas as pd
import pytest

from storage.stores import StoreBusyError, TerminalStoreError, local_folder, open_store
from tests.storage.nights import RUN, night, publication


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def store(folder):
    with open_store(f"parquet:{folder}") as opened:
        yield opened


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_the_same_night_is_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        with open_store(f"parquet:{tmp_path / name}") as store:
            store.publish(publication(tmp_path / "s"))
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_publishing_the_same_run_twice_leaves_the_same_bytes(store, folder, tmp_path):
    store.publish(publication(tmp_path / "s"))
    before = files(folder)
    store.publish(publication(tmp_path / "s"))
    assert files(folder) == before


def test_a_replaced_run_leaves_no_files_behind(store, folder, tmp_path):
    store.publish(publication(tmp_path / "1"))
    store.publish(publication(tmp_path / "2", "night-b"))
    left = [name for name in files(folder) if RUN in name]
    assert len(left) == 1
    assert left[0].startswith("runs/as_of=2026-01-01/job=night/")


def test_what_a_crash_left_is_no_part_of_the_store_and_goes_with_the_next_night(
    store, folder, tmp_path
):
    store.publish(publication(tmp_path / "1"))
    orphan = folder / "champions" / "as_of=2026-01-01" / "job=night" / ".night-b.parquet"
    orphan.write_bytes(b"half a file")
    pd.testing.assert_frame_equal(store.read("champions"), night()["champions"])
    store.publish(publication(tmp_path / "1"))
    assert not orphan.exists()


def test_a_changed_file_is_noticed(store, folder, tmp_path):
    store.publish(publication(tmp_path / "1"))
    victim = next((folder / "champions").rglob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    with pytest.raises(TerminalStoreError, match="checksum"):
        store.read("champions")


def test_a_missing_file_is_noticed(store, folder, tmp_path):
    store.publish(publication(tmp_path / "1"))
    next((folder / "champions").rglob("*.parquet")).unlink()
    with pytest.raises(TerminalStoreError, match="missing"):
        store.read("champions")


def test_a_reader_that_a_publication_overtakes_reads_the_new_night(
    store, folder, tmp_path, monkeypatch
):
    store.publish(publication(tmp_path / "1"))
    intact = type(store)._intact
    overtaken = []

    def overtake(self, entry):
        if not overtaken:
            overtaken.append(entry)
            with open_store(f"parquet:{folder}") as writer, monkeypatch.context() as patch:
                patch.setattr(type(store), "_intact", intact)
                writer.publish(publication(tmp_path / "2", "night-b"))
        return intact(self, entry)

    monkeypatch.setattr(type(store), "_intact", overtake)
    assert store.read("champions")["run_id"].unique().tolist() == ["night-b"]


@pytest.mark.parametrize("text", ["{", "[]", '{"files": [{"table": "runs"}]}'])
def test_a_damaged_manifest_is_noticed(store, folder, tmp_path, text):
    store.publish(publication(tmp_path / "1"))
    (folder / local_folder.NAME).write_text(text)
    with pytest.raises(TerminalStoreError, match="damaged"):
        store.read("champions")


def test_a_second_writer_waits_and_a_reader_does_not(store, folder, tmp_path):
    store.publish(publication(tmp_path / "1"))
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StoreBusyError, match="another process is publishing"):
            store.publish(publication(tmp_path / "2", "night-b"))
        pd.testing.assert_frame_equal(store.read("champions"), night()["champions"])
    store.publish(publication(tmp_path / "2", "night-b"))
    assert store.published("night-b")
