"""Base-stock with backorders and normal demand: level, cost and both kinds of service."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from inventory.errors import PlanError
from inventory.theory.loss import normal_loss
from inventory.theory.newsvendor import normal_newsvendor


@dataclass(frozen=True)
class NormalBaseStock:
    """The level of least mean cost, and what it does.

    Parameters
    ----------
    level : units
    cost : money per period
    cycle_service : fraction of periods without shortage
    fill_rate : fraction of demand met at once
    """

    level: float
    cost: float
    cycle_service: float
    fill_rate: float


def base_stock_levels(
    holding: float,
    shortage: float,
    mean: float,
    deviation: float,
    lead_time: int,
    review_period: int = 1,
) -> NormalBaseStock:
    """Return the best level where unmet demand is owed, paying per unit owed and period.

    The order of a review must last for the lead time and the review period, and is judged at the
    end of its last period.

    Parameters
    ----------
    holding, shortage : money per unit in stock, and per unit owed, at the end of a period
    mean, deviation : units per period, independent from one to the next
    lead_time : whole periods; 0 arrives before the demand of its own period
    review_period : periods between orders

    Raises
    ------
    PlanError
        Where a time, a price or the deviation is out of range.

    References
    ----------
    Snyder & Shen (2019), section 4.3.4.1; Silver, Pyke & Thomas (2017), section 7.9 (fill rate).
    """
    if lead_time < 0 or review_period < 1:
        raise PlanError(
            "lead_time must be at least 0 and review_period at least 1; "
            f"got {lead_time} and {review_period}"
        )
    interval = lead_time + review_period
    wide = float(np.sqrt(interval)) * deviation
    best = normal_newsvendor(holding, shortage, interval * mean, wide)
    before = 0.0
    if lead_time > 0:
        before = normal_loss(best.level, lead_time * mean, float(np.sqrt(lead_time)) * deviation)
    missed = normal_loss(best.level, interval * mean, wide) - before
    return NormalBaseStock(
        best.level,
        best.cost,
        float(ndtr((best.level - interval * mean) / wide)),
        1.0 - missed / (review_period * mean),
    )
