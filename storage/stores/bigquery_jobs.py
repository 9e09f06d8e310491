"""Jobs that run once: ids say what a job does, so asking twice finds the one that is there."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.cloud import bigquery

from storage.errors import TransientStoreError
from storage.stores.bigquery_faults import failure_of, passes, result_passes

# How long a call that fails is tried again, and how long a job may take.
RETRY_SECONDS = 120.0
JOB_SECONDS = 3600.0
CALL_SECONDS = 120.0
FIRST_DELAY = 0.2
LONGEST_DELAY = 10.0
# New jobs for one piece of work at one go; BigQuery allows 1,500 loads of a table in a day.
_ATTEMPTS = 3
_GENERATIONS = 1000


class Job(Protocol):
    """What we ask of a job."""

    error_result: dict[str, Any] | None

    def done(self, retry: Retry, timeout: float) -> bool:
        """Return whether it has ended."""


def call_retry() -> Retry:
    """Return how a call that fails is tried again."""
    return Retry(
        predicate=passes, initial=FIRST_DELAY, maximum=LONGEST_DELAY, timeout=RETRY_SECONDS
    )


@dataclass(frozen=True)
class Jobs:
    """Where jobs run.

    Parameters
    ----------
    client : of the project that pays
    location : of the data
    place : begins messages
    """

    client: bigquery.Client
    location: str
    place: str

    def run(
        self, name: str, begin: Callable[[str], Job], *, holds: Callable[[], bool] = lambda: True
    ) -> None:
        """Run a job to its success, once, however often and by however many it is asked for.

        The job's id is ``name`` and a generation. An id that is taken is a job that somebody has
        started for the same work: it is waited for. The generation advances only past a job that
        is seen to have failed, or whose result is seen to be gone.

        Parameters
        ----------
        name : says what the job does: the same work, and no other, has the same name
        begin : starts the job under an id
        holds : whether what a job that has succeeded made is still there

        Raises
        ------
        TransientStoreError
            Where jobs fail for reasons that pass, or one takes too long.
        TerminalStoreError
            Where the job fails, and another one would too.
        """
        begun = 0
        for generation in range(_GENERATIONS):
            job_id = f"{name}-g{generation}"
            job, fresh = self._begun(job_id, begin)
            begun += fresh
            self._wait(job, job_id)
            failure = job.error_result
            if failure is None and holds():
                return
            if failure is not None and fresh and not result_passes(failure):
                raise failure_of(self.place, failure)
            if begun >= _ATTEMPTS:
                lost = {"reason": "backendError", "message": f"job {job_id} lost what it made"}
                raise failure_of(self.place, failure or lost)
        raise TransientStoreError(f"{self.place}: job {name} failed {_GENERATIONS} times")

    def _begun(self, job_id: str, begin: Callable[[str], Job]) -> tuple[Job, bool]:
        """Start a job, or find the one of that id; and say whether this call started it."""
        tries = 0

        def attempt() -> tuple[Job, bool]:
            nonlocal tries
            tries += 1
            try:
                return begin(job_id), True
            except exceptions.Conflict:
                # After a lost answer the job that is there may be this call's own.
                return self._found(job_id), tries > 1

        begun: tuple[Job, bool] = call_retry()(attempt)()
        return begun

    def _found(self, job_id: str) -> Job:
        try:
            return self.client.get_job(
                job_id, location=self.location, retry=None, timeout=CALL_SECONDS
            )
        except exceptions.NotFound as error:
            raise exceptions.ServiceUnavailable(f"job {job_id} is not to be seen yet") from error

    def _wait(self, job: Job, job_id: str) -> None:
        deadline = time.monotonic() + JOB_SECONDS
        delay = FIRST_DELAY
        while not job.done(retry=call_retry(), timeout=CALL_SECONDS):
            if time.monotonic() > deadline:
                raise TransientStoreError(
                    f"{self.place}: job {job_id} has taken more than {JOB_SECONDS:g} "
                    "seconds; it goes on, and publishing again waits for it"
                )
            time.sleep(delay)
            delay = min(delay * 1.5, LONGEST_DELAY)
