"""Rows taken through a device in chunks that fit it, the next one's transfer under this one's work.

Two chunks are under way at a time, each in a lane of its own: a stream, page-locked memory, and
memory of the device, which stay for the lane's next chunk and for the next call. So nothing is
allocated or freed while a chunk is under way: either may wait for all that the device does. A row's
numbers depend on the row alone, so no size of chunk can change one.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from threading import Lock
from typing import Any

import numpy as np
from numba import config, cuda
from numpy.typing import DTypeLike

from kernels.cuda.grids import MOST_THREADS

# Called with a stream, a chunk's inputs and outputs, and each piece of its scratch.
Launch = Callable[..., None]
# The shape and the type of an array.
Piece = tuple[tuple[int, ...], DTypeLike]
# Of the memory that is free, what chunks may take; the rest is for kernels' stacks and others.
_SHARE = 0.6
_UNDER_WAY = 2
# Page-locked memory is the machine's own: no more of it is held than hides a transfer, or, for a
# thread a row, than gives a device its fill of threads.
_MOST_BYTES, _MOST_BYTES_FOR_THREADS = 2**28, 2**30
# What a launch has beside its rows is no transfer's, but a grid's threads are counted.
_MOST_SCRATCH = 2**31
# Threads that a multiprocessor holds of a kernel that takes all the registers it can.
_THREADS_OF_FITS = 256
# Of each memory of a lane, what it keeps when a call is over.
_MOST_KEPT = 2**28
_ALIGNED = 256


class _Slab:
    """Memory handed out in pieces, all of them anew each time.

    Parameters
    ----------
    allocate : returns so many bytes
    """

    def __init__(self, allocate: Callable[[int], Any]) -> None:
        self._allocate = allocate
        self._whole: Any = None

    def pieces(self, asked: Sequence[Piece]) -> list[Any]:
        """Return an array for each piece; whoever has those of before is done with them."""
        starts = [0, *accumulate(-(-bytes_of(piece) // _ALIGNED) * _ALIGNED for piece in asked)]
        if self._whole is None or len(self._whole) < starts[-1]:
            self._whole = None
            self._whole = self._allocate(max(starts[-1], _ALIGNED))
        return [
            self._whole[start : start + bytes_of(piece)].view(piece[1]).reshape(piece[0])
            for start, piece in zip(starts, asked, strict=False)
        ]

    def trim(self) -> None:
        """Give back what is too much to keep."""
        if self._whole is not None and len(self._whole) > _MOST_KEPT:
            self._whole = None


def bytes_of(piece: Piece) -> int:
    """Return the bytes of a piece."""
    shape, form = piece
    return math.prod(shape) * np.dtype(form).itemsize


class Lane:
    """A stream, and memory for one chunk at both of its ends and beside it."""

    def __init__(self) -> None:
        self.stream = cuda.stream()
        self._near = _Slab(lambda n: cuda.pinned_array(n, np.uint8))
        self._far, self._beside = (
            _Slab(lambda n: cuda.device_array(n, np.uint8)) for _ in range(2)
        )
        self._landing: list[np.ndarray] = []
        self._rows = slice(0, 0)

    def page_locked(self, *asked: Piece) -> list[np.ndarray]:
        """Return page-locked memory, of which nothing else is in use."""
        return self._near.pieces(asked)

    def send(
        self,
        inputs: Sequence[np.ndarray],
        outputs: Sequence[np.ndarray],
        rows: slice,
        launch: Launch,
        scratch: Sequence[Piece],
    ) -> None:
        """Put a chunk under way, once the one before is received."""
        n = rows.stop - rows.start
        pieces = [((n, *array.shape[1:]), array.dtype) for array in (*inputs, *outputs)]
        near, far = self._near.pieces(pieces), self._far.pieces(pieces)
        given, taken = far[: len(inputs)], far[len(inputs) :]
        for array, held, target in zip(inputs, near, given, strict=False):
            held[...] = array[rows]
            target.copy_to_device(held, stream=self.stream)
        launch(self.stream, given, taken, *self._beside.pieces(scratch))
        self._landing, self._rows = near[len(inputs) :], rows
        for held, source in zip(self._landing, taken, strict=True):
            source.copy_to_host(held, stream=self.stream)

    def receive(self, outputs: Sequence[np.ndarray]) -> None:
        """Wait for the chunk that is under way, if one is, and keep what it made."""
        self.stream.synchronize()
        # Where nothing was sent, nothing lands.
        for array, held in zip(outputs, self._landing, strict=False):
            array[self._rows] = held
        self._landing = []

    def trim(self) -> None:
        """Give back what is too much to keep until the next call."""
        for slab in (self._near, self._far, self._beside):
            slab.trim()


# Lanes that no call has.
_idle: list[Lane] = []
_lock = Lock()


@contextmanager
def lanes(n: int) -> Iterator[list[Lane]]:
    """Lend lanes, in none of which anything is under way; what a fault leaves is not lent again."""
    with _lock:
        lent = [_idle.pop() for _ in range(min(n, len(_idle)))]
    lent += [Lane() for _ in range(n - len(lent))]
    try:
        yield lent
    except BaseException:
        for lane in lent:
            # Its memory goes when nothing is copied to it any more.
            with suppress(Exception):
                lane.stream.synchronize()
        raise
    for lane in lent:
        lane.trim()
    with _lock:
        _idle.extend(lent)


def rows_that_fit(
    bytes_a_row: int,
    threads_a_row: int,
    free_bytes: float,
    *,
    scratch_a_row: int = 0,
    fill: int = 0,
) -> int:
    """Return how many rows a chunk has, one at least.

    Parameters
    ----------
    bytes_a_row : of inputs and outputs
    threads_a_row : of a launch
    free_bytes : of the device
    scratch_a_row : bytes beside them on the device
    fill : rows that keep the device busy, which page-locked memory is lent for
    """
    a_row = max(bytes_a_row, 1)
    held = max(_MOST_BYTES // a_row, min(fill, _MOST_BYTES_FOR_THREADS // a_row))
    on_device = _SHARE * free_bytes / _UNDER_WAY / (a_row + scratch_a_row)
    beside = _MOST_SCRATCH / max(scratch_a_row, 1)
    threads = MOST_THREADS // max(threads_a_row, 1)
    return max(int(min(held, on_device, beside, threads)), 1)


def rows_that_fill() -> int:
    """Return how many rows keep the device busy with a thread each, which fits them."""
    if config.ENABLE_CUDASIM:
        return 0
    return _THREADS_OF_FITS * int(cuda.get_current_device().MULTIPROCESSOR_COUNT)


def stream_rows(
    inputs: Sequence[np.ndarray],
    outputs: Sequence[np.ndarray],
    launch: Launch,
    at_once: int | None = None,
    *,
    scratch: Callable[[int], Sequence[Piece]] | None = None,
    fits: bool = False,
) -> None:
    """Fill ``outputs`` from ``inputs``, a chunk of rows at a time.

    Parameters
    ----------
    inputs, outputs : arrays whose first axis is the rows
    launch : called with a stream, a chunk's arrays on the device, inputs and outputs, and its
        scratch
    at_once : rows of a chunk; None is as many as fit
    scratch : returns the arrays that a launch has beside them for so many rows, which grow with the
        rows; nothing is written to them
    fits : whether a row is a thread that works long, so that chunks are to fill the device
    """
    n_rows = len(outputs[0])
    if n_rows == 0:
        return
    beside = scratch or _none
    if at_once is None:
        a_row = sum(array.nbytes for array in (*inputs, *outputs)) // n_rows
        most = rows_that_fit(
            a_row,
            max(array.size for array in outputs) // n_rows,
            cuda.current_context().get_memory_info()[0],
            scratch_a_row=sum(map(bytes_of, beside(n_rows))) // n_rows,
            fill=rows_that_fill() if fits else 0,
        )
        # As many chunks as these, but of like size.
        at_once = -(-n_rows // -(-n_rows // most))
    starts = range(0, n_rows, at_once)
    with lanes(min(_UNDER_WAY, len(starts))) as lent:
        for number, start in enumerate(starts):
            lane, rows = lent[number % len(lent)], slice(start, min(start + at_once, n_rows))
            lane.receive(outputs)
            lane.send(inputs, outputs, rows, launch, beside(rows.stop - start))
        for lane in lent:
            lane.receive(outputs)


def _none(_: int) -> Sequence[Piece]:
    return ()
