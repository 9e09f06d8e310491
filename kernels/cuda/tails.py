"""The largest losses of many books on a GPU, a block of threads a book.

As `kernels.tail_keeping` does: losses beyond a floor enter a buffer, and when it is full the
smaller ones are dropped and the floor rises. Equal losses rank by their scenario, so what is kept
is one set, though threads enter it in any order.

References
----------
Alabi, Blanchard, Gordon & Steinbach (2012), "Fast k-selection algorithms for graphics processing
units", ACM Journal of Experimental Algorithmics 17 (selection by digits).
"""

import numpy as np
from numba import cuda, int32, int64, njit

from kernels.arrays import Floats, Integers
from kernels.bits import bits_64, from_bits_64

# Threads of a book's block.
THREADS = 256
_DIGITS = 256
# Digits of a loss, then of its scenario's number.
_LOSS_DIGITS, _ALL_DIGITS = 8, 12
_ALL_BUT_SIGN = int64(2**63 - 1)
_WORD = int64(2**32 - 1)
# Places of what the threads of a block tell each other.
_CHOSEN, _NEEDED, _INSIDE = range(3)


@njit(inline="always")
def _rank_of_loss(loss):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return an integer that is larger for a larger loss; both zeros are one."""
    bits = bits_64(np.float64(loss) + 0.0)
    return bits if bits >= int64(0) else bits ^ _ALL_BUT_SIGN


@njit(inline="always")
def _loss_of_rank(rank):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    own = int64(rank)
    return from_bits_64(own if own >= int64(0) else own ^ _ALL_BUT_SIGN)


@njit(inline="always")
def _rank_of_scenario(number):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return an integer of 32 bits that is larger for an earlier scenario."""
    return _WORD - int64(number)


@njit(inline="always")
def _digit(rank, number_rank, place):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return a digit of a loss and its scenario, larger for a larger loss or an earlier scenario.

    The highest one counts its sign: its upper half are losses, its lower half gains.
    """
    if place == 0:
        return ((rank >> int64(56)) & int64(255)) ^ int64(128)
    if place < _LOSS_DIGITS:
        return (rank >> int64(8 * (7 - place))) & int64(255)
    return (number_rank >> int64(8 * (11 - place))) & int64(255)


@njit(inline="always")
def _with_digit(rank, digit, place):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return a loss or a scenario's rank with one more digit."""
    own = int64(digit) ^ int64(128) if place == 0 else int64(digit)
    last = 7 if place < _LOSS_DIGITS else 11
    return int64(rank) | (own << int64(8 * (last - place)))


@njit(inline="always")
def _order(rank, number_rank, threshold, number_threshold, place):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Compare the first ``place`` digits with those of a threshold: 1 above, 0 equal, -1 below."""
    if place == 0:
        return 0
    drop = int64(8 * (_LOSS_DIGITS - min(place, _LOSS_DIGITS)))
    own, other = rank >> drop, threshold >> drop
    if own == other:
        drop = int64(8 * (4 - max(place - _LOSS_DIGITS, 0)))
        own, other = number_rank >> drop, number_threshold >> drop
    return int(own > other) - int(own < other)


@cuda.jit
def keep_losses(
    first: int,
    counted: int,
    block: np.ndarray,
    scales: np.ndarray,
    losses: np.ndarray,
    numbers: Integers,
    filled: Integers,
    floors: Floats,
) -> None:
    """Let the losses of a block of scenarios into the buffers of their books.

    Launched with a block of `THREADS` a book. Arguments are those of
    `kernels.tail_keeping.keep_tails`, but that ``block`` is not scaled in place.

    Parameters
    ----------
    first, counted : number of the first scenario, and how many of the block count
    floors : (n_books,) float64, losses below it are not in the tail
    filled : (n_books,) int32
    numbers : int32
    """
    book = cuda.blockIdx.x
    floor = floors[book]
    for s in range(cuda.threadIdx.x, counted, cuda.blockDim.x):
        loss = block[book, s] * scales[s]
        if loss >= floor:
            place = cuda.atomic.add(filled, book, 1)
            losses[book, place] = loss
            numbers[book, place] = first + s


@cuda.jit(device=True)
def _count_digits(
    losses: np.ndarray,
    numbers: Integers,
    n: int,
    threshold: int,
    number_threshold: int,
    place: int,
    counts: Integers,
) -> None:
    """Count the next digit of the losses whose digits so far are the threshold's."""
    thread, step = cuda.threadIdx.x, cuda.blockDim.x
    for digit in range(thread, _DIGITS, step):
        counts[digit] = 0
    cuda.syncthreads()
    for i in range(thread, n, step):
        rank, number_rank = _rank_of_loss(losses[i]), _rank_of_scenario(numbers[i])
        if _order(rank, number_rank, threshold, number_threshold, place) == 0:
            cuda.atomic.add(counts, _digit(rank, number_rank, place), 1)
    cuda.syncthreads()


@cuda.jit(device=True)
def _choose_digit(counts: Integers, needed: int, told: Integers) -> None:
    """Tell all threads the digit within which the last of ``needed`` losses falls."""
    if cuda.threadIdx.x == 0:
        digit, left = _DIGITS - 1, needed
        while counts[digit] < left:
            left -= counts[digit]
            digit -= 1
        told[_CHOSEN], told[_NEEDED], told[_INSIDE] = digit, left, counts[digit]
    cuda.syncthreads()


@cuda.jit(device=True)
def _drop_below(
    losses: np.ndarray,
    numbers: Integers,
    n: int,
    threshold: int,
    number_threshold: int,
    place: int,
    filled: Integers,
) -> None:
    """Bring the losses whose first digits are not below the threshold's to the front.

    A tile is read before any of it is written, and never written beyond what was read.
    """
    for start in range(0, n, cuda.blockDim.x):
        i = start + cuda.threadIdx.x
        keeps, loss, number = False, losses[0], numbers[0]
        if i < n:
            loss, number = losses[i], numbers[i]
            rank, number_rank = _rank_of_loss(loss), _rank_of_scenario(number)
            keeps = _order(rank, number_rank, threshold, number_threshold, place) >= 0
        cuda.syncthreads()
        if keeps:
            free = cuda.atomic.add(filled, 0, 1)
            losses[free] = loss
            numbers[free] = number
        cuda.syncthreads()


@cuda.jit
def select_tails(
    kept: int,
    full: int,
    losses: np.ndarray,
    numbers: Integers,
    filled: Integers,
    floors: Floats,
) -> None:
    """Bring the ``kept`` largest losses of every buffer with ``full`` or more to its front.

    Launched with a block of `THREADS` a book. The digits of losses are counted from the highest
    on, and those below the one that holds the last kept are dropped; scenarios decide between
    equal losses, so exactly ``kept`` remain, in no order.

    Parameters
    ----------
    kept : at least 1
    full : more than ``kept``; a buffer with less is left as it is
    others : as in `keep_losses`
    """
    book = cuda.blockIdx.x
    counts = cuda.shared.array(_DIGITS, int32)
    told = cuda.shared.array(3, int64)
    n = filled[book]
    if n < full:
        return
    threshold, number_threshold = int64(0), int64(0)
    needed, inside, place = int64(kept), int64(n), 0
    while place < _ALL_DIGITS and needed < inside:
        _count_digits(losses[book], numbers[book], n, threshold, number_threshold, place, counts)
        _choose_digit(counts, needed, told)
        needed, inside = told[_NEEDED], told[_INSIDE]
        if place < _LOSS_DIGITS:
            threshold = _with_digit(threshold, told[_CHOSEN], place)
        else:
            number_threshold = _with_digit(number_threshold, told[_CHOSEN], place)
        place += 1
        cuda.syncthreads()
    if cuda.threadIdx.x == 0:
        filled[book] = 0
        floors[book] = _loss_of_rank(threshold)
    cuda.syncthreads()
    own = filled[book : book + 1]
    _drop_below(losses[book], numbers[book], n, threshold, number_threshold, place, own)


@cuda.jit
def weigh_scenarios(first: int, numbers: Integers, weights: Floats, shares: np.ndarray) -> None:
    """Put the weights of the tails' scenarios into a block of scenarios.

    Parameters
    ----------
    first : number of the block's first scenario
    numbers : (n_books, n_tail) int32, the tails' scenarios by rank; negative is none
    weights : (n_tail,) float64, by rank
    shares : (n_books, n_scenarios), zero where nothing is put
    """
    n = cuda.grid(1)
    n_books, n_tail = numbers.shape
    if n < n_books * n_tail:
        book, rank = n // n_tail, n % n_tail
        place = numbers[book, rank] - first
        if numbers[book, rank] >= 0 and 0 <= place < shares.shape[1]:
            shares[book, place] = weights[rank]
