"""Reconciliation by dense linear algebra, as the paper writes it."""

import numpy as np
from numpy.typing import NDArray


def reconcile(
    summing: NDArray[np.float64], variances: NDArray[np.float64], base: NDArray[np.float64]
) -> NDArray[np.float64]:
    """S (S' W^-1 S)^-1 S' W^-1 y, with W diagonal; an infinite variance is a weight of nothing."""
    weighted = summing.T / variances
    leaves = np.linalg.solve(weighted @ summing, weighted @ base)
    return np.asarray(summing @ leaves)
