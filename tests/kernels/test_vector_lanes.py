"""Hot loops over lanes are compiled to wide vectors; without them they take far longer."""

import platform
import re

import numpy as np
import pytest
from numba import njit

from kernels import counts, smoothing, theta_lanes

ARGUMENTS = {
    "smoothing": (
        smoothing.fill_squared_errors,
        (np.ones(9), 0.1, 0.2, np.ones((3, smoothing.LANES))),
    ),
    "static theta": (
        theta_lanes.try_static_alphas,
        (np.ones(9), 1.0, 0.1, True, 0.1, 0.05, np.ones(theta_lanes.ROOM), np.ones(16)),
    ),
    "dynamic theta": (
        theta_lanes.try_dynamic_alphas,
        (
            *(np.ones(9), np.ones(9), np.ones(9), True, 0.1, 0.05),
            *(np.ones(theta_lanes.ROOM), np.ones(16)),
        ),
    ),
    "counts": (counts._advance, (np.ones((counts.ROWS, counts.LANES)), 1.0, 0.0, np.inf)),
}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="reads x86-64 assembly")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_loops_over_lanes_multiply_whole_vectors(name):
    kernel, arguments = ARGUMENTS[name]
    # Compiled anew: what comes from the cache has no assembly to read.
    fresh = njit(fastmath=kernel.targetoptions.get("fastmath", False))(kernel.py_func)
    fresh(*arguments)
    (assembly,) = fresh.inspect_asm().values()
    packed = re.findall(r"\bv(?:mul|fn?m(?:add|sub)\d+)pd\b[^\n]*%[yz]mm", assembly)
    assert len(packed) >= 2, f"{len(packed)} packed multiplications in {name}"
