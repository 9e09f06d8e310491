"""Torn files: known by their checksum, made again, and never published."""

import pytest

from flows.errors import TornRunError
from flows.run import prepare_run
from flows.steps import publish
from tests.survival.jobs import digests_of, job_in
from tests.survival.plain import run_plain
from tests.survival.verdict import assert_whole, store_path

# One file of each sort that a night writes and reads again.
SORTS = (
    "check/chunk-00000/entities.parquet",
    "check/chunk-00000/manifest.json",
    "clean/demand.parquet",
    "clean/positions.parquet",
    "calibrate/chunk-00000/calibration_levels.parquet",
    "calibrate/chunk-00000/model_weighings.parquet",
    "calibrate/chunk-00000/error_dependence.parquet",
    "predict/series.parquet",
    "predict/profiles.parquet",
    "predict/layout.json",
    "predict/slices/slice-00000.parquet",
    "predict/chunk-00000/demand_forecasts.parquet",
    "predict/chunk-00001/manifest.json",
    "decide/chunk-00000/planned_orders.parquet",
    "share/chunk-00000/order_plans.parquet",
    "replay/profiles.parquet",
    "replay/series.parquet",
    "replay/layout.json",
    "transfer/chunk-00000/transfers.parquet",
    "scenarios/chunk-00000/losses.npy",
    "risk/chunk-00000/portfolio_risk.parquet",
    "backtest/chunk-00000/risk_backtest_days.parquet",
    "verdicts/chunk-00000/risk_backtests.parquet",
    "run.json",
)

# All files are torn one by one, in so many tests.
SHARES = 8


def cut_short(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x04
    path.write_bytes(bytes(content))


def empty(path):
    path.write_bytes(b"")


@pytest.fixture(scope="module")
def finished(cradle, sample, undisturbed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("torn") / "job"
    job = job_in(folder, sample)
    assert cradle.live(folder).code == 0
    return job


def unpublish(job):
    """Take a finished night back to the moment before its publication."""
    store_path(job).unlink(missing_ok=True)
    job.path(job.outputs.report).unlink(missing_ok=True)


def heal(cradle, job, digests, damage, names):
    folder = prepare_run(job).staging.folder
    for name in names:
        unpublish(job)
        damage(folder / name)
        end = cradle.live(job.folder)
        assert end.code == 0, (name, end.said)
        assert_whole(job, digests)


def test_files_that_are_cut_short_are_made_again(cradle, finished, undisturbed):
    """One life: every sort of file is torn at once."""
    unpublish(finished)
    folder = prepare_run(finished).staging.folder
    for name in SORTS:
        cut_short(folder / name)
    end = cradle.live(finished.folder)
    assert end.code == 0, end.said
    assert_whole(finished, undisturbed[0])


def test_torn_shards_are_made_again(cradle, finished, undisturbed):
    """One life: a bit of one is flipped, and another is empty."""
    unpublish(finished)
    folder = prepare_run(finished).staging.folder / "predict"
    flip_a_bit(folder / "chunk-00000" / "demand_forecasts.parquet")
    empty(folder / "chunk-00001" / "demand_forecasts.parquet")
    end = cradle.live(finished.folder)
    assert end.code == 0, end.said
    assert_whole(finished, undisturbed[0])


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("damage", [cut_short, flip_a_bit, empty])
def test_whichever_file_is_torn_it_is_made_again(cradle, finished, undisturbed, damage, share):
    folder = prepare_run(finished).staging.folder
    found = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert set(SORTS) <= set(found)
    kept = [name for name in sorted(found) if not name.startswith(("publish/", "lock"))]
    heal(cradle, finished, undisturbed[0], damage, kept[share::SHARES])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("predict/chunk-00000/champions.parquet", marks=pytest.mark.slow),
        "scenarios/chunk-00000/losses.npy",
        pytest.param("clean/prices.parquet", marks=pytest.mark.slow),
        pytest.param("predict/slices/slice-00001.parquet", marks=pytest.mark.slow),
        pytest.param("predict/chunk-00000/manifest.json", marks=pytest.mark.slow),
    ],
)
def test_a_file_torn_while_the_night_runs_is_not_published(
    finished, undisturbed, monkeypatch, name
):
    """What was computed from it is not kept either: nobody can tell it from the rest."""
    whole = publish.refuse_torn

    def torn(run, records):
        flip_a_bit(run.staging.folder / name)
        if name.endswith("json"):
            records = [*records[:1], *(read(record) for record in records[1:])]
        whole(run, records)

    def read(record):
        from flows.run import read_chunk

        return read_chunk(str(record.folder))

    unpublish(finished)
    with monkeypatch.context() as patch:
        patch.setattr(publish, "refuse_torn", torn)
        with pytest.raises(TornRunError, match="not what was written") as refusal:
            run_plain(finished)
    assert "\n" not in str(refusal.value)
    assert not prepare_run(finished).staging.folder.exists()
    assert not store_path(finished).exists() or digests_of(finished) == {}
    run_plain(finished)
    assert_whole(finished, undisturbed[0])
