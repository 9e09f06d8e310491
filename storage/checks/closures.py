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
# Standard deviations that days with a sale are above zero: by a Poisson law of sales of one size,
# whatever it is, zero has a chance of 1e-4. Few sales in money or by the gross would else be sure.
_CLEAR = 3
# Periods in a day; longer ones than days know no closed day.
_IN_DAY = {"D": 1, "h": 24}
_EMPTY = """
CREATE TEMP TABLE declared (warehouse_id VARCHAR, day BIGINT, closed BOOLEAN);
CREATE TABLE shut_periods (warehouse_id VARCHAR, item_id VARCHAR, period BIGINT);
"""
# Days: a warehouse that is silent for longer at the end may not open again.
_LONGEST_AT_END = 4


def check_closures(bench: Bench) -> None:
    """Check closures; warehouses without demand are not looked at."""
    check_columns(bench, "closures")
    whole = Rule("off_grid", "ds", "ds <> date_trunc('day', ds)", "dates must be whole days")
    bench.keep_rules("closures", [whole])
    refuse_duplicates(bench, "closures")


def lay_declared(bench: Bench, periods: Periods) -> None:
    """Make ``declared``, what is said of warehouses and days, and ``shut_periods``.

    These are what series lack because their warehouse was declared closed, which is no gap: up to
    the last period of each, and on from there.
    """
    bench.connection.execute(_EMPTY)
    if not bench.has("closures") or bench.plan.frequency not in _IN_DAY:
        return
    bench.connection.execute(
        "INSERT INTO declared SELECT warehouse_id, datediff('day', TIMESTAMP '1970-01-01', ds), "  # noqa: S608 - own names
        f"closed IS DISTINCT FROM false FROM {rows('closures')}"
    )
    periods_in_day = _IN_DAY[bench.plan.frequency]
    bench.connection.execute(
        "INSERT INTO shut_periods WITH known AS "  # noqa: S608 - own names
        f"(SELECT warehouse_id, item_id, {periods.of_ds} AS period FROM {rows('demand')} "
        "UNION SELECT * FROM unknown), "
        "spans AS (SELECT warehouse_id, item_id, min(period) AS first, max(period) AS last, "
        "max(max(period)) OVER () AS table_last FROM known GROUP BY ALL), "
        "shut AS (SELECT spans.*, "
        f"unnest(range(day * {periods_in_day}, (day + 1) * {periods_in_day})) AS period "
        f"FROM spans JOIN ({_of_each('spans')}) USING (warehouse_id) WHERE closed) "
        "SELECT warehouse_id, item_id, period FROM "
        "(SELECT *, row_number() OVER (PARTITION BY warehouse_id, item_id, period > last "
        "ORDER BY period) AS nth FROM shut WHERE period BETWEEN first AND table_last) "
        "ANTI JOIN known USING (warehouse_id, item_id, period) "
        "WHERE period < last OR period - last = nth"
    )


def _of_each(table: str) -> str:
    """Return SQL of warehouse_id, day and closed; what is said of one goes before that of all."""
    warehouses = f"(SELECT DISTINCT warehouse_id FROM {table})"  # noqa: S608 - own names
    return (
        f"SELECT warehouse_id, day, closed FROM declared SEMI JOIN {warehouses} "  # noqa: S608 - own names
        f"USING (warehouse_id) UNION ALL SELECT w.warehouse_id, day, closed FROM {warehouses} w, "
        "declared every WHERE every.warehouse_id = '*' AND NOT EXISTS (SELECT 1 FROM declared own "
        "WHERE own.warehouse_id = w.warehouse_id AND own.day = every.day)"
    )


def mark_closures(bench: Bench) -> None:
    """Mark the periods without a sale in ``history`` on days that a warehouse was shut.

    It was where it is declared, but for a weekday that is never open. It was where nothing of all
    that it has was sold though it is sure that something is, by the same weekdays in the eight
    weeks before and after: where at most a quarter of these are silent, and zero has a chance of
    less than one in a million by a negative binomial law of the number of series that sell, or of
    units. The latter turns on the unit, so that days with a sale must be clear of zero too. A
    silence at the end of more than four days that are not declared is not found. What is found is
    not closed where that is declared. Of weeks and longer periods none is.
    """
    if bench.plan.frequency not in _IN_DAY:
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
    return f"CAST(floor(({period}) / {_IN_DAY[bench.plan.frequency]}) AS BIGINT)"


def _make_trade(bench: Bench) -> None:
    """Make ``trade``: a warehouse's days after its first sale, to its last but for short silences.

    With the units and series sold, what is declared, and what the same weekdays around had. Those
    declared closed are there to the end, and say nothing of others.
    """
    day = _day_of(bench, "period")
    after_last = _day_of(bench, "table_last + 1")
    bench.connection.execute(
        "CREATE TEMP TABLE trade AS WITH days AS "  # noqa: S608 - own names
        f"(SELECT warehouse_id, {day} AS day, any_value({day} < {after_last}) AS whole, "
        "sum(quantity) AS units, count(*) FILTER (quantity > 0) AS selling "
        "FROM history JOIN series USING (series) GROUP BY ALL), "
        f"told AS (SELECT days.*, closed FROM days LEFT JOIN ({_of_each('days')}) "
        "USING (warehouse_id, day) WHERE whole OR closed), "
        "spans AS (SELECT *, min(day) FILTER (units > 0) OVER own AS first_sale, "
        "max(day) FILTER (units > 0) OVER own AS last_sale "
        "FROM told WINDOW own AS (PARTITION BY warehouse_id)), "
        "ends AS (SELECT *, count(*) FILTER (day > last_sale AND closed IS NOT true) "
        "OVER (PARTITION BY warehouse_id) AS silence FROM spans) "
        f"SELECT warehouse_id, day, units, closed, {_of_near('count(*)')} AS n, "
        f"{_of_near('count(*)', 'units = 0')} AS silent, "
        "bool_or(units > 0) OVER weekday AS ever_open, "
        f"{_of_near('avg(units)')} AS mean_units, {_of_near('var_samp(units)')} AS var_units, "
        f"{_of_near('avg(selling)')} AS mean_selling, "
        f"{_of_near('var_samp(selling)')} AS var_selling, "
        f"{_of_near('avg(units)', 'units > 0')} AS mean_open, "
        f"{_of_near('stddev_samp(units)', 'units > 0')} AS sd_open "
        "FROM ends WHERE day > first_sale "
        f"AND (day <= last_sale OR closed OR silence <= {_LONGEST_AT_END}) "
        "WINDOW weekday AS (PARTITION BY warehouse_id, ((day % 7) + 7) % 7), "
        "near AS (PARTITION BY warehouse_id, ((day % 7) + 7) % 7 ORDER BY day "
        f"ROWS BETWEEN {_WEEKS} PRECEDING AND {_WEEKS} FOLLOWING EXCLUDE CURRENT ROW)"
    )


def _of_near(figure: str, which: str = "true") -> str:
    """Return SQL for a figure of the days near that are not declared closed."""
    return f"{figure} FILTER (closed IS NOT true AND {which}) OVER near"


def _make_closed(bench: Bench) -> None:
    """Make ``shut``: warehouse_id, day, declared."""
    bench.connection.execute(
        "CREATE TEMP TABLE shut AS "  # noqa: S608 - own names
        "SELECT warehouse_id, day, closed IS NOT NULL AS declared FROM trade "
        "WHERE units = 0 AND CASE WHEN closed IS NOT NULL THEN closed AND ever_open "
        f"ELSE n >= {_FEWEST} AND 4 * silent <= n AND (({_chance('selling')}) < {_SURE} "
        f"OR (({_chance('units')}) < {_SURE} AND mean_open > {_CLEAR} * sd_open)) END"
    )


def _chance(counted: str) -> str:
    """Return SQL for the logarithm of the chance of zero, by a negative binomial or Poisson law."""
    mean, variance = f"mean_{counted}", f"var_{counted}"
    return (
        f"CASE WHEN {mean} <= 0 THEN 0 WHEN {variance} <= {mean} * 1.000001 THEN -{mean} "
        f"ELSE -{mean} * {mean} / ({variance} - {mean}) * ln({variance} / {mean}) END"
    )


def _note_closed(bench: Bench, periods: Periods) -> None:
    first = f"day * {_IN_DAY[bench.plan.frequency]}"
    bench.note_repairs(
        f"SELECT 'demand', warehouse_id, {periods.start(f'({first})')}, 1, 'closed', 'quantity', "  # noqa: S608
        "CASE WHEN declared THEN 'the warehouse was declared closed' "
        "ELSE 'nothing was sold in the warehouse, where it is sure that something is' END || "
        "': the day says nothing of demand' FROM shut"
    )
