"""Inputs that refer to others: items, stock, open orders, calendar."""

from storage.checks.bench import Bench, Rule, rows
from storage.checks.columns import check_columns
from storage.sql import joined_ids, literal

SERIES = ("warehouse_id", "item_id")


def check_items(bench: Bench) -> None:
    """Check items."""
    check_columns(bench, "items")
    bench.refuse_duplicates("items")


def check_calendar(bench: Bench) -> None:
    """Check the calendar."""
    check_columns(bench, "calendar")
    bench.refuse_duplicates("calendar")


def check_stock(bench: Bench) -> None:
    """Check stock: known series, known items, targets within reach."""
    check_columns(bench, "stock")
    bench.keep_rules(
        "stock",
        [
            Rule(
                "target_out_of_range",
                "service_target",
                "service_target <= 0 OR service_target >= 1",
                "service_target must be strictly between 0 and 1",
            )
        ],
    )
    bench.refuse_duplicates("stock")
    _refuse_unknown_series(bench, "stock", "clean_demand", "has no admitted demand to plan on")
    bench.refuse_entities(
        "stock",
        f"SELECT {joined_ids(SERIES)} AS entity, item_id AS value FROM {rows('stock')} "  # noqa: S608
        f"ANTI JOIN {rows('items')} USING (item_id)",
        code="unknown_item",
        column="item_id",
        advice="add the item to items, or correct its id",
    )


def check_open_orders(bench: Bench) -> None:
    """Check open orders: on the way to a known series, and not yet here."""
    check_columns(bench, "open_orders")
    night = bench.plan.as_of
    bench.keep_rules(
        "open_orders",
        [
            Rule(
                "arrived",
                "ds",
                f"ds <= TIMESTAMP {literal(night.isoformat())}",
                f"an order that arrived by {night} belongs to on_hand",
            )
        ],
    )
    bench.refuse_duplicates("open_orders")
    _refuse_unknown_series(bench, "open_orders", rows("stock"), "has no admitted stock")


def _refuse_unknown_series(bench: Bench, table: str, known: str, why: str) -> None:
    entity = joined_ids(SERIES)
    bench.refuse_entities(
        table,
        f"SELECT {entity} AS entity, {entity} AS value FROM {rows(table)} "  # noqa: S608 - own names
        f"ANTI JOIN {known} USING (warehouse_id, item_id)",
        code="unknown_series",
        column="item_id",
        advice=f"the warehouse and item {why}",
    )
