"""Where kernels run, resolved once a run and recorded."""

from importlib.util import find_spec
from typing import Literal

Request = Literal["auto", "cpu", "cuda"]
Device = Literal["cpu", "cuda"]
_INSTALL = "pip install almanac[cuda13], or almanac[cuda12] for a driver before 580"


class DeviceError(ValueError):
    """The device asked for is not there."""


def missing_for_cuda() -> str | None:
    """Return what keeps kernels from running on a GPU here; None where nothing does."""
    for package, name in (("numba_cuda", "numba-cuda"), ("cupy", "CuPy")):
        if find_spec(package) is None:
            return f"{name} is not installed ({_INSTALL})"
    # The floor above asks for a device on every machine, this package only where one may be.
    from kernels.cuda.probe import missing_device  # noqa: PLC0415 - see above

    return missing_device()


def resolve_device(request: Request) -> Device:
    """Return the device that ``request`` stands for.

    Parameters
    ----------
    request : "cpu", "cuda", or "auto" for a GPU where there is one

    Raises
    ------
    DeviceError
        Where "cuda" is asked for and cannot be had: never a silent fallback to the processor.
    """
    if request == "cpu":
        return "cpu"
    missing = missing_for_cuda()
    if missing is None:
        return "cuda"
    if request == "cuda":
        raise DeviceError(f"device 'cuda': {missing}; use 'cpu' or 'auto'")
    return "cpu"
