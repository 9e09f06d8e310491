"""Patience with a store that is busy or out of reach."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from storage.stores import TransientStoreError

Answer = TypeVar("Answer")
LOGGER = logging.getLogger("almanac")
# Seconds after which a store is asked again.
PATIENCE = (2.0, 10.0)


def patiently(ask: Callable[[], Answer]) -> Answer:
    """Return the store's answer, and ask again where what stood in the way may pass.

    Raises
    ------
    TransientStoreError
        Where it has not passed after the last time.
    """
    for delay in PATIENCE:
        try:
            return ask()
        except TransientStoreError as error:
            LOGGER.warning("event=store_asked_again seconds=%.0f reason=%s", delay, error)
            time.sleep(delay)
    return ask()
