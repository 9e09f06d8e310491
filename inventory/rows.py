"""Arrays with a row for each thing, kept together."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from kernels.arrays import Flags, Floats, Integers


@dataclass(frozen=True)
class Rows:
    """Arrays of as many rows: whatever is derived from this has no other fields."""

    def of(self, chosen: Integers) -> Self:
        """Return some rows, in the order of their numbers."""
        return type(self)(*(getattr(self, each.name)[chosen] for each in fields(self)))

    def and_then(self, *others: Self) -> Self:
        """Return these rows and then those of others."""
        columns = [[getattr(own, each.name) for own in (self, *others)] for each in fields(self)]
        return type(self)(*(np.concatenate(parts) for parts in columns))


def begins(*columns: Floats | Integers) -> Flags:
    """Return which rows are another than the row before, of columns of one row at least."""
    others = [own[1:] != own[:-1] for own in columns]
    return np.append([True], np.any(others, axis=0))
