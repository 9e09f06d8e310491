"""What checks have to say of a night as a whole: rows of `rejects` that refuse no row."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from flows.spec import JobSpec
from flows.spec.plans import DemandPlan
from flows.spec.risk_plan import RiskPlanSpec
from flows.steps.rhythm import is_late
from forecasting.grid import future_periods
from kernels.arrays import Dates
from storage.checks import CheckReport

# Of demand so old that none of the horizon is left.
NOTHING_AHEAD = "nothing_ahead"
# Of a close to that of the day before, or the other way round: more often a split than a market.
_LEAP = 2.0
# Shops and markets shut by the hour and by the day.
_WITH_RHYTHM = ("h", "D")


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

    Hours and days on which there is usually none are not waited for, see `rhythm.is_late`.

    Parameters
    ----------
    demand : what is forecast; None has no demand
    as_of : the night
    report : of the checks
    """
    if demand is None:
        return report
    checked = report.inputs["demand"]
    seen = _dates(checked.clean)
    if not len(seen):
        return report
    ahead = future_periods(seen[-1:], demand.horizon, demand.frequency)[0]
    passed = ahead[ahead <= np.datetime64(as_of)]
    left = demand.horizon - len(passed)
    rests = demand.frequency in _WITH_RHYTHM and left > 0 and not is_late(passed, seen)
    # The period in which the night falls may not have ended.
    if len(passed) <= 1 or rests:
        return report
    ends = _told(seen[-1])
    lost = f"{checked.rows_rejected:,} of {checked.rows_in:,} rows were rejected"
    without = f" ({lost})" if checked.rows_rejected else ""
    told = f"{left} of {demand.horizon} periods of the horizon are" if left else "no period is"
    row = {
        "input": "demand",
        "source": "[demand] horizon",
        "entity": "all series",
        "code": "late" if left else NOTHING_AHEAD,
        "column": "ds",
        "value": ends,
        "advice": f"demand ends on {ends}{without}, so that {told} left after {as_of}: bring it up "
        "to the night, or set as_of to the night that it ends on",
    }
    return add_notices(report, [row])


def name_late_prices(as_of: date, report: CheckReport) -> CheckReport:
    """Return the report with a reject where prices end before the night's own trading day.

    Weekends and holidays are not waited for, see `rhythm.is_late`.

    Parameters
    ----------
    as_of : the night
    report : of the checks
    """
    checked = report.inputs.get("prices")
    seen = _dates(checked.clean) if checked is not None else np.array([], "datetime64[us]")
    if not len(seen):
        return report
    day = np.timedelta64(1, "D")
    passed = np.arange(seen[-1] + day, np.datetime64(as_of) + day, day)
    if not is_late(passed, seen):
        return report
    ends = _told(seen[-1])
    row = {
        "input": "prices",
        "source": "as_of",
        "entity": "all instruments",
        "code": "late",
        "column": "ds",
        "value": ends,
        "advice": f"prices end on {ends}, {len(passed)} days before {as_of}, and figures are of "
        "that day's market: bring them up to the night, or set as_of to the day that they end on",
    }
    return add_notices(report, [row])


def name_leaps(risk: RiskPlanSpec | None, report: CheckReport) -> CheckReport:
    """Return the report with a reject where closes in risk's window double or halve in a day."""
    if risk is None:
        return report
    found = _leaps(report.inputs["prices"].clean, risk.history)
    if not found:
        return report
    (name, ds, ratio), others = found[0], len({name for name, _, _ in found}) - 1
    more = f", as those of {others:,} other instruments did" if others else ""
    row = {
        "input": "prices",
        "source": "[risk] history",
        "entity": name,
        "code": "leap",
        "column": "close",
        "value": f"{ratio:.3g} times that of the day before",
        "advice": f"the close of {name} was {ratio:.3g} times that of the day before on "
        f"{ds:%Y-%m-%d}{more}, and risk takes it for a move of the market: adjust prices for "
        "splits and spin-offs, and correct slips",
    }
    return add_notices(report, [row])


def name_short_replay(job: JobSpec, report: CheckReport) -> CheckReport:
    """Return the report with a reject where demand is too short for what is to be replayed."""
    if job.stock is None or job.stock.backtest is None:
        return report
    replayed, before = job.stock.backtest.periods, job.known_before_replay
    with duckdb.connect() as connection:
        connection.read_parquet(str(report.inputs["demand"].clean)).create_view("demand")
        ((known,),) = connection.execute("SELECT count(DISTINCT ds) FROM demand").fetchall()
    if known >= replayed + before:
        return report
    row = {
        "input": "demand",
        "source": "[stock.backtest] periods",
        "entity": "all series",
        "code": "nothing_replayed",
        "column": "ds",
        "value": f"{known} periods",
        "advice": f"demand has {known} periods, and a replay of the last {replayed} needs {before} "
        "before them, so that none is replayed: ask for fewer [stock.backtest] periods",
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


def _leaps(clean: Path, history: int) -> list[tuple[str, datetime, float]]:
    """Return instrument, day and ratio of closes that leapt in the last days, the largest first."""
    with duckdb.connect() as connection:
        return connection.execute(
            "WITH days AS "
            "(SELECT DISTINCT ds FROM read_parquet($1) ORDER BY ds DESC LIMIT $2 + 1), "
            "moves AS (SELECT instrument_id, ds, close / lag(close) OVER "
            "(PARTITION BY instrument_id ORDER BY ds) AS ratio FROM read_parquet($1) "
            "WHERE ds >= (SELECT min(ds) FROM days)) "
            "SELECT * FROM moves WHERE greatest(ratio, 1 / ratio) >= $3 "
            "ORDER BY abs(ln(ratio)) DESC, instrument_id, ds",
            [str(clean), history, _LEAP],
        ).fetchall()


def _dates(clean: Path) -> Dates:
    """Return the dates of what was admitted, in order: those that were not filled, and the last."""
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT ds, bool_or(NOT repaired) AS came FROM read_parquet(?) GROUP BY ds ORDER BY ds",
            [str(clean)],
        ).fetchnumpy()
    came = np.asarray(found["came"], dtype=bool)
    came[-1:] = True
    return np.asarray(found["ds"][came], dtype="datetime64[us]")


def _told(ds: np.datetime64) -> str:
    return str(pd.Timestamp(ds)).removesuffix(" 00:00:00")
