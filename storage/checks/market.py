"""Market inputs: terms by kind, known ids, and books that are whole or refused."""

from storage.checks.bench import Bench, Rule, rows
from storage.checks.columns import check_columns
from storage.sql import literal

_TERMS = {
    "european_option": (
        "underlying",
        "strike",
        "option_type",
        "expiry",
        "implied_volatility",
    ),
    "bond": ("coupon", "coupon_frequency", "expiry", "curve_id"),
    "fx": ("underlying",),
}
_PRICED = "('equity', 'etf', 'fx')"


def check_curves(bench: Bench) -> None:
    """Check curves: two tenors at least."""
    check_columns(bench, "curves")
    night = f"TIMESTAMP {literal(bench.plan.as_of.isoformat())} + INTERVAL 1 DAY"
    advice = f"rates after {bench.plan.as_of} cannot be known; correct the date"
    bench.keep_rules("curves", [Rule("future", "ds", f"ds >= {night}", advice)])
    bench.refuse_duplicates("curves")
    bench.refuse_entities(
        "curves",
        f"SELECT curve_id AS entity, count(DISTINCT tenor) AS value FROM {rows('curves')} "  # noqa: S608
        "GROUP BY 1 HAVING count(DISTINCT tenor) < 2",
        code="too_few_tenors",
        column="tenor",
        advice="a curve needs two tenors at least",
    )


def check_instruments(bench: Bench) -> None:
    """Check instruments against prices and curves, then prices against instruments."""
    check_columns(bench, "instruments")
    bench.keep_rules("instruments", _term_rules(bench))
    bench.refuse_duplicates("instruments")
    _refuse_without_market(bench)
    bench.refuse_entities(
        "prices",
        f"SELECT instrument_id AS entity, instrument_id AS value FROM {rows('prices')} "  # noqa: S608
        f"ANTI JOIN {rows('instruments')} USING (instrument_id)",
        code="unknown_instrument",
        column="instrument_id",
        advice="the instrument is not among the admitted instruments",
    )
    bench.connection.execute(
        f"DELETE FROM clean_prices WHERE instrument_id NOT IN "  # noqa: S608
        f"(SELECT instrument_id FROM {rows('prices')})"
    )


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
    night = literal(bench.plan.as_of.isoformat())
    expired = Rule(
        "expired",
        "expiry",
        f"expiry <= TIMESTAMP {night}",
        f"the instrument expired by {bench.plan.as_of}; close its positions",
    )
    return [*missing, expired]


def _refuse_without_market(bench: Bench) -> None:
    instruments = rows("instruments")
    bench.refuse_entities(
        "instruments",
        f"SELECT instrument_id AS entity, kind AS value FROM {instruments} "  # noqa: S608
        f"WHERE kind IN {_PRICED} AND instrument_id NOT IN (SELECT instrument_id FROM clean_prices)",
        code="no_prices",
        column="instrument_id",
        advice="there are no admitted prices of it",
    )
    curves = f"(SELECT curve_id FROM {rows('curves')})" if bench.has("curves") else "('')"  # noqa: S608
    bench.refuse_entities(
        "instruments",
        f"SELECT instrument_id AS entity, curve_id AS value FROM {instruments} "  # noqa: S608
        f"WHERE curve_id IS NOT NULL AND curve_id NOT IN {curves}",
        code="unknown_curve",
        column="curve_id",
        advice="the curve is not among the admitted curves",
    )
    bench.refuse_entities(
        "instruments",
        f"SELECT instrument_id AS entity, underlying AS value FROM {instruments} "  # noqa: S608
        "WHERE kind = 'european_option' AND underlying NOT IN "
        f"(SELECT instrument_id FROM {instruments} WHERE kind IN {_PRICED})",
        code="unknown_underlying",
        column="underlying",
        advice="the underlying is not among the admitted instruments with prices",
    )


def check_positions(bench: Bench) -> None:
    """Check positions; a book with a position that cannot be valued is refused whole."""
    check_columns(bench, "positions")
    bench.refuse_duplicates("positions")
    bench.refuse_entities(
        "positions",
        "SELECT entity, value FROM rejects WHERE input = 'positions' AND severity = 'row' "
        "AND code <> 'duplicate' AND entity <> ''",
        code="incomplete_book",
        column="instrument_id",
        advice="a row of the book was refused, and a book is measured whole or not at all",
    )
    bench.refuse_entities(
        "positions",
        f"SELECT portfolio_id AS entity, instrument_id AS value FROM {rows('positions')} "  # noqa: S608
        f"ANTI JOIN {rows('instruments')} USING (instrument_id)",
        code="unknown_instrument",
        column="instrument_id",
        advice="the book holds an instrument that is unknown or refused; a book is measured whole",
    )
    bench.refuse_entities(
        "positions",
        f"SELECT portfolio_id AS entity, sum(abs(quantity)) AS value FROM {rows('positions')} "  # noqa: S608
        "GROUP BY 1 HAVING sum(abs(quantity)) = 0",
        code="empty_book",
        column="quantity",
        advice="the book holds nothing",
    )


def check_limits(bench: Bench) -> None:
    """Check limits: of an admitted book."""
    check_columns(bench, "limits")
    bench.refuse_duplicates("limits")
    bench.refuse_entities(
        "limits",
        f"SELECT portfolio_id AS entity, portfolio_id AS value FROM {rows('limits')} "  # noqa: S608
        f"ANTI JOIN {rows('positions')} USING (portfolio_id)",
        code="unknown_portfolio",
        column="portfolio_id",
        advice="the book is not among the admitted positions",
    )


def check_stress_scenarios(bench: Bench) -> None:
    """Check scenarios: every target is known, or the whole scenario is refused."""
    check_columns(bench, "stress_scenarios")
    bench.refuse_duplicates("stress_scenarios")
    instruments = f"(SELECT instrument_id FROM {rows('instruments')})"  # noqa: S608
    kinds = f"(SELECT kind FROM {rows('instruments')})"  # noqa: S608
    curves = f"(SELECT curve_id FROM {rows('curves')})" if bench.has("curves") else "('')"  # noqa: S608
    bench.refuse_entities(
        "stress_scenarios",
        f"SELECT scenario_id AS entity, target AS value FROM {rows('stress_scenarios')} "  # noqa: S608
        f"WHERE target <> '*' AND CASE target_kind WHEN 'kind' THEN target NOT IN {kinds} "
        f"WHEN 'curve' THEN target NOT IN {curves} ELSE target NOT IN {instruments} END",
        code="unknown_target",
        column="target",
        advice="the scenario shifts something that is not in the market; it applies whole or not",
    )
