"""A book's losses, and its tail without each of its positions, on a GPU.

Positions are taken off a book a few at a time, always as many: an array of one shape is summed in
one order, so a figure depends on nothing that is worked out beside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np
from numba import cuda

from kernels.arrays import Floats, Integers
from kernels.changes_without import Changes, Figures
from kernels.cuda.arrays import device_arrays, to_host

# Positions that are taken off a book at once.
_TOGETHER = 16
# Of the memory that is free, what losses that stay may take.
_SHARE = 0.6

# Losses that stay on the device, by the identity of the host's, and how many blocks asked for them.
_kept: dict[int, tuple[Any, int]] = {}
_lock = Lock()


@contextmanager
def keep_losses(losses: Floats) -> Iterator[None]:
    """Keep losses on the device while the block runs, where they fit.

    Functions that are handed the same array find them there; of others, or of those that do not
    fit, they send the rows that they need.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money per unit, a loss is positive; or a book's,
        (n_scenarios,), money
    """
    name = id(losses)
    with _lock:
        held, asked = _kept.get(name, (None, 0))
        if held is None and losses.nbytes <= _SHARE * cuda.current_context().get_memory_info()[0]:
            held = device_arrays().asarray(losses)
        _kept[name] = held, asked + 1
    try:
        yield
    finally:
        with _lock:
            held, asked = _kept.pop(name)
            if asked > 1:
                _kept[name] = held, asked - 1


def at_hand(losses: Floats) -> Any:  # noqa: ANN401 - an array of the device
    """Return losses on the device: those kept there, or else as they are sent now."""
    held, _ = _kept.get(id(losses), (None, 0))
    return device_arrays().asarray(losses) if held is None else held


def book_losses(losses: Floats, instruments: Integers, quantities: Floats) -> Floats:
    """Return the loss of one book under every scenario.

    Arguments and result are those of `kernels.book_losses.book_losses`, to the bit: products and
    sums are rounded apart, and positions are added in their order.
    """
    xp = device_arrays()
    total = xp.zeros(losses.shape[1])
    for chosen in _parts(len(instruments)):
        rows = _rows(losses, instruments[chosen])
        for row, quantity in zip(rows, quantities[chosen].tolist(), strict=True):
            total += row * quantity
    return to_host(total)


def largest_without(
    losses: Floats, instruments: Integers, quantities: Floats, total: Floats, kept: int
) -> Floats:
    """Return the largest losses of a book without each of its positions.

    Arguments and result are those of `kernels.largest_without.largest_without`, to the bit.
    """
    xp, out = device_arrays(), np.empty((len(instruments), kept))
    for chosen, rest in _rests(losses, instruments, quantities, at_hand(total)):
        missing = xp.isnan(rest)
        found = rest.shape[1] - missing.sum(axis=1)
        rest[missing] = -xp.inf
        rest.sort(axis=1)
        largest = rest[:, -kept:]
        largest[found < kept] = xp.nan
        out[chosen] = to_host(largest)[: chosen.stop - chosen.start]
    return out


def changes_without(
    losses: Floats, instruments: Integers, quantities: Floats, total: Floats, figures: Figures
) -> Changes:
    """Return how the tail of a book changes without each of its positions.

    Arguments and result are those of `kernels.changes_without.changes_without`: counts to the bit,
    deviations to rounding.
    """
    xp, n, shape = device_arrays(), len(total), figures.without.shape
    found = Changes(np.empty(shape), *np.empty((2, *shape), np.int64))
    for level, chosen, whole, rest, change in _changes(
        losses, instruments, quantities, total, figures
    ):
        apart = change - change.sum(axis=1, keepdims=True) / n
        deviations = xp.sqrt((apart * apart).sum(axis=1) / n)
        made = deviations, rest.sum(axis=1), (rest & whole).sum(axis=1)
        for told, values in zip(found, made, strict=True):
            told[level, chosen] = to_host(values)[: chosen.stop - chosen.start]
    return found


def randomised_changes(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    figures: Figures,
    steps: tuple[Floats, Floats],
    randomisations: int,
) -> tuple[Floats, Floats]:
    """Return the sums over each randomisation of what changes in a tail without a position.

    Arguments and result are those of `kernels.changes_without.randomised_changes`, to rounding.
    """
    sums = np.empty((2, *figures.without.shape, randomisations))
    for level, chosen, whole, rest, change in _changes(
        losses, instruments, quantities, total, figures
    ):
        influence = whole * float(steps[0][level]) - rest * _column(steps[1][level, chosen])
        for told, values in zip(sums, (influence, change), strict=True):
            dealt = to_host(_dealt_sums(values, randomisations))
            told[level, chosen] = dealt[: chosen.stop - chosen.start]
    return sums[0], sums[1]


def _changes(
    losses: Floats, instruments: Integers, quantities: Floats, total: Floats, figures: Figures
) -> Iterator[tuple[int, slice, Any, Any, Any]]:
    """Yield what changes in a book's tail without positions, for each level and part of them.

    Level, positions, and arrays of the device: whether a scenario is beyond the book's value at
    risk, (n_scenarios,), and beyond that without each position, (_TOGETHER, n_scenarios), and what
    it loses beyond the first less that beyond the second, over the share beyond.
    """
    xp = device_arrays()
    far = at_hand(total)
    told = list(zip(figures.whole.tolist(), figures.shares.tolist(), strict=True))
    excesses = [xp.maximum(far - whole, 0.0) / share for whole, share in told]
    for chosen, rest in _rests(losses, instruments, quantities, far):
        for level, (whole, share) in enumerate(told):
            at = _column(figures.without[level, chosen])
            change = excesses[level] - xp.maximum(rest - at, 0.0) / share
            yield level, chosen, far > whole, rest > at, change


def _parts(n: int) -> Iterator[slice]:
    """Yield which positions are worked on together."""
    for start in range(0, n, _TOGETHER):
        yield slice(start, min(start + _TOGETHER, n))


def _rows(losses: Floats, instruments: Integers) -> Any:  # noqa: ANN401 - an array of the device
    """Return what each of some instruments loses, (n_instruments, n_scenarios)."""
    xp = device_arrays()
    held, _ = _kept.get(id(losses), (None, 0))
    return xp.asarray(losses[instruments]) if held is None else held[xp.asarray(instruments)]


def _rests(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Any,  # noqa: ANN401 - an array of the device
) -> Iterator[tuple[slice, Any]]:
    """Yield positions, and a book's losses without each of them, (_TOGETHER, n_scenarios).

    Rows beyond the last position are the book's own.
    """
    xp = device_arrays()
    for chosen in _parts(len(instruments)):
        rest = xp.zeros((_TOGETHER, len(total)))
        n = chosen.stop - chosen.start
        rest[:n] = _rows(losses, instruments[chosen]) * xp.asarray(quantities[chosen])[:, None]
        yield chosen, xp.subtract(total, rest, out=rest)


def _column(values: Floats) -> Any:  # noqa: ANN401 - an array of the device
    """Return a value for each position that may be worked on together, (_TOGETHER, 1)."""
    padded = np.zeros((_TOGETHER, 1))
    padded[: len(values), 0] = values
    return device_arrays().asarray(padded)


def _dealt_sums(values: Any, randomisations: int) -> Any:  # noqa: ANN401 - arrays of the device
    """Return the sums over every so manieth scenario, (_TOGETHER, randomisations)."""
    missing = -values.shape[1] % randomisations
    whole = device_arrays().pad(values, ((0, 0), (0, missing)))
    return whole.reshape(len(values), -1, randomisations).sum(axis=1)
