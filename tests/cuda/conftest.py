"""What the tests of GPU kernels run on: a device, the simulator of one, or what stands in for one.

The same tests compare grids with the processor wherever they run. In the simulator a thread of the
grid is a thread of Python, so sizes are ragged and tiny; it is chosen before numba is imported
(NUMBA_ENABLE_CUDASIM=1), and has a process of its own. Without it, and without a device, launches
run the PTX that a device would be handed, translated for the processor (`kernels.cuda.ptx`). `make
test-cuda` does both.
"""

import pytest


@pytest.fixture(scope="session")
def numba_cuda():
    """Skip where GPU kernels cannot even be imported."""
    return pytest.importorskip(
        "numba_cuda", reason="numba-cuda is not installed: `make test-cuda` makes its environment"
    )


@pytest.fixture(scope="session")
def present(numba_cuda):
    """Return whether there is a device; asked before anything stands in for one."""
    from numba import config, cuda

    return not config.ENABLE_CUDASIM and cuda.is_available()


@pytest.fixture(scope="session")
def grids(present):
    """Have something that runs a grid of threads."""
    from numba import config

    # Kernels are handed small arrays of the host, for what they return is compared there.
    config.CUDA_WARN_ON_IMPLICIT_COPY = 0
    if present or config.ENABLE_CUDASIM:
        yield
        return
    from kernels.cuda.ptx.stand_in import stand_in

    with stand_in():
        yield


@pytest.fixture(scope="session")
def compiler(numba_cuda):
    """Skip in the simulator, which compiles nothing."""
    from numba import config

    if config.ENABLE_CUDASIM:
        pytest.skip("the simulator of a GPU compiles nothing")


@pytest.fixture(scope="session")
def device(present):
    """Skip where there is no device, nor CuPy to use it with."""
    pytest.importorskip("cupy", reason="CuPy is not installed")
    if not present:
        pytest.skip("no CUDA device")
