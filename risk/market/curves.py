"""Zero rates on the prices' calendar, and interpolation between tenors."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from kernels.arrays import Floats, Integers
from risk.market.prices import Problems

Note = dict[str, object]


def screen_curves(
    curves: pd.DataFrame | None, days: pd.DatetimeIndex, notes: list[Note]
) -> tuple[pd.DataFrame, Problems]:
    """Lay zero rates on the calendar, and set aside the curves that cannot be used.

    A tenor without a rate on a trading day keeps its last one, or takes its first; that is noted.

    Parameters
    ----------
    curves : curve_id, ds, tenor, zero_rate; None is none
    days : the calendar
    notes : repairs, added to

    Returns
    -------
    rates : (n_days, n_points) by (curve_id, tenor), sorted, no NaN
    problems : reason by curve
    """
    if curves is None or curves.empty:
        return pd.DataFrame(index=days), {}
    problems = _bad_rows(curves)
    sound = curves.loc[~curves["curve_id"].isin(problems)]
    # pivot_table would average duplicates; there are none here, and an average would be silent.
    known = sound.pivot(index="ds", columns=["curve_id", "tenor"], values="zero_rate")
    known = known.sort_index().sort_index(axis=1)
    for curve_id in known.columns.unique("curve_id"):
        found = known[curve_id].reindex(days).notna().to_numpy()
        absent = days[np.flatnonzero(~found.all(axis=1))]
        if len(absent):
            notes.append(_carried(str(curve_id), absent))
    laid = known.reindex(known.index.union(days)).ffill().bfill()
    return laid.reindex(days).astype(float), problems


def _bad_rows(curves: pd.DataFrame) -> Problems:
    rate, tenor = curves["zero_rate"].to_numpy(float), curves["tenor"].to_numpy(float)
    checks = (
        (~np.isfinite(rate), "its rate must be finite; on {day} it is {rate}"),
        (~(np.isfinite(tenor) & (tenor > 0.0)), "its tenor must be positive; on {day} it is {at}"),
        (
            curves.duplicated(["curve_id", "ds", "tenor"]).to_numpy(),
            "it has two rates of {day} at {at} years",
        ),
    )
    problems: Problems = {}
    for wrong, message in checks:
        for row in curves.loc[wrong].drop_duplicates("curve_id").itertuples(index=False):
            told = message.format(day=f"{row.ds:%Y-%m-%d}", rate=row.zero_rate, at=row.tenor)
            problems.setdefault(str(row.curve_id), told)
    return problems


def _carried(curve_id: str, absent: pd.DatetimeIndex) -> Note:
    return {
        "input": "curves",
        "entity": curve_id,
        "ds": absent[0],
        "periods": len(absent),
        "code": "rates_carried",
        "column": "zero_rate",
        "detail": "no rates on these trading days: the nearest earlier ones, or the first ones, "
        "are taken",
    }


class TenorShares(NamedTuple):
    """The two tenors that a rate lies between, for each time; once where one is enough.

    Parameters
    ----------
    near, far : (n_times,) int64, places among the curve's tenors
    near_share, far_share : (n_times,) float64, of the tenors' rates in the rate
    """

    near: Integers
    far: Integers
    near_share: Floats
    far_share: Floats


def tenor_shares(tenors: Floats, years: Floats) -> TenorShares:
    """Return where times lie on a curve that is linear between tenors, flat beyond the ends.

    Parameters
    ----------
    tenors : (n_tenors,) float64, ascending, years; no NaN
    years : (n_times,) float64, years; no NaN
    """
    last = len(tenors) - 1
    # As numpy.interp places them: at a tenor, and beyond the ends, its rate alone.
    near = np.clip(np.searchsorted(tenors, years, side="right") - 1, 0, last)
    between = (tenors[near] < years) & (near < last)
    far = np.where(between, near + 1, near)
    steps = np.where(between, tenors[far] - tenors[near], 1.0)
    gone = np.where(between, years - tenors[near], 0.0)
    return TenorShares(near, far, -1.0 / steps * gone + 1.0, 1.0 / steps * gone)
