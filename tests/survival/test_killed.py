"""Killed at any moment and started again, a night is published as if nothing had happened."""

import random

import pytest

from flows.run import prepare_run
from tests.survival.jobs import job_in
from tests.survival.verdict import assert_old_or_new, assert_whole

STORES = ("duckdb:store.duckdb", "parquet:store")
# The changes to the disk of a night, through Python; a life beyond the last ends by itself.
CHANGES = 460


def kill_until_done(cradle, sample, undisturbed, folder, seed, kills):
    """Kill a night at random moments of the time it takes, then let it end."""
    digests, _ = undisturbed
    draws = random.Random(seed)
    store = STORES[seed % len(STORES)]
    job = job_in(folder, sample, store=store)
    killed = 0
    for _ in range(kills):
        # The time of a life that finds every chunk done: a first one takes twice that and more.
        end = cradle.kill_after(folder, draws.uniform(0.0, undisturbed[1]), store=store)
        killed += end.code == -9
        assert end.code in {-9, 0}, end.said
        assert_old_or_new(job, digests)
    last = cradle.live(folder, store=store)
    assert last.code == 0, last.said
    assert_whole(job, digests)
    return killed


def test_a_night_killed_at_random_moments_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path
):
    killed = sum(
        kill_until_done(cradle, sample, undisturbed, tmp_path / f"{seed}", seed, kills=5)
        for seed in range(3)
    )
    # Fifteen moments are drawn; one that lies past a night's end kills nothing.
    assert killed >= 10


@pytest.mark.slow
def test_a_night_killed_at_many_random_moments_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path
):
    killed = 0
    for seed in range(3, 60):
        killed += kill_until_done(cradle, sample, undisturbed, tmp_path / f"{seed}", seed, kills=5)
        if killed >= 60:
            break
    assert killed >= 60


def kill_at(cradle, sample, undisturbed, folder, change, store):
    digests, _ = undisturbed
    job = job_in(folder, sample, store=store)
    end = cradle.live(folder, store=store, fault="kill", at=change)
    assert end.code in {-9, 0}, end.said
    assert_old_or_new(job, digests)
    again = cradle.live(folder, store=store)
    assert again.code == 0, again.said
    assert_whole(job, digests)
    return end.code == -9


@pytest.mark.parametrize("change", [60, 250, 283])
def test_a_night_killed_at_a_change_to_the_disk_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path, change
):
    assert kill_at(cradle, sample, undisturbed, tmp_path / "job", change, STORES[0])


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("first", [2, 7])
def test_a_night_killed_at_any_change_to_the_disk_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path, first, store
):
    """Every tenth change from each of the two on: one in five of them all."""
    for change in range(first, CHANGES, 10):
        if not kill_at(cradle, sample, undisturbed, tmp_path / f"{change}", change, store):
            break


def test_a_night_killed_before_its_report_has_its_report_made(
    cradle, sample, undisturbed, tmp_path
):
    """The tables are out, so nothing else would bring the report about."""
    digests, _ = undisturbed
    job = job_in(tmp_path / "job", sample)
    assert cradle.live(tmp_path / "job").code == 0
    run = prepare_run(job)
    run.report.unlink()
    state = run.staging.state
    state.write_text(state.read_text().replace('"status": "published"', '"status": "failed"'))
    assert cradle.live(tmp_path / "job").code == 0
    assert_whole(job, digests)
