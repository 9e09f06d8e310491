"""A place on the device, which several flows share.

The global concurrency limit `SLOT` of the Prefect server says how many tasks use the device at a
time: one, unless somebody changes it (`prefect gcl update almanac-device --limit 2`).

Prefect is imported where a place is asked for: steps that ask are imported by commands that have
yet to say how it behaves (`flows.cli.environment`).
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from kernels.device import Device

if TYPE_CHECKING:
    from prefect.client.schemas.responses import GlobalConcurrencyLimitResponse

SLOT = "almanac-device"
# A task that finds no place looks again after so long. Left to Prefect it would wait for about as
# long as tasks hold a place, or twice that where another waits too, with the device idle.
LOOK_AGAIN_S = 0.2
# One task of a process looks at a time, however many wait.
_LOOKING = threading.Lock()


@contextmanager
def device_slot(device: Device) -> Iterator[None]:
    """Hold a place on ``device`` while the block runs, once `open_slot` has made it known.

    The processor needs no place.
    """
    if device == "cpu":
        yield
        return
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - see above
    from prefect.concurrency.sync import concurrency  # noqa: PLC0415 - see above

    with ExitStack() as place:
        with _LOOKING, get_client(sync_client=True) as client:
            while _is_full(client.read_global_concurrency_limit_by_name(SLOT)):
                time.sleep(LOOK_AGAIN_S)
            place.enter_context(concurrency(SLOT, occupy=1, strict=True))
        yield


def _is_full(limit: "GlobalConcurrencyLimitResponse") -> bool:
    return limit.active and limit.active_slots >= limit.limit


def open_slot(device: Device) -> None:
    """Let the server know of the device before tasks ask for it, all at once."""
    if device == "cpu":
        return
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - see above
    from prefect.client.schemas.actions import (  # noqa: PLC0415 - see above
        GlobalConcurrencyLimitCreate,
    )
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound  # noqa: PLC0415 - see above

    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(SLOT)
        except ObjectNotFound:
            try:
                client.create_global_concurrency_limit(
                    GlobalConcurrencyLimitCreate(name=SLOT, limit=1)
                )
            except ObjectAlreadyExists:
                # Another flow was first, which is as well.
                return
