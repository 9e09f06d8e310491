"""The risk of running out before the order that can still be placed arrives."""

import numpy as np

from kernels.arrays import Floats
from kernels.stock_batches import Laws
from kernels.stock_comparison import fill_stock_outs


def risk_stock_outs(
    on_hand: Floats, receipts: Floats, paths: Floats, laws: Laws, lost_share: float
) -> Floats:
    """Walk stock without ordering, and weigh each period by the chance that an order is not there.

    The event order is receive, order, demand: an order with a lead time of L periods is there for
    the demand of period L. Only the demand paths are random; over lead times the figures are exact.

    Parameters
    ----------
    on_hand : (n_items,) float64, units
    receipts : (n_items, horizon) float64, units on the way by period of arrival
    paths : (n_items, n_paths, horizon) float64, units per period; at least two paths
    laws : of the lead times of orders placed tonight
    lost_share : of each unit short, fraction in [0, 1]; the rest is owed

    Returns
    -------
    (4, n_items) float64: the probability that demand finds no stock before tonight's order would
    arrive, and its Monte Carlo error; units expected short until then, and their Monte Carlo error.
    """
    found = np.empty((4, len(on_hand)))
    fill_stock_outs(on_hand, receipts, paths, laws, lost_share, found)
    return found
