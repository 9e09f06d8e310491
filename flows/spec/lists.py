"""Lists in a job spec."""

from collections.abc import Hashable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

Item = TypeVar("Item", bound=Hashable)


def each_once(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return a list's items.

    Raises
    ------
    ValueError
        Where one is there twice: its results would be of the same key.
    """
    twice = next((item for n, item in enumerate(items) if item in items[:n]), None)
    if twice is not None:
        msg = f"each may be there once; {twice!r} is there twice"
        raise ValueError(msg)
    return items


# One item at least, and none twice.
Distinct = Annotated[tuple[Item, ...], Field(min_length=1), AfterValidator(each_once)]
