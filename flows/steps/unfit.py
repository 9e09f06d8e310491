"""Whether the inputs, as checks have left them, are fit for the night."""

from collections.abc import Iterable, Sequence

import pandas as pd

from flows.errors import JobRefusedError, told_together
from flows.spec import JobSpec, say_nearest
from flows.steps.notices import NOTHING_AHEAD, add_notices
from storage.checks import CheckReport
from storage.errors import InputRefusedError, shown

# Inputs whose entities are what the night is for, and what these are called.
WORKED_ON = {"demand": "series", "stock": "series", "positions": "portfolios"}
# What is rejected with another row, or for an id that an input does not have.
_UNKNOWN_TO = {
    "unknown_item": "items",
    "unknown_series": "demand",
    "unknown_instrument": "instruments",
}
_FOLLOWING = {*_UNKNOWN_TO, "no_valid_rows", "no_prices", "incomplete_book"}


def refuse_unfit(job: JobSpec, report: CheckReport) -> None:
    """Refuse a night whose inputs leave too little to work on, or are not those of its limits.

    Raises
    ------
    InputRefusedError
        As `refuse_nothing_left`, `refuse_nothing_ahead` and `hold_reject_threshold`.
    JobRefusedError
        As `refuse_unknown_warehouses` and `refuse_unknown_benchmark`.
    """
    refuse_nothing_left(report)
    refuse_nothing_ahead(report)
    hold_reject_threshold(report, job.checks.reject_threshold)
    refuse_unknown_warehouses(job, report)
    refuse_unknown_benchmark(job, report)


def refuse_nothing_left(report: CheckReport) -> None:
    """Refuse inputs of which every series, or every portfolio, was rejected.

    A file of such rows alone is as wrong as one without rows, which is refused too.

    Raises
    ------
    InputRefusedError
        Which names the first row that was rejected, and why.
    """
    emptied = [
        name
        for name, checked in report.inputs.items()
        if set(checked.entities_in) == set(checked.entities_rejected)
    ]
    for table, kind in WORKED_ON.items():
        if table in emptied:
            raise InputRefusedError(
                f"inputs.{table}: all {len(report.inputs[table].entities_in):,} {kind} were "
                f"rejected, so that none is left; first: {_first_reason(report, table, emptied)} "
                "(`almanac run JOB --dry-run` tells of all)"
            )


def refuse_nothing_ahead(report: CheckReport) -> None:
    """Refuse demand that ended a horizon or more before the night.

    Raises
    ------
    InputRefusedError
        Which names the last period.
    """
    found = report.rejects[report.rejects["code"] == NOTHING_AHEAD]
    for row in found.to_dict("records"):
        raise InputRefusedError(f"inputs.demand: {row['advice']}")


def _first_reason(report: CheckReport, table: str, emptied: Sequence[str]) -> str:
    """Return why the first row was rejected, be it of an input that took this one with it."""
    rejects = report.rejects
    rejects = rejects[rejects["input"].isin(emptied) & (rejects["severity"] != "run")]
    rows = rejects[rejects["severity"] == "row"]
    named = rows if len(rows) else rejects[~rejects["code"].isin(_FOLLOWING)]
    named = named if len(named) else rejects
    own = named.assign(other=named["input"] != table)
    first = own.sort_values(["other", "row"], kind="stable").iloc[0]
    return f"{_told(first)}{_known_instead(report, first)}"


def _known_instead(report: CheckReport, reject: pd.Series) -> str:
    """Return an id of the input that does not have the one that was rejected."""
    known = report.inputs.get(_UNKNOWN_TO.get(reject["code"], ""))
    if known is None or reject["value"] in known.entities_in:
        return ""
    return f"; {known.table} has {shown(known.entities_in[0])!r}, for one"


def _told(reject: pd.Series) -> str:
    row = "" if pd.isna(reject["row"]) else f" row {reject['row']}"
    column = "" if pd.isna(reject["column"]) else f", {reject['column']}"
    value = "" if pd.isna(reject["value"]) else f" {shown(str(reject['value']))!r}"
    return f"{reject['source']}{row}{column}{value}: {reject['advice']}"


def hold_reject_threshold(report: CheckReport, threshold: float | None) -> None:
    """Refuse inputs of which too much was rejected: rows one by one, or entities whole.

    Parameters
    ----------
    report : what was rejected
    threshold : fraction of an input's rows, or of its entities; None allows any

    Raises
    ------
    InputRefusedError
        Which counts what was rejected of the first such input, by reason.
    """
    if threshold is None:
        return
    for table, checked in report.inputs.items():
        for what, severity, lost, came in (
            ("rows", "row", checked.rows_rejected, checked.rows_in),
            ("entities", "entity", len(checked.entities_rejected), len(checked.entities_in)),
        ):
            if lost > threshold * came:
                raise InputRefusedError(
                    f"inputs.{table}: {lost:,} of {came:,} {what} were rejected "
                    f"({lost / came:.1%}, [checks] reject_threshold allows {threshold:.1%}): "
                    f"{_reasons(report.rejects, table, severity)} "
                    "(`almanac run JOB --dry-run` tells of all)"
                )


def _reasons(rejects: pd.DataFrame, table: str, severity: str) -> str:
    """Return how many were rejected for each reason, the most frequent first."""
    own = rejects[(rejects["input"] == table) & (rejects["severity"] == severity)]
    counts = own.groupby("code").size().reset_index(name="count")
    ordered = counts.sort_values(["count", "code"], ascending=[False, True])
    return ", ".join(f"{row['count']:,} {row['code']}" for row in ordered.to_dict("records"))


def refuse_unknown_warehouses(job: JobSpec, report: CheckReport) -> None:
    """Refuse budgets and capacities of warehouses of which stock has no row, be it a rejected one.

    The warehouse that was meant would order without a limit.

    Raises
    ------
    JobRefusedError
        Which names each key, and the nearest warehouse there is.
    """
    if job.stock is None:
        return
    unknown = [
        f"stock.{key}: stock has no warehouse {name!r}: {nearest}"
        for key, limits in (("budgets", job.stock.budgets), ("capacities", job.stock.capacities))
        for name, nearest in _unknown(report, "stock", limits)
    ]
    if unknown:
        raise JobRefusedError(told_together("limits are of no warehouse", unknown))


def refuse_unknown_benchmark(job: JobSpec, report: CheckReport) -> None:
    """Refuse a benchmark of which prices have no row: no portfolio would have a profile.

    Raises
    ------
    JobRefusedError
        Which names the nearest instrument there is.
    """
    benchmark = job.risk.benchmark if job.risk else None
    known = report.inputs["prices"].entities_in if benchmark else ()
    if benchmark is not None and benchmark not in known:
        nearest = say_nearest(benchmark, sorted(known))
        raise JobRefusedError(f"risk.benchmark: prices have no {benchmark!r}: {nearest}")


def name_unknown_regions(job: JobSpec, report: CheckReport) -> CheckReport:
    """Return the report with a reject for each warehouse of a region of which demand has no row.

    It refuses no night, as a limit of such a warehouse does: totals and warehouses stay what they
    are, and a region may be told of a warehouse before it opens.
    """
    if job.demand is None:
        return report
    regions = job.demand.regions
    rows = [
        {
            "input": "demand",
            "source": "[demand.regions]",
            "entity": name,
            "code": "unknown_warehouse",
            "column": "warehouse_id",
            "value": name,
            "advice": f"demand has no warehouse {name!r}, so that region {regions[name]!r} is "
            f"without it: {nearest}",
        }
        for name, nearest in _unknown(report, "demand", regions)
    ]
    return add_notices(report, rows)


def _unknown(report: CheckReport, table: str, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the warehouses that an input has no row of, and what may have been meant by each."""
    entities = report.inputs[table].entities_in
    known = {entity.partition("/")[0] for entity in entities}
    return [
        (name, say_nearest(name, sorted(known)))
        for name in names
        # An id may have the sign that joins ids.
        if name not in known and not any(entity.startswith(f"{name}/") for entity in entities)
    ]
