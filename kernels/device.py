"""Where kernels run, resolved once a run and recorded."""

from typing import Literal

Request = Literal["auto", "cpu", "cuda"]
Device = Literal["cpu", "cuda"]


class DeviceError(ValueError):
    """The device asked for is not there."""


def resolve_device(request: Request) -> Device:
    """Return the device that ``request`` stands for.

    Parameters
    ----------
    request : "cpu", "cuda", or "auto" for the best there is

    Raises
    ------
    DeviceError
        Where "cuda" is asked for: never a silent fallback to the processor.
    """
    if request == "cuda":
        msg = "device 'cuda': no kernel of this version runs on a GPU; use 'cpu' or 'auto'"
        raise DeviceError(msg)
    return "cpu"
