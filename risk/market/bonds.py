"""Fixed-coupon bonds: cash flows, and their places on a zero curve."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from kernels.arrays import Floats, Integers
from kernels.scenario_values import Flows
from risk.market.curves import tenor_shares

DAYS_IN_YEAR = 365.0


@dataclass(frozen=True)
class CashFlows:
    """What a bond pays per unit of face.

    Parameters
    ----------
    years : (n_flows,) float64 from today, actual/365
    amounts : (n_flows,) float64, fraction of face
    """

    years: Floats
    amounts: Floats


# Scenarios of many days and methods value the same bonds again and again.
@lru_cache(maxsize=10_000)
def bond_cash_flows(
    as_of: date, maturity: pd.Timestamp, coupon: float, frequency: int
) -> CashFlows:
    """Return a bond's remaining cash flows; the value with them includes accrued interest.

    Parameters
    ----------
    as_of : today
    maturity : day of the last coupon and of redemption, after today
    coupon : annual rate, fraction of face; 0 is a zero-coupon bond
    frequency : coupons a year: 1, 2, 3, 4, 6 or 12; of no meaning without a coupon

    Returns
    -------
    CashFlows, the earliest first, the same for all who ask; a coupon of today is paid already.
    """
    today = pd.Timestamp(as_of)
    days = [maturity]
    while coupon > 0.0:
        # Counted back from maturity each time, or month ends would drift.
        day = maturity - pd.DateOffset(months=12 // frequency * len(days))
        if day <= today:
            break
        days.append(day)
    years = np.array([(day - today).days / DAYS_IN_YEAR for day in reversed(days)])
    amounts = np.full(len(days), coupon / frequency if coupon > 0.0 else 0.0)
    amounts[-1] += 1.0
    return CashFlows(years, amounts)


def flows_on_curve(flows: CashFlows, tenors: Floats, numbers: Integers, elapsed: float) -> Flows:
    """Return what a bond pays as kernels take it, after some time.

    Parameters
    ----------
    flows : its cash flows from today
    tenors : (n_tenors,) float64, of its curve, ascending, years
    numbers : (n_tenors,) int64, rows in which the tenors' rates are found
    elapsed : years gone by; a flow paid meanwhile counts as cash
    """
    left = np.maximum(flows.years - elapsed, 0.0)
    shares = tenor_shares(tenors, left)
    return Flows(
        flows.amounts,
        left,
        numbers[shares.near],
        numbers[shares.far],
        shares.near_share,
        shares.far_share,
    )
