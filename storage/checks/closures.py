"""Closures: days on which a warehouse was shut, which say nothing of its demand."""

from storage.checks.bench import Bench, rows
from storage.checks.columns import check_columns
from storage.checks.duplicates import refuse_duplicates
from storage.checks.periods import Periods, periods_of
from storage.checks.rules import Rule

# The same weekdays around a day that say what was due on it, on each side, and the fewest of both.
_WEEKS, _FEWEST = 8, 6
# Logarithm of the chance at which no sale is none any more: 1e-6. Of Favorita's 54 stores it finds
# the New Years and Christmases of five years, and of a British shop's year all its bank holidays.
_SURE = -13.8
# Days: a warehouse that is silent for longer at the end may not open again.
_LONGEST_AT_END = 4


def check_closures(bench: Bench) -> None:
    """Check closures; warehouses without demand are not looked at."""
    check_columns(bench, "closures")
    whole = Rule("off_grid", "ds", "ds <> date_trunc('day', ds)", "dates must be whole days")
    bench.keep_rules("closures", [whole])
    refuse_duplicates(bench, "closures")


def mark_closures(bench: Bench) -> None:
    """Mark the periods without a sale in ``history`` on days that a warehouse was shut.

    It was where it is declared, and where nothing of all that it has was sold though it is sure
    that something is: where zero has a chance of less than one in a million by a negative binomial
    law of units, or of the number of series that sell, with the mean and variance of the same
    weekdays in the eight weeks before and after. A weekday that is never open is no closure, nor is
    a silence at the end of more than four days. What is found is not closed where that is declared.
    Of weeks and longer periods none is.
    """
    if bench.plan.frequency not in {"D", "h"}:
        return
    periods = periods_of(bench, bench.plan.frequency)
    _make_trade(bench)
    _make_closed(bench)
    bench.connection.execute(
        f"UPDATE history SET censored = true, closed = true WHERE quantity = 0 "  # noqa: S608 - own
        f"AND (series, {_day_of(bench, 'period')}) IN "
        "(SELECT series, day FROM shut JOIN series USING (warehouse_id))"
    )
    _note_closed(bench, periods)


def _day_of(bench: Bench, period: str) -> str:
    """Return SQL for the number of the day that a period is in."""
    return period if bench.plan.frequency == "D" else f"CAST(floor(({period}) / 24) AS BIGINT)"


def _make_trade(bench: Bench) -> None:
    """Make ``trade``: a warehouse's whole days between its first sale and its last.

    With the units and series sold, and what the same weekdays around had.
    """
    day = _day_of(bench, "period")
    after_last = _day_of(bench, "table_last + 1")
    bench.connection.execute(
        "CREATE TEMP TABLE trade AS WITH days AS "  # noqa: S608 - own names
        f"(SELECT warehouse_id, {day} AS day, sum(quantity) AS units, "
        "count(*) FILTER (quantity > 0) AS selling FROM history JOIN series USING (series) "
        f"WHERE {day} < {after_last} GROUP BY ALL), "
        "spans AS (SELECT *, min(day) FILTER (units > 0) OVER own AS first_sale, "
        "max(day) FILTER (units > 0) OVER own AS last_sale, "
        "max(day) OVER () AS last_day FROM days WINDOW own AS (PARTITION BY warehouse_id)) "
        "SELECT warehouse_id, day, units, count(*) OVER near AS n, "
        "bool_or(units > 0) OVER near AS ever_open, "
        "avg(units) OVER near AS mean_units, var_samp(units) OVER near AS var_units, "
        "avg(selling) OVER near AS mean_selling, var_samp(selling) OVER near AS var_selling "
        f"FROM spans WHERE day > first_sale "
        f"AND (day <= last_sale OR last_day - last_sale <= {_LONGEST_AT_END}) "
        "WINDOW near AS (PARTITION BY warehouse_id, ((day % 7) + 7) % 7 ORDER BY day "
        f"ROWS BETWEEN {_WEEKS} PRECEDING AND {_WEEKS} FOLLOWING EXCLUDE CURRENT ROW)"
    )


def _make_closed(bench: Bench) -> None:
    """Make ``shut``: warehouse_id, day, declared."""
    said = (
        f"SELECT warehouse_id, datediff('day', TIMESTAMP '1970-01-01', ds) AS day, closed "  # noqa: S608 - own names
        f"FROM {rows('closures')}"
        if bench.has("closures")
        else "SELECT NULL::VARCHAR AS warehouse_id, NULL::BIGINT AS day, NULL::BOOLEAN AS closed "
        "WHERE false"
    )
    # What is said of a warehouse goes before what is said of all.
    bench.connection.execute(
        f"CREATE TEMP TABLE shut AS WITH said AS ({said}) "  # noqa: S608 - own names
        "SELECT trade.warehouse_id, trade.day, "
        "own.day IS NOT NULL OR every.day IS NOT NULL AS declared FROM trade "
        "LEFT JOIN said own ON own.warehouse_id = trade.warehouse_id AND own.day = trade.day "
        "LEFT JOIN said every ON every.warehouse_id = '*' AND every.day = trade.day "
        "WHERE units = 0 AND CASE "
        "WHEN own.day IS NOT NULL THEN own.closed IS DISTINCT FROM false AND ever_open "
        "WHEN every.day IS NOT NULL THEN every.closed IS DISTINCT FROM false AND ever_open "
        f"ELSE n >= {_FEWEST} AND (({_chance('units')}) < {_SURE} "
        f"OR ({_chance('selling')}) < {_SURE}) END"
    )


def _chance(counted: str) -> str:
    """Return SQL for the logarithm of the chance of zero, by a negative binomial or Poisson law."""
    mean, variance = f"mean_{counted}", f"var_{counted}"
    return (
        f"CASE WHEN {mean} <= 0 THEN 0 WHEN {variance} <= {mean} * 1.000001 THEN -{mean} "
        f"ELSE -{mean} * {mean} / ({variance} - {mean}) * ln({variance} / {mean}) END"
    )


def _note_closed(bench: Bench, periods: Periods) -> None:
    first = "day" if bench.plan.frequency == "D" else "day * 24"
    bench.note_repairs(
        f"SELECT 'demand', warehouse_id, {periods.start(f'({first})')}, 1, 'closed', 'quantity', "  # noqa: S608
        "CASE WHEN declared THEN 'the warehouse was declared closed' "
        "ELSE 'nothing was sold in the warehouse, where it is sure that something is' END || "
        "': the day says nothing of demand' FROM shut"
    )
