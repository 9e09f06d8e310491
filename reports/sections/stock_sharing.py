"""What warehouses share: budgets, capacities, and stock moved between them."""

import pandas as pd

from reports.sections.section import Card, Listing, Tables, has
from reports.tables import PageColumn, page_table
from reports.wording import amount, count, currencies, money, number, plural, total_money


def sharing_cards(tables: Tables) -> list[Card]:
    """Return the headline figures of limits and transfers, where there are any."""
    cards = []
    for name, limit in (("warehouse_budgets", "budget"), ("warehouse_capacities", "capacity")):
        if has(tables, name):
            cut = tables[name]["items_cut"].sum()
            cards.append(Card(count(cut), f"orders cut by a {limit}", alarm=bool(cut)))
    if has(tables, "transfers"):
        moves = tables["transfers"]
        cards.append(
            Card(total_money(moves, "saving"), f"saved by {plural(len(moves), 'transfer')}")
        )
    return cards


def sharing_listings(tables: Tables) -> list[Listing]:
    """Return the tables of limits, transfers and pooling, where there are any."""
    return [*_budgets(tables), *_capacities(tables), *_transfers(tables), *_pooling(tables)]


def _budgets(tables: Tables) -> list[Listing]:
    if not has(tables, "warehouse_budgets"):
        return []
    rows = tables["warehouse_budgets"].sort_values("saving_of_more", ascending=False)
    columns = [
        PageColumn("warehouse_id", "warehouse"),
        PageColumn("budget", "budget", amount),
        PageColumn("wanted", "wanted", amount),
        PageColumn("used", "used", amount),
        PageColumn("items_cut", "orders cut", count),
        PageColumn("expected_cost", "expected cost", amount),
        PageColumn("cost_without_budget", "without budget", amount),
        PageColumn("shadow_price", "next unit saves", number),
        PageColumn("saving_of_more", "the next 1,000 buys", amount),
    ]
    table = page_table(rows, columns, source="warehouse_budgets", flag=rows["items_cut"] > 0)
    best = rows.iloc[0]
    where = f"Money in {currencies(rows)}. "
    if best["saving_of_more"] > 0:
        note = (
            f"{where}The next {amount(best['more'])} in {best['warehouse_id']} saves "
            f"{amount(best['saving_of_more'])} of expected cost over the horizon: a cut order is "
            "taken to stay cut, and shortage counts at its price."
        )
    else:
        note = f"{where}More money would save no expected cost."
    idle = rows.loc[rows["items"] == 0, "warehouse_id"]
    if len(idle):
        note += f" Budgets of warehouses without plans tonight: {', '.join(idle)}."
    return [Listing("Budgets of warehouses", table, note, _cut(rows))]


def _capacities(tables: Tables) -> list[Listing]:
    if not has(tables, "warehouse_capacities"):
        return []
    rows = tables["warehouse_capacities"].sort_values("saving_of_more", ascending=False)
    columns = [
        PageColumn("warehouse_id", "warehouse"),
        PageColumn("capacity", "capacity", amount),
        PageColumn("held", "filled before", amount),
        PageColumn("wanted", "wanted", amount),
        PageColumn("used", "used", amount),
        PageColumn("items_cut", "orders cut", count),
        PageColumn("expected_cost", "expected cost", amount),
        PageColumn("cost_without_capacity", "without capacity", amount),
        PageColumn("shadow_price", "next unit saves", number),
        PageColumn("saving_of_more", "1% more saves", amount),
    ]
    full = rows["held"] > rows["capacity"]
    flag = (rows["items_cut"] > 0) | full
    table = page_table(rows, columns, source="warehouse_capacities", flag=flag)
    best = rows.iloc[0]
    note = (
        f"Space in the unit of the items' volumes, of stock and of orders on the way as if all "
        f"were there; money in {currencies(rows)}. "
    )
    if best["saving_of_more"] > 0:
        note += (
            f"The next {amount(best['more'])} of space in {best['warehouse_id']} saves "
            f"{amount(best['saving_of_more'])} of expected cost over the horizon. Where a budget "
            "binds too, that is after paying for the goods at the budget's price."
        )
    else:
        note += "More space would save no expected cost."
    if full.any():
        names = ", ".join(rows.loc[full, "warehouse_id"])
        note += f" Fuller than their capacity before any order: {names}."
    idle = rows.loc[rows["items"] == 0, "warehouse_id"]
    if len(idle):
        note += f" Capacities of warehouses without plans tonight: {', '.join(idle)}."
    return [Listing("Capacities of warehouses", table, note, _cut(rows))]


def _cut(rows: pd.DataFrame) -> str:
    """Return what limits cut, and where a little more of them is worth most; rows by that."""
    cut, best = rows["items_cut"], rows.iloc[0]
    told = (
        f"{plural(int(cut.sum()), 'order')} cut in {count((cut > 0).sum())} of "
        f"{plural(len(rows), 'warehouse')}"
    )
    if not best["saving_of_more"] > 0:
        return told
    return (
        f"{told}; the next {amount(best['more'])} in {best['warehouse_id']} saves "
        f"{money(best['saving_of_more'])}"
    )


def _transfers(tables: Tables) -> list[Listing]:
    if not has(tables, "transfers"):
        return []
    rows = tables["transfers"].sort_values("saving", ascending=False, kind="stable")
    columns = [
        PageColumn("item_id", "item"),
        PageColumn("from_warehouse_id", "from"),
        PageColumn("to_warehouse_id", "to"),
        PageColumn("quantity", "units", count),
        PageColumn("saving", "saves", amount),
        PageColumn("saving_standard_error", "±", number),
        PageColumn("moving_cost", "moving", amount),
        PageColumn("from_order_quantity", "giver then orders", count),
        PageColumn("to_order_quantity", "taker then orders", count),
        PageColumn("reason", "why"),
    ]
    note = (
        f"Units worth more elsewhere tonight, in {currencies(rows)} over the horizon, after the "
        "cost of moving; errors are paired path by path. Orders in the list above are those "
        "without transfers."
    )
    first = rows.iloc[0]
    gist = (
        f"{plural(len(rows), 'transfer')} would save {total_money(rows, 'saving')}; most saves "
        f"{first['item_id']}, {first['from_warehouse_id']} to {first['to_warehouse_id']}"
    )
    return [Listing("Transfers", page_table(rows, columns, source="transfers"), note, gist)]


def _pooling(tables: Tables) -> list[Listing]:
    if not has(tables, "stock_pooling"):
        return []
    rows = tables["stock_pooling"].sort_values("saving", ascending=False, kind="stable")
    columns = [
        PageColumn("item_id", "item"),
        PageColumn("warehouses", "warehouses", count),
        PageColumn("separate_cost", "a stock each", amount),
        PageColumn("pooled_cost", "one stock", amount),
        PageColumn("saving", "saves", amount),
        PageColumn("saving_standard_error", "±", number),
    ]
    total, gained = rows["saving"].sum(), rows["saving"].clip(lower=0.0).sum()
    note = (
        f"What one common stock would save against one in each warehouse, both at their best "
        f"levels and from the start, in {currencies(rows)} over the horizon: {money(total)} with "
        f"all items, {money(gained)} with those alone that it saves something of. Demand is taken "
        "as independent between warehouses, the terms are those of the warehouse that sells most, "
        "and bringing goods to customers is not counted."
    )
    gist = (
        f"one stock would save {money(gained)} on "
        f"{count((rows['saving'] > 0.0).sum())} of {plural(len(rows), 'item')}"
    )
    table = page_table(rows, columns, source="stock_pooling", most=25)
    return [Listing("One stock or many", table, note, gist)]
