"""Periods that a series lacks: filled by the plan's policy, one repair a gap."""

from storage.checks.bench import Bench
from storage.checks.periods import Periods
from storage.checks.plan import SEASONS
from storage.sql import literal

_DETAIL = {
    "zero": "missing periods had no sale: 0",
    "carry": "missing periods take the value a season earlier, else the last one",
}
_CODE_AT_END = {"zero": "ended_zero", "carry": "end_carried"}


def fill_gaps(bench: Bench, periods: Periods) -> None:
    """Add the missing periods to ``history``, up to the last period of the table.

    A filled period is never the source of another: "carry" takes what was observed a season
    earlier, else what was observed last. Periods in ``history`` whose quantity is null are not
    missing and not observed.
    """
    if bench.plan.gaps == "reject":
        return
    bench.connection.execute(
        "CREATE TEMP TABLE holes AS SELECT series, period + 1 AS first, "
        "coalesce(following - 1, table_last) AS last, following IS NULL AS at_end FROM "
        "(SELECT series, period, table_last, "
        "lead(period) OVER (PARTITION BY series ORDER BY period) AS following "
        "FROM history JOIN series USING (series)) "
        "WHERE coalesce(following, table_last + 1) > period + 1"
    )
    _note_holes(bench, periods)
    bench.connection.execute(
        "INSERT INTO history SELECT series, period, quantity, false, true, NULL, false, false "  # noqa: S608
        f"FROM ({_filled(bench)})"
    )


def _note_holes(bench: Bench, periods: Periods) -> None:
    gaps = bench.plan.gaps
    bench.note_repairs(
        f"SELECT 'demand', entity, {periods.start('holes.first')}, "  # noqa: S608 - own names
        "holes.last - holes.first + 1, "
        f"CASE WHEN at_end THEN {literal(_CODE_AT_END[gaps])} ELSE 'gap_filled' END, 'quantity', "
        "CASE WHEN at_end THEN 'no data to the end of the table; ' ELSE '' END || "
        f"{literal(_DETAIL[gaps])} FROM holes JOIN series USING (series)"
    )


def _filled(bench: Bench) -> str:
    """Return a query of the missing periods: series, period, quantity."""
    missing = "SELECT series, first, unnest(generate_series(first, last)) AS period FROM holes"
    if bench.plan.gaps == "zero":
        return f"SELECT series, period, 0 AS quantity FROM ({missing})"  # noqa: S608 - own names
    season = SEASONS[bench.plan.frequency]
    return (
        "SELECT missing.series, missing.period, "  # noqa: S608 - own names
        f"coalesce(earlier.quantity, latest.quantity) AS quantity FROM ({missing}) missing "
        "ASOF JOIN (SELECT * FROM history WHERE quantity IS NOT NULL) latest "
        "ON latest.series = missing.series AND latest.period < missing.first "
        "LEFT JOIN history earlier ON earlier.series = missing.series "
        f"AND earlier.period = missing.period - {season}"
    )
