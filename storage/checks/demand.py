"""Demand: on its grid, without gaps, and with stock-outs marked."""

from storage.checks.bench import Bench, Rule, rows
from storage.checks.columns import check_columns
from storage.checks.periods import Periods, periods_of
from storage.checks.plan import SEASONS
from storage.sql import joined_ids, literal

SERIES = ("warehouse_id", "item_id")
_GRID_ADVICE = {
    "h": "dates must be whole hours",
    "D": "dates must be whole days",
    "W": "weeks must start on the weekday that most of the table has",
    "MS": "dates must be the first of a month",
}


def check_demand(bench: Bench) -> None:
    """Check demand and lay it on a regular grid in table ``clean_demand``."""
    check_columns(bench, "demand")
    periods = periods_of(bench)
    bench.keep_rules("demand", _date_rules(bench, periods))
    bench.refuse_duplicates("demand")
    if bench.has("items"):
        bench.refuse_entities(
            "demand",
            f"SELECT {joined_ids(SERIES)} AS entity, item_id AS value FROM {rows('demand')} "  # noqa: S608
            f"ANTI JOIN {rows('items')} USING (item_id)",
            code="unknown_item",
            column="item_id",
            advice="add the item to items, or correct its id",
        )
    _lay_on_grid(bench, periods)
    _note_filled(bench, periods)
    _note_censored(bench)


def _date_rules(bench: Bench, periods: Periods) -> list[Rule]:
    night = f"TIMESTAMP {literal(bench.plan.as_of.isoformat())} + INTERVAL 1 DAY"
    return [
        Rule(
            "future",
            "ds",
            f"ds >= {night}",
            f"demand after {bench.plan.as_of} cannot be known; correct the date",
        ),
        Rule("off_grid", "ds", periods.off_grid, _GRID_ADVICE[bench.plan.frequency]),
    ]


def _lay_on_grid(bench: Bench, periods: Periods) -> None:
    connection = bench.connection
    connection.execute(
        "CREATE TEMP TABLE observed AS SELECT warehouse_id, item_id, "  # noqa: S608 - own names
        f"CAST({periods.of_ds} AS BIGINT) AS period, quantity, "
        "in_stock IS NOT DISTINCT FROM false AS censored, price, "
        f"coalesce(promotion, false) AS promotion FROM {rows('demand')}"
    )
    connection.execute(
        "CREATE TEMP TABLE spans AS SELECT warehouse_id, item_id, min(period) AS first, "
        "max(period) AS last, count(*) AS observations, "
        "max(max(period)) OVER () AS table_last FROM observed GROUP BY ALL"
    )
    _refuse_unfillable(bench)
    connection.execute(
        "CREATE TEMP TABLE grid AS SELECT warehouse_id, item_id, last, "
        "unnest(generate_series(first, table_last)) AS period FROM spans"
        if bench.plan.gaps != "reject"
        else "CREATE TEMP TABLE grid AS SELECT warehouse_id, item_id, last, "
        "unnest(generate_series(first, last)) AS period FROM spans"
    )
    connection.execute(
        "CREATE TEMP TABLE filled AS SELECT g.warehouse_id, g.item_id, g.period, g.last, "  # noqa: S608
        f"{_filled_quantity(bench)} AS quantity, coalesce(o.censored, false) AS censored, "
        "o.quantity IS NULL AS repaired, o.price, coalesce(o.promotion, false) AS promotion "
        "FROM grid g LEFT JOIN observed o USING (warehouse_id, item_id, period) "
        "WINDOW series AS (PARTITION BY g.warehouse_id, g.item_id ORDER BY g.period)"
    )
    connection.execute(
        "CREATE TABLE clean_demand AS SELECT warehouse_id, item_id, "  # noqa: S608
        f"CAST({periods.start('period')} AS TIMESTAMP) AS ds, quantity, censored, repaired, "
        "price, promotion FROM filled"
    )


def _filled_quantity(bench: Bench) -> str:
    if bench.plan.gaps == "zero":
        return "coalesce(o.quantity, 0)"
    season = SEASONS[bench.plan.frequency]
    return (
        f"coalesce(o.quantity, lag(o.quantity, {season}) OVER series, "
        "last_value(o.quantity IGNORE NULLS) OVER series)"
    )


def _refuse_unfillable(bench: Bench) -> None:
    """Refuse the series whose gaps the plan does not allow to fill."""
    entity = joined_ids(SERIES)
    if bench.plan.gaps == "reject":
        bench.refuse_entities(
            "demand",
            f"SELECT {entity} AS entity, last - first + 1 - observations AS value FROM spans "  # noqa: S608
            "WHERE last - first + 1 > observations",
            code="gap",
            column="ds",
            advice="the series lacks this many periods; fill them, or choose another `gaps`",
        )
    elif bench.plan.gaps == "carry":
        bench.refuse_entities(
            "demand",
            f"SELECT {entity} AS entity, table_last - last AS value FROM spans "  # noqa: S608
            f"WHERE table_last - last >= {bench.plan.minimum_history}",
            code="ended",
            column="ds",
            advice="the series has been silent for this many periods; drop it if it has ended",
        )
    bench.connection.execute(
        f"DELETE FROM spans WHERE {entity} IN "  # noqa: S608
        "(SELECT entity FROM rejects WHERE input = 'demand' AND severity = 'entity')"
    )


def _note_filled(bench: Bench, periods: Periods) -> None:
    how = (
        "missing periods had no sale: 0"
        if bench.plan.gaps == "zero"
        else "missing periods take the value a season earlier, else the last one"
    )
    trailing = "period > last"
    code = "ended_zero" if bench.plan.gaps == "zero" else "end_carried"
    bench.note_repairs(
        "SELECT 'demand', entity, CAST("  # noqa: S608 - own names
        f"{periods.start('min(period)')} AS TIMESTAMP), count(*), "
        f"CASE WHEN at_end THEN {literal(code)} ELSE 'gap_filled' END, 'quantity', "
        f"CASE WHEN at_end THEN 'no data to the end of the table; ' ELSE '' END || {literal(how)} "
        f"FROM (SELECT {joined_ids(SERIES)} AS entity, period, {trailing} AS at_end, "
        "period - row_number() OVER (PARTITION BY warehouse_id, item_id, period > last "
        "ORDER BY period) AS island FROM filled WHERE repaired) GROUP BY entity, at_end, island"
    )


def _note_censored(bench: Bench) -> None:
    bench.note_repairs(
        f"SELECT 'demand', {joined_ids(SERIES)}, min(ds), count(*), 'censored', 'quantity', "  # noqa: S608
        "'stock ran out: demand was at least what was sold, and is marked as a lower bound' "
        "FROM clean_demand WHERE censored GROUP BY warehouse_id, item_id"
    )
