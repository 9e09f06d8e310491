"""Orders: what to buy tonight, and what it is expected to do."""

import pandas as pd

from reports.figures import stock as figures
from reports.figures.stock import served, served_error
from reports.sections.curves import curve_explorer
from reports.sections.headlines import EXCEPTIONS as EXCEPTIONS_AT
from reports.sections.section import (
    FEW,
    SERIES_COLUMNS,
    Card,
    Listing,
    Picture,
    Section,
    Tables,
    has,
    largest,
)
from reports.sections.stock_gaps import gap_listings
from reports.sections.stock_sharing import sharing_cards, sharing_listings
from reports.tables import PageColumn, page_table
from reports.wording import count, currencies, money, number, percent, plural, total_money
from storage.tables.stock import EXCEPTIONS

POLICIES = {
    "newsvendor": "an item is ordered up to its level once, for as long as the forecast reaches",
    "base-stock": "an item is ordered up to its level at every review",
    "(s, S)": "at or below its reorder point s, an item is ordered up to its level S",
    "(r, Q)": "at or below its reorder point r, one lot of Q is ordered",
    "(s, nQ)": "at or below its reorder point s, as few lots of Q are ordered as lift it above",
    "capped base-stock": "an item is ordered up to its level, but no more than its cap at once",
    "forecast-driven order-up-to": "an item is ordered up to a level that moves with the forecast "
    "of each review",
}


def _below_target(plans: pd.DataFrame) -> pd.Series:
    """Return which plans are below their target beyond two standard errors, or have none for it."""
    errors = served_error(plans).fillna(0.0)
    below = served(plans) < plans["service_target"] - 1e-12 - 2.0 * errors
    # Nights of old did not tell.
    feasible = plans["feasible"].astype("boolean").fillna(value=True).to_numpy(bool)
    return pd.Series(below.to_numpy(bool) | ~feasible, index=plans.index)


def stock_section(tables: Tables) -> Section | None:
    """Return the section on orders, or None where none were planned."""
    if not has(tables, "order_plans"):
        return None
    plans = tables["order_plans"]
    short = _below_target(plans)
    return Section(
        "orders",
        "Orders",
        [_lead(plans)],
        cards=[
            Card(total_money(plans, "order_value"), "ordered tonight"),
            Card(count((plans["order_quantity"] > 0).sum()), "order lines"),
            Card(total_money(plans, "expected_cost"), "expected cost over the horizon"),
            Card(total_money(plans, "no_order_cost"), "cost if nothing is ordered"),
            *_running_out(tables),
            Card(
                count(short.sum()),
                "items below their target, with tonight's orders",
                alarm=bool(short.any()),
            ),
            Card(
                count(_known_as(tables, "overstock")), "items with more stock than the job allows"
            ),
            *sharing_cards(tables),
        ],
        pictures=_pictures(plans),
        explorer=curve_explorer(tables),
        listings=_listings(tables),
        method=[
            _ordered(plans),
            (
                f"Its levels are the cheapest, over simulated holding, shortage "
                f"and ordering cost, {_asked(plans)}. Stock is walked along the forecast's "
                "own sample paths with drawn lead times; levels are tonight's, and later ones move "
                "with the forecast unless the job fixes them. What is told of a policy comes from "
                "paths that it was not chosen on; fill rates count from the first period "
                "that an order placed tonight can reach."
            ),
        ],
        tables_first=True,
    )


def _lead(plans: pd.DataFrame) -> str:
    """Return what is ordered for how much, and where most of it goes."""
    ordered = plans[plans["order_quantity"] > 0]
    if ordered.empty:
        return "Nothing is ordered tonight."
    first = ordered.sort_values("order_value", ascending=False).iloc[0]
    warehouses = plural(ordered["warehouse_id"].nunique(), "warehouse")
    return (
        f"Tonight's orders are for {count(len(ordered))} of {plural(len(plans), 'item')}, "
        f"{total_money(ordered, 'order_value')} in {warehouses}; the largest is "
        f"{count(first['order_quantity'])} of {first['item_id']} to {first['warehouse_id']}, "
        f"{money(first['order_value'], str(first['currency']))}."
    )


def _pictures(plans: pd.DataFrame) -> list[Picture]:
    pictures = []
    warehouses = plans["warehouse_id"].nunique()
    if warehouses > 1 and plans["order_value"].any():
        shown = min(warehouses, figures.MOST_WAREHOUSES)
        pictures.append(
            Picture(
                "orders-by-warehouse",
                "Where the money goes",
                figures.orders_by_warehouse(plans),
                f"Order value by warehouse{largest(shown, warehouses)}.",
            )
        )
    if len(plans) < FEW:
        return pictures
    pictures.append(
        Picture(
            "service-bought",
            "What the orders buy",
            figures.service_bought(plans),
            "Items by fill rate, without and with the plan.",
            gist=f"mean fill rate {percent(plans['fill_rate'].mean())} under the plan, "
            f"{percent(plans['no_order_fill_rate'].mean())} if nothing is ordered",
        )
    )
    if (plans["target_measure"] != "cost").any():
        pictures.append(
            Picture(
                "service-target",
                "Service planned against target",
                figures.service_against_target(plans),
                "Where a shortage is dear, the cheapest level serves more than is asked for.",
                gist=f"{count(_below_target(plans).sum())} of {plural(len(plans), 'item')} below "
                "their target, beyond two standard errors",
            )
        )
    if plans["periods_of_cover"].notna().any():
        last = figures.COVER_BARS * figures.cover_step(plans)
        pictures.append(
            Picture(
                "cover",
                "Cover before tonight",
                figures.cover(plans),
                "Items by how long stock and orders on the way last; the last bar has "
                f"{last:g} and more.",
                gist=f"the median item lasts {number(plans['periods_of_cover'].median(), 1)} "
                "periods on stock and orders on the way",
            )
        )
    return pictures


def _known_as(tables: Tables, kind: str) -> int:
    """Return how many items are exceptions of a kind."""
    if not has(tables, "order_exceptions"):
        return 0
    return int((tables["order_exceptions"]["kind"] == kind).sum())


def _running_out(tables: Tables) -> list[Card]:
    found = _known_as(tables, "stock-out risk")
    label = "items at risk of running out before an order can arrive"
    return [Card(count(found), label, True, EXCEPTIONS_AT)] if found else []


def _ordered(plans: pd.DataFrame) -> str:
    """Return in words how items are ordered; nights of old ordered up to a level."""
    kinds = sorted(plans["policy"].fillna("(s, S)").unique())
    return " ".join(f"Ordered by {kind}: {POLICIES[kind]}." for kind in kinds)


def _asked(plans: pd.DataFrame) -> str:
    measures = list(plans["target_measure"].unique())
    if measures == ["cost"]:
        return "whatever they serve"
    return "that serve its target of " + " or ".join(sorted(m for m in measures if m != "cost"))


def _exceptions(tables: Tables) -> list[Listing]:
    if not has(tables, "order_exceptions"):
        return []
    ranked = tables["order_exceptions"].sort_values("money", ascending=False, kind="stable")
    columns = [
        *SERIES_COLUMNS,
        PageColumn("kind", "exception"),
        PageColumn("money", "at stake", money),
        PageColumn("reason", "why"),
    ]
    table = page_table(ranked, columns, source="order_exceptions", most=50)
    kinds = ranked["kind"].value_counts()
    counted = ", ".join(f"{count(kinds[kind])} {kind}" for kind in EXCEPTIONS if kind in kinds)
    note = (
        f"{counted}. At stake, in {currencies(ranked)} over the horizon: at a stock-out risk, the "
        "shortage expected before an order placed tonight can arrive; over budget or capacity, "
        "what the limit costs; for overstock, what the plan costs; for an order that lasts too "
        "long, its value; without a feasible plan, what ordering nothing would cost more."
    )
    return [Listing("Exceptions", table, note)]


def _sizes(plans: pd.DataFrame) -> list[PageColumn]:
    """Return the columns of lots and caps, where there are any."""

    def whole(units: float) -> str:
        return number(units, 0)

    columns = [PageColumn("lot", "lot", whole), PageColumn("order_cap", "most at once", whole)]
    return [column for column in columns if plans[column.name].notna().any()]


def _series(ranked: pd.DataFrame) -> str:
    first = ranked.iloc[0]
    return f"{first['warehouse_id']} / {first['item_id']}"


def _idle(idle: pd.DataFrame) -> str:
    longest = idle["periods_of_cover"].iloc[0]
    if pd.isna(longest):
        return "no item has both stock and demand"
    return f"{_series(idle)} lasts longest, {number(longest, 0)} periods"


def _listings(tables: Tables) -> list[Listing]:
    plans = tables["order_plans"]
    saved = plans.assign(saving=plans["no_order_cost"] - plans["expected_cost"])
    ranked = saved[saved["order_quantity"] > 0].sort_values("order_value", ascending=False)
    risky = saved.sort_values("saving", ascending=False)
    idle = plans.sort_values("periods_of_cover", ascending=False)
    currency = currencies(plans)
    return [
        Listing(
            f"Orders ranked by money, {currency}",
            page_table(
                ranked,
                [
                    *SERIES_COLUMNS,
                    PageColumn("order_quantity", "order, units", count),
                    PageColumn("order_value", "value", money),
                    PageColumn("on_hand", "on hand", count),
                    PageColumn("on_order", "on order", count),
                    PageColumn("reorder_point", "reorder at", count),
                    PageColumn("order_up_to", "order up to", count),
                    *_sizes(ranked),
                    PageColumn("fill_rate", "fill rate", percent),
                    PageColumn("fill_rate_standard_error", "±", lambda v: percent(v, 2)),
                    PageColumn("reason", "why"),
                ],
                source="order_plans",
            ),
        ),
        *_exceptions(tables),
        *sharing_listings(tables),
        Listing(
            f"Most at risk if nothing is ordered, {currency}",
            page_table(
                risky,
                [
                    *SERIES_COLUMNS,
                    PageColumn("saving", "expected saving", money),
                    PageColumn("no_order_fill_rate", "fill rate without", percent),
                    PageColumn("fill_rate", "fill rate with", percent),
                    PageColumn("expected_cost", "expected cost", money),
                    PageColumn("expected_cost_standard_error", "±", number),
                    PageColumn("periods_of_cover", "cover, periods", lambda v: number(v, 1)),
                ],
                source="order_plans",
                most=25,
            ),
            "Expected cost of ordering nothing less that of the plan, on the same demand.",
            gist=f"the orders save {total_money(saved, 'saving')} of expected cost; most for "
            f"{_series(risky)}",
        ),
        Listing(
            "Longest cover",
            page_table(
                idle,
                [
                    *SERIES_COLUMNS,
                    PageColumn("category", "category"),
                    PageColumn("periods_of_cover", "cover, periods", lambda v: number(v, 1)),
                    PageColumn("on_hand", "on hand", count),
                    PageColumn("on_order", "on order", count),
                    PageColumn("reason", "why"),
                ],
                source="order_plans",
                most=15,
            ),
            "Stock and orders on the way over mean forecast demand.",
            gist=_idle(idle),
        ),
        *gap_listings(tables),
    ]
