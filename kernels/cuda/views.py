"""Views of arrays handed to scalar functions, on a device and in its simulator."""

from typing import Any

from numba import config, cuda

if config.ENABLE_CUDASIM:

    def view(array: Any) -> Any:  # noqa: ANN401 - an array as the simulator wraps it
        """Return ``array`` as compiled code takes it.

        The simulator wraps the arrays of a grid, to tell when a thread reads what another wrote.
        """
        inner = getattr(array, "_item", array)
        return getattr(inner, "_ary", inner)

else:

    @cuda.jit(device=True)
    def view(array: Any) -> Any:  # noqa: ANN401 - an array of the device
        """Return ``array``: on a device it is what it is."""
        return array
