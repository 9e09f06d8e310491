"""A night without a Prefect server: the same steps in the same order, tasks on this thread.

Flows and tasks are replaced by the functions they wrap, and a task is tried again where Prefect
would try it again. What decides on order, resumption and publication is the code of the night.
"""

from contextlib import contextmanager
from unittest.mock import patch

from prefect import Flow, Task

from flows import nightly as module
from flows.steps.failing import TRANSIENT
from flows.tasks import PATIENT


class _Done:
    """A future that is done already."""

    def __init__(self, value):
        self._value = value

    def result(self):
        return self._value


class PlainTask:
    """A task that is a call."""

    def __init__(self, task):
        self._work = task.fn

    def __call__(self, *arguments):
        for _ in range(PATIENT["retries"]):
            try:
                return self._work(*arguments)
            except TRANSIENT:
                continue
        return self._work(*arguments)

    def submit(self, *arguments):
        return _Done(self(*arguments))


class PlainFlow:
    """A flow that is a call."""

    def __init__(self, flow):
        self._work = flow.fn

    def __call__(self, *arguments, **named):
        return self._work(*arguments, **named)

    def with_options(self, **_):
        return self


class _NoBar:
    def __init__(self, *_):
        pass

    def advance(self):
        pass


@contextmanager
def plain(*, report=True):
    """Take Prefect out of the night, and the report too where nobody reads it."""
    swaps = {
        name: PlainTask(held) if isinstance(held, Task) else PlainFlow(held)
        for name, held in vars(module).items()
        if isinstance(held, Task | Flow)
    }
    swaps |= {"ProgressArtifact": _NoBar, "as_completed": list, "show_results": lambda *_: None}
    if not report:
        swaps["write_report"] = module.page_of
    with patch.multiple(module, **swaps):
        yield


def run_plain(job, only=None, *, again=False, report=True):
    """Run a night of ``job``, and return its outcome."""
    with plain(report=report):
        return module.nightly(job, only, again)
