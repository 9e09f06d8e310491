"""What the tests of GPU kernels run on: a device, the simulator of one, or the compiler alone.

The same tests compare grids with the processor on a device and in the simulator, where a thread of
the grid is a thread of Python: sizes are ragged and tiny. The simulator is chosen before numba is
imported (NUMBA_ENABLE_CUDASIM=1), so it has a process of its own: `make test-cuda`.
"""

import pytest


@pytest.fixture(scope="session")
def numba_cuda():
    """Skip where GPU kernels cannot even be imported."""
    return pytest.importorskip(
        "numba_cuda", reason="numba-cuda is not installed: `make test-cuda` makes its environment"
    )


@pytest.fixture(scope="session")
def grids(numba_cuda):
    """Skip where nothing runs a grid of threads: neither a device nor the simulator."""
    from numba import config, cuda

    if not config.ENABLE_CUDASIM and not cuda.is_available():
        pytest.skip("no CUDA device, and not the simulator (NUMBA_ENABLE_CUDASIM=1)")
    # Kernels are handed small arrays of the host, for what they return is compared there.
    config.CUDA_WARN_ON_IMPLICIT_COPY = 0


@pytest.fixture(scope="session")
def compiler(numba_cuda):
    """Skip in the simulator, which compiles nothing."""
    from numba import config

    if config.ENABLE_CUDASIM:
        pytest.skip("the simulator of a GPU compiles nothing")


@pytest.fixture(scope="session")
def device(numba_cuda):
    """Skip where there is no device, nor CuPy to use it with."""
    from numba import config, cuda

    pytest.importorskip("cupy", reason="CuPy is not installed")
    if config.ENABLE_CUDASIM or not cuda.is_available():
        pytest.skip("no CUDA device")
