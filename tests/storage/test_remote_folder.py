"""A Parquet folder at a URL: writers without a lock, readers beside them, faults of its service."""

import threading
from unittest.mock import patch

import fsspec
import pandas as pd
import pytest

from storage.stores import (
    StoreBusyError,
    TerminalStoreError,
    TransientStoreError,
    is_path,
    open_store,
)
from storage.stores.manifest import Manifest
from storage.stores.parquet_store import ParquetStore
from storage.stores.remote_folder import RemoteFolder
from tests.lanes import slow
from tests.storage.addresses import address_of
from tests.storage.nights import JOB, RUN, night, publication

ALWAYS = 10**6


@pytest.fixture
def address(tmp_path):
    return address_of("memory", tmp_path / "store")


@pytest.fixture
def folder(address):
    return RemoteFolder(address.removeprefix("parquet:"))


@pytest.fixture
def store(address):
    with open_store(address) as opened:
        yield opened


def names(folder):
    return sorted(str(path).rpartition("/")[2] for path in folder._call("find", folder._root))


def manifests(folder):
    return [name for name in names(folder) if name.startswith("manifest")]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("parquet:memory://a/b", False),
        ("parquet:gs://bucket/nights", False),
        ("parquet:nights", True),
        ("parquet:C:/nights", True),
        ("duckdb:a.duckdb", True),
        ("bigquery://project/nights", False),
    ],
)
def test_a_url_is_no_path_of_this_machine(address, path):
    assert is_path(address) == path


@pytest.mark.parametrize("url", ["nothing://bucket/nights", "git+ssh://bucket/nights"])
def test_a_file_system_that_there_is_none_of_is_refused_in_a_sentence(url):
    with pytest.raises(TerminalStoreError, match=r"store .*://bucket/nights: ") as refusal:
        open_store(f"parquet:{url}")
    assert "\n" not in str(refusal.value)


def test_each_publication_is_the_next_manifest_and_the_only_one(store, folder, tmp_path):
    for number in range(1, 4):
        store.publish(publication(tmp_path / f"{number}", f"night-{number}"))
        assert manifests(folder) == [f"manifest-{number:012d}.json"]


def test_publishing_the_same_run_again_writes_no_file_again(store, folder, tmp_path):
    store.publish(publication(tmp_path / "1"))
    before = set(names(folder))
    store.publish(publication(tmp_path / "1"))
    assert set(names(folder)) ^ before == {f"manifest-{n:012d}.json" for n in (1, 2)}


def test_of_two_writers_that_follow_one_manifest_the_second_is_told_to_wait(
    store, folder, address, tmp_path
):
    """The other one publishes between this one's look at the manifest and its own."""
    store.publish(publication(tmp_path / "1"))
    whole = RemoteFolder.replace

    def late(self, manifest, entries):
        with patch.object(RemoteFolder, "replace", whole), open_store(address) as other:
            other.publish(publication(tmp_path / "2", "night-b", job="other"))
        whole(self, manifest, entries)

    with (
        patch.object(RemoteFolder, "replace", late),
        pytest.raises(StoreBusyError, match="another process published"),
    ):
        store.publish(publication(tmp_path / "3", "night-c"))
    assert not store.published("night-c")
    assert store.published("night-b")
    store.publish(publication(tmp_path / "3", "night-c"))
    assert store.runs()["run_id"].tolist() == [RUN, "night-b", "night-c"]


def test_a_writer_that_slept_through_others_loses_though_its_number_is_free_again(
    store, folder, tmp_path
):
    slept = folder.manifest()
    for number in range(3):
        store.publish(publication(tmp_path / f"{number}", f"night-{number}"))
    before = folder.manifest()
    with pytest.raises(StoreBusyError):
        folder.replace(slept, [])
    assert folder.manifest() == before
    store.publish(publication(tmp_path / "9", "night-9"))
    assert manifests(folder) == ["manifest-000000000004.json"]


def test_what_another_writer_is_about_to_make_count_is_not_swept_away(store, folder, tmp_path):
    store.publish(publication(tmp_path / "1"))
    now = folder.manifest()
    stem = f"champions/as_of=2026-01-01/job={JOB}/x"
    (tmp_path / "rows").write_bytes(b"rows")
    dead = folder.name_of(stem, Manifest(number=now.number - 1))
    living = folder.name_of(stem, now)
    for file in (dead, living):
        folder.put(tmp_path / "rows", file)
    folder.sweep(now)
    assert folder.read(living) == b"rows"
    with pytest.raises(FileNotFoundError):
        folder.read(dead)


def test_writers_at_once_lose_no_night(address, tmp_path):
    """Each asks again until it is not too late; in the end every job's night is there, whole."""
    jobs = [f"job-{number}" for number in range(4)]
    nights = {job: publication(tmp_path / job, f"run-{job}", job=job) for job in jobs}
    failed = []

    def publish(job):
        for _ in range(200):
            try:
                with open_store(address) as store:
                    return store.publish(nights[job])
            except StoreBusyError:
                continue
        return failed.append(job)

    threads = [threading.Thread(target=publish, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with open_store(address) as store:
        for name in store.tables():
            expected = [
                night(f"run-{job}", job=job)[name].sort_values("run_id", kind="stable")
                for job in jobs
            ]
            pd.testing.assert_frame_equal(store.read(name), pd.concat(expected, ignore_index=True))


def test_a_reader_that_a_publication_overtakes_reads_the_new_night(store, address, tmp_path):
    store.publish(publication(tmp_path / "1"))
    intact = ParquetStore._intact
    overtaken = []

    def overtake(self, entry):
        if not overtaken:
            overtaken.append(entry)
            with open_store(address) as writer:
                writer.publish(publication(tmp_path / "2", "night-b"))
        return intact(self, entry)

    with patch.object(ParquetStore, "_intact", overtake):
        assert store.read("champions")["run_id"].unique().tolist() == ["night-b"]


class HttpError(Exception):
    """What gcsfs raises: no OSError, and the status as `code`."""

    def __init__(self, code):
        super().__init__(f"{code}, no luck")
        self.code = code


class Faulty:
    """A file system that is in memory, and whose calls fail from one on, done or not."""

    def __init__(self, error, first, times=ALWAYS, *, lost=False):
        self.fs = fsspec.filesystem("memory")
        self.error, self.first, self.times, self.lost = error, first, times, lost
        self.calls = 0

    def __getattr__(self, name):
        call = getattr(self.fs, name)
        if name == "invalidate_cache":
            return call

        def struck(*arguments, **named):
            self.calls += 1
            fails = self.first <= self.calls < self.first + self.times
            if not fails:
                return call(*arguments, **named)
            if self.lost:
                call(*arguments, **named)
            raise self.error

        return struck


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (HttpError(503), TransientStoreError),
        (HttpError(429), TransientStoreError),
        (HttpError("500"), TransientStoreError),
        (HttpError(403), TerminalStoreError),
        (HttpError(None), TerminalStoreError),
        (TimeoutError("too long"), TransientStoreError),
        (ConnectionResetError("gone"), TransientStoreError),
        (PermissionError("not yours"), TerminalStoreError),
    ],
)
def test_a_fault_of_the_service_passes_or_stays(store, address, error, kind):
    store._folder._fs = Faulty(error, 1)
    with pytest.raises(kind, match="store memory://") as raised:
        store.runs()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("lost", "times"),
    [
        slow(False, 1),
        (True, ALWAYS),
        slow(True, 1),
        slow(False, ALWAYS),
    ],
)
def test_a_fault_at_any_call_leaves_the_old_night_or_the_new_one(tmp_path, lost, times):
    """Published again, the same files count as if nothing had happened, and no others are left."""
    url = address_of("memory", tmp_path / "undisturbed").removeprefix("parquet:")
    first, second = publication(tmp_path / "1"), publication(tmp_path / "2", "night-b")
    with open_store(f"parquet:{url}") as store:
        store.publish(first)
        store.publish(second)
    undisturbed = {
        (entry.table, entry.run_id, entry.sha256) for entry in RemoteFolder(url).manifest().entries
    }
    call, finished = 0, False
    while not finished:
        call += 1
        address = address_of("memory", tmp_path / f"store {call}")
        with open_store(address) as store:
            store.publish(first)
            own = store._folder._fs
            store._folder._fs = faulty = Faulty(HttpError(503), call, times, lost=lost)
            try:
                store.publish(second)
            except TransientStoreError:
                pass
            else:
                finished = faulty.calls < call
            store._folder._fs = own
            runs = ["night-b"] if store.published("night-b") else [RUN]
            assert store.read("champions")["run_id"].unique().tolist() == runs
            store.publish(second)
            entries = store._folder.manifest().entries
            assert {(entry.table, entry.run_id, entry.sha256) for entry in entries} == undisturbed
            assert len(names(store._folder)) == len(entries) + 1
    # Two files a table and more are written, the manifest read, made and looked for.
    assert call > len(first.shards) + 4
