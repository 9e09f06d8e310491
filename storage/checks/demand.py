"""Demand: on its grid, without gaps, and with stock-outs marked."""

from storage.checks.bench import Bench, rows
from storage.checks.columns import check_columns
from storage.checks.duplicates import refuse_duplicates, refuse_shared_names
from storage.checks.frequency import refuse_other_frequency
from storage.checks.gaps import fill_gaps
from storage.checks.periods import Periods, periods_of
from storage.checks.rules import Rule, future_rule
from storage.sql import entity_of

SERIES = ("warehouse_id", "item_id")
_GRID_ADVICE = {
    "h": "dates must be whole hours",
    "D": "dates must be whole days",
    "W": "weeks must start on the weekday that most of the table has",
    "MS": "dates must be the first of a month",
    "QS": "dates must be the first of January, April, July or October",
}


def check_demand(bench: Bench) -> None:
    """Check demand and lay it on a regular grid in view ``clean_demand``."""
    check_columns(bench, "demand")
    refuse_other_frequency(bench)
    periods = periods_of(bench, bench.plan.frequency)
    bench.keep_rules("demand", _date_rules(bench, periods))
    refuse_duplicates(bench, "demand")
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
    _number_series(bench, periods)
    _refuse_unfillable(bench)
    _lay_on_grid(bench, periods)
    fill_gaps(bench, periods)
    _note_censored(bench, periods)


def _date_rules(bench: Bench, periods: Periods) -> list[Rule]:
    return [
        future_rule(bench.plan.as_of, "demand"),
        Rule("off_grid", "ds", periods.off_grid, _GRID_ADVICE[bench.plan.frequency]),
    ]


def _number_series(bench: Bench, periods: Periods) -> None:
    """Make ``series``: numbered in their order, with the first and last period of each."""
    bench.connection.execute(
        "CREATE TABLE series AS SELECT *, "  # noqa: S608 - own names
        "row_number() OVER (ORDER BY warehouse_id, item_id) AS series, "
        "max(last) OVER () AS table_last, "
        f"{entity_of(SERIES)} AS entity FROM (SELECT warehouse_id, item_id, "
        f"min({periods.of_ds}) AS first, max({periods.of_ds}) AS last, "
        f"count(*) AS observations FROM {rows('demand')} GROUP BY ALL)"
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
        f"coalesce(promotion, false) AS promotion FROM {rows('demand')} "
        "JOIN series USING (warehouse_id, item_id)"
    )
    connection.execute(
        "CREATE VIEW clean_demand AS SELECT warehouse_id, item_id, "  # noqa: S608 - own names
        f"{periods.start('period')} AS ds, quantity, censored, repaired, price, promotion, "
        "series, period FROM history JOIN series USING (series)"
    )


def _note_censored(bench: Bench, periods: Periods) -> None:
    bench.note_repairs(
        f"SELECT 'demand', entity, {periods.start('min(period)')}, count(*), 'censored', "  # noqa: S608
        "'quantity', "
        "'stock ran out: demand was at least what was sold, and is marked as a lower bound' "
        "FROM history JOIN series USING (series) WHERE censored GROUP BY entity"
    )
