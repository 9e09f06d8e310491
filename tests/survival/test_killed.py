"""Killed at any moment and started again, a night is published as if nothing had happened."""

import random

import pytest

from flows.run import prepare_run
from tests.lanes import slow
from tests.survival.jobs import job_in
from tests.survival.verdict import assert_old_or_new, assert_whole

STORES = ("duckdb:store.duckdb", "parquet:store")
# The changes to the disk of a night, through Python; a life beyond the last ends by itself.
CHANGES = 460
BLOCK = 46
KILLS = 5


def kill_and_go_on(cradle, sample, undisturbed, folder, seed, kills=KILLS):
    """Kill a night at random moments of the time it takes until it ends, and so the next one."""
    digests, seconds = undisturbed
    draws = random.Random(seed)
    store = STORES[seed % len(STORES)]
    killed = nights = 0
    while killed < kills:
        place = folder / f"{nights}"
        job = job_in(place, sample, store=store)
        nights += 1
        ended = False
        while not ended:
            # The time of a life that finds every chunk done: a first one takes twice that and more.
            moment = draws.uniform(0.0, seconds) if killed < kills else None
            end = cradle.kill_after(place, moment, store=store)
            assert end.code in {-9, 0}, end.said
            assert_old_or_new(job, digests)
            ended = end.code == 0
            killed += not ended
        assert_whole(job, digests)


# Two kills.
@pytest.mark.parametrize("seed", range(1))
def test_a_night_killed_at_random_moments_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path, seed
):
    kill_and_go_on(cradle, sample, undisturbed, tmp_path, seed, 2)


# Sixty-five kills more.
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(13))
def test_a_night_killed_at_more_random_moments_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path, seed
):
    kill_and_go_on(cradle, sample, undisturbed, tmp_path, seed)


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


@pytest.mark.parametrize("change", [slow(60), 283])
def test_a_night_killed_at_a_change_to_the_disk_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path, change
):
    assert kill_at(cradle, sample, undisturbed, tmp_path / "job", change, STORES[0])


@pytest.mark.slow
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("first", range(2, CHANGES, BLOCK))
def test_a_night_killed_at_any_change_to_the_disk_ends_as_if_it_had_not_been(
    cradle, sample, undisturbed, tmp_path, first, store
):
    """One in five of all changes, a block of them at a time."""
    for change in range(first, first + BLOCK, 5):
        if not kill_at(cradle, sample, undisturbed, tmp_path / f"{change}", change, store):
            break


def test_a_night_killed_before_its_report_has_its_report_made(cradle, demand_night, tmp_path):
    """The tables are out, so nothing else would bring the report about."""
    done, digests = demand_night
    job = job_in(tmp_path / "job", done.folder).restricted("demand")
    run = prepare_run(job)
    run.report.unlink()
    state = run.staging.state
    state.write_text(state.read_text().replace('"status": "published"', '"status": "failed"'))
    assert cradle.live(tmp_path / "job", only="demand").code == 0
    assert_whole(job, digests)
