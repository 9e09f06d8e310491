"""The risk of running out before the order that can still be placed arrives."""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats
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
    waiting = _chance_of_waiting(law, paths.shape[1])
    net = np.full(len(paths), on_hand)
    risk, short = np.zeros(len(paths)), np.zeros(len(paths))
    for t, chance in enumerate(waiting):
        net = net + receipts[t]
        sold = np.minimum(np.maximum(net, 0.0), paths[:, t])
        lacking = paths[:, t] - sold
        short += chance * lacking
        # The chance falls with time, so the first shortage is the one that counts.
        risk = np.where((lacking > 0.0) & (risk == 0.0), chance, risk)
        net = net - sold - (1.0 - lost_share) * lacking
    return StockOut(float(risk.mean()), _error(risk), float(short.mean()), _error(short))


def _chance_of_waiting(law: LeadTimes, horizon: int) -> Floats:
    """Return the chance that an order placed tonight is not there in each period; 0 is left out."""
    return np.asarray((1.0 - law.cumulative)[:horizon])


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))
