"""The risk of running out before the order that can still be placed arrives."""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats
from kernels.stock_batches import Laws, laws_together
from kernels.stock_comparison import fill_stock_outs
from kernels.stock_lead_times import LeadTimes


@dataclass(frozen=True)
class StockOut:
    """What no order of tonight can prevent.

    Parameters
    ----------
    risk, risk_error : probability that demand finds no stock before tonight's order would arrive,
        and its Monte Carlo error
    short, short_error : units, expected short until then, and its Monte Carlo error
    """

    risk: float
    risk_error: float
    short: float
    short_error: float


def risk_stock_out(
    on_hand: float, receipts: Floats, paths: Floats, law: LeadTimes, lost_share: float
) -> StockOut:
    """Walk stock without ordering, and weigh each period by the chance that an order is not there.

    The event order is receive, order, demand: an order with a lead time of L periods is there for
    the demand of period L. Only the demand paths are random; over lead times the figures are exact.

    Parameters
    ----------
    on_hand : units
    receipts : (horizon,) float64, units on the way by period of arrival
    paths : (n_paths, horizon) float64, units per period; at least two paths
    law : of the lead time of an order placed tonight
    lost_share : of each unit short, fraction in [0, 1]; the rest is owed
    """
    own = laws_together([law], np.zeros(1, np.int64))
    item = np.array([on_hand]), receipts[None], np.ascontiguousarray(paths)[None]
    return StockOut(*risk_stock_outs(*item, own, lost_share)[:, 0].tolist())


def risk_stock_outs(
    on_hand: Floats, receipts: Floats, paths: Floats, laws: Laws, lost_share: float
) -> Floats:
    """Return (4, n_items) float64, the fields of `StockOut` of many items.

    Parameters
    ----------
    on_hand : (n_items,) float64, units
    receipts : (n_items, horizon) float64
    paths : (n_items, n_paths, horizon) float64
    laws : of lead times
    lost_share : as in `risk_stock_out`
    """
    found = np.empty((4, len(on_hand)))
    fill_stock_outs(on_hand, receipts, paths, laws, lost_share, found)
    return found
