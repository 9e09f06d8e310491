"""Prices: on one calendar, without holes, long enough and current."""

from storage.checks.bench import Bench, rows
from storage.checks.columns import check_columns
from storage.checks.duplicates import refuse_duplicates
from storage.checks.instruments import refuse_without_prices
from storage.checks.rules import Rule, future_rule


def check_prices(bench: Bench) -> None:
    """Check prices and align them on the table's calendar in view ``clean_prices``.

    What is refused has no say in the calendar of the others: it is made again without it, until
    nothing more is refused.
    """
    check_columns(bench, "prices")
    bench.keep_rules("prices", [future_rule(bench.plan.as_of, "prices")])
    refuse_duplicates(bench, "prices")
    if bench.has("instruments"):
        _refuse_unknown(bench)
    refused = 1
    while refused:
        _make_calendar(bench)
        _lay_on_calendar(bench)
        refused = _refuse_strangers(bench) + _refuse_unusable(bench)
    _refuse_off_calendar(bench, "ds NOT IN (SELECT ds FROM trading_days)")
    if bench.has("instruments"):
        refuse_without_prices(bench)
    _note_carried(bench)
    bench.connection.execute(
        "CREATE VIEW clean_prices AS "  # noqa: S608 - own names
        "SELECT instrument_id, ds, close, repaired FROM laid "
        f"SEMI JOIN {rows('prices')} USING (instrument_id)"
    )


def _refuse_unknown(bench: Bench) -> None:
    bench.refuse_entities(
        "prices",
        f"SELECT instrument_id AS entity, instrument_id AS value FROM {rows('prices')} "  # noqa: S608
        f"ANTI JOIN {rows('instruments')} USING (instrument_id)",
        code="unknown_instrument",
        column="instrument_id",
        advice="the instrument is not among the admitted instruments",
    )


def _make_calendar(bench: Bench) -> None:
    """Make the calendar: days on which half of the instruments then listed have a price."""
    bench.connection.execute(
        "CREATE OR REPLACE TEMP TABLE trading_days AS "  # noqa: S608 - own names
        f"WITH spans AS (SELECT instrument_id, min(ds) AS first, max(ds) AS last "
        f"FROM {rows('prices')} GROUP BY 1), "
        f"days AS (SELECT ds, count(*) AS priced FROM {rows('prices')} GROUP BY 1), "
        "changes AS (SELECT first AS ds, 1 AS change FROM spans "
        "UNION ALL SELECT last + INTERVAL 1 MICROSECOND, -1 FROM spans), "
        "listed AS (SELECT ds, sum(sum(change)) OVER (ORDER BY ds) AS listed "
        "FROM changes GROUP BY ds) "
        "SELECT days.ds, row_number() OVER (ORDER BY days.ds) AS day FROM days "
        "ASOF JOIN listed ON days.ds >= listed.ds WHERE 2 * priced >= listed"
    )


def _refuse_off_calendar(bench: Bench, broken: str) -> None:
    advice = "fewer than half of the instruments have a price on this day"
    bench.keep_rules("prices", [Rule("off_calendar", "ds", broken, advice)])


def _refuse_strangers(bench: Bench) -> int:
    """Refuse every price of instruments that have none on a trading day; return how many."""
    strangers = "SELECT instrument_id FROM spans_of_prices WHERE observations = 0"
    found = bench.connection.execute(f"SELECT count(*) FROM ({strangers})").fetchall()  # noqa: S608
    if found[0][0]:
        _refuse_off_calendar(bench, f"instrument_id IN ({strangers})")
    return int(found[0][0])


def _lay_on_calendar(bench: Bench) -> None:
    """Fill every instrument's own span, and its tail, with the last price."""
    connection = bench.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE spans_of_prices AS SELECT instrument_id, min(day) AS first, "  # noqa: S608
        "max(day) AS last, count(day) AS observations, (SELECT max(day) FROM trading_days) AS "
        f"table_last FROM {rows('prices')} LEFT JOIN trading_days USING (ds) GROUP BY 1"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE laid AS SELECT s.instrument_id, d.ds, d.day, "  # noqa: S608
        "coalesce(p.close, last_value(p.close IGNORE NULLS) OVER instrument) AS close, "
        "p.close IS NULL AS repaired FROM spans_of_prices s JOIN trading_days d "
        f"ON d.day BETWEEN s.first AND s.table_last LEFT JOIN {rows('prices')} p "
        "ON p.instrument_id = s.instrument_id AND p.ds = d.ds "
        "WINDOW instrument AS (PARTITION BY s.instrument_id ORDER BY d.day)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE price_gaps AS "
        "SELECT instrument_id, min(ds) AS ds, min(day) AS day, count(*) AS days "
        "FROM (SELECT *, day - row_number() OVER "
        "(PARTITION BY instrument_id ORDER BY day) AS island FROM laid WHERE repaired) "
        "GROUP BY instrument_id, island"
    )


def _refuse_unusable(bench: Bench) -> int:
    """Refuse instruments that the calendar does not allow; return how many."""
    plan = bench.plan
    short = bench.refuse_entities(
        "prices",
        "SELECT instrument_id AS entity, observations AS value FROM spans_of_prices "  # noqa: S608
        f"WHERE observations BETWEEN 1 AND {plan.minimum_price_history} - 1",
        code="short_history",
        column="close",
        advice=f"{plan.minimum_price_history} prices are needed; this is how many there are",
    )
    stale = bench.refuse_entities(
        "prices",
        "SELECT instrument_id AS entity, table_last - last AS value FROM spans_of_prices "  # noqa: S608
        f"SEMI JOIN {rows('prices')} USING (instrument_id) "
        f"WHERE table_last - last > {plan.maximum_price_gap}",
        code="stale",
        column="ds",
        advice="there has been no price for this many trading days",
    )
    holed = bench.refuse_entities(
        "prices",
        "SELECT instrument_id AS entity, max(days) AS value FROM price_gaps "  # noqa: S608
        f"SEMI JOIN {rows('prices')} USING (instrument_id) "
        f"WHERE days > {plan.maximum_price_gap} GROUP BY 1",
        code="price_gap",
        column="close",
        advice=f"a hole of this many trading days; {plan.maximum_price_gap} are carried forward",
    )
    return short + stale + holed


def _note_carried(bench: Bench) -> None:
    bench.note_repairs(
        "SELECT 'prices', instrument_id, ds, days, 'price_carried', 'close', "  # noqa: S608
        f"'the last price is carried forward' FROM price_gaps SEMI JOIN {rows('prices')} "
        "USING (instrument_id)"
    )
