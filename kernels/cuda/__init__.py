"""The same kernels on a GPU: grids of threads over the scalar functions of `kernels`.

Nothing outside this package imports numba.cuda or CuPy, and nothing imports this package before a
device was asked for and found: `kernels.device`.
"""

from numba import config

# Launches for one small item or option are meant: that they leave a device idle is no news.
config.CUDA_LOW_OCCUPANCY_WARNINGS = 0
