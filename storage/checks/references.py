"""Inputs that refer to others: items, calendar, drivers, stock, open orders."""

from storage.checks.bench import Bench, rows
from storage.checks.columns import check_columns
from storage.checks.duplicates import refuse_duplicates, refuse_shared_names
from storage.checks.rules import Rule
from storage.sql import entity_of, literal
from storage.tables.demand import SERIES


def check_items(bench: Bench) -> None:
    """Check items."""
    check_columns(bench, "items")
    refuse_duplicates(bench, "items")


def check_calendar(bench: Bench) -> None:
    """Check the calendar."""
    check_columns(bench, "calendar")
    refuse_duplicates(bench, "calendar")


def check_drivers(bench: Bench) -> None:
    """Check what is recorded and planned of drivers; series without demand are not looked at."""
    check_columns(bench, "drivers")
    refuse_duplicates(bench, "drivers")


def check_stock(bench: Bench) -> None:
    """Check stock: known series, known items, targets within reach."""
    check_columns(bench, "stock")
    outside = "service_target <= 0 OR service_target >= 1"
    advice = "service_target must be strictly between 0 and 1"
    bench.keep_rules("stock", [Rule("target_out_of_range", "service_target", outside, advice)])
    refuse_duplicates(bench, "stock")
    refuse_shared_names(bench, "stock")
    if bench.has("demand"):
        _refuse_unknown_series(bench, "stock", "series", "has no admitted demand to plan on")
    if bench.has("items"):
        bench.refuse_entities(
            "stock",
            f"SELECT {entity_of(SERIES)} AS entity, item_id AS value FROM {rows('stock')} "  # noqa: S608
            f"ANTI JOIN {rows('items')} USING (item_id)",
            code="unknown_item",
            column="item_id",
            advice="add the item to items, or correct its id",
        )


def check_open_orders(bench: Bench) -> None:
    """Check open orders: on the way to a known series, and not yet here."""
    check_columns(bench, "open_orders")
    as_of = bench.plan.as_of
    arrived = f"ds < TIMESTAMP {literal(as_of.isoformat())} + INTERVAL 1 DAY"
    advice = f"an order that arrived by {as_of} belongs to on_hand"
    bench.keep_rules("open_orders", [Rule("arrived", "ds", arrived, advice)])
    refuse_duplicates(bench, "open_orders")
    refuse_shared_names(bench, "open_orders")
    if bench.has("stock"):
        _refuse_unknown_series(bench, "open_orders", rows("stock"), "has no admitted stock")
    elif bench.has("demand"):
        _refuse_unknown_series(bench, "open_orders", "series", "has no admitted demand")


def check_transfer_lanes(bench: Bench) -> None:
    """Check lanes: between two warehouses that have admitted stock."""
    check_columns(bench, "transfer_lanes")
    round_trip = "from_warehouse_id = to_warehouse_id"
    advice = "a lane leads from one warehouse to another"
    bench.keep_rules("transfer_lanes", [Rule("same_ends", "to_warehouse_id", round_trip, advice)])
    refuse_duplicates(bench, "transfer_lanes")
    refuse_shared_names(bench, "transfer_lanes")
    if not bench.has("stock"):
        return
    for end in ("from_warehouse_id", "to_warehouse_id"):
        bench.refuse_entities(
            "transfer_lanes",
            f"SELECT {entity_of(('from_warehouse_id', 'to_warehouse_id'))} AS entity, "  # noqa: S608 - own names
            f"{end} AS value FROM {rows('transfer_lanes')} "
            f"WHERE {end} NOT IN (SELECT warehouse_id FROM {rows('stock')})",
            code="unknown_warehouse",
            column=end,
            advice="the warehouse has no admitted stock",
        )


def _refuse_unknown_series(bench: Bench, table: str, known: str, why: str) -> None:
    entity = entity_of(SERIES)
    bench.refuse_entities(
        table,
        f"SELECT {entity} AS entity, {entity} AS value FROM {rows(table)} "  # noqa: S608 - own names
        f"ANTI JOIN {known} USING (warehouse_id, item_id)",
        code="unknown_series",
        column="item_id",
        advice=f"the warehouse and item {why}",
    )
