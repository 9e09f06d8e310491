"""Where a run's kernels run, and why there."""

from dataclasses import dataclass

from flows.spec import JobSpec
from kernels.device import Device, DeviceError, missing_for_cuda, resolve_device

# What of a job has kernels for a GPU; all else runs on the processor whatever the device.
ON_DEVICE = {"stock": "orders simulated in [stock]", "risk": "European options valued in [risk]"}


@dataclass(frozen=True)
class Placement:
    """Where kernels run.

    Parameters
    ----------
    device : "cpu" or "cuda"
    reason : why "auto" took it; empty where the job named it
    """

    device: Device
    reason: str = ""


def place(job: JobSpec) -> Placement:
    """Return where the kernels of a job run tonight.

    Raises
    ------
    DeviceError
        Where the job asks for a GPU and there is none, or nothing of the job runs on one.
    """
    request = job.execution.device
    if request == "cpu":
        return Placement("cpu")
    gains = [what for side, what in ON_DEVICE.items() if getattr(job, side) is not None]
    if request == "cuda":
        device = resolve_device(request)
        if not gains:
            able = " and ".join(ON_DEVICE.values())
            raise DeviceError(
                f"device 'cuda': nothing of this job runs on a GPU, only {able} would; "
                "use 'cpu' or 'auto'"
            )
        return Placement(device)
    if not gains:
        return Placement("cpu", "nothing of this job runs on a GPU")
    missing = missing_for_cuda()
    if missing is not None:
        return Placement("cpu", missing)
    return Placement("cuda", "a GPU was found, for " + " and ".join(gains))
