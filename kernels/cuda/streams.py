"""Rows taken through a device in chunks that fit it, the next one's transfer under this one's work.

Two chunks are under way at a time, each with a stream and page-locked memory of its own: while one
is computed the other comes or goes. A row's numbers depend on the row alone, so no size of chunk
can change one.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import cuda

from kernels.cuda.grids import MOST_THREADS

Launch = Callable[[Any, Sequence[Any], Sequence[Any]], None]
# Of the memory that is free, what chunks may take; the rest is for kernels' stacks and others.
_SHARE = 0.6
_UNDER_WAY = 2
# Page-locked memory is the machine's own: no more of it is held than hides a transfer.
_MOST_BYTES = 2**28
# To lock less takes longer than its transfer.
_FEWEST_BYTES = 2**20


class _Lane:
    """A stream, and memory for one chunk at both of its ends."""

    def __init__(
        self, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], n_rows: int
    ) -> None:
        self.stream = cuda.stream()
        self.near = [[_pinned(array, n_rows) for array in arrays] for arrays in (inputs, outputs)]
        self.far = [
            [cuda.device_array(array.shape, array.dtype, stream=self.stream) for array in arrays]
            for arrays in self.near
        ]
        self.rows = slice(0, 0)

    def send(self, inputs: Sequence[np.ndarray], rows: slice, launch: Launch) -> None:
        """Put a chunk under way."""
        self.rows = rows
        n = rows.stop - rows.start
        given, taken = ([array[:n] for array in arrays] for arrays in self.far)
        for array, near, far in zip(inputs, self.near[0], given, strict=True):
            near[:n] = array[rows]
            far.copy_to_device(near[:n], stream=self.stream)
        launch(self.stream, given, taken)
        for near, far in zip(self.near[1], taken, strict=True):
            far.copy_to_host(near[:n], stream=self.stream)

    def receive(self, outputs: Sequence[np.ndarray]) -> None:
        """Wait for the chunk that is under way, if one is, and keep what it made."""
        self.stream.synchronize()
        n = self.rows.stop - self.rows.start
        for array, near in zip(outputs, self.near[1], strict=True):
            array[self.rows] = near[:n]
        self.rows = slice(0, 0)


def _pinned(array: np.ndarray, n_rows: int) -> np.ndarray:
    shape = (n_rows, *array.shape[1:])
    if math.prod(shape) * array.itemsize < _FEWEST_BYTES:
        return np.empty(shape, array.dtype)
    held: np.ndarray = cuda.pinned_array(shape, array.dtype)
    return held


def rows_that_fit(bytes_a_row: int, threads_a_row: int, free_bytes: float) -> int:
    """Return how many rows a chunk has, one at least.

    Parameters
    ----------
    bytes_a_row : of inputs and outputs, and of scratch where it is more than they are
    threads_a_row : of a launch
    free_bytes : of the device
    """
    held = min(_SHARE * free_bytes / _UNDER_WAY, _MOST_BYTES)
    return max(min(int(held / max(bytes_a_row, 1)), MOST_THREADS // max(threads_a_row, 1)), 1)


def stream_rows(
    inputs: Sequence[np.ndarray],
    outputs: Sequence[np.ndarray],
    launch: Launch,
    at_once: int | None = None,
    *,
    scratch_a_row: int = 0,
) -> None:
    """Fill ``outputs`` from ``inputs``, a chunk of rows at a time.

    Parameters
    ----------
    inputs, outputs : arrays whose first axis is the rows
    launch : called with a stream and a chunk's arrays on the device, inputs and outputs
    at_once : rows of a chunk; None is as many as fit
    scratch_a_row : bytes that ``launch`` takes on the device for a row, where they are many
    """
    n_rows = len(outputs[0])
    if n_rows == 0:
        return
    if at_once is None:
        a_row = sum(array.nbytes for array in (*inputs, *outputs)) // n_rows + scratch_a_row
        threads = max(array.size for array in outputs) // n_rows
        free = cuda.current_context().get_memory_info()[0]
        at_once = rows_that_fit(a_row, threads, free)
    at_once = min(at_once, n_rows)
    starts = range(0, n_rows, at_once)
    lanes = [_Lane(inputs, outputs, at_once) for _ in range(min(_UNDER_WAY, len(starts)))]
    for number, start in enumerate(starts):
        lane = lanes[number % len(lanes)]
        lane.receive(outputs)
        lane.send(inputs, slice(start, min(start + at_once, n_rows)), launch)
    for lane in lanes:
        lane.receive(outputs)
