"""Whether a device is there."""

from numba import config, cuda


def missing_device() -> str | None:
    """Return why no kernel can run; None where one can.

    The simulator passes for a device: what runs on one can be tested in it.
    """
    if config.ENABLE_CUDASIM or cuda.is_available():
        return None
    if cuda.cuda_error() is None:
        return "CUDA's compiler, libNVVM, cannot be loaded; CUDA_HOME may say where it is"
    return "there is no CUDA device, or its driver cannot be loaded"
