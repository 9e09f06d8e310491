"""What goes wrong on demand: calls that fail, answers that are lost, jobs that are slow or fail."""

import re
from dataclasses import dataclass


@dataclass
class Fault:
    """Something that goes wrong with calls.

    ``kind`` is "unavailable" (503, nothing is done) or "lost" (it is done, and the answer is
    lost). It strikes calls that match ``call``, after the first ``skip`` of
    them, ``times`` times.
    """

    kind: str
    call: str = ".*"
    skip: int = 0
    times: int = 1

    def strikes(self, call):
        if not re.search(self.call, call) or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class JobFault:
    """Something that goes wrong with jobs whose id matches.

    ``polls`` is how often the job is said to run before it is done: only then does it take
    effect. A job with a ``reason`` fails instead, without effect.
    """

    job: str = ".*"
    polls: int = 0
    reason: str | None = None
    message: str = "it failed on demand"
    times: int = 1

    def strikes(self, job_id):
        if not re.search(self.job, job_id) or not self.times:
            return False
        self.times -= 1
        return True
