"""Ids and names of many series, each text held once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from kernels.arrays import Flags, Integers, Integers32

# The id of a row that is of every one.
ANY = "*"


class Names(Protocol):
    """Names of series, by number."""

    def __getitem__(self, number: int, /) -> str:
        """Return the name of one series."""


@dataclass(frozen=True)
class Labels:
    """A text for each row, by its number among those there are.

    Parameters
    ----------
    codes : (n,) int32, places in names
    names : (n_names,) object, each once and in order, so that codes are ordered as their texts are
    """

    codes: Integers32
    names: NDArray[np.object_]

    @classmethod
    def of(cls, texts: pd.Series | Iterable[str]) -> Self:
        """Return the labels of texts, or of a categorical of them."""
        own = texts if isinstance(texts, pd.Series) else pd.Series(texts, dtype=object)
        if isinstance(own.dtype, pd.CategoricalDtype):
            return cls.coded(own.cat.codes.to_numpy(), own.cat.categories.to_numpy(dtype=object))
        return cls.coded(*pd.factorize(own.to_numpy(dtype=object)))

    @classmethod
    def coded(cls, codes: NDArray[np.integer], names: Iterable[str]) -> Self:
        """Return the labels whose codes are places among names, which may be in any order.

        Parameters
        ----------
        codes : (n,) integer
        names : those without a row are left out
        """
        known = np.fromiter(names, dtype=object)
        used = np.flatnonzero(np.bincount(codes, minlength=len(known)))
        own, found = np.unique(known[used], return_inverse=True)
        places = np.empty(len(known), np.int32)
        places[used] = found
        return cls(places[codes], own)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def __getitem__(self, row: int) -> str:
        """Return the text of one row."""
        return str(self.names[self.codes[row]])

    def take(self, chosen: Integers | Flags) -> Self:
        """Return the labels of some rows."""
        return type(self)(self.codes[chosen], self.names)

    def repeat(self, counts: Integers) -> Self:
        """Return the labels with each row as often as it counts."""
        return type(self)(np.repeat(self.codes, counts), self.names)

    def are(self, name: str) -> Flags:
        """Return which rows have a text."""
        return np.asarray(self.names == name)[self.codes]

    def among(self, names: Iterable[str]) -> Flags:
        """Return which rows have one of some texts."""
        wanted = set(names)
        return np.array([name in wanted for name in self.names], np.bool_)[self.codes]

    def places_in(self, names: Iterable[str]) -> Integers:
        """Return the place of each row's text among names, -1 where it is not."""
        known = pd.Index(np.fromiter(names, dtype=object))
        return np.asarray(known.get_indexer(pd.Index(self.names)), np.int64)[self.codes]

    def texts(self) -> NDArray[np.object_]:
        """Return (n,) object, a text a row."""
        return self.names[self.codes]

    def categorical(self) -> pd.Categorical:
        """Return the labels as a column of a frame; its categories are the texts of its rows."""
        seen = np.bincount(self.codes, minlength=len(self.names))
        own = self if seen.all() else self.coded(self.codes, self.names)
        dtype = pd.CategoricalDtype(pd.Index(own.names, dtype=object))
        return pd.Categorical.from_codes(own.codes, dtype=dtype)  # type: ignore[arg-type]


def stack_frames(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of frames of the same columns one after the other; labels stay labels."""
    columns = {}
    for name in frames[0].columns:
        parts = [frame[name] for frame in frames]
        labels = all(isinstance(part.dtype, pd.CategoricalDtype) for part in parts)
        columns[name] = (
            union_categoricals(parts, sort_categories=True)
            if labels
            else pd.concat(parts, ignore_index=True)
        )
    return pd.DataFrame(columns)


class LabelColumn:
    """Labels that are filled part by part; a row that none was given for has no text.

    Parameters
    ----------
    n : rows
    """

    def __init__(self, n: int) -> None:
        self._codes = np.zeros(n, np.int32)
        self._known = {"": 0}

    def fill(self, chosen: Integers | Flags | slice, labels: str | Labels) -> None:
        """Give some rows a text, or a text each."""
        if isinstance(labels, str):
            self._codes[chosen] = self._code(labels)
        else:
            own = np.array([self._code(name) for name in labels.names], np.int32)
            self._codes[chosen] = own[labels.codes]

    def are(self, name: str) -> Flags:
        """Return which rows have a text."""
        return np.asarray(self._codes == self._known.get(name, -1))

    def of(self, chosen: Integers | Flags | slice) -> Labels:
        """Return the labels of some rows."""
        return Labels.coded(self._codes[chosen], self._known)

    def _code(self, name: str) -> int:
        return self._known.setdefault(name, len(self._known))


@dataclass(frozen=True)
class EntityNames:
    """Names of series, ids joined with "/", each made when it is asked for.

    Parameters
    ----------
    warehouse_id, item_id : of each series
    """

    warehouse_id: Labels
    item_id: Labels

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.item_id)

    def __getitem__(self, number: int) -> str:
        """Return the name of one series."""
        return f"{self.warehouse_id[number]}/{self.item_id[number]}"

    def take(self, chosen: Integers) -> Self:
        """Return the names of some series."""
        return type(self)(self.warehouse_id.take(chosen), self.item_id.take(chosen))
