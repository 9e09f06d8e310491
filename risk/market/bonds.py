"""Fixed-coupon bonds: cash flows, and value on a zero curve."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from kernels.arrays import Floats

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


def bond_cash_flows(
    as_of: date, maturity: pd.Timestamp, coupon: float, frequency: int
) -> CashFlows:
    """Return a bond's remaining cash flows.

    Parameters
    ----------
    as_of : today
    maturity : day of the last coupon and of redemption, after today
    coupon : annual rate, fraction of face
    frequency : coupons a year: 1, 2, 3, 4, 6 or 12
    """
    months = 12 // frequency
    days = []
    number = 0
    while True:
        day = maturity - pd.DateOffset(months=months * number)
        if day <= pd.Timestamp(as_of):
            break
        days.append(day)
        number += 1
    days.reverse()
    years = np.array([(day - pd.Timestamp(as_of)).days / DAYS_IN_YEAR for day in days])
    amounts = np.full(len(days), coupon / frequency)
    amounts[-1] += 1.0
    return CashFlows(years, amounts)


def interpolation_weights(tenors: Floats, years: Floats) -> Floats:
    """Return weights that interpolate zero rates linearly, flat beyond the first and last tenor.

    Parameters
    ----------
    tenors : (n_tenors,) ascending, years
    years : (n_times,) years

    Returns
    -------
    (n_times, n_tenors) float64; each row adds up to 1.
    """
    weights = np.zeros((len(years), len(tenors)))
    right = np.clip(np.searchsorted(tenors, years), 1, len(tenors) - 1)
    left = right - 1
    share = np.clip((years - tenors[left]) / (tenors[right] - tenors[left]), 0.0, 1.0)
    rows = np.arange(len(years))
    weights[rows, left] += 1.0 - share
    weights[rows, right] += share
    return weights


def bond_values(flows: CashFlows, rates: Floats, elapsed: float) -> Floats:
    """Return a bond's value per unit of face under each scenario.

    Parameters
    ----------
    flows : its cash flows from today
    rates : (n_flows, n_scenarios) float64, zero rate for each flow, continuously compounded
    elapsed : years gone by; a flow paid meanwhile counts as cash
    """
    left = np.maximum(flows.years - elapsed, 0.0)
    return np.asarray(flows.amounts @ np.exp(-rates * left[:, None]))
