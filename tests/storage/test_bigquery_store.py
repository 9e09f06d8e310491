"""What only BigQuery does: jobs that run once, partitions, costs; against the stand-in."""

import hashlib

import pytest
from google.cloud import bigquery

from storage.errors import TerminalStoreError, TransientStoreError
from storage.stores import Publication, bigquery_jobs, open_store
from storage.tables import OUTPUT_TABLES
from tests.lanes import slow
from tests.storage.addresses import PROJECT, address_of, stand_in
from tests.storage.bigquery_stand_in import Fault, JobFault
from tests.storage.nights import AS_OF, EVERY, JOB, RUN, night, publication, publish_at_once


@pytest.fixture
def server(monkeypatch):
    """Return the stand-in, calm before and after; patience is short."""
    monkeypatch.setattr(bigquery_jobs, "FIRST_DELAY", 0.001)
    monkeypatch.setattr(bigquery_jobs, "LONGEST_DELAY", 0.02)
    monkeypatch.setattr(bigquery_jobs, "RETRY_SECONDS", 0.3)
    stand_in().calm()
    yield stand_in()
    stand_in().calm()


@pytest.fixture
def address(tmp_path):
    return address_of("bigquery", tmp_path / "store")


def dataset_of(address):
    return address.partition("?")[0].rpartition("/")[2]


def tables_of(server, address, *, loads=False):
    names = {name for dataset, name in server.catalog.tables if dataset == dataset_of(address)}
    return {name for name in names if name.startswith("almanac_load_") == loads}


def jobs_of(server, address, kind):
    prefix = f"almanac-{kind}-{dataset_of(address)}-"
    return [job for job in server.jobs.jobs if job.startswith(prefix)]


def runs_in(store, table="champions"):
    return sorted(set(store.read(table)["run_id"]))


def test_every_table_is_partitioned_clustered_labelled_and_asks_for_a_filter(
    server, address, tmp_path
):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", tables=EVERY))
    assert tables_of(server, address) == {*EVERY, "almanac_publications"}
    for name in EVERY:
        found = server.catalog.table(dataset_of(address), name)
        assert found["timePartitioning"] == {"type": "DAY", "field": "as_of"}
        assert found["requirePartitionFilter"] is True
        assert found["clustering"]["fields"] == list(OUTPUT_TABLES[name].entity or ("run_id",))
        assert found["labels"] == {"application": "almanac"}
        described = {field["name"]: field["description"] for field in found["schema"]["fields"]}
        assert described == {c.name: c.description for c in OUTPUT_TABLES[name].columns}
    clusters = server.catalog.table(dataset_of(address), "order_plans")["clustering"]["fields"]
    assert clusters == ["warehouse_id", "item_id"]


def test_a_table_is_loaded_once_whole_into_its_night_and_the_job_says_for_whom(
    server, address, tmp_path
):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", job="Nightly Süd!"))
    loads = [server.jobs.jobs[job].resource for job in jobs_of(server, address, "load")]
    assert len(loads) == 5
    for load in loads:
        configuration = load["configuration"]
        assert configuration["load"]["destinationTable"]["tableId"].endswith("$20260101")
        assert configuration["load"]["writeDisposition"] == "WRITE_TRUNCATE"
        assert configuration["load"]["sourceFormat"] == "PARQUET"
        assert load["jobReference"]["location"] == "EU"
        labels = configuration["labels"]
        assert (labels["flow"], labels["run"]) == ("nightly_s_d_", "night-a")
        assert labels["version"].startswith("0_")


def test_a_query_without_a_filter_on_the_night_is_refused_by_the_table(server, address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
    client = bigquery.Client(project=PROJECT, location="EU")
    with pytest.raises(Exception, match="without a filter over column"):
        client.query(f"SELECT COUNT(*) FROM `{dataset_of(address)}.champions`").result()
    client.close()


def test_publishing_again_loads_nothing_again(server, address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        loads = jobs_of(server, address, "load")
        store.publish(publication(tmp_path / "2"))
        assert jobs_of(server, address, "load") == loads
        assert store.read("champions")["run_id"].tolist() == [RUN] * 3


def test_an_older_run_published_again_takes_its_place_again(server, address, tmp_path):
    first, second = publication(tmp_path / "1"), publication(tmp_path / "2", "night-b")
    with open_store(address) as store:
        for ours, run in ((first, RUN), (second, "night-b"), (first, RUN)):
            store.publish(ours)
            assert runs_in(store) == [run]


def test_a_correction_is_merged_and_touches_no_other_row(server, address, tmp_path):
    """What changes is one score; one row goes and one comes. Another job's rows stay."""
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2", "other", job="other job"))
        champions = night()["champions"].assign(score=[0.5, 0.25, 9.0])
        corrected = champions.iloc[1:].copy()
        corrected.loc[2, "item_id"] = "new item"
        path = tmp_path / "champions.parquet"
        corrected.to_parquet(path, index=False)
        store.publish(Publication(RUN, AS_OF, JOB, {"champions": [path]}))
        found = store.read("champions", run_id=RUN)
        assert found["item_id"].tolist() == ["item_id 1", "new item"]
        assert found["score"].tolist() == [0.25, 9.0]
        assert len(store.read("champions", run_id="other")) == 3
    script = server.jobs.jobs[jobs_of(server, address, "commit")[-1]].resource
    query = script["configuration"]["query"]["query"]
    assert "MERGE INTO" in query
    assert "ON target.as_of = @as_of" in query


def test_two_rows_of_one_key_are_not_merged_even_if_they_get_as_far(
    server, address, tmp_path, monkeypatch
):
    """Shards are held to the key before; the script holds the loaded rows to it once more."""
    from storage.stores import shards

    monkeypatch.setattr(shards, "_refuse_repeated_keys", lambda *_: None)
    twice = night()["champions"].iloc[[0, 0]]
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        with pytest.raises(TerminalStoreError, match="table champions: rows share a key"):
            store.publish(publication(tmp_path / "2", champions=twice))
        assert len(store.read("champions")) == 3


# Calls that start or read something on the way of a publication.
CALLS = [
    "GET .*/datasets/[^/]+$",
    "POST .*/tables$",
    "GET .*/tables/champions$",
    "POST /upload",
    "GET .*/tables/almanac_load",
    "POST .* almanac-load",
    "POST .* almanac-commit",
    "POST .*/jobs",
    "GET .*/queries/",
]


@pytest.mark.parametrize(
    ("call", "kind"),
    # Each call fails in one of both ways at the gate.
    [
        (call, kind) if number % 2 == place else slow(call, kind)
        for place, kind in enumerate(("unavailable", "lost"))
        for number, call in enumerate(CALLS)
    ],
)
def test_a_call_that_fails_is_made_again_and_nothing_is_done_twice(
    server, address, tmp_path, monkeypatch, kind, call
):
    monkeypatch.setattr(bigquery_jobs, "RETRY_SECONDS", 20.0)
    server.faults.append(Fault(kind, call, times=2))
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        for name, frame in night().items():
            assert store.read(name).equals(frame)
    assert server.faults[0].times == 0
    assert len(jobs_of(server, address, "load")) == 5
    assert len(jobs_of(server, address, "commit")) == 1


def test_a_service_that_stays_away_is_a_fault_that_passes(server, address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        server.faults.append(Fault("unavailable", "POST /upload", times=10_000))
        with pytest.raises(TransientStoreError, match="not available for now") as refusal:
            store.publish(publication(tmp_path / "2", "night-b"))
        assert "\n" not in str(refusal.value)
        server.calm()
        assert runs_in(store) == [RUN]
        store.publish(publication(tmp_path / "2", "night-b"))
        assert runs_in(store) == ["night-b"]


def test_a_commit_whose_answer_never_comes_is_found_by_the_next_publication(
    server, address, tmp_path
):
    """The commit is done and nobody hears of it: publishing again changes nothing that is seen."""
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        server.faults.append(Fault("lost", "almanac-commit", times=10_000))
        with pytest.raises(TransientStoreError):
            store.publish(publication(tmp_path / "2", "night-b"))
        server.calm()
        before = {name: store.read(name) for name in store.tables()}
        store.publish(publication(tmp_path / "2", "night-b"))
        for name, frame in before.items():
            assert store.read(name).equals(frame), name
        assert runs_in(store) == ["night-b"]


@pytest.mark.parametrize("kind", ["load", "commit"])
def test_a_slow_job_is_waited_for(server, address, tmp_path, kind):
    server.job_faults.append(JobFault(f"almanac-{kind}", polls=4))
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        assert runs_in(store) == [RUN]


@pytest.mark.parametrize("kind", ["load", "commit"])
def test_a_job_under_way_is_found_again_after_its_starter_died(
    server, address, tmp_path, monkeypatch, kind
):
    """The first publication gives up on a slow job; the second finds it and starts no other."""
    server.job_faults.append(JobFault(f"almanac-{kind}", polls=20))
    with open_store(address) as store:
        with monkeypatch.context() as patch:
            patch.setattr(bigquery_jobs, "JOB_SECONDS", 0.0)
            with pytest.raises(TransientStoreError, match="publishing again waits for it"):
                store.publish(publication(tmp_path / "1"))
        store.publish(publication(tmp_path / "2"))
        assert runs_in(store) == [RUN]
    assert len(jobs_of(server, address, kind)) == (5 if kind == "load" else 1)


@pytest.mark.parametrize(
    "reason", ["backendError", slow("internalError"), slow("rateLimitExceeded")]
)
@pytest.mark.parametrize("kind", ["load", "commit"])
def test_after_a_job_that_failed_the_next_generation_runs(server, address, tmp_path, kind, reason):
    server.job_faults.append(JobFault(f"almanac-{kind}", reason=reason))
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        assert runs_in(store) == [RUN]
    second = [job for job in jobs_of(server, address, kind) if job.endswith("-g1")]
    assert len(second) == 1
    assert not any(job.endswith("-g2") for job in jobs_of(server, address, kind))


def test_jobs_that_keep_failing_stop_the_publication_but_not_for_ever(server, address, tmp_path):
    server.job_faults.append(JobFault("almanac-load", reason="backendError", times=10_000))
    with open_store(address) as store:
        for generations in (3, 6):
            with pytest.raises(TransientStoreError, match="it failed on demand"):
                store.publish(publication(tmp_path / "s"))
            assert len(jobs_of(server, address, "load")) == generations
        server.calm()
        store.publish(publication(tmp_path / "s"))
        assert runs_in(store) == [RUN]


def test_a_job_that_no_other_would_better_fails_at_once(server, address, tmp_path):
    server.job_faults.append(JobFault("almanac-load", reason="accessDenied", message="No access."))
    with open_store(address) as store:
        with pytest.raises(TerminalStoreError, match=r"No access$"):
            store.publish(publication(tmp_path / "s"))
        assert store.tables() == ()
    assert len(jobs_of(server, address, "load")) == 1


def test_a_transaction_that_met_another_one_is_tried_again(server, address, tmp_path):
    met = "Transaction is aborted due to concurrent update against table champions."
    server.job_faults.append(JobFault("almanac-commit", reason="invalidQuery", message=met))
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
        assert runs_in(store) == [RUN]


def test_two_writers_take_turns(server, address, tmp_path, monkeypatch):
    monkeypatch.setattr(bigquery_jobs, "RETRY_SECONDS", 20.0)
    names = ["night-a", "night-b", "night-c"]
    publish_at_once(address, [publication(tmp_path / name, name) for name in names])
    with open_store(address) as store:
        assert sorted(store.runs()["run_id"]) == names
        assert len(runs_in(store)) == 1
        assert len({runs_in(store, table)[0] for table in ("champions", "order_plans")}) == 1


def test_a_load_that_is_gone_is_loaded_anew(server, address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        for name in tables_of(server, address, loads=True):
            assert int(server.catalog.table(dataset_of(address), name)["expirationTime"])
            server.catalog.drop(dataset_of(address), name)
        store.publish(publication(tmp_path / "2"))
        assert runs_in(store) == [RUN]
    assert sum(job.endswith("-g1") for job in jobs_of(server, address, "load")) == 5


def test_a_dataset_that_was_emptied_is_published_to_as_a_new_one(server, address, tmp_path):
    """BigQuery remembers the jobs that filled it, under the very ids that would fill it again."""
    with open_store(address) as store:
        store.publish(publication(tmp_path / "1"))
        for name in tables_of(server, address) | tables_of(server, address, loads=True):
            server.catalog.drop(dataset_of(address), name)
        assert store.tables() == ()
        store.publish(publication(tmp_path / "2"))
        for name, frame in night().items():
            assert store.read(name).equals(frame), name
    assert len(jobs_of(server, address, "commit")) == 2


def test_a_quota_that_is_used_up_is_a_fault_that_passes(server, address, tmp_path, monkeypatch):
    monkeypatch.setattr(server.jobs, "loads_a_day", 0)
    with (
        open_store(address) as store,
        pytest.raises(TransientStoreError, match="exceeded quota for imports"),
    ):
        store.publish(publication(tmp_path / "s"))


def test_a_query_that_would_bill_too_much_is_refused_before_it_runs(server, address, tmp_path):
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s"))
    with (
        open_store(f"{address}&maximum_bytes_billed=1000") as store,
        pytest.raises(TerminalStoreError, match="limit for bytes billed: 1000"),
    ):
        store.read("champions")


def test_numbers_come_back_to_the_bit(server, address, tmp_path):
    hard = [5e-324, 1.7976931348623157e308, 0.1 + 0.2]
    champions = night()["champions"].assign(score=hard)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", champions=champions))
        assert store.read("champions")["score"].tolist() == hard


def test_many_rows_come_in_pages(server, address, tmp_path):
    many = night(rows=1201)["champions"]
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", champions=many))
        assert store.read("champions").equals(many)


def test_a_large_table_is_sent_in_pieces(server, address, tmp_path, monkeypatch):
    """Above five megabytes the client uploads in pieces; here above one byte."""
    monkeypatch.setattr("google.cloud.bigquery.client._MAX_MULTIPART_SIZE", 1)
    monkeypatch.setattr("google.cloud.bigquery.client._DEFAULT_CHUNKSIZE", 256 * 1024)
    many = night(tables=("champions",), rows=6000)["champions"]
    many["reason"] = [hashlib.sha512(item.encode()).hexdigest() for item in many["item_id"]]
    before = len(server.calls)
    with open_store(address) as store:
        store.publish(publication(tmp_path / "s", champions=many))
    name = f'"{dataset_of(address)}".champions'
    found = server.catalog.connection.execute(f"SELECT count(*) FROM {name}").fetchall()
    assert found == [(6000,)]
    assert sum(call.startswith("PUT /upload") for call in server.calls[before:]) > 1
