"""What a kernel calls is compiled to be linked, and does what it does where Python calls it."""

import ctypes

import numpy as np
import pytest
from numba import njit, types
from numba.core.codegen import JITCodeLibrary

from kernels import compile_parts
from kernels.compile_parts import KernelDispatcher, PartLibrary
from kernels.stock_events import order_quantity

KIND = types.int64


@pytest.fixture
def ours(monkeypatch):
    """Take functions of tests for ours."""
    monkeypatch.setattr(compile_parts, "_is_known", lambda _: True)


def double():
    @njit
    def part(x):
        return 2 * x

    @njit
    def kernel(x):
        return part(x) + 1

    return part, kernel


def library_of(function, *arguments):
    return function.overloads[arguments].library


@pytest.mark.usefixtures("ours")
def test_a_part_has_no_machine_code_and_its_kernel_has():
    part, kernel = double()
    assert kernel(3) == 7
    assert type(library_of(part, KIND)) is PartLibrary
    assert type(library_of(kernel, KIND)) is JITCodeLibrary
    address = ctypes.c_void_p(library_of(kernel, KIND).get_pointer_to_function("part"))
    assert address.value is None
    assert "part" in library_of(part, KIND).get_llvm_str()


@pytest.mark.usefixtures("ours")
def test_a_part_that_python_calls_is_compiled_as_a_kernel_once():
    part, kernel = double()
    kernel(3)
    assert part(4) == part(x=4) == 8
    assert type(library_of(part, KIND)) is JITCodeLibrary
    assert part.stats.cache_misses[(KIND,)] == 2
    assert part.signatures == [(KIND,)]
    assert kernel(5) == 11


@pytest.mark.usefixtures("ours")
def test_a_kernel_that_another_calls_is_not_compiled_again():
    part, kernel = double()
    assert part(4) == 8
    assert kernel(3) == 7
    assert part.stats.cache_misses[(KIND,)] == 1


def test_what_is_not_ours_is_compiled_as_numba_does():
    part, kernel = double()
    assert isinstance(part, KernelDispatcher)
    assert kernel(3) == 7
    assert type(library_of(part, KIND)) is JITCodeLibrary
    assert part(4) == 8
    assert part.stats.cache_misses[(KIND,)] == 1


@pytest.mark.usefixtures("ours")
def test_a_part_raises_what_it_has_seen():
    @njit
    def part(x):
        if x > 3:
            raise ValueError("too many:", x)
        return x

    @njit
    def kernel(x):
        return part(x)

    assert kernel(3) == 3
    with pytest.raises(ValueError, match="'too many:', 9"):
        kernel(9)


@pytest.mark.usefixtures("ours")
def test_parts_may_call_themselves():
    @njit
    def factorial(n):
        return 1 if n <= 1 else n * factorial(n - 1)

    @njit
    def of_five():
        return factorial(5)

    assert of_five() == 120
    assert factorial(6) == 720


@njit
def is_even(n):
    return n == 0 or is_odd(n - 1)


@njit
def is_odd(n):
    return n > 0 and is_even(n - 1)


@njit
def how_odd(n):
    return is_even(n), is_odd(n)


@pytest.mark.usefixtures("ours")
def test_parts_may_call_each_other():
    assert how_odd(10) == (True, False)
    assert is_odd(7)
    assert how_odd(7) == (False, True)


@pytest.mark.usefixtures("ours")
def test_the_address_of_a_part_may_be_taken():
    part, kernel = double()
    kernel(3)

    @njit(types.int64(types.FunctionType(types.int64(types.int64)), types.int64))
    def call(function, x):
        return function(x)

    assert call(part, 3) == 6


@pytest.mark.usefixtures("ours")
def test_a_part_of_two_kernels_is_linked_into_both():
    part, kernel = double()

    @njit
    def other(x):
        return part(x) - kernel(x)

    assert other(3) == -1
    assert kernel(3) == 7
    assert part.stats.cache_misses[(KIND,)] == 1


@pytest.mark.usefixtures("ours")
def test_a_part_that_cannot_be_compiled_says_so_through_its_kernel():
    @njit
    def part(x):
        return x.missing

    @njit
    def kernel(x):
        return part(x)

    with pytest.raises(Exception, match="missing"):
        kernel(3)
    with pytest.raises(Exception, match="missing"):
        part(3)


def test_our_kernels_give_python_and_each_other_the_same_bits():
    @njit
    def ordered(position):
        return order_quantity(position, 5.0, 17.3, 0.0, np.inf, 2.5, 0.0, np.inf)

    told = np.linspace(-20.0, 20.0, 81)
    by_kernel = [ordered(position) for position in told]
    by_python = [
        order_quantity(position, 5.0, 17.3, 0.0, np.inf, 2.5, 0.0, np.inf) for position in told
    ]
    assert by_kernel == by_python
    assert len(set(by_kernel)) > 5
