"""What checks have to say of a night as a whole: rows of `rejects` that refuse no row."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from flows.spec.plans import DemandPlan
from forecasting.grid import future_periods
from storage.checks import CheckReport

# Of demand so old that none of the horizon is left.
NOTHING_AHEAD = "nothing_ahead"
# The period, or trading day, in which the night falls may not have ended.
_RUNNING = 1


def add_notices(report: CheckReport, rows: Sequence[Mapping[str, str]]) -> CheckReport:
    """Return the report with rejects that concern the whole run.

    Parameters
    ----------
    report : of the checks
    rows : input, source, entity, code, column, value, advice of each
    """
    if not rows:
        return report
    found = pd.DataFrame(rows).assign(severity="run").reindex(columns=report.rejects.columns)
    rejects = pd.concat([report.rejects, found.astype(report.rejects.dtypes)], ignore_index=True)
    return replace(report, rejects=rejects)


def name_late_demand(demand: DemandPlan | None, as_of: date, report: CheckReport) -> CheckReport:
    """Return the report with a reject where demand ends before the night's own period begins.

    Parameters
    ----------
    demand : what is forecast; None has no demand
    as_of : the night
    report : of the checks
    """
    if demand is None:
        return report
    last = _last_date(report.inputs["demand"].clean)
    if last is None:
        return report
    ahead = future_periods(np.array([last]), demand.horizon, demand.frequency)[0]
    left = int((ahead > np.datetime64(as_of)).sum())
    if demand.horizon - left <= _RUNNING:
        return report
    ends = _told(last)
    told = f"{left} of {demand.horizon} periods of the horizon are" if left else "no period is"
    row = {
        "input": "demand",
        "source": "[demand] horizon",
        "entity": "all series",
        "code": "late" if left else NOTHING_AHEAD,
        "column": "ds",
        "value": ends,
        "advice": f"demand ends on {ends}, so that {told} left after {as_of}: bring it up to the "
        "night, or set as_of to the night that it ends on",
    }
    return add_notices(report, [row])


def name_late_prices(as_of: date, report: CheckReport) -> CheckReport:
    """Return the report with a reject where prices end before the night's own trading day.

    Every weekday is taken for a trading day.

    Parameters
    ----------
    as_of : the night
    report : of the checks
    """
    checked = report.inputs.get("prices")
    last = None if checked is None else _last_date(checked.clean)
    if last is None:
        return report
    day = np.timedelta64(1, "D")
    late = int(np.busday_count(last.astype("datetime64[D]") + day, np.datetime64(as_of) + day))
    if late <= _RUNNING:
        return report
    ends = _told(last)
    row = {
        "input": "prices",
        "source": "as_of",
        "entity": "all instruments",
        "code": "late",
        "column": "ds",
        "value": ends,
        "advice": f"prices end on {ends}, {late} weekdays before the end of {as_of}, and figures "
        "are of that day's market: bring them up to the night, or set as_of to the day that they "
        "end on",
    }
    return add_notices(report, [row])


def name_series_without_stock(report: CheckReport) -> CheckReport:
    """Return the report with a reject that counts the series of which stock has no row."""
    if "stock" not in report.inputs:
        return report
    demand, stock = report.inputs["demand"], report.inputs["stock"]
    admitted = set(demand.entities_in) - set(demand.entities_rejected)
    lacking = sorted(admitted - set(stock.entities_in))
    if not lacking:
        return report
    told = f"{len(lacking):,} of {len(admitted):,} series"
    row = {
        "input": "stock",
        "source": "[stock]",
        "entity": lacking[0],
        "code": "no_stock_row",
        "column": "item_id",
        "value": told,
        "advice": f"stock has no row of {told}: these are forecast, and nothing is ordered for "
        "them; give each a row, of 0 on hand where there is none",
    }
    return add_notices(report, [row])


def _last_date(clean: Path) -> np.datetime64 | None:
    """Return the last date that was admitted, None without one."""
    with duckdb.connect() as connection:
        found = connection.execute("SELECT max(ds) FROM read_parquet(?)", [str(clean)]).fetchall()
    return None if found[0][0] is None else np.datetime64(found[0][0], "us")


def _told(ds: np.datetime64) -> str:
    return str(pd.Timestamp(ds)).removesuffix(" 00:00:00")
