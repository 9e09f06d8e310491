"""What must hold of a night that went through something."""

from flows.run import prepare_run, read_state
from storage.stores import is_path, open_store
from storage.stores.local_folder import LocalFolder
from tests.flows.sample_nights import tables_of
from tests.survival.jobs import assert_identity, digests_of


def assert_old_or_new(job, digests):
    """A reader sees nothing of the night, or all of it."""
    run = prepare_run(job)
    if is_path(job.outputs.store) and not store_path(job).exists():
        return
    with open_store(run.store_url) as store:
        published = store.published(run.run_id)
    if published:
        # The steps after publication are added when they are done.
        assert _without_steps(digests_of(job)) == _without_steps(digests)
    else:
        assert all(table.empty for table in tables_of(job).values())


def assert_whole(job, digests):
    """The night is published and told of as if nothing had happened, and nothing lies about."""
    assert digests_of(job) == digests
    assert_identity(tables_of(job))
    run = prepare_run(job)
    assert read_state(run.staging)["status"] == "published"
    assert run.run_id in run.report.read_text(encoding="utf-8")
    assert [path for path in run.staging.folder.rglob("*") if path.name.startswith(".")] == []
    if job.outputs.store.startswith("parquet:") and is_path(job.outputs.store):
        folder = store_path(job)
        counting = {folder / entry.file for entry in LocalFolder(folder).manifest().entries}
        assert {path for path in folder.glob("*/*/*/*") if path.is_file()} == counting


def _without_steps(digests):
    return {name: digest for name, digest in digests.items() if name != "run_steps"}


def store_path(job):
    """Return where the job's store is on disk."""
    return job.path(job.outputs.store.partition(":")[2])
