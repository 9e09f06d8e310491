"""Fitted models of many series as named arrays, whatever the model; and as columns of a frame."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kernels.arrays import Integers


class Fits(Protocol):
    """A named tuple of arrays, the first axis of each of which is the series."""

    @property
    def _fields(self) -> tuple[str, ...]: ...

    @property
    def season_length(self) -> int:
        """Periods of the models' season, 1 for none."""

    @property
    def _make(self) -> Any: ...  # noqa: ANN401 - mypy's own type of a named tuple's

    def __iter__(self) -> Iterator[Any]:
        """Yield the arrays."""


F = TypeVar("F", bound=Fits)


def take_fits(fits: F, chosen: Integers) -> F:
    """Return the models of some series."""
    return _made(fits, (part[chosen] for part in fits))


def copy_fits(fits: F) -> F:
    """Return the models in arrays of their own."""
    return _made(fits, (part.copy() for part in fits))


def put_fits(whole: F, chosen: Integers, some: F) -> None:
    """Put the models of some series among those of all."""
    for room, part in zip(whole, some, strict=True):
        room[chosen] = part


def join_fits(count: int, parts: Iterable[tuple[Integers, F]]) -> F:
    """Return models of so many series, each in one part.

    Parameters
    ----------
    count : of series
    parts : numbers of the series, and their models; one part at least
    """
    known = list(parts)
    shaped = known[0][1]
    room = (np.zeros((count, *part.shape[1:]), part.dtype) for part in shaped)
    whole = _made(shaped, room)
    for chosen, some in known:
        put_fits(whole, chosen, some)
    return whole


def columns_of(fits: Fits) -> dict[str, NDArray[Any]]:
    """Return a column for each number of a series: an array's name, and the place if it has any."""
    columns: dict[str, NDArray[Any]] = {}
    for name, part in zip(fits._fields, fits, strict=True):
        if part.ndim == 1:
            columns[name] = part
        else:
            columns |= {f"{name}_{place:02d}": part[:, place] for place in range(part.shape[1])}
    return columns


def fill_fits(like: F, frame: pd.DataFrame) -> F:
    """Return the models of a frame that `columns_of` filled.

    Parameters
    ----------
    like : models of any series; how many places an array has is read from the frame

    Raises
    ------
    KeyError
        Where a column is missing.
    """
    named = zip(like._fields, like, strict=True)
    return _made(like, (_read(frame, name, part) for name, part in named))


def _made(like: F, parts: Iterable[NDArray[Any]]) -> F:
    made: F = like._make(parts)
    return made


def _read(frame: pd.DataFrame, name: str, like: NDArray[Any]) -> NDArray[Any]:
    if like.ndim == 1:
        return frame[name].to_numpy(like.dtype, copy=True)
    count = sum(str(column).startswith(f"{name}_") for column in frame.columns)
    places = [f"{name}_{place:02d}" for place in range(max(count, 1))]
    return np.ascontiguousarray(frame[places].to_numpy(like.dtype))
