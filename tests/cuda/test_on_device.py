"""Kernels by device: a GPU's twin takes and returns what the processor's kernel does."""

import inspect
import typing


def taken(kernel):
    """Return the types of what is asked for, in order, and of what is returned."""
    plain = getattr(kernel, "py_func", kernel)
    types = typing.get_type_hints(plain)
    given = inspect.signature(plain).parameters.values()
    asked = [types[each.name] for each in given if each.default is inspect.Parameter.empty]
    return asked, types["return"]


def test_a_gpus_kernel_is_called_as_the_processors(numba_cuda):
    from kernels import on_device

    pairs = [each for each in vars(on_device).values() if isinstance(each, on_device.OnDevice)]
    assert len(pairs) > 20
    for pair in pairs:
        assert taken(pair("cuda")) == taken(pair.processor), pair
