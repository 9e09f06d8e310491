"""What is measured on the market: books that are whole or refused, limits, scenarios."""

from storage.checks.bench import Bench, rows
from storage.checks.columns import check_columns
from storage.checks.duplicates import refuse_duplicates
from storage.checks.instruments import known_ids
from storage.checks.plan import CheckPlan
from storage.checks.rules import Rule
from storage.sql import literal
from storage.tables.market import KINDS, OPTION_KINDS

# Rows that say nothing of their own: what they belong to is whole without them.
_HARMLESS = "('duplicate', 'zero_quantity')"


def check_positions(bench: Bench) -> None:
    """Check positions; a book with a position that cannot be valued is refused whole."""
    check_columns(bench, "positions")
    refuse_duplicates(bench, "positions")
    advice = "nothing is held; leave the row out"
    bench.keep_rules("positions", [Rule("zero_quantity", "quantity", "quantity = 0", advice)])
    _refuse_incomplete(
        bench,
        "positions",
        code="incomplete_book",
        advice="a row of the book was refused, and a book is measured whole or not at all",
    )
    if bench.has("instruments"):
        bench.refuse_entities(
            "positions",
            f"SELECT portfolio_id AS entity, instrument_id AS value FROM {rows('positions')} "  # noqa: S608
            f"ANTI JOIN {rows('instruments')} USING (instrument_id)",
            code="unknown_instrument",
            column="instrument_id",
            advice="the book holds an instrument that is unknown or refused; "
            "a book is measured whole or not at all",
        )
    _refuse_empty_books(bench)


def _refuse_incomplete(bench: Bench, table: str, *, code: str, advice: str) -> None:
    """Refuse the entities that lost a row which was not harmless."""
    bench.refuse_entities(
        table,
        f"SELECT entity, code AS value FROM rejects WHERE input = {literal(table)} "  # noqa: S608
        f"AND severity = 'row' AND code NOT IN {_HARMLESS} AND trim(entity) <> ''",
        code=code,
        column={"positions": "instrument_id", "stress_scenarios": "target"}[table],
        advice=advice,
    )


def _refuse_empty_books(bench: Bench) -> None:
    bench.refuse_entities(
        "positions",
        "SELECT entity, value FROM rejects WHERE input = 'positions' "  # noqa: S608 - own names
        "AND code = 'zero_quantity' "
        f"AND entity NOT IN (SELECT portfolio_id FROM {rows('positions')}) "
        "AND entity NOT IN (SELECT entity FROM rejects "
        "WHERE input = 'positions' AND severity = 'entity')",
        code="empty_book",
        column="quantity",
        advice="the book holds nothing",
    )


def check_limits(bench: Bench) -> None:
    """Check limits: of an admitted book, on a figure that the night measures."""
    check_columns(bench, "limits")
    advice = "level must be strictly between 0 and 1"
    out_of_range = Rule("level_out_of_range", "level", "level <= 0 OR level >= 1", advice)
    bench.keep_rules("limits", [out_of_range, *_measured(bench.plan)])
    refuse_duplicates(bench, "limits")
    if bench.has("positions"):
        bench.refuse_entities(
            "limits",
            f"SELECT portfolio_id AS entity, portfolio_id AS value FROM {rows('limits')} "  # noqa: S608
            f"ANTI JOIN {rows('positions')} USING (portfolio_id)",
            code="unknown_portfolio",
            column="portfolio_id",
            advice="the book is not among the admitted positions",
        )


def _measured(plan: CheckPlan) -> list[Rule]:
    """Return the rules that refuse limits on figures that no method measures."""
    rules = []
    for column, values, unit in (
        ("level", plan.levels, "levels"),
        ("horizon", plan.horizons, "horizons"),
    ):
        if values:
            known = ", ".join(f"{round(value, 6):.10g}" for value in values)
            # Levels are compared as `risk.limit_utilisation` does.
            condition = f"round({column}, 6) NOT IN ({known})"
            advice = f"nothing would be held against it: the job's {unit} are {known}"
            rules.append(Rule(f"unmeasured_{column}", column, condition, advice))
    return rules


def check_stress_scenarios(bench: Bench) -> None:
    """Check scenarios: every target is known, or the whole scenario is refused."""
    check_columns(bench, "stress_scenarios")
    advice = "a price or volatility cannot fall by 100% or more; shift must be above -1"
    below_nothing = "target_kind <> 'curve' AND shift <= -1"
    bench.keep_rules("stress_scenarios", [Rule("impossible_shift", "shift", below_nothing, advice)])
    refuse_duplicates(bench, "stress_scenarios")
    _refuse_incomplete(
        bench,
        "stress_scenarios",
        code="incomplete_scenario",
        advice="a row of the scenario was refused, and its shifts apply together or not at all",
    )
    if bench.has("instruments"):
        _refuse_unknown_targets(bench)


def _refuse_unknown_targets(bench: Bench) -> None:
    written = ", ".join(map(literal, OPTION_KINDS))
    options = f"SELECT * FROM {rows('instruments')} WHERE kind IN ({written})"  # noqa: S608
    kinds = ", ".join(map(literal, KINDS))
    bench.refuse_entities(
        "stress_scenarios",
        f"SELECT scenario_id AS entity, target AS value FROM {rows('stress_scenarios')} "  # noqa: S608
        "WHERE target <> '*' AND CASE target_kind "
        f"WHEN 'kind' THEN target NOT IN ({kinds}) "
        f"WHEN 'curve' THEN target NOT IN {known_ids(bench, 'curves')} "
        f"WHEN 'volatility' THEN target NOT IN (SELECT instrument_id FROM ({options})) "
        f"AND target NOT IN (SELECT underlying FROM ({options})) "
        f"ELSE target NOT IN {known_ids(bench, 'instruments')} END",
        code="unknown_target",
        column="target",
        advice="the scenario shifts something that is not in the market; it applies whole or not",
    )
