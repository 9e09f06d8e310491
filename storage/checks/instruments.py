"""Instruments and curves: terms by kind, and a market to value them in."""

from storage.checks.bench import Bench, rows
from storage.checks.columns import check_columns
from storage.checks.duplicates import refuse_duplicates
from storage.checks.rules import Rule, future_rule
from storage.sql import literal
from storage.tables.market import OPTION_KINDS, PRICED_KINDS

_OPTION_TERMS = ("underlying", "strike", "option_type", "expiry", "implied_volatility")
_TERMS = {
    "european_option": _OPTION_TERMS,
    "american_option": _OPTION_TERMS,
    "fx_forward": ("underlying", "strike", "expiry", "curve_id", "foreign_curve_id"),
    "bond": ("coupon", "coupon_frequency", "expiry", "curve_id"),
    "fx": ("underlying",),
}
_PRICED = ", ".join(map(literal, PRICED_KINDS))
_OPTIONS = ", ".join(map(literal, OPTION_KINDS))
# How often a year a bond may pay, in whole months.
_FREQUENCIES = "1, 2, 3, 4, 6, 12"
# Trading days, of MAR33.12.
_HORIZONS = "10, 20, 40, 60, 120"


def check_curves(bench: Bench) -> None:
    """Check curves: two tenors at least, and nothing from the future."""
    check_columns(bench, "curves")
    bench.keep_rules("curves", [future_rule(bench.plan.as_of, "rates")])
    refuse_duplicates(bench, "curves")
    bench.refuse_entities(
        "curves",
        f"SELECT curve_id AS entity, count(DISTINCT tenor) AS value FROM {rows('curves')} "  # noqa: S608
        "GROUP BY 1 HAVING count(DISTINCT tenor) < 2",
        code="too_few_tenors",
        column="tenor",
        advice="a curve needs two tenors at least",
    )


def check_instruments(bench: Bench) -> None:
    """Check instruments by themselves and against curves; prices, which come later, do the rest."""
    check_columns(bench, "instruments")
    bench.keep_rules("instruments", _term_rules(bench))
    refuse_duplicates(bench, "instruments")
    _refuse_without_curve(bench)
    # Before prices: those of what is refused here have no say in the trading calendar.
    _refuse_without_rate(bench)
    if "prices" not in bench.expected:
        refuse_without_prices(bench)


def _term_rules(bench: Bench) -> list[Rule]:
    missing = [
        Rule(
            "missing_term",
            term,
            f"kind = {literal(kind)} AND {term} IS NULL",
            f"a {kind.replace('_', ' ')} needs {term}",
        )
        for kind, terms in _TERMS.items()
        for term in terms
    ]
    expired = f"expiry < TIMESTAMP {literal(bench.plan.as_of.isoformat())} + INTERVAL 1 DAY"
    advice = f"the instrument expired by {bench.plan.as_of}; close its positions"
    frequency = f"kind = 'bond' AND coupon > 0 AND coupon_frequency NOT IN ({_FREQUENCIES})"
    return [
        *missing,
        Rule("expired", "expiry", expired, advice),
        Rule(
            "unknown_liquidity_horizon",
            "liquidity_horizon",
            f"liquidity_horizon NOT IN ({_HORIZONS})",
            f"liquidity_horizon must be one of {_HORIZONS} trading days, or empty",
        ),
        Rule(
            "unknown_frequency",
            "coupon_frequency",
            frequency,
            f"coupon_frequency must be one of {_FREQUENCIES} a year",
        ),
    ]


def refuse_without_prices(bench: Bench) -> None:
    """Refuse instruments that have no admitted prices, or hang on what has none.

    That is the underlying that they are written on, and the exchange rate of their currency.
    """
    bench.refuse_entities(
        "instruments",
        f"SELECT instrument_id AS entity, kind AS value FROM {rows('instruments')} "  # noqa: S608
        f"WHERE kind IN ({_PRICED}) AND instrument_id NOT IN {known_ids(bench, 'prices')}",
        code="no_prices",
        column="kind",
        advice="there are no admitted prices of it",
    )
    _refuse_without_rate(bench)
    _refuse_without_underlying(bench)


def _refuse_without_curve(bench: Bench) -> None:
    instruments = rows("instruments")
    for curve in ("curve_id", "foreign_curve_id"):
        bench.refuse_entities(
            "instruments",
            f"SELECT instrument_id AS entity, {curve} AS value FROM {instruments} "  # noqa: S608
            f"WHERE {curve} IS NOT NULL AND {curve} NOT IN {known_ids(bench, 'curves')}",
            code="unknown_curve",
            column=curve,
            advice="the curve is not among the admitted curves",
        )


def _refuse_without_rate(bench: Bench) -> None:
    """Refuse instruments whose currency no admitted fx instrument turns into the night's."""
    reporting = bench.plan.currency
    if reporting is None:
        return
    instruments, own = rows("instruments"), literal(reporting)
    rates = (
        f"SELECT DISTINCT underlying FROM {instruments} "  # noqa: S608 - own names
        f"WHERE kind = 'fx' AND currency = {own}"
    )
    known = [str(row[0]) for row in bench.connection.execute(f"{rates} ORDER BY 1").fetchall()]
    bench.refuse_entities(
        "instruments",
        f"SELECT instrument_id AS entity, currency AS value FROM {instruments} "  # noqa: S608
        f"WHERE currency <> {own} AND currency NOT IN ({rates})",
        code="no_rate",
        column="currency",
        advice=f"nothing turns this currency into {reporting}, in which risk is reported: add an "
        f"fx instrument in {reporting} whose underlying is the currency, and its prices; there "
        f"are rates of {', '.join(known) or 'no currency'}",
    )


def _refuse_without_underlying(bench: Bench) -> None:
    instruments = rows("instruments")
    for derived, allowed, advice in (
        (_OPTIONS, _PRICED, "the underlying is not among the admitted instruments with prices"),
        ("'fx_forward'", "'fx'", "the underlying is not among the admitted fx instruments"),
    ):
        bench.refuse_entities(
            "instruments",
            f"SELECT instrument_id AS entity, underlying AS value FROM {instruments} "  # noqa: S608
            f"WHERE kind IN ({derived}) AND underlying NOT IN "
            f"(SELECT instrument_id FROM {instruments} WHERE kind IN ({allowed}))",
            code="unknown_underlying",
            column="underlying",
            advice=advice,
        )
    bench.refuse_entities(
        "instruments",
        f"SELECT o.instrument_id AS entity, o.currency AS value FROM {instruments} o "  # noqa: S608
        f"JOIN {instruments} u ON o.underlying = u.instrument_id "
        f"WHERE o.kind IN ({_OPTIONS}, 'fx_forward') AND o.currency <> u.currency",
        code="other_currency",
        column="currency",
        advice="an option or forward is quoted in its underlying's currency",
    )
    bench.refuse_entities(
        "instruments",
        f"SELECT o.instrument_id AS entity, o.underlying AS value FROM {instruments} o "  # noqa: S608
        f"JOIN {instruments} u ON o.underlying = u.instrument_id "
        f"WHERE o.kind IN ({_OPTIONS}) AND u.kind = 'fx' "
        "AND (o.curve_id IS NULL OR o.foreign_curve_id IS NULL)",
        code="missing_term",
        column="foreign_curve_id",
        advice="an option on a currency needs curve_id and foreign_curve_id",
    )


def known_ids(bench: Bench, table: str) -> str:
    """Return SQL for the set of a market input's admitted ids; empty where it is absent."""
    name = "curve_id" if table == "curves" else "instrument_id"
    if not bench.has(table):
        return "(SELECT NULL WHERE false)"
    return f"(SELECT {name} FROM {rows(table)})"  # noqa: S608 - own names
