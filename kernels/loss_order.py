"""The largest losses of one book in order, or their scenarios."""

import numpy as np

from kernels.arrays import Floats, Integers


def largest_losses(losses: Floats, first: int) -> Floats:
    """Return the losses from an order statistic on, ascending.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    first : the order statistic, counted from 0

    Returns
    -------
    (n_scenarios - first,) float64, money.
    """
    return np.sort(losses if first == 0 else np.partition(losses, first)[first:])


def largest_scenarios(losses: Floats, first: int) -> Integers:
    """Return the scenarios whose losses are no less than an order statistic, from the least on.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    first : the order statistic, counted from 0; of none, or below, all scenarios are returned

    Returns
    -------
    (at least n_scenarios - first,) int64, their numbers; equal losses in the order of these.
    """
    if first <= 0:
        return np.argsort(losses, kind="stable")
    # What is no number ranks above all, and is not left out of a tail unseen.
    kept = np.flatnonzero(~(losses < np.partition(losses, first)[first]))
    return np.asarray(kept[np.argsort(losses[kept], kind="stable")])
