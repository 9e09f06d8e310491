"""Sums of sample paths that are the same to the bit in whatever order leaves come."""

import numpy as np
from scipy import sparse

from forecasting.errors import PanelError
from forecasting.hierarchy.structure import Hierarchy
from kernels.arrays import Floats, Integers

# Paths are summed in whole multiples of 2^-24 units, which integers add without rounding.
GRAIN = 2.0**-24
LARGEST = 2.0**62


class PathSums:
    """The sum of the sample paths of each aggregate's leaves, gathered chunk by chunk.

    Whole units are summed exactly, others after rounding each to the nearest 2^-24 unit.

    Parameters
    ----------
    hierarchy : of the series
    n_paths, horizon : of the paths
    """

    def __init__(self, hierarchy: Hierarchy, n_paths: int, horizon: int) -> None:
        self._shape = (n_paths, horizon)
        self._members = hierarchy.membership.astype(np.int64).tocsc()
        self._sums = np.zeros((self._members.shape[0], n_paths * horizon), np.int64)
        self._largest = 0.0

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
        self._largest += float(paths.max(axis=(1, 2), initial=0.0).sum())
        if not self._largest < LARGEST * GRAIN:
            raise PanelError(f"paths must sum to less than {LARGEST * GRAIN:g} units")
        grains = np.rint(paths.reshape(len(leaves), -1) / GRAIN).astype(np.int64)
        self._sums += sparse.csr_array(self._members[:, leaves]) @ grains

    @property
    def paths(self) -> Floats:
        """The sums so far, (n_aggregates, n_paths, horizon) units."""
        return (self._sums * GRAIN).reshape(-1, *self._shape)
