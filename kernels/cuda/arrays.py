"""Arrays on the device: CuPy's, and NumPy's in the simulator.

What is written over these functions runs on both, so that it is tested without a device.
"""

from typing import Any

import numpy as np
from numba import config, cuda


def device_arrays() -> Any:  # noqa: ANN401 - a module
    """Return the module whose arrays the grids' kernels take: cupy, or numpy in the simulator.

    Raises
    ------
    ImportError
        Where CuPy is not installed.
    """
    if config.ENABLE_CUDASIM:
        return np
    import cupy  # noqa: PLC0415 - an optional extra

    return cupy


def for_grids(array: Any) -> Any:  # noqa: ANN401 - of either module
    """Return a view of an array of the device that grids take as it is.

    Handed to a kernel itself, an array of CuPy's would be waited for at every launch; both use one
    stream, in which work is done in its order.
    """
    return array if config.ENABLE_CUDASIM else cuda.as_cuda_array(array, sync=False)


def to_host(array: Any) -> np.ndarray:  # noqa: ANN401 - of either module
    """Return an array of the device as one of NumPy's."""
    own: np.ndarray = array if isinstance(array, np.ndarray) else array.get()
    return own


def land(array: Any, near: np.ndarray) -> None:  # noqa: ANN401 - of either module
    """Copy a contiguous array of the device into one of NumPy's, once it is all there."""
    if isinstance(array, np.ndarray):
        near[...] = array
    else:
        array.get(out=near)
