"""Sums of sample paths that are the same to the bit in whatever order leaves come."""

import numpy as np
from scipy import sparse

from forecasting.errors import PanelError
from forecasting.hierarchy.structure import Hierarchy
from kernels.arrays import Floats, Integers

# Paths are summed in whole multiples of 2^-24 units, which integers add without rounding.
GRAIN = 2.0**-24
LARGEST = 2.0**62
# A series with so many units on a path is summed in whole ones: in grains a few such would be more
# than an integer holds.
MANY = 2.0**20


class PathSums:
    """The sum of the sample paths of each aggregate's leaves, gathered chunk by chunk.

    Whole units are summed exactly, others after rounding each to the nearest 2^-24 unit, or whole
    one where a path of the series has a million units in a period.

    Parameters
    ----------
    hierarchy : of the series
    n_paths, horizon : of the paths
    """

    def __init__(self, hierarchy: Hierarchy, n_paths: int, horizon: int) -> None:
        self._shape = (n_paths, horizon)
        self._members = hierarchy.membership.astype(np.int64).tocsc()
        shape = (self._members.shape[0], n_paths * horizon)
        self._grains, self._units = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self._most_grains, self._most_units = 0.0, 0.0

    def add(self, leaves: Integers, paths: Floats) -> None:
        """Add the paths of some leaves.

        Parameters
        ----------
        leaves : (n_chosen,) numbers of the leaves, each added once in all
        paths : (n_chosen, n_paths, horizon) units, finite, not negative

        Raises
        ------
        PanelError
            Where shapes differ, or demand is not finite, negative or too large to be summed.
        """
        if paths.shape != (len(leaves), *self._shape):
            raise PanelError(f"paths must be {(len(leaves), *self._shape)}; got {paths.shape}")
        if not (paths >= 0.0).all():
            raise PanelError("paths must be finite and not negative")
        largest = paths.max(axis=(1, 2), initial=0.0)
        many = largest >= MANY
        self._most_grains += float(largest[~many].sum()) / GRAIN
        self._most_units += float(largest[many].sum())
        if not max(self._most_grains, self._most_units) < LARGEST:
            raise PanelError(
                f"paths must sum to less than {LARGEST:g} units, and those of series that sell "
                f"less than {MANY:g} in a period to less than {LARGEST * GRAIN:g}"
            )
        self._grains += self._summed(leaves[~many], paths[~many] / GRAIN)
        if many.any():
            self._units += self._summed(leaves[many], paths[many])

    def _summed(self, leaves: Integers, paths: Floats) -> Integers:
        """Return the sums of rounded paths, (n_aggregates, n_paths * horizon)."""
        rounded = np.rint(paths.reshape(len(leaves), -1)).astype(np.int64)
        summed: Integers = sparse.csr_array(self._members[:, leaves]) @ rounded
        return summed

    @property
    def paths(self) -> Floats:
        """The sums so far, (n_aggregates, n_paths, horizon) units."""
        return (self._units + self._grains * GRAIN).reshape(-1, *self._shape)
