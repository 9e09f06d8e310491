"""A step that waits for the compiler says so once, and a step that does not says nothing."""

import pytest
from numba.core.event import trigger_event

from flows.compiling import NOTE, noting_compilation
from flows.progress import LogListener
from flows.run.meter import StepRecord
from kernels.compile_turns import WAITING

KERNEL = "from numba import njit\n\n\n@njit\ndef twice(x):\n    return 2 * x\n"


class Heard(LogListener):
    def __init__(self):
        self.notes = []

    def said(self, step, text):
        self.notes.append((step, text))


def kernel_of(module):
    """Compile nothing yet: numba does at the first call."""
    names = {"__name__": module}
    exec(KERNEL, names)
    return names["twice"]


@pytest.fixture
def heard():
    return Heard()


def record(step):
    return StepRecord(step=step, seconds=0.0, peak_memory_mb=0.0, entities=0, chunks=0)


def test_a_step_that_waits_for_the_compiler_says_so_once(heard):
    with noting_compilation(heard) as hears:
        hears.started("predict")
        kernel_of("kernels.one")(1)
        kernel_of("kernels.two")(1)
        hears.finished(record("predict"))
        hears.started("decide")
        kernel_of("kernels.three")(1)
    assert heard.notes == [("predict", NOTE), ("decide", NOTE)]


def test_compiled_kernels_and_other_peoples_code_are_not_told_of(heard):
    ready = kernel_of("kernels.ready")
    ready(1)
    with noting_compilation(heard) as hears:
        hears.started("predict")
        ready(2)
        kernel_of("statsforecast.ets")(1)
    kernel_of("kernels.late")(1)
    assert heard.notes == []


def test_a_step_that_waits_for_another_process_to_compile_says_so(heard):
    with noting_compilation(heard) as hears:
        hears.started("risk")
        with trigger_event(WAITING):
            pass
    assert heard.notes == [("risk", NOTE)]
