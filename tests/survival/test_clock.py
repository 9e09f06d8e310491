"""The night is the job's, not the clock's."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from rich.console import Console

from flows.cli import running
from flows.errors import ExitCode
from flows.run import context, identity, prepare_run
from flows.steps import publish
from storage.stores import open_store
from tests.lanes import slow
from tests.survival.jobs import job_in
from tests.survival.plain import plain, run_plain
from tests.survival.verdict import assert_whole


def clock(moments):
    """Return a `datetime` whose now is the next of ``moments``, and then the last of them."""
    left = list(moments)

    class Moved(datetime):
        @classmethod
        def now(cls, tz=None):
            return (left.pop(0) if len(left) > 1 else left[0]).astimezone(tz)

    return Moved


def moved(*moments):
    """Move every clock that the night reads."""
    told = clock(moments)
    return (
        patch.object(identity, "datetime", told),
        patch.object(context, "datetime", told),
        patch.object(publish, "datetime", told),
    )


@pytest.mark.parametrize("year", [1999, slow(2071)])
def test_a_clock_that_is_years_off_changes_no_number(demand_night, sample, tmp_path, year):
    job, digests = demand_night
    other = job_in(tmp_path / "job", sample).restricted("demand")
    first, second, third = moved(datetime(year, 2, 28, 23, 59, 59, tzinfo=UTC))
    with first, second, third:
        assert run_plain(other).run_id == prepare_run(job).run_id
    assert_whole(other, digests)


def test_a_clock_that_is_set_back_between_two_lives_changes_no_number(
    demand_night, sample, tmp_path, monkeypatch
):
    _, digests = demand_night
    job = job_in(tmp_path / "job", sample).restricted("demand")
    late = datetime(2030, 1, 1, tzinfo=UTC)

    def killed(*_, **__):
        raise KeyboardInterrupt

    first, second, third = moved(late)
    with first, second, third, monkeypatch.context() as broken:
        broken.setattr(publish, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            run_plain(job)
    first, second, third = moved(late - timedelta(days=400))
    with first, second, third:
        assert run_plain(job).exit_code is ExitCode.DONE
    assert_whole(job, digests)
    with open_store(prepare_run(job).store_url) as store:
        # The run is the one that began in the first life.
        assert store.runs()["started_at"].tolist() == [late.replace(tzinfo=None)]


def test_a_night_that_midnight_passes_over_stays_the_night_it_was(sample, tmp_path):
    """A job that names no night is for the day on which its command was given."""
    job = job_in(tmp_path / "job", sample).restricted("demand")
    tonight = job.model_copy(update={"as_of": None})
    before, after = (
        datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
    )
    with (
        plain(),
        patch.object(identity, "datetime", clock([before, after])),
        Console(quiet=True) as console,
    ):
        assert running.run_job(tonight, None, console) is ExitCode.DONE
    with open_store(prepare_run(job).store_url) as store:
        assert store.runs()["as_of"].dt.date.tolist() == [date(2026, 10, 31)]
