"""Demand: on its grid, without gaps, and with stock-outs and what was refused marked."""

from storage.checks.bench import Bench, rows
from storage.checks.closures import lay_declared
from storage.checks.columns import check_columns
from storage.checks.duplicates import refuse_duplicates, refuse_shared_names
from storage.checks.frequency import refuse_other_frequency, refuse_series_of_longer_periods
from storage.checks.gaps import fill_gaps
from storage.checks.periods import Periods, periods_of
from storage.checks.plan import PERIODS
from storage.checks.rules import Rule, future_rule
from storage.errors import InputRefusedError
from storage.sql import entity_of, literal
from storage.tables.demand import SERIES

_GRID_ADVICE = {
    "h": "dates must be whole hours; add single sales up by hours",
    "D": "dates must be whole days; add single sales up by days",
    "W": "weeks must start on the weekday that most of the table has",
    "MS": "dates must be the first of a month",
    "QS": "dates must be the first of January, April, July or October",
}
# Of a series' rows, and how many of all at least: fewer that contradict others are slips.
_SINGLE_SALES, _FEWEST_SALES = 0.25, 10
# Of all rows.
_MOST = 0.5


def check_demand(bench: Bench) -> None:
    """Check demand and lay it on a regular grid in view ``clean_demand``."""
    check_columns(bench, "demand")
    _keep_refused_keys(bench)
    refuse_other_frequency(bench)
    periods = periods_of(bench, bench.plan.frequency)
    _keep_dated(bench, periods)
    bench.keep_rules("demand", _date_rules(bench, periods))
    refuse_duplicates(bench, "demand")
    _refuse_single_sales(bench)
    refuse_shared_names(bench, "demand")
    if bench.has("items"):
        bench.refuse_entities(
            "demand",
            f"SELECT {entity_of(SERIES)} AS entity, item_id AS value FROM {rows('demand')} "  # noqa: S608
            f"ANTI JOIN {rows('items')} USING (item_id)",
            code="unknown_item",
            column="item_id",
            advice="add the item to items, or correct its id",
        )
    refuse_series_of_longer_periods(bench, "refused_keys")
    _find_unknown(bench, periods)
    lay_declared(bench, periods)
    _number_series(bench, periods)
    _refuse_unfillable(bench)
    _lay_on_grid(bench, periods)
    fill_gaps(bench, periods)
    _note_censored(bench, periods)
    _note_unknown(bench, periods)


def _date_rules(bench: Bench, periods: Periods) -> list[Rule]:
    return [
        future_rule(bench.plan.as_of, "demand"),
        Rule("off_grid", "ds", periods.off_grid, _GRID_ADVICE[bench.plan.frequency]),
    ]


def _refuse_single_sales(bench: Bench) -> None:
    """Refuse demand most of whose series have single sales, which nobody added up.

    They are those of which one row in four contradicts an earlier one. A single such series among
    others stops no night.

    Raises
    ------
    InputRefusedError
        Which counts the rows that contradict an earlier one.
    """
    found = bench.connection.execute("SELECT count(_differs) FROM repeated").fetchall()
    count, total = int(found[0][0]), bench.read["demand"].rows
    if count <= max(_FEWEST_SALES, _SINGLE_SALES * _MOST * total):
        return
    keys = ", ".join(SERIES)
    of_rows, of_series, series = bench.connection.execute(
        f"SELECT sum(n) FILTER (clashes > {_SINGLE_SALES} * n) / sum(n), "  # noqa: S608 - own names
        f"count(*) FILTER (clashes > {_SINGLE_SALES} * n), count(*) "
        "FROM (SELECT count(*) AS n, count(_differs) AS clashes FROM "
        f"(SELECT {keys}, _differs FROM repeated UNION ALL "
        f"SELECT {keys}, NULL FROM {rows('demand')}) GROUP BY {keys})"
    ).fetchall()[0]
    if of_rows is not None and of_rows > _MOST and of_series > min(1, series - 1):
        periods = PERIODS[bench.plan.frequency]
        raise InputRefusedError(
            f"inputs.demand: {count:,} of {total:,} rows have the warehouse, item and date of an "
            "earlier one and other values, and only the first of them would count: add single "
            f"sales up by {periods}, and leave out what was replaced"
        )


def _keep_refused_keys(bench: Bench) -> None:
    """Make ``refused_keys``, of the rows that were refused for another column than those of it."""
    key = ", ".join(map(literal, (*SERIES, "ds")))
    bench.connection.execute(
        "CREATE TABLE refused_keys AS SELECT DISTINCT warehouse_id, item_id, ds FROM broken "  # noqa: S608 - own names
        f"WHERE _column NOT IN ({key})"
    )


def _keep_dated(bench: Bench, periods: Periods) -> None:
    """Drop the refused keys whose dates would have been refused too."""
    wrong = " OR ".join(f"({rule.broken})" for rule in _date_rules(bench, periods))
    bench.connection.execute(f"DELETE FROM refused_keys WHERE {wrong}")  # noqa: S608 - own names


def _find_unknown(bench: Bench, periods: Periods) -> None:
    """Make ``unknown``: periods after a series' first of which all that came was refused."""
    bench.connection.execute(
        "CREATE TABLE unknown AS WITH known AS "  # noqa: S608 - own names
        f"(SELECT warehouse_id, item_id, {periods.of_ds} AS period FROM {rows('demand')}), "
        "spans AS (SELECT warehouse_id, item_id, min(period) AS first, "
        "max(max(period)) OVER () AS table_last FROM known GROUP BY ALL) "
        "SELECT warehouse_id, item_id, period FROM "
        f"(SELECT warehouse_id, item_id, {periods.of_ds} AS period FROM refused_keys) "
        "JOIN spans USING (warehouse_id, item_id) "
        "ANTI JOIN known USING (warehouse_id, item_id, period) "
        "WHERE period BETWEEN first AND table_last"
    )


def _number_series(bench: Bench, periods: Periods) -> None:
    """Make ``series``: numbered in their order, with the first and last period of each."""
    bench.connection.execute(
        "CREATE TABLE series AS SELECT *, "  # noqa: S608 - own names
        "row_number() OVER (ORDER BY warehouse_id, item_id) AS series, "
        "max(last) OVER () AS table_last, "
        f"{entity_of(SERIES)} AS entity FROM (SELECT warehouse_id, item_id, "
        "min(period) AS first, max(period) AS last, count(*) AS observations FROM "
        f"(SELECT warehouse_id, item_id, {periods.of_ds} AS period FROM {rows('demand')} "
        "UNION ALL SELECT * FROM unknown UNION ALL SELECT * FROM shut_periods) GROUP BY ALL)"
    )


def _refuse_unfillable(bench: Bench) -> None:
    """Refuse the series whose gaps the plan does not allow to fill.

    One with a gap goes first: where it ends says nothing of when the others have ended.
    """
    plan = bench.plan
    if plan.gaps == "reject":
        bench.refuse_entities(
            "demand",
            "SELECT entity, last - first + 1 - observations AS value FROM series "
            "WHERE last - first + 1 > observations",
            code="gap",
            column="ds",
            advice="the series lacks this many periods; fill them, or choose another `gaps`",
        )
        _drop_refused(bench)
    if plan.gaps != "zero":
        silence = 1 if plan.gaps == "reject" else plan.minimum_history
        bench.refuse_entities(
            "demand",
            f"SELECT entity, table_last - last AS value FROM series "  # noqa: S608 - a number
            f"WHERE table_last - last >= {silence}",
            code="ended",
            column="ds",
            advice="the series has been silent for this many periods; drop it if it has ended",
        )
        _drop_refused(bench)


def _drop_refused(bench: Bench) -> None:
    """Take the series that were refused out of ``series``."""
    bench.connection.execute(
        "DELETE FROM series WHERE entity IN "
        "(SELECT entity FROM rejects WHERE input = 'demand' AND severity = 'entity')"
    )
    bench.connection.execute("UPDATE series SET table_last = (SELECT max(last) FROM series)")


def _lay_on_grid(bench: Bench, periods: Periods) -> None:
    """Make ``history``, series and period as numbers: they sort and join much faster."""
    connection = bench.connection
    connection.execute(
        f"CREATE TABLE history AS SELECT series, {periods.of_ds} AS period, quantity, "  # noqa: S608
        "in_stock IS NOT DISTINCT FROM false AS censored, false AS repaired, price, "
        f"coalesce(promotion, false) AS promotion, false AS closed FROM {rows('demand')} "
        "JOIN series USING (warehouse_id, item_id) "
        "UNION ALL SELECT series, period, NULL, true, true, NULL, false, false "
        "FROM unknown JOIN series USING (warehouse_id, item_id) "
        "UNION ALL SELECT series, period, 0, false, true, NULL, false, false "
        "FROM shut_periods JOIN series USING (warehouse_id, item_id)"
    )
    connection.execute(
        "CREATE VIEW clean_demand AS SELECT warehouse_id, item_id, "  # noqa: S608 - own names
        f"{periods.start('period')} AS ds, coalesce(quantity, 0) AS quantity, censored, "
        "repaired, price, promotion, closed, series, period FROM history JOIN series USING (series)"
    )


def _note_censored(bench: Bench, periods: Periods) -> None:
    bench.note_repairs(
        f"SELECT 'demand', entity, {periods.start('min(period)')}, count(*), 'censored', "  # noqa: S608
        "'quantity', "
        "'stock ran out: demand was at least what was sold, and is marked as a lower bound' "
        "FROM history JOIN series USING (series) WHERE censored AND quantity IS NOT NULL "
        "GROUP BY entity"
    )


def _note_unknown(bench: Bench, periods: Periods) -> None:
    bench.note_repairs(
        f"SELECT 'demand', entity, {periods.start('min(period)')}, count(*), 'value_refused', "  # noqa: S608
        "'quantity', 'what came for these periods was refused: demand is not known, and is taken "
        "to be what the series leads to expect, with 0 as a lower bound' "
        "FROM (SELECT *, period - row_number() OVER (PARTITION BY series ORDER BY period) "
        "AS island FROM history WHERE quantity IS NULL) JOIN series USING (series) "
        "GROUP BY entity, island"
    )
