"""Value at risk and expected shortfall of a sample, without sorting all of it.

References
----------
Acerbi & Tasche (2002), "On the coherence of expected shortfall", Journal of Banking & Finance
26(7), def. 2.6 and prop. 4.1.
"""

from collections.abc import Sequence

import numpy as np

from kernels.arrays import Floats
from kernels.loss_order import largest_losses
from risk.measures.tail import quantile_place


def select_tails(losses: Floats, levels: Sequence[float]) -> tuple[Floats, Floats]:
    """Return value at risk and expected shortfall at each level without sorting all losses.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    levels : in (0, 1)

    Returns
    -------
    Two (n_levels,) float64, money, by the conventions of `risk.measures.tail.measure_tails`.

    References
    ----------
    Acerbi & Tasche (2002), def. 2.6 and prop. 4.1.
    """
    n = len(losses)
    return figures_of_largest(largest_losses(losses, quantile_place(n, min(levels)) - 1), n, levels)


def figures_of_largest(tail: Floats, n: int, levels: Sequence[float]) -> tuple[Floats, Floats]:
    """Return value at risk and expected shortfall at each level, from the largest of n losses.

    Parameters
    ----------
    tail : (..., n_kept) float64, money, the largest of the losses, ascending, no NaN: from the
        value at risk of the lowest level on; a loss is positive
    n : how many losses there were
    levels : in (0, 1)

    Returns
    -------
    Two (n_levels, ...) float64, money, as of `select_tails`.

    References
    ----------
    Acerbi & Tasche (2002), def. 2.6 and prop. 4.1.
    """
    value_at_risk, shortfall = np.empty((2, len(levels), *tail.shape[:-1]))
    for number, level in enumerate(levels):
        beyond = tail[..., quantile_place(n, level) - 1 - (n - tail.shape[-1]) :]
        weight = 1.0 / (n * (1.0 - level))
        rest = 1.0 - weight * (beyond.shape[-1] - 1)
        value_at_risk[number] = beyond[..., 0]
        shortfall[number] = rest * beyond[..., 0] + weight * beyond[..., 1:].sum(axis=-1)
    return value_at_risk, shortfall
