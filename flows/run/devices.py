"""Where a run's kernels run, and why there."""

from dataclasses import dataclass

from flows.spec import DemandPlan, JobSpec
from forecasting import runs_on_device
from kernels.device import Device, DeviceError, missing_for_cuda, resolve_device

# What of a job has kernels for a GPU; all else runs on the processor whatever the device.
ON_DEVICE = {
    "demand": "smoothing, theta, intermittent and count models fitted in [demand]",
    "stock": "orders simulated in [stock]",
    "risk": "scenarios drawn, instruments valued and factors' volatility fitted in [risk]",
}


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
    gains = [what for side, what in ON_DEVICE.items() if _gains(job, side)]
    if request == "cuda":
        device = resolve_device(request)
        if not gains:
            able = "; ".join(ON_DEVICE.values())
            raise DeviceError(
                f"device 'cuda': nothing of this job runs on a GPU; there are kernels for {able}; "
                "use 'cpu' or 'auto'"
            )
        return Placement(device)
    if not gains:
        return Placement("cpu", "nothing of this job runs on a GPU")
    missing = missing_for_cuda()
    if missing is not None:
        return Placement("cpu", missing)
    return Placement("cuda", "a GPU was found, for " + "; ".join(gains))


def _gains(job: JobSpec, side: str) -> bool:
    """Whether a side of a job has work for a GPU."""
    if side == "demand" and job.demand is not None:
        return forecasts_on_device(job.demand)
    return getattr(job, side) is not None


def forecasts_on_device(demand: DemandPlan) -> bool:
    """Whether a model that the series of a job compete with has kernels for a GPU."""
    line_up = {str(name): models for name, models in demand.line_up.items()}
    return runs_on_device(line_up, demand.frequency)
