"""Garbage is collected rarely while kernels are compiled, and as before afterwards."""

import gc

import pytest
from numba import njit
from numba.core.errors import TypingError
from numba.extending import overload

from kernels.compile_garbage import _RARELY

SEEN = []


def looks():
    raise NotImplementedError


@overload(looks)
def _looks():
    SEEN.append(gc.get_threshold())
    return lambda: 1


@njit
def inner():
    return looks()


@njit
def outer():
    # The inner one has been compiled when the outer one looks.
    return inner() + looks()


@njit
def fails(x):
    return looks() + x.missing


@pytest.fixture
def usual():
    before = gc.get_threshold()
    gc.set_threshold(701, 11, 12)
    SEEN.clear()
    yield (701, 11, 12)
    gc.set_threshold(*before)


def test_garbage_is_collected_rarely_until_the_outermost_kernel_is_compiled(usual):
    assert outer() == 2
    assert set(SEEN) == {_RARELY}
    assert gc.get_threshold() == usual


def test_garbage_is_collected_as_before_once_a_kernel_has_failed(usual):
    with pytest.raises(TypingError):
        fails(1.0)
    assert gc.get_threshold() == usual
