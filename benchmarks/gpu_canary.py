"""Does a small GPU kernel compile, run, and come back right here, and do CuPy's? In a few seconds.

python -m benchmarks.gpu_canary

`benchmarks.gpu` asks before anything else, so that a library which is not found is told at once and
by its name.
"""

import math
import traceback
from collections.abc import Callable
from importlib import import_module

import numpy as np
from numba import config, cuda

from kernels.cuda.arrays import device_arrays, to_host
from kernels.cuda.probe import missing_device

N_CHECKED = 200
# What it ends with: all is well, CuPy fails, no kernel runs.
WELL, NO_CUPY, NO_KERNEL = 0, 1, 2
# The compiler of kernels, its linker, and CuPy's compiler and products.
_LIBRARIES = ("nvvm", "nvJitLink", "nvrtc", "cublas")


@cuda.jit
def fade(out: np.ndarray) -> None:
    """Fill ``out`` with exp(-i / 100)."""
    i = cuda.grid(1)
    if i < out.shape[0]:
        out[i] = math.exp(-0.01 * i)


def check_kernel() -> None:
    """Raise where a kernel does not compile, run, or give what it should."""
    missing = missing_device()
    if missing is not None:
        raise RuntimeError(missing)
    far = cuda.device_array(N_CHECKED, np.float64)
    fade[-(-N_CHECKED // 128), 128](far)
    np.testing.assert_allclose(far.copy_to_host(), np.exp(-0.01 * np.arange(N_CHECKED)), rtol=1e-12)


def check_cupy() -> None:
    """Raise where CuPy does not multiply, sort, and compile what it adds with."""
    xp = device_arrays()
    own = np.random.default_rng(0).normal(size=(64, 64))
    square, far = own @ own, xp.asarray(own)
    np.testing.assert_allclose(to_host(xp.matmul(far, far) + 1.0), square + 1.0, rtol=1e-9)
    np.testing.assert_array_equal(to_host(xp.argsort(far, axis=1)), np.argsort(own, axis=1))


def libraries() -> list[str]:
    """Return where each of CUDA's libraries lies, or that it is not found."""
    if config.ENABLE_CUDASIM:
        return ["the simulator has none"]
    # It comes with numba-cuda, where there is one.
    pathfinder = import_module("cuda.pathfinder")
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name}: {pathfinder.load_nvidia_dynamic_lib(name).abs_path}")
        except Exception as error:  # noqa: BLE001 - each is told of
            found.append(f"{name}: NOT FOUND ({str(error).splitlines()[0][:200]})")
    return found


def passes(name: str, check: Callable[[], None]) -> bool:
    """Return whether a check passes, and print what it says."""
    try:
        check()
    except Exception as error:  # noqa: BLE001 - told, with where libraries lie
        traceback.print_exc()
        print(f"canary: {name} FAILS: {type(error).__name__}: {str(error)[:500]}", flush=True)
        return False
    print(f"canary: {name} is well", flush=True)
    return True


def main() -> int:
    """Check both; where one fails, say where CUDA's libraries are. Return how it ended."""
    if not passes("numba-cuda", check_kernel):
        ended = NO_KERNEL
    else:
        ended = WELL if passes("CuPy", check_cupy) else NO_CUPY
    if ended != WELL:
        print(*(f"canary: {line}" for line in libraries()), sep="\n", flush=True)
    return ended


if __name__ == "__main__":
    raise SystemExit(main())
