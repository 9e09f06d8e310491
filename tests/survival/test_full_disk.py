"""A disk that is full ends a night in one sentence; with room again, it ends as it would have."""

import pytest

from tests.survival.jobs import job_in
from tests.survival.test_killed import STORES
from tests.survival.verdict import assert_old_or_new, assert_whole


def assert_one_sentence(end):
    assert end.code == 3, end.said
    assert "\n" not in end.said
    assert "No space left" in end.said or "too large" in end.said.lower(), end.said


def fill_then_free(cradle, sample, undisturbed, folder, store, wishes):
    """Run on a full disk once for each wish, then with room."""
    digests, _ = undisturbed
    job = job_in(folder, sample, store=store)
    for wish in wishes:
        end = cradle.live(folder, store=store, **wish)
        assert_one_sentence(end)
        assert_old_or_new(job, digests)
    last = cradle.live(folder, store=store)
    assert last.code == 0, last.said
    assert_whole(job, digests)


@pytest.mark.parametrize("store", STORES[:1])
def test_a_disk_that_fills_up_further_on_each_time(cradle, sample, undisturbed, tmp_path, store):
    """Each life finds more chunks done, so the same change lies further on."""
    wishes = [{"fault": "full", "at": at} for at in (1, 8, 40, 60, 75)]
    fill_then_free(cradle, sample, undisturbed, tmp_path / "job", store, wishes)


@pytest.mark.parametrize("store", STORES[1:])
def test_a_disk_that_takes_no_more_than_so_many_bytes_a_file(
    cradle, sample, undisturbed, tmp_path, store
):
    """The system itself refuses, and so to DuckDB's and Arrow's own writes too."""
    wishes = [{"bytes": count} for count in (100, 10_000, 100_000, 500_000)]
    fill_then_free(cradle, sample, undisturbed, tmp_path / "job", store, wishes)


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_disk_that_fills_up_at_any_change(cradle, sample, undisturbed, tmp_path, store, first):
    digests, _ = undisturbed
    job = job_in(tmp_path / "job", sample, store=store)
    for change in range(first, 460, 9):
        end = cradle.live(tmp_path / "job", store=store, fault="full", at=change)
        if end.code == 0:
            break
        assert_one_sentence(end)
        assert_old_or_new(job, digests)
    assert cradle.live(tmp_path / "job", store=store).code == 0
    assert_whole(job, digests)
